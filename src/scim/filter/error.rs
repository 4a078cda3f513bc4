//! Why a filter is refused.

/// Why a filter is refused. Everything but [`FilterError::TooComplex`] is `invalidFilter` on the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// There is no filter in the text.
    #[error("the filter is empty")]
    Empty,
    /// Longer, deeper or with more terms than is accepted.
    #[error("the filter is too complex: {0}")]
    TooComplex(&'static str),
    /// The text does not follow the grammar.
    #[error("the filter is malformed at character {at}: expected {expected}")]
    Syntax {
        /// The offset in bytes.
        at: usize,
        /// What would have been right.
        expected: &'static str,
    },
    /// A form beside the grammar, where nothing but the grammar is taken.
    #[error("the filter is not in the grammar: {0}")]
    BesideGrammar(&'static str),
    /// No such attribute.
    #[error("the filter names the unknown attribute {0}")]
    UnknownAttribute(String),
    /// The value can never be of the attribute's type.
    #[error("the filter compares {path} with a value that is not of type {kind}")]
    WrongType {
        /// The attribute.
        path: String,
        /// The type it has.
        kind: &'static str,
    },
    /// Ordering or substring comparison on a type that has none (RFC 7644 table 3).
    #[error("{path} has no operator {op}")]
    WrongOperator {
        /// The attribute.
        path: String,
        /// The operator.
        op: &'static str,
    },
    /// A value path on something that is not multi-valued and complex.
    #[error("{0} has no elements to select")]
    NotSelectable(String),
    /// The attribute is never shown, and a filter would show it by its answers.
    #[error("{0} cannot be used in a filter")]
    Sensitive(String),
    /// Right, but not answered by this server.
    #[error("this filter is not supported: {0}")]
    Unsupported(&'static str),
}

impl FilterError {
    /// The `scimType` on the wire (RFC 7644 table 9).
    pub fn scim_type(&self) -> &'static str {
        match self {
            Self::Sensitive(_) => "sensitive",
            _ => "invalidFilter",
        }
    }
}
