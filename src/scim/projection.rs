//! `attributes` and `excludedAttributes` (RFC 7644 section 3.9).

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    ScimError,
    filter::AttrPath,
    schema::{Attribute, ResourceType, Returned},
};

/// The most names in a list, repetitions aside. Each is compared with each part of each resource; all that the standard
/// has, sub-attributes too, are about a hundred.
const MAX_NAMES: usize = 200;

/// Which attributes an answer holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Projection(Mode);

#[derive(Clone, Debug, Default, PartialEq)]
enum Mode {
    #[default]
    Default,
    Only(Vec<Item>),
    Except(Vec<Item>),
    /// All there is, for evaluation and not for an answer.
    Everything,
}

/// One name of the list: as a whole schema, or as a path.
#[derive(Clone, Debug, PartialEq)]
struct Item {
    text: String,
    path: Option<AttrPath>,
}

impl Projection {
    /// Reads the two parameters, each a list with commas. Names that nothing has are ignored; both at once are
    /// refused.
    pub fn parse(attributes: Option<&str>, excluded: Option<&str>) -> Result<Self, ScimError> {
        let (only, except) = (items(attributes)?, items(excluded)?);
        match (only.is_empty(), except.is_empty()) {
            (false, false) => Err(ScimError::BothProjections),
            (false, true) => Ok(Self(Mode::Only(only))),
            (true, false) => Ok(Self(Mode::Except(except))),
            (true, true) => Ok(Self(Mode::Default)),
        }
    }

    /// All there is, also what answers hold only on request: what filters and orders look at.
    pub fn everything() -> Self {
        Self(Mode::Everything)
    }

    /// Everything but one attribute.
    pub fn without(name: &str) -> Self {
        Self(Mode::Except(vec![Item::new(name)]))
    }

    /// Whether the client asked for certain attributes; then it gets a body (RFC 7644 section 3.5.2).
    pub fn is_given(&self) -> bool {
        self.0 != Mode::Default
    }

    /// Whether any part of the attribute of the base schema is shown, so that what is expensive (`members`,
    /// `groups`) need not be read for nothing.
    pub fn shows(&self, resource_type: &ResourceType, name: &str) -> bool {
        let base = resource_type.schema.id;
        match &self.0 {
            Mode::Default | Mode::Everything => true,
            Mode::Only(items) => items.iter().any(|item| item.is_all_of(base) || item.is_in(base, name)),
            Mode::Except(items) => !items
                .iter()
                .any(|item| item.is_all_of(base) || (item.is_in(base, name) && item.sub().is_none())),
        }
    }

    /// Whether the sub-attribute is asked for by its name, as those need it that are returned on request.
    pub fn names(&self, resource_type: &ResourceType, name: &str, sub: &str) -> bool {
        let is_named = |item: &Item| {
            item.is_in(resource_type.schema.id, name)
                && item.sub().is_some_and(|asked| asked.eq_ignore_ascii_case(sub))
        };
        match &self.0 {
            Mode::Only(items) => items.iter().any(is_named),
            Mode::Everything => true,
            Mode::Default | Mode::Except(_) => false,
        }
    }

    /// The resource with what is to be shown of it. What is always returned stays.
    pub fn apply(
        &self,
        resource_type: &'static ResourceType,
        resource: Map<String, Value>,
    ) -> Map<String, Value> {
        match &self.0 {
            Mode::Everything => resource,
            Mode::Default => reserved(resource_type, resource, &[]),
            Mode::Only(items) => only(resource_type, reserved(resource_type, resource, items), items),
            Mode::Except(items) => except(resource_type, reserved(resource_type, resource, &[]), items),
        }
    }
}

