//! A resource that has passed the schema: what clients may write, in canonical names and without empty values.

mod member;
mod normalize;

use serde_json::{Map, Value};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

pub use member::{Member, MemberKind, members_of};
pub(in crate::scim) use member::{is_members, member_list};
pub use normalize::MAX_VALUES;
pub(in crate::scim) use normalize::{check_foreign, check_primaries, check_required, foreign, value};

use super::{
    ScimError,
    schema::{ENTERPRISE_URN, ResourceType},
};

/// What a client has written of a user or group, checked. Only this module and PATCH make one.
///
/// It holds no `id`, `meta`, `schemas` and no read-only attribute, which the server adds when it shows the
/// resource, and no `members` of a group, which are rows. Null, empty and absent are one state: absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    resource_type: &'static ResourceType,
    attributes: Map<String, Value>,
}

/// What the server adds to a resource when it shows it (RFC 7643 section 3.1).
#[derive(Clone, Debug)]
pub struct Meta {
    /// The id.
    pub id: String,
    /// When it was created.
    pub created: OffsetDateTime,
    /// When it was last changed.
    pub last_modified: OffsetDateTime,
    /// The number of its changes, behind the entity tag.
    pub version: i64,
    /// Its absolute address.
    pub location: String,
}

impl Resource {
    /// Checks the body of a create (RFC 7644 section 3.3). A user is active unless the body says otherwise.
    pub fn create(resource_type: &'static ResourceType, body: &Value) -> Result<Self, ScimError> {
        let body = body.as_object().ok_or(ScimError::NotAnObject)?;
        check_schemas(body, resource_type.schema.id)?;
        let mut attributes = normalize::attributes(resource_type, body)?;
        if resource_type.core_attribute("active").is_some() {
            attributes.entry("active").or_insert(Value::Bool(true));
        }
        Ok(Self { resource_type, attributes })
    }

    /// Checks the body of a replace (RFC 7644 section 3.5.1). What the body leaves out is cleared, except
    /// `active`: a profile push that does not mention it must neither deactivate nor activate.
    pub fn replace(&self, body: &Value) -> Result<Self, ScimError> {
        let mut new = Self::create(self.resource_type, body)?;
        let given = body.as_object().into_iter().flatten();
        if !given.into_iter().any(|(name, value)| name.eq_ignore_ascii_case("active") && value.is_boolean()) {
            new.keep_active(self);
        }
        Ok(new)
    }

    /// A resource as it was stored by [`Resource::attributes`]; it was checked before it was stored.
    pub fn from_stored(resource_type: &'static ResourceType, attributes: Map<String, Value>) -> Self {
        Self { resource_type, attributes }
    }

