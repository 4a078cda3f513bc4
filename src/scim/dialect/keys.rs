//! Keys and paths: where they lead, and what is put right about them.

use serde_json::{Map, Value};

use super::{Rewrite, Rewrites, urns};
use crate::scim::{
    filter::AttrPath,
    schema::{Resolved, ResourceType},
};

/// What a path ends at.
pub(super) struct Located {
    pub(super) found: Resolved,
    /// Whether elements are selected in brackets.
    pub(super) selects: bool,
}

pub(super) fn locate(resource_type: &'static ResourceType, path: &str) -> Option<Located> {
    let (head, sub) = match path.split_once('[') {
        Some((head, rest)) => (head, rest.rsplit_once(']').map(|(_, sub)| sub)),
        None => (path, None),
    };
    let mut attr_path = AttrPath::parse(head).ok()?;
    if let Some(sub) = sub.and_then(|sub| sub.strip_prefix('.')) {
        attr_path.sub = Some(sub.to_owned());
    }
    Some(Located { found: resource_type.resolve(&attr_path)?, selects: sub.is_some() })
}

/// The path with its URN put right, or with the URN that it lacks.
pub(super) fn rewrite_path(resource_type: &'static ResourceType, path: &str, used: &mut Rewrites) -> String {
    let end = path.find('[').unwrap_or(path.len());
    let (head, selection) = path.split_at(end);
    if let Some(path) = urns::dotted(resource_type, path).filter(|_| locate(resource_type, path).is_none()) {
        used.insert(Rewrite::NearMissUrn);
        return path;
    }
    if let Some((urn, rewrite)) = urns::meant(resource_type, head) {
        used.insert(rewrite);
        return format!("{urn}{selection}");
    }
    match head.rsplit_once(':') {
        Some((urn, rest)) => match urns::meant(resource_type, urn) {
            Some((urn, rewrite)) => {
                used.insert(rewrite);
                format!("{urn}:{rest}{selection}")
            }
            None => path.to_owned(),
        },
        None => {
            let name = head.split('.').next().unwrap_or(head);
            match resource_type.home_of(name).filter(|_| resource_type.core_attribute(name).is_none()) {
                Some(home) => {
                    used.insert(Rewrite::ExtensionAtTopLevel);
                    format!("{}:{path}", home.id)
                }
                None => path.to_owned(),
            }
        }
    }
}

/// A body with more keys is none of a provider's. Its keys are left as they are: putting each where it belongs costs a look at
/// all the others, on a thread that serves everybody.
const MOST_KEYS: usize = 1_000;

/// Whether there are so many that they are left as they are.
pub(super) fn are_too_many(map: &Map<String, Value>) -> bool {
    map.len() > MOST_KEYS
}

/// The attributes of the base schema under its URN, as if it were an extension.
pub(super) fn unwrap_core(
    resource_type: &'static ResourceType,
    value: &mut Map<String, Value>,
    used: &mut Rewrites,
) {
    let urn = value.keys().find(|key| key.eq_ignore_ascii_case(resource_type.schema.id)).cloned();
    let is_small = |map: &Map<String, Value>| !are_too_many(map);
    let Some(urn) = urn.filter(|urn| is_small(value) && value[urn].as_object().is_some_and(is_small)) else {
        return;
    };
    if let Some(Value::Object(inner)) = value.remove(&urn) {
        let mut left = Map::new();
        for (name, given) in inner {
            if let Some(given) = put(value, [name.as_str()].into_iter(), given) {
                left.insert(name, given);
            }
        }
        // What says something else than the attribute itself does is refused where it is.
        if !left.is_empty() {
            value.insert(urn, Value::Object(left));
        }
        used.insert(Rewrite::KeyAsPath);
    }
}

/// Attributes of a body whose keys are paths, `name.givenName` or `urn:...:User:department`, put where they belong. Where
/// another value is already, both stay as they are, and the core refuses a key with a URN of ours; so it does with a key
/// that says not which of several elements it means.
pub(super) fn follow_paths(
    resource_type: &'static ResourceType,
    body: &mut Map<String, Value>,
    used: &mut Rewrites,
) {
    if are_too_many(body) {
        return;
    }
    let is_name = |key: &str| {
        resource_type.core_attribute(key).is_some()
            || resource_type.extension(key).is_some()
            || !key.contains([':', '.'])
    };
    let keys: Vec<String> = body.keys().filter(|key| !is_name(key)).cloned().collect();
    for key in keys {
        let mut needed = Rewrites::from([Rewrite::KeyAsPath]);
        let path = rewrite_path(resource_type, &key, &mut needed);
        let Some(given) = body.get(&key) else { continue };
        let of_nobody = || elsewhere(resource_type, &path, given).filter(|_| !given.is_null());
        let Some(target) = one_place(resource_type, &path).or_else(of_nobody) else { continue };
        let Some(value) = body.remove(&key) else { continue };
        let names = [target.schema.as_deref(), Some(target.name.as_str()), target.sub.as_deref()];
        match put(body, names.into_iter().flatten(), value) {
            None => used.extend(needed),
            Some(value) => {
                body.insert(key, value);
            }
        }
    }
}

/// Where a path leads, unless it is to several elements.
fn one_place(resource_type: &'static ResourceType, path: &str) -> Option<AttrPath> {
    let Located { found, selects: false } = locate(resource_type, path)? else { return None };
    (found.sub.is_none() || !found.attribute.multi_valued).then(|| found.path())
}

/// The attribute that a key names in an extension that nobody registered, as Entra writes those that a customer adds. An
/// object below such a key is the whole of an extension, and so is what ends with the name of the type.
pub(super) fn elsewhere(resource_type: &'static ResourceType, key: &str, given: &Value) -> Option<AttrPath> {
    let path = AttrPath::parse(key).ok().filter(|_| !given.is_object())?;
    let is_of_nobody = path.schema.as_deref().is_some_and(|urn| !resource_type.is_ours(urn));
    (is_of_nobody && !path.name.eq_ignore_ascii_case(resource_type.name)).then_some(path)
}

/// Puts the value below the names, the last of which is its own. Gives it back where something else is there; a null is
/// nothing (RFC 7643 section 2.5).
fn put<'n>(
    mut map: &mut Map<String, Value>,
    names: impl Iterator<Item = &'n str>,
    value: Value,
) -> Option<Value> {
    let mut names = names.peekable();
    while let Some(name) = names.next() {
        let spelled = map.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned();
        let place = map.entry(spelled.unwrap_or_else(|| name.to_owned())).or_insert(Value::Null);
        if names.peek().is_none() {
            if place.is_null() {
                *place = value;
                return None;
            }
            return (*place != value).then_some(value);
        }
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(inner) = place else { return Some(value) };
        map = inner;
    }
    Some(value)
}
