//! SCIM filters as SQL: the terms of a conjunction that an index answers, each a bound parameter. What remains of
//! a filter is evaluated in memory by the caller, over no more rows than it allows.

use crate::{
    model::fold::fold,
    scim::filter::{AttrPath, BoundFilter, CompareOp, CompareValue, Filter},
};

/// One indexed comparison. Names that compare without case are folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// `id eq`
    Id(String),
    /// `externalId eq`
    ExternalId(String),
    /// `userName eq`
    UserName(String),
    /// `displayName eq`, for groups.
    DisplayName(String),
    /// `emails.value eq`, or `emails[type eq and value eq]`.
    Email {
        /// The address.
        value: String,
        /// The type.
        kind: Option<String>,
    },
    /// `members.value eq`
    Member(String),
}

/// A filter as far as indexes answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// All of them must hold.
    pub terms: Vec<Term>,
    /// Whether they are the whole filter.
    pub is_exact: bool,
}

/// Which terms a resource type has an index for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Users.
    User,
    /// Groups.
    Group,
}

/// Compiles a filter.
pub fn compile(filter: &BoundFilter, resource: Resource) -> Compiled {
    let members = match filter.ast() {
        Filter::And(members) => members.as_slice(),
        other => std::slice::from_ref(other),
    };
    let terms: Vec<Term> = members.iter().filter_map(|member| term(member, resource)).collect();
    Compiled { is_exact: terms.len() == members.len(), terms }
}

fn term(filter: &Filter, resource: Resource) -> Option<Term> {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value: CompareValue::String(text) } => {
            compare(path, text, resource)
        }
        Filter::ValuePath { path, filter } if is(path, "emails", None) && resource == Resource::User => {
            email(filter)
        }
        _ => None,
    }
}

fn compare(path: &AttrPath, text: &str, resource: Resource) -> Option<Term> {
    let is_user = resource == Resource::User;
    Some(match () {
        () if is(path, "id", None) => Term::Id(text.to_owned()),
        () if is(path, "externalId", None) => Term::ExternalId(text.to_owned()),
        () if is(path, "userName", None) && is_user => Term::UserName(fold(text)),
        () if is(path, "displayName", None) && !is_user => Term::DisplayName(fold(text)),
        () if is(path, "emails", Some("value")) && is_user => Term::Email { value: fold(text), kind: None },
        () if is(path, "members", Some("value")) && !is_user => Term::Member(text.to_owned()),
        () => return None,
    })
}

/// `type eq "work" and value eq "x"`, in either order.
fn email(inner: &Filter) -> Option<Term> {
    let Filter::And(members) = inner else { return None };
    let [first, second] = members.as_slice() else { return None };
    let part = |name: &str| {
        [first, second].into_iter().find_map(|member| match member {
            Filter::Compare { path, op: CompareOp::Eq, value: CompareValue::String(text) }
                if path.name == name =>
            {
                Some(fold(text))
            }
            _ => None,
        })
    };
    Some(Term::Email { value: part("value")?, kind: Some(part("type")?) })
}

fn is(path: &AttrPath, name: &str, sub: Option<&str>) -> bool {
    path.schema.is_none() && path.name == name && path.sub.as_deref() == sub
}
