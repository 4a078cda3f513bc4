//! Filters (RFC 7644 section 3.4.2.2): the tree, its canonical text, and below it the parser, the binding to
//! the attribute table and the evaluation in memory. The store compiles the bound tree to SQL.

mod bind;
mod error;
mod eval;
mod instant;
mod lexer;
mod narrow;
mod parse;
mod path;
mod tolerance;

use std::fmt;

pub(in crate::scim) use bind::bind_element;
pub use bind::{BoundFilter, bind, bind_noting};
pub use error::FilterError;
pub(in crate::scim) use eval::element_matches;
pub use eval::matches;
pub use instant::instant;
pub use narrow::{Narrowed, narrow};
pub(in crate::scim) use parse::parse_value_filter;
pub use parse::{MAX_DEPTH, MAX_LENGTH, MAX_TERMS, parse, parse_noting};
pub use path::AttrPath;
pub use tolerance::{Tolerance, Tolerances};

/// A filter.
///
/// `and` and `or` hold at least two members, none of which is the same connective again; the parser and
/// [`Filter::and`] and [`Filter::or`] see to it, so that equal filters have equal trees.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every one of them matches.
    And(Vec<Filter>),
    /// At least one of them matches.
    Or(Vec<Filter>),
    /// It does not match.
    Not(Box<Filter>),
    /// The attribute has a value.
    Present(AttrPath),
    /// The attribute compares to the value.
    Compare {
        /// The attribute.
        path: AttrPath,
        /// The comparison.
        op: CompareOp,
        /// What it is compared with.
        value: CompareValue,
    },
    /// One element of the multi-valued attribute matches the whole inner filter (`emails[type eq "work"]`). The
    /// paths of the inner filter are those of the sub-attributes, without schema.
    ValuePath {
        /// The multi-valued attribute.
        path: AttrPath,
        /// What one element must match.
        filter: Box<Filter>,
    },
}

/// The comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

impl CompareOp {
    const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    fn from_keyword(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(word))
    }
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum CompareValue {
    /// Nothing: `eq null` holds where the attribute is absent.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// Text, also where the client left the quotes out.
    String(String),
}

impl Filter {
    /// The conjunction, flattened; a single filter is itself.
    pub fn and(filters: Vec<Filter>) -> Filter {
        Self::connect(filters, |f| if let Filter::And(inner) = f { Ok(inner) } else { Err(f) }, Filter::And)
    }

    /// The disjunction, flattened; a single filter is itself.
    pub fn or(filters: Vec<Filter>) -> Filter {
        Self::connect(filters, |f| if let Filter::Or(inner) = f { Ok(inner) } else { Err(f) }, Filter::Or)
    }

    fn connect(
        filters: Vec<Filter>,
        open: fn(Filter) -> Result<Vec<Filter>, Filter>,
        close: fn(Vec<Filter>) -> Filter,
    ) -> Filter {
        let mut flat = Vec::with_capacity(filters.len());
        for filter in filters {
            match open(filter) {
                Ok(inner) => flat.extend(inner),
                Err(other) => flat.push(other),
            }
        }
        match (flat.pop(), flat.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                flat.extend(last);
                close(flat)
            }
        }
    }
}

impl Filter {
    /// The filter without what it compares with, which may be a person's name.
    pub fn outline(&self) -> String {
        let join =
            |members: &[Filter], word: &str| members.iter().map(Self::outline).collect::<Vec<_>>().join(word);
        match self {
            Self::And(members) => format!("({})", join(members, " and ")),
            Self::Or(members) => format!("({})", join(members, " or ")),
            Self::Not(inner) => format!("not ({})", inner.outline()),
            Self::Present(path) => format!("{path} pr"),
            Self::Compare { path, op, .. } => format!("{path} {} ...", op.as_str()),
            Self::ValuePath { path, filter } => format!("{path}[{}]", filter.outline()),
        }
    }

    /// How many comparisons it is made of.
    pub fn terms(&self) -> usize {
        match self {
            Self::And(members) | Self::Or(members) => members.iter().map(Self::terms).sum(),
            Self::Not(inner) | Self::ValuePath { filter: inner, .. } => inner.terms(),
            Self::Present(_) | Self::Compare { .. } => 1,
        }
    }

    /// Whether the filter asks about an attribute of the base schema by this name.
    pub fn mentions(&self, name: &str) -> bool {
        match self {
            Self::And(members) | Self::Or(members) => members.iter().any(|member| member.mentions(name)),
            Self::Not(inner) => inner.mentions(name),
            Self::Present(path) | Self::Compare { path, .. } | Self::ValuePath { path, .. } => {
                path.schema.is_none() && path.name == name
            }
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(members) => join(f, members, " and "),
            Self::Or(members) => join(f, members, " or "),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Compare { path, op, value } => write!(f, "{path} {} {value}", op.as_str()),
            Self::ValuePath { path, filter } => write!(f, "{path}[{filter}]"),
        }
    }
}

/// A connective inside of a connective is written with parentheses, which is always right.
fn join(f: &mut fmt::Formatter<'_>, members: &[Filter], word: &str) -> fmt::Result {
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        match member {
            Filter::And(_) | Filter::Or(_) => write!(f, "({member})")?,
            _ => write!(f, "{member}")?,
        }
    }
    Ok(())
}

impl fmt::Display for CompareValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::String(value) => write!(f, "{}", serde_json::Value::from(value.as_str())),
        }
    }
}
