//! One attribute and its characteristics (RFC 7643 section 2.2), built by short constant functions so that the
//! tables read like the tables of the specification.

/// The data types (RFC 7643 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A number with a fraction.
    Decimal,
    /// A whole number.
    Integer,
    /// RFC 3339 text, compared as an instant.
    DateTime,
    /// Base64.
    Binary,
    /// A URI.
    Reference,
    /// An object with sub-attributes.
    Complex,
}

pub(super) const KINDS: &[Kind] = &[
    Kind::String,
    Kind::Boolean,
    Kind::Decimal,
    Kind::Integer,
    Kind::DateTime,
    Kind::Binary,
    Kind::Reference,
    Kind::Complex,
];

impl Kind {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

/// Who may write it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// Set by the server.
    ReadOnly,
    /// Set by the client at any time.
    ReadWrite,
    /// Set by the client once.
    Immutable,
    /// Accepted, never shown.
    WriteOnly,
}

pub(super) const MUTABILITIES: &[Mutability] =
    &[Mutability::ReadOnly, Mutability::ReadWrite, Mutability::Immutable, Mutability::WriteOnly];

impl Mutability {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }
}

/// When it is part of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// Also where it is excluded.
    Always,
    /// In no answer.
    Never,
    /// Unless it is excluded, or others are asked for.
    Default,
    /// Where it is asked for.
    Request,
}

pub(super) const RETURNED: &[Returned] =
    &[Returned::Always, Returned::Never, Returned::Default, Returned::Request];

impl Returned {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
            Self::Request => "request",
        }
    }
}

/// Among what its value is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    /// Nothing.
    None,
    /// The resources of one connection.
    Server,
}

impl Uniqueness {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
        }
    }
}

/// An attribute or sub-attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The name in canonical case.
    pub name: &'static str,
    /// The data type.
    pub kind: Kind,
    /// Whether it holds an array.
    pub multi_valued: bool,
    /// What it means.
    pub description: &'static str,
    /// Whether a resource without it is refused.
    pub required: bool,
    /// Suggested values; others are accepted.
    pub canonical_values: &'static [&'static str],
    /// Whether case counts in comparisons.
    pub case_exact: bool,
    /// Who may write it.
    pub mutability: Mutability,
    /// When it is shown.
    pub returned: Returned,
    /// Among what it is unique.
    pub uniqueness: Uniqueness,
    /// What a reference may point at.
    pub reference_types: &'static [&'static str],
    /// The members of a complex attribute.
    pub sub_attributes: &'static [Attribute],
}

impl Attribute {
    /// The sub-attribute of that name in any case.
    pub fn sub_attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name))
    }

    /// Whether a client can set it at all.
    pub fn is_writable(&self) -> bool {
        matches!(self.mutability, Mutability::ReadWrite | Mutability::Immutable)
    }

    pub(super) const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            name,
            kind,
            multi_valued: false,
            description,
            required: false,
            canonical_values: &[],
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            reference_types: &[],
            sub_attributes: &[],
        }
    }

    pub(super) const fn string(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::String, description)
    }

    pub(super) const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Boolean, description)
    }

    /// References and binaries are compared exactly (RFC 7643 sections 2.3.6 and 2.3.7).
    pub(super) const fn reference(
        name: &'static str,
        types: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        let mut attribute = Self::new(name, Kind::Reference, description).case_exact();
        attribute.reference_types = types;
        attribute
    }

    pub(super) const fn complex(
        name: &'static str,
        sub_attributes: &'static [Attribute],
        description: &'static str,
    ) -> Self {
        let mut attribute = Self::new(name, Kind::Complex, description);
        attribute.sub_attributes = sub_attributes;
        attribute
    }

    pub(super) const fn multi(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) const fn case_exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    pub(super) const fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    pub(super) const fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    pub(super) const fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    /// Accepted and dropped, and so never shown nor filterable. It is advertised all the same: clients that make their model of
    /// a user from our schemas cannot make one without what they always send.
    pub(super) const fn dropped(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self
    }

    pub(super) const fn returned_always(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    pub(super) const fn returned_on_request(mut self) -> Self {
        self.returned = Returned::Request;
        self
    }

    pub(super) const fn values(mut self, values: &'static [&'static str]) -> Self {
        self.canonical_values = values;
        self
    }
}
