//! The attribute table (RFC 7643 sections 2 to 4 and 7): every resource type with all characteristics of its
//! attributes. Validation, filters, PATCH, projection and discovery all read this one table, so that discovery
//! cannot promise what the server does not do.

mod attribute;
mod catalog;
mod common;
mod custom;
mod discovery;
mod enterprise;
mod group;
mod user;

pub use attribute::{Attribute, Kind, Mutability, Returned, Uniqueness};
pub use catalog::Catalog;
pub use custom::{Definition, InvalidSchema};
pub use discovery::{
    Limits, resource_type_json, resource_types_json, schema_json, schemas_json, service_provider_config_json,
};

use super::filter::AttrPath;

/// The URN of the core User schema.
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The URN of the core Group schema.
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The URN of the enterprise extension of User (RFC 7643 section 4.3).
pub const ENTERPRISE_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Below this are the schemas of RFC 7643 and no others.
const CORE: &str = "urn:ietf:params:scim:schemas:core";

/// A schema: a URN and the attributes it defines (RFC 7643 section 7).
#[derive(Debug)]
pub struct Schema {
    /// The URN, in canonical case.
    pub id: &'static str,
    /// The name that people see.
    pub name: &'static str,
    /// What the schema is for.
    pub description: &'static str,
    /// The attributes, in the order in which discovery lists them.
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// The attribute of that name, in any case (RFC 7643 section 2.1).
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// A resource type: an endpoint, its base schema and the extensions it may carry (RFC 7643 section 6).
pub struct ResourceType {
    /// The name, which is also its id: `User` or `Group`.
    pub name: &'static str,
    /// The endpoint below the base address, with its slash.
    pub endpoint: &'static str,
    /// What the resource is.
    pub description: &'static str,
    /// The base schema.
    pub schema: &'static Schema,
    /// The extensions; none of them is required.
    pub extensions: &'static [&'static Schema],
}

impl std::fmt::Debug for ResourceType {
    /// The name stands for the table.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for ResourceType {
    /// There is one table for each name.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Users.
pub static USER: ResourceType = ResourceType {
    name: "User",
    endpoint: "/Users",
    description: "User account",
    schema: &user::SCHEMA,
    extensions: &[&enterprise::SCHEMA],
};

/// Groups.
pub static GROUP: ResourceType = ResourceType {
    name: "Group",
    endpoint: "/Groups",
    description: "Group of users",
    schema: &group::SCHEMA,
    extensions: &[],
};

/// Every resource type that is served.
pub static RESOURCE_TYPES: [&ResourceType; 2] = [&USER, &GROUP];

/// An attribute path resolved against the table.
#[derive(Clone, Copy, Debug)]
pub struct Resolved {
    /// The extension it lives in; `None` for the base schema and the common attributes.
    pub extension: Option<&'static Schema>,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The sub-attribute, where the path names one.
    pub sub: Option<&'static Attribute>,
}

impl Resolved {
    /// What the path ends at: the sub-attribute, or else the attribute.
    pub fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// The path in canonical spelling.
    pub fn path(&self) -> AttrPath {
        AttrPath {
            schema: self.extension.map(|schema| schema.id.to_owned()),
            name: self.attribute.name.to_owned(),
            sub: self.sub.map(|sub| sub.name.to_owned()),
        }
    }
}

impl ResourceType {
    /// The attribute of the base schema, or the common attribute, of that name in any case.
    pub fn core_attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.schema.attribute(name).or_else(|| common::attribute(name))
    }

    /// The extension with that URN in any case.
    pub fn extension(&self, urn: &str) -> Option<&'static Schema> {
        self.extensions.iter().copied().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// Whether a URN, or a path that begins with one, is below one of ours, or is one of them misspelled. What were stored
    /// under that would look like a success.
    pub fn is_ours(&self, urn: &str) -> bool {
        let below = |a: &str, b: &str| {
            a.split_at_checked(b.len()).is_some_and(|(start, rest)| {
                start.eq_ignore_ascii_case(b) && matches!(rest.get(..1), None | Some(":" | "."))
            })
        };
        let mut schemas = std::iter::once(self.schema).chain(self.extensions.iter().copied());
        below(urn, CORE) || schemas.any(|schema| below(urn, schema.id) || below(schema.id, urn))
    }

    /// The extension that has an attribute of that name, the first where several do.
    pub fn home_of(&self, name: &str) -> Option<&'static Schema> {
        self.extensions.iter().copied().find(|schema| schema.attribute(name).is_some())
    }

    /// Resolves a path as [`ResourceType::resolve`] does, and besides it an attribute of an extension that is named without
    /// its URN, as clients do in queries. An attribute of the base schema goes first.
    pub fn find(&self, path: &AttrPath) -> Option<Resolved> {
        self.resolve(path).or_else(|| {
            let home = self.home_of(&path.name).filter(|_| path.schema.is_none())?;
            self.resolve(&AttrPath { schema: Some(home.id.to_owned()), ..path.clone() })
        })
    }

    /// Resolves a path against the table; `None` where nothing of that name exists.
    pub fn resolve(&self, path: &AttrPath) -> Option<Resolved> {
        let (extension, attribute) = match path.schema.as_deref() {
            None => (None, self.core_attribute(&path.name)?),
            Some(urn) if urn.eq_ignore_ascii_case(self.schema.id) => (None, self.core_attribute(&path.name)?),
            Some(urn) => {
                let schema = self.extension(urn)?;
                (Some(schema), schema.attribute(&path.name)?)
            }
        };
        let sub = match path.sub.as_deref() {
            Some(name) => Some(attribute.sub_attribute(name)?),
            None => None,
        };
        Some(Resolved { extension, attribute, sub })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(path: &str) -> Option<String> {
        USER.resolve(&AttrPath::parse(path).ok()?).map(|found| found.path().to_string())
    }

    #[test]
    fn scim_018_names_and_urns_are_found_in_any_case() {
        assert_eq!(resolve("USERNAME").as_deref(), Some("userName"));
        assert_eq!(resolve("Name.GivenName").as_deref(), Some("name.givenName"));
        assert_eq!(
            resolve("urn:ietf:params:scim:schemas:core:2.0:user:username").as_deref(),
            Some("userName")
        );
        assert_eq!(
            resolve("URN:ietf:params:scim:schemas:extension:enterprise:2.0:user:Manager.value").as_deref(),
            Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value")
        );
        assert_eq!(resolve("nickname.none"), None);
        assert_eq!(resolve("urn:unknown:2.0:User:department"), None);
    }

    #[test]
    fn scim_048_an_extension_urn_is_not_taken_for_an_attribute() {
        assert_eq!(resolve(ENTERPRISE_URN), None);
        assert!(USER.extension(ENTERPRISE_URN).is_some());
    }
}
