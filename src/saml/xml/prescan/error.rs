//! Why a document is kept from the parser.

/// Why bytes were refused before parsing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrescanError {
    /// More bytes than [`Limits::bytes`](super::Limits::bytes).
    #[error("the document has {got} bytes; at most {limit} are read")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// The size.
        got: usize,
    },
    /// Not UTF-8, or declared to be something else.
    #[error("the document must be UTF-8")]
    Encoding,
    /// An XML declaration that is malformed or of another version than 1.0.
    #[error("the XML declaration is malformed or not of version 1.0")]
    Declaration,
    /// A document type declaration: entities, defaults, external fetches.
    #[error("a document type declaration (DOCTYPE) is not accepted")]
    Doctype,
    /// A character that XML 1.0 forbids.
    #[error("the document contains a control character")]
    ControlCharacter,
    /// Nested too deep.
    #[error("elements are nested deeper than {0}")]
    TooDeep(usize),
    /// Too many attributes on one element.
    #[error("an element has more than {0} attributes")]
    TooManyAttributes(usize),
    /// Too many namespace declarations in scope.
    #[error("more than {0} namespace declarations are in scope")]
    TooManyNamespaces(usize),
    /// Too many elements, or too costly in all.
    #[error("the document is too complex")]
    TooComplex,
    /// A namespace declaration that parsers read differently.
    #[error("a namespace declaration is malformed")]
    NamespaceDeclaration,
    /// Markup that is cut off or malformed.
    #[error("the markup is malformed at byte {0}")]
    Malformed(usize),
}

impl PrescanError {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            PrescanError::TooLarge { .. } => "xml_too_large",
            PrescanError::Encoding => "xml_encoding",
            PrescanError::Declaration => "xml_declaration",
            PrescanError::Doctype => "xml_doctype",
            PrescanError::ControlCharacter => "xml_control_character",
            PrescanError::TooDeep(_) => "xml_too_deep",
            PrescanError::TooManyAttributes(_) => "xml_too_many_attributes",
            PrescanError::TooManyNamespaces(_) => "xml_too_many_namespaces",
            PrescanError::TooComplex => "xml_too_complex",
            PrescanError::NamespaceDeclaration => "xml_namespace_declaration",
            PrescanError::Malformed(_) => "xml_not_well_formed",
        }
    }
}
