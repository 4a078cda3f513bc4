//! Which attributes of a connection's provider say who a person is, where their names are not among those that are known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ConnectionError;
use crate::store::saml_connections::SamlConnection;

/// What can be mapped, by the names that `idp-configs` has for it too.
const FIELDS: [&str; 5] = ["email", "firstName", "lastName", "displayName", "groups"];
/// A longer name is none that a provider gives.
const LONGEST: usize = 1_024;

/// The names of attributes, by what they say. What is not in it has the names that its provider sends by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeMap(BTreeMap<String, String>);

impl AttributeMap {
    /// That of a connection. One that cannot be read is as good as none: the default names still work.
    pub fn of(connection: &SamlConnection) -> Self {
        serde_json::from_str(&connection.attribute_map).unwrap_or_default()
    }

    /// The attribute that says this, if one is set.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// Each of what is mapped, with its attribute.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, attribute)| (field.as_str(), attribute.as_str()))
    }

    /// Sets the attribute that says `field`; an empty name takes it away.
    pub(super) fn set(&mut self, field: &str, attribute: &str) -> Result<(), ConnectionError> {
        if !FIELDS.contains(&field) {
            let known = FIELDS.join(", ");
            return Err(ConnectionError::Invalid(format!("{field:?} cannot be mapped; {known} can")));
        }
        if attribute.is_empty() {
            self.0.remove(field);
            return Ok(());
        }
        check_attribute(attribute)?;
        self.0.insert(field.to_owned(), attribute.to_owned());
        Ok(())
    }

    /// The stored form.
    pub(super) fn to_stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".into())
    }
}

/// Whether a provider may send an attribute of this name.
pub(super) fn check_attribute(name: &str) -> Result<(), ConnectionError> {
    if name.is_empty() || name.len() > LONGEST || name.contains(char::is_control) {
        return Err(ConnectionError::Invalid(format!(
            "the name of an attribute has 1 to {LONGEST} bytes on one line"
        )));
    }
    Ok(())
}
