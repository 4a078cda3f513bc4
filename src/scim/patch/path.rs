//! PATCH paths (RFC 7644 figure 7), resolved against the attribute table.

use crate::scim::{
    ScimError,
    error::quoted,
    filter::{AttrPath, Filter, Tolerances, bind_element, parse_value_filter},
    schema::{Attribute, Kind, Mutability, ResourceType, Schema},
};

/// What an operation changes.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// An attribute of a schema in the table.
    Attribute(AttributeTarget),
    /// A whole extension of the table.
    Extension(&'static Schema),
    /// An extension that no table describes, or a value in it.
    Foreign { whole: String, urn: String, name: Option<AttrPath> },
    /// What is accepted and dropped.
    Dropped,
}

/// `[urn:]attribute[filter].sub`.
#[derive(Clone, Debug)]
pub(super) struct AttributeTarget {
    /// The extension it lives in.
    pub(super) extension: Option<&'static Schema>,
    pub(super) attribute: &'static Attribute,
    /// Bound to the attribute.
    pub(super) filter: Option<Filter>,
    pub(super) sub: Option<&'static Attribute>,
    /// As the client wrote it, for messages.
    pub(super) path: String,
}

impl Target {
    /// A whole extension that no table describes.
    pub(super) fn foreign_extension(urn: &str) -> Self {
        Self::Foreign { whole: urn.to_owned(), urn: urn.to_owned(), name: None }
    }
}

/// Parses and resolves a path. What the client may not write is refused here. `met` hears what its selection has beside the
/// grammar.
pub(super) fn parse(
    resource_type: &'static ResourceType,
    path: &str,
    met: &mut Tolerances,
) -> Result<Target, ScimError> {
    if let Some(schema) = resource_type.extension(path) {
        return Ok(Target::Extension(schema));
    }
    let bad = |reason| ScimError::BadPath { path: quoted(path), reason };
    let (head, selection) = match path.split_once('[') {
        Some((head, selection)) => (head, Some(selection)),
        None => (path, None),
    };
    let mut attr_path = AttrPath::parse(head).map_err(|_| bad("it is no attribute path"))?;
    let (filter, rest) = match selection {
        None => (None, ""),
        Some(_) if attr_path.sub.is_some() => return Err(bad("a sub-attribute has no elements to select")),
        Some(selection) => {
            let (filter, rest) = parse_value_filter(selection, met)?;
            (Some(filter), rest)
        }
    };
    if !rest.is_empty() {
        let sub = rest.strip_prefix('.').ok_or_else(|| bad("only a sub-attribute can follow a selection"))?;
        let sub = AttrPath::parse(sub).ok().filter(|sub| sub.schema.is_none() && sub.sub.is_none());
        attr_path.sub = Some(sub.ok_or_else(|| bad("only a sub-attribute can follow a selection"))?.name);
    }
    match resource_type.resolve(&attr_path) {
        Some(found) => attribute_target(found, filter, path, met),
        None if filter.is_some() => Err(ScimError::UnknownPath(quoted(path))),
        None => foreign(resource_type, attr_path, path),
    }
}

fn attribute_target(
    found: crate::scim::schema::Resolved,
    filter: Option<Filter>,
    path: &str,
    met: &mut Tolerances,
) -> Result<Target, ScimError> {
    let attribute = found.attribute;
    if attribute.mutability == Mutability::ReadOnly || found.leaf().mutability == Mutability::ReadOnly {
        return Err(ScimError::ReadOnly(quoted(path)));
    }
    if attribute.mutability == Mutability::WriteOnly {
        return Ok(Target::Dropped);
    }
    let filter = match filter {
        None => None,
        Some(_) if !attribute.multi_valued || attribute.kind != Kind::Complex => {
            return Err(ScimError::BadPath {
                path: quoted(path),
                reason: "the attribute has no elements to select",
            });
        }
        Some(filter) => Some(bind_element(&filter, attribute, met)?),
    };
    let target =
        AttributeTarget { extension: found.extension, attribute, filter, sub: found.sub, path: quoted(path) };
    Ok(Target::Attribute(target))
}

/// A path into an extension that is in no table.
fn foreign(resource_type: &ResourceType, attr_path: AttrPath, path: &str) -> Result<Target, ScimError> {
    let unknown = || ScimError::UnknownPath(quoted(path));
    let urn = attr_path.schema.clone().ok_or_else(unknown)?;
    if resource_type.is_ours(&urn) {
        return Err(unknown());
    }
    Ok(Target::Foreign { whole: path.to_owned(), urn, name: Some(AttrPath { schema: None, ..attr_path }) })
}