/// Without what is never returned, and without what is returned on request and was not asked for (RFC 7643 section 2.2).
/// Of the standard's attributes only a member's `display` is so, which is not read unless it is asked for; extensions
/// may have more.
fn reserved(
    resource_type: &'static ResourceType,
    mut resource: Map<String, Value>,
    asked: &[Item],
) -> Map<String, Value> {
    for schema in resource_type.extensions {
        let Some(Value::Object(parts)) = resource.get_mut(schema.id) else { continue };
        let is_asked = |name: &str| {
            asked
                .iter()
                .any(|item| item.is_all_of(schema.id) || item.is_in_extension(resource_type, schema.id, name))
        };
        parts.retain(|name, value| {
            let Some(attribute) = schema.attribute(name) else { return true };
            let is_shown = match attribute.returned {
                Returned::Never => false,
                Returned::Request => is_asked(name),
                Returned::Always | Returned::Default => true,
            };
            is_shown
                && reserve_subs(attribute, value, &|sub| {
                    asked.iter().any(|item| {
                        item.is_in_extension(resource_type, schema.id, name) && item.is_of_sub(sub)
                    })
                })
        });
        if parts.is_empty() {
            resource.remove(schema.id);
        }
    }
    resource
}

/// The same of sub-attributes, of which one is asked for by its own name. Tells whether anything remains.
fn reserve_subs(attribute: &Attribute, value: &mut Value, is_asked: &dyn Fn(&str) -> bool) -> bool {
    let is_plain = |sub: &Attribute| matches!(sub.returned, Returned::Always | Returned::Default);
    if attribute.sub_attributes.iter().all(is_plain) {
        return true;
    }
    retain_subs(value, &|name| match attribute.sub_attribute(name).map(|sub| sub.returned) {
        Some(Returned::Never) => false,
        Some(Returned::Request) => is_asked(name),
        _ => true,
    });
    !is_empty(value)
}

impl Item {
    fn new(name: &str) -> Self {
        Self { text: name.to_owned(), path: AttrPath::parse(name).ok() }
    }

    fn is_all_of(&self, urn: &str) -> bool {
        self.text.eq_ignore_ascii_case(urn)
    }

    /// Whether the path is of the attribute in the schema with that URN, or without one.
    fn is_in(&self, urn: &str, name: &str) -> bool {
        self.path.as_ref().is_some_and(|path| {
            path.schema.as_deref().is_none_or(|schema| schema.eq_ignore_ascii_case(urn))
                && path.name.eq_ignore_ascii_case(name)
        })
    }

    /// Whether the path is of the attribute in that extension; it may be named without its URN, as it is in filters.
    fn is_in_extension(&self, resource_type: &ResourceType, urn: &str, name: &str) -> bool {
        let is_home = || {
            resource_type.core_attribute(name).is_none()
                && resource_type.home_of(name).is_some_and(|home| home.id == urn)
        };
        self.path.as_ref().is_some_and(|path| {
            path.name.eq_ignore_ascii_case(name)
                && path.schema.as_deref().map_or_else(is_home, |schema| schema.eq_ignore_ascii_case(urn))
        })
    }

    fn is_of_sub(&self, name: &str) -> bool {
        self.sub().is_some_and(|sub| sub.eq_ignore_ascii_case(name))
    }

    fn sub(&self) -> Option<&str> {
        self.path.as_ref()?.sub.as_deref()
    }
}

/// The names of a list, each once. A selection in brackets (Microsoft's collection has `emails[type eq "work"]`) counts as
/// its attribute.
fn items(list: Option<&str>) -> Result<Vec<Item>, ScimError> {
    let names = list.into_iter().flat_map(|list| list.split(','));
    let names =
        names.map(|name| name.split('[').next().unwrap_or(name).trim()).filter(|name| !name.is_empty());
    let (mut items, mut seen) = (Vec::new(), HashSet::new());
    for name in names {
        if !seen.insert(name.to_ascii_lowercase()) {
            continue;
        }
        if items.len() == MAX_NAMES {
            return Err(ScimError::TooManyNames(MAX_NAMES));
        }
        items.push(Item::new(name));
    }
    Ok(items)
}

