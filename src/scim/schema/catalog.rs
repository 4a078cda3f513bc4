//! The resource types of one organization: the standard's, with the extensions that it has registered.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::{Definition, GROUP, ResourceType, USER};

/// Users and groups as one organization knows them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Catalog {
    /// Users.
    pub user: &'static ResourceType,
    /// Groups.
    pub group: &'static ResourceType,
}

/// The tables made so far. Filters, patches and resources hold references into a table, so one that is made stays for
/// the life of the process; equal sets of schemas share one, and only an operator can register them.
static MADE: LazyLock<Mutex<HashMap<String, Catalog>>> = LazyLock::new(Mutex::default);

impl Catalog {
    /// Users with the enterprise extension, and groups.
    pub const STANDARD: Self = Self { user: &USER, group: &GROUP };

    /// The standard's types with these extensions, in this order.
    pub fn with(definitions: &[Definition]) -> Self {
        if definitions.is_empty() {
            return Self::STANDARD;
        }
        let key = definitions.iter().map(|d| format!("{}{}", d.resource_type(), d.json())).collect();
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        *made.entry(key).or_insert_with(|| Self {
            user: extended(&USER, definitions),
            group: extended(&GROUP, definitions),
        })
    }

    /// Both types, users first.
    pub fn types(self) -> [&'static ResourceType; 2] {
        [self.user, self.group]
    }
}

fn extended(base: &'static ResourceType, definitions: &[Definition]) -> &'static ResourceType {
    let own = definitions.iter().filter(|definition| definition.resource_type() == base.name);
    let extensions = base.extensions.iter().copied().chain(own.map(Definition::leak)).collect();
    Box::leak(Box::new(ResourceType {
        name: base.name,
        endpoint: base.endpoint,
        description: base.description,
        schema: base.schema,
        extensions: Vec::leak(extensions),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scim_086_equal_schemas_share_one_table() {
        let json = json!({ "id": "urn:acme:2.0:User", "attributes": [{ "name": "badge" }] });
        let definition = [Definition::parse(&json).unwrap()];
        let (one, other) = (Catalog::with(&definition), Catalog::with(&definition));
        assert!(std::ptr::eq(one.user, other.user));
        assert!(
            one.user.extension("URN:acme:2.0:user").is_some()
                && USER.extension("urn:acme:2.0:User").is_none()
        );
        assert!(one.group.extensions.is_empty());
    }
}