    /// What to store.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// User or Group.
    pub fn resource_type(&self) -> &'static ResourceType {
        self.resource_type
    }

    /// The text of a single-valued attribute of the base schema.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str()
    }

    /// `userName`, which every user has.
    pub fn user_name(&self) -> &str {
        self.text("userName").unwrap_or_default()
    }

    /// `externalId`.
    pub fn external_id(&self) -> Option<&str> {
        self.text("externalId").filter(|id| !id.is_empty())
    }

    /// `displayName`.
    pub fn display_name(&self) -> Option<&str> {
        self.text("displayName")
    }

    /// `active`; `None` where the client has unassigned it, which neither activates nor deactivates.
    pub fn active(&self) -> Option<bool> {
        self.attributes.get("active")?.as_bool()
    }

    /// Who the manager is, by the enterprise extension.
    pub fn manager(&self) -> Option<&str> {
        self.attributes.get(ENTERPRISE_URN)?.get("manager")?.get("value")?.as_str()
    }

    /// All email addresses.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        self.email_elements().filter_map(|email| email.get("value")?.as_str())
    }

    /// The address used for login: the primary one, else the first, else the userName where it is an address.
    pub fn login_email(&self) -> Option<&str> {
        let primary = self.email_elements().find(|email| email.get("primary") == Some(&Value::Bool(true)));
        let primary = primary.and_then(|email| email.get("value")?.as_str());
        primary
            .or_else(|| self.emails().next())
            .or_else(|| Some(self.user_name()).filter(|name| is_address(name)))
    }

    fn email_elements(&self) -> impl Iterator<Item = &Value> {
        self.attributes.get("emails").and_then(Value::as_array).into_iter().flatten()
    }

    /// The same with `active` as it is now, for others than the client may have changed it. Unassigned stays
    /// unassigned.
    pub fn with_active(mut self, active: bool) -> Self {
        if let Some(stored) = self.attributes.get_mut("active") {
            *stored = Value::Bool(active);
        }
        self
    }

    /// The names of the attributes in which the other differs, extensions by their URN. Empty: nothing to store.
    pub fn changes(&self, new: &Resource) -> Vec<String> {
        let mut names: Vec<&String> = self.attributes.keys().chain(new.attributes.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let differs = |name: &&String| self.attributes.get(*name) != new.attributes.get(*name);
        names.into_iter().filter(differs).cloned().collect()
    }

    /// The resource as it is shown, before projection.
    pub fn render(&self, meta: &Meta) -> Map<String, Value> {
        let mut shown = self.attributes.clone();
        let extensions = self.attributes.keys().filter(|name| name.contains(':')).cloned();
        let schemas = std::iter::once(self.resource_type.schema.id.to_owned()).chain(extensions);
        shown.insert("schemas".to_owned(), schemas.collect());
        shown.insert("id".to_owned(), Value::from(meta.id.as_str()));
        let mut about = Map::new();
        about.insert("resourceType".to_owned(), Value::from(self.resource_type.name));
        about.insert("created".to_owned(), instant(meta.created));
        about.insert("lastModified".to_owned(), instant(meta.last_modified));
        about.insert("location".to_owned(), Value::from(meta.location.as_str()));
        about.insert("version".to_owned(), Value::from(super::etag::weak(meta.version)));
        shown.insert("meta".to_owned(), Value::Object(about));
        shown
    }

    /// Only for PATCH, which has checked what it changed.
    pub(in crate::scim) fn patched(&self, attributes: Map<String, Value>) -> Result<Self, ScimError> {
        check_required(self.resource_type, &attributes)?;
        check_foreign(self.resource_type, &attributes)?;
        Ok(Self { resource_type: self.resource_type, attributes })
    }

    /// Who leaves `active` out means neither to activate nor to deactivate.
    fn keep_active(&mut self, before: &Resource) {
        match before.attributes.get("active") {
            Some(active) => self.attributes.insert("active".to_owned(), active.clone()),
            None => self.attributes.remove("active"),
        };
    }
}

/// RFC 3339 in UTC, to the millisecond that is stored.
fn instant(time: OffsetDateTime) -> Value {
    time.to_offset(UtcOffset::UTC).truncate_to_millisecond().format(&Rfc3339).map_or(Value::Null, Value::from)
}

/// `schemas` must name the schema of the request; other URNs in it are extensions, or what Microsoft adds.
pub(in crate::scim) fn check_schemas(body: &Map<String, Value>, urn: &'static str) -> Result<(), ScimError> {
    let schemas = body.iter().find(|(name, _)| name.eq_ignore_ascii_case("schemas"));
    let listed = schemas.and_then(|(_, list)| list.as_array()).filter(|list| !list.is_empty());
    let listed = listed.ok_or(ScimError::SchemasMissing)?;
    if !listed.iter().all(Value::is_string) {
        return Err(ScimError::SchemasMissing);
    }
    let named = listed.iter().filter_map(Value::as_str).any(|listed| listed.eq_ignore_ascii_case(urn));
    if named { Ok(()) } else { Err(ScimError::SchemaNotNamed(urn)) }
}

/// Whether a userName can stand in for an address: one `@` with something on both sides, a dot in the domain,
/// no blanks.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control()) && !domain.contains('@');
    plain && !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "`json!` in a call reads best by value")]
mod tests;