fn only(
    resource_type: &'static ResourceType,
    resource: Map<String, Value>,
    items: &[Item],
) -> Map<String, Value> {
    let base = resource_type.schema.id;
    let of_base = items.iter().any(|item| item.is_all_of(base));
    let mut shown = Map::new();
    for (name, value) in resource {
        let kept = if is_always(resource_type, &name) || items.iter().any(|item| item.is_all_of(&name)) {
            Some(value)
        } else if name.contains(':') {
            parts_of_extension(resource_type, &name, value, items)
        } else if of_base {
            Some(value)
        } else {
            let asked: Vec<&Item> = items.iter().filter(|item| item.is_in(base, &name)).collect();
            parts_of(resource_type.core_attribute(&name), value, &asked)
        };
        shown.extend(kept.map(|value| (name, value)));
    }
    shown
}

fn parts_of_extension(
    resource_type: &ResourceType,
    urn: &str,
    value: Value,
    items: &[Item],
) -> Option<Value> {
    let Value::Object(extension) = value else { return None };
    let parts = extension.into_iter().filter_map(|(part, value)| {
        if is_always_in(resource_type, urn, &part) {
            return Some((part, value));
        }
        let asked: Vec<&Item> =
            items.iter().filter(|item| item.is_in_extension(resource_type, urn, &part)).collect();
        let value = parts_of(attribute_in(resource_type, urn, &part), value, &asked)?;
        Some((part, value))
    });
    Some(parts.collect::<Map<_, _>>()).filter(|parts| !parts.is_empty()).map(Value::Object)
}

/// What the items ask of one attribute: all of it, or sub-attributes and with them those that are always returned.
fn parts_of(attribute: Option<&Attribute>, mut value: Value, asked: &[&Item]) -> Option<Value> {
    if asked.is_empty() {
        return None;
    }
    let subs: Option<Vec<&str>> = asked.iter().map(|item| item.sub()).collect();
    let Some(subs) = subs else { return Some(value) };
    retain_subs(&mut value, &|name| {
        is_always_of(attribute, name) || subs.iter().any(|sub| sub.eq_ignore_ascii_case(name))
    });
    Some(value).filter(|value| !is_empty(value))
}

fn except(
    resource_type: &'static ResourceType,
    mut resource: Map<String, Value>,
    items: &[Item],
) -> Map<String, Value> {
    let base = resource_type.schema.id;
    resource.retain(|name, value| {
        if is_always(resource_type, name) {
            return true;
        }
        let is_all = items.iter().any(|item| item.is_all_of(name));
        if name.contains(':')
            && let Value::Object(extension) = value
        {
            extension.retain(|part, value| {
                if is_always_in(resource_type, name, part) {
                    return true;
                }
                let without: Vec<&Item> =
                    items.iter().filter(|item| item.is_in_extension(resource_type, name, part)).collect();
                !is_all && remains(attribute_in(resource_type, name, part), value, &without)
            });
            return !is_empty(value);
        }
        if is_all {
            return false;
        }
        let without: Vec<&Item> = items.iter().filter(|item| item.is_in(base, name)).collect();
        remains(resource_type.core_attribute(name), value, &without)
    });
    resource
}

/// Takes the sub-attributes out, but those that are always returned, and tells whether anything remains.
fn remains(attribute: Option<&Attribute>, value: &mut Value, without: &[&Item]) -> bool {
    if without.iter().any(|item| item.sub().is_none()) {
        return false;
    }
    if !without.is_empty() {
        retain_subs(value, &|name| {
            is_always_of(attribute, name) || !without.iter().any(|item| item.is_of_sub(name))
        });
    }
    !is_empty(value)
}

fn retain_subs(value: &mut Value, keep: &dyn Fn(&str) -> bool) {
    match value {
        Value::Object(parts) => parts.retain(|name, _| keep(name)),
        Value::Array(items) => {
            items.iter_mut().for_each(|item| retain_subs(item, keep));
            items.retain(|item| !is_empty(item));
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

fn is_always(resource_type: &ResourceType, name: &str) -> bool {
    resource_type.core_attribute(name).is_some_and(|attribute| attribute.returned == Returned::Always)
}

/// The same of an attribute of an extension.
fn is_always_in(resource_type: &ResourceType, urn: &str, name: &str) -> bool {
    let attribute = attribute_in(resource_type, urn, name);
    attribute.is_some_and(|attribute| attribute.returned == Returned::Always)
}

fn attribute_in(resource_type: &ResourceType, urn: &str, name: &str) -> Option<&'static Attribute> {
    resource_type.extension(urn)?.attribute(name)
}

/// The same of a sub-attribute.
fn is_always_of(attribute: Option<&Attribute>, name: &str) -> bool {
    let sub = attribute.and_then(|attribute| attribute.sub_attribute(name));
    sub.is_some_and(|sub| sub.returned == Returned::Always)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::schema::{Catalog, Definition, ENTERPRISE_URN, GROUP, USER, USER_URN};

    fn project(attributes: Option<&str>, excluded: Option<&str>) -> Value {
        let user = json!({
            "schemas": [USER_URN], "id": "u1", "userName": "b", "meta": { "version": "1" },
            "name": { "givenName": "B", "familyName": "J" },
            "emails": [{ "value": "x", "type": "work" }, { "value": "y" }],
            ENTERPRISE_URN: { "department": "R&D", "manager": { "value": "m" } }
        });
        let projection = Projection::parse(attributes, excluded).unwrap();
        Value::Object(projection.apply(&USER, user.as_object().unwrap().clone()))
    }

    #[test]
    fn scim_067_only_what_is_asked_for_and_what_is_always_returned() {
        let always = json!({ "schemas": [USER_URN], "id": "u1" });
        let with = |extra: Value| {
            let mut wanted = always.clone();
            wanted.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            wanted
        };
        assert_eq!(project(Some("USERNAME"), None), with(json!({ "userName": "b" })));
        assert_eq!(project(Some("name.givenName"), None), with(json!({ "name": { "givenName": "B" } })));
        assert_eq!(project(Some("emails.type"), None), with(json!({ "emails": [{ "type": "work" }] })));
        assert_eq!(project(Some("nothing"), None), always);
        assert_eq!(
            project(Some(&format!("{ENTERPRISE_URN}:department")), None),
            with(json!({ ENTERPRISE_URN: { "department": "R&D" } }))
        );
        for name in ["department", "DEPARTMENT"] {
            assert_eq!(project(Some(name), None), with(json!({ ENTERPRISE_URN: { "department": "R&D" } })));
        }
        assert_eq!(
            project(Some("manager.value"), None),
            with(json!({ ENTERPRISE_URN: { "manager": { "value": "m" } } }))
        );
        assert_eq!(project(Some(ENTERPRISE_URN), None)[ENTERPRISE_URN]["manager"]["value"], "m");
        assert_eq!(project(Some(USER_URN), None)["emails"][1]["value"], "y");
    }

    #[test]
    fn scim_067_exclusion_spares_what_is_always_returned() {
        let left = project(None, Some("id,schemas,emails,name.givenName,meta"));
        assert_eq!(left["id"], "u1");
        assert_eq!(left["name"], json!({ "familyName": "J" }));
        assert!(left.get("emails").is_none() && left.get("meta").is_none());
        assert!(project(None, Some(ENTERPRISE_URN)).get(ENTERPRISE_URN).is_none());
        assert_eq!(project(None, Some("manager"))[ENTERPRISE_URN], json!({ "department": "R&D" }));
    }

    #[test]
    fn scim_024_a_registered_schema_says_when_its_attributes_are_returned() {
        const URN: &str = "urn:acme:2.0:User";
        let attribute = |name: &str, returned: &str| json!({ "name": name, "returned": returned });
        let subs = [
            attribute("value", "default"),
            attribute("pin", "never"),
            attribute("note", "request"),
            attribute("kind", "always"),
        ];
        let schema = json!({ "id": URN, "attributes": [
            attribute("badge", "always"), attribute("site", "default"), attribute("rare", "request"),
            { "name": "cards", "type": "complex", "multiValued": true, "subAttributes": subs }
        ] });
        let user_type = Catalog::with(&[Definition::parse(&schema).unwrap()]).user;
        let shown = |attributes: Option<&str>, excluded: Option<&str>| {
            let user = json!({ "userName": "b", URN: {
                "badge": "7", "site": "north", "rare": "r", "cards": [{ "value": "c", "pin": "1234", "note": "n", "kind": "k" }, { "pin": "5" }]
            } });
            let projection = Projection::parse(attributes, excluded).unwrap();
            let shown = projection.apply(user_type, user.as_object().unwrap().clone());
            shown.get(URN).cloned().unwrap_or_default()
        };
        let cards = json!([{ "value": "c", "kind": "k" }]);
        assert_eq!(shown(None, None), json!({ "badge": "7", "site": "north", "cards": cards }));
        assert_eq!(shown(Some("userName"), None), json!({ "badge": "7" }), "always");
        for excluded in [URN.to_owned(), format!("{URN}:badge,{URN}:site,{URN}:cards")] {
            assert_eq!(shown(None, Some(&excluded)), json!({ "badge": "7" }), "{excluded}");
        }
        let asked = format!("{URN}:cards.note,{URN}:cards.pin,{URN}:rare");
        assert_eq!(
            shown(Some(&asked), None),
            json!({ "badge": "7", "rare": "r", "cards": [{ "note": "n", "kind": "k" }] })
        );
        let without = shown(None, Some(&format!("{URN}:site,{URN}:cards.kind,{URN}:cards.value")));
        assert_eq!(without, json!({ "badge": "7", "cards": [{ "kind": "k" }] }));
    }

    #[test]
    fn scim_067_the_two_exclude_each_other_and_empty_is_none() {
        assert!(Projection::parse(Some("a"), Some("b")).is_err());
        assert!(!Projection::parse(Some(""), Some(" , ")).unwrap().is_given());
    }

    #[test]
    fn scim_067_names_are_counted_once_and_have_a_limit() {
        let many = |count: usize| (0..count).map(|n| format!("a{n}")).collect::<Vec<_>>().join(",");
        for (only, except) in [(Some(many(MAX_NAMES + 1)), None), (None, Some(many(MAX_NAMES + 1)))] {
            let refused = Projection::parse(only.as_deref(), except.as_deref());
            assert_eq!(refused, Err(ScimError::TooManyNames(MAX_NAMES)));
        }
        assert!(Projection::parse(Some(&many(MAX_NAMES)), None).is_ok());
        assert_eq!(project(Some(&"userName,USERNAME,".repeat(10_000)), None)["userName"], "b");
    }

    #[test]
    fn scim_067_members_are_read_only_where_they_are_shown() {
        let shows = |a, e| Projection::parse(a, e).unwrap().shows(&GROUP, "members");
        assert!(
            shows(None, None) && shows(Some("Members.value"), None) && shows(None, Some("members.display"))
        );
        assert!(!shows(None, Some("MEMBERS")) && !shows(Some("displayName"), None));
        let names = |a| Projection::parse(a, None).unwrap().names(&GROUP, "members", "display");
        assert!(names(Some("members.Display")) && !names(Some("members")) && !names(None));
    }

    #[test]
    fn scim_068_a_selection_counts_as_its_attribute() {
        assert_eq!(project(Some("emails[type eq \"work\"]"), None)["emails"].as_array().unwrap().len(), 2);
    }
}
