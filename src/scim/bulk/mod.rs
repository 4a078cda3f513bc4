//! Bulk requests (RFC 7644 section 3.7), read and put in order. References by `bulkId` may point forward, and in a
//! circle: what would have to exist before itself is created without the reference, which is patched in afterwards.

mod order;

use std::collections::{HashMap, HashSet};

pub use order::{Next, Order};

use serde_json::{Map, Value, json};

use super::{ScimError, error::quoted, patch::PATCH_URN, resource::check_schemas};

/// The URN of a bulk request.
pub const BULK_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The URN of its answer.
pub const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// The most operations of one request.
pub const MAX_OPERATIONS: usize = 1_000;
/// The largest request in bytes.
pub const MAX_PAYLOAD: usize = 8 * 1024 * 1024;

/// What stands before the name of another operation.
const REFERENCE: &str = "bulkId:";
/// The same in a path, where values stand in quotes.
const QUOTED: &str = "\"bulkId:";

/// A bulk request whose operations can be read.
#[derive(Clone, Debug)]
pub struct BulkRequest {
    /// After so many errors nothing more is done; `None`: all of it is tried.
    pub fail_on_errors: Option<usize>,
    /// The operations, in the order of the request.
    pub operations: Vec<BulkOperation>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkOperation {
    /// What is done.
    pub method: BulkMethod,
    /// The collection: `Users` or `Groups`, in any case.
    pub collection: String,
    /// The id, perhaps a reference; none for a create.
    pub id: Option<String>,
    /// The client's name for the operation.
    pub bulk_id: Option<String>,
    /// As `If-Match`.
    pub version: Option<String>,
    /// The body.
    pub data: Value,
}

/// The methods of bulk operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkMethod {
    /// Create.
    Post,
    /// Replace.
    Put,
    /// Patch.
    Patch,
    /// Delete.
    Delete,
}

impl BulkMethod {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Post, Self::Put, Self::Patch, Self::Delete];
        all.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text))
    }
}

impl BulkRequest {
    /// Checks the body of a bulk request.
    pub fn parse(body: &Value) -> Result<Self, ScimError> {
        let body = body.as_object().ok_or(ScimError::NotAnObject)?;
        check_schemas(body, BULK_REQUEST_URN)?;
        let fail_on_errors = match member(body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(number) => {
                let number = number.as_u64().and_then(|number| usize::try_from(number).ok());
                let number = number.ok_or(ScimError::BadParameter("failOnErrors"))?;
                // None at all, as clients send it whose number has no other way to be absent.
                Some(number).filter(|number| *number > 0)
            }
        };
        let list = member(body, "Operations").and_then(Value::as_array).filter(|list| !list.is_empty());
        let list = list.ok_or(ScimError::OperationsMissing)?;
        if list.len() > MAX_OPERATIONS {
            return Err(ScimError::TooManyBulkOperations(MAX_OPERATIONS));
        }
        let (mut operations, mut names) = (Vec::with_capacity(list.len()), HashSet::new());
        for (index, item) in list.iter().enumerate() {
            let operation = operation(index, item)?;
            if let Some(name) = &operation.bulk_id
                && !names.insert(name.clone())
            {
                return Err(ScimError::BulkIdTwice(quoted(name)));
            }
            operations.push(operation);
        }
        Ok(Self { fail_on_errors, operations })
    }
}

fn operation(index: usize, item: &Value) -> Result<BulkOperation, ScimError> {
    let bad = |reason| ScimError::BadBulkOperation(index, reason);
    let item = item.as_object().ok_or_else(|| bad("it is no object"))?;
    let text = |name: &str| member(item, name).and_then(Value::as_str);
    let method = text("method").and_then(BulkMethod::parse).ok_or_else(|| bad("`method` is unknown"))?;
    let path = text("path").ok_or_else(|| bad("`path` is missing"))?;
    let (collection, id) =
        path_parts(path).ok_or_else(|| bad("`path` must be /Users, /Groups or one of them"))?;
    if (method == BulkMethod::Post) != id.is_none() {
        return Err(bad("`path` and `method` do not fit"));
    }
    let bulk_id = text("bulkId").filter(|name| !name.is_empty()).map(str::to_owned);
    if method == BulkMethod::Post && bulk_id.is_none() {
        return Err(bad("`bulkId` is required for POST"));
    }
    let version = match member(item, "version") {
        None | Some(Value::Null) => None,
        Some(Value::String(version)) => Some(version.clone()),
        // Passed over, it would make the write unconditional.
        Some(_) => return Err(bad("`version` is no text")),
    };
    let data = match (member(item, "data"), method) {
        (_, BulkMethod::Delete) => Value::Null,
        // As in the example of RFC 7644 section 3.7.3.
        (Some(Value::Array(operations)), BulkMethod::Patch) => {
            json!({ "schemas": [PATCH_URN], "Operations": operations })
        }
        (Some(data @ Value::Object(_)), _) => data.clone(),
        _ => return Err(bad("`data` is missing")),
    };
    Ok(BulkOperation { method, collection, id, bulk_id, version, data })
}

/// `/Users/id`, with or without what stands before.
fn path_parts(path: &str) -> Option<(String, Option<String>)> {
    let mut parts = path.trim().trim_matches('/').split('/');
    let collection = parts.next().filter(|part| !part.is_empty())?;
    let id = parts.next().map(str::to_owned);
    parts.next().is_none().then(|| (collection.to_owned(), id))
}

/// The member of a message, its name in any case.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

impl BulkOperation {
    /// The operations that this one refers to, by their names.
    pub fn references(&self) -> HashSet<String> {
        let mut found = HashSet::new();
        if let Some(name) = self.id.as_deref().and_then(referenced) {
            found.insert(name.to_owned());
        }
        collect(&self.data, &mut found);
        found
    }

    /// The same with the ids of what has been created in the place of references. Those that are not known stay.
    pub fn resolved(&self, ids: &HashMap<String, String>) -> Self {
        let mut resolved = self.clone();
        if let Some(id) = self.id.as_deref().and_then(referenced).and_then(|name| ids.get(name)) {
            resolved.id = Some(id.clone());
        }
        substitute(&mut resolved.data, ids);
        resolved
    }

    /// A create without the elements and values that refer to these operations, and the patch that adds them later.
    pub fn without(&self, unresolved: &HashSet<String>) -> (Self, Value) {
        let mut first = self.clone();
        let mut later = Vec::new();
        if let Value::Object(attributes) = &mut first.data {
            take_out(attributes, None, unresolved, &mut later);
        }
        (first, json!({ "schemas": [PATCH_URN], "Operations": later }))
    }
}

fn referenced(text: &str) -> Option<&str> {
    text.strip_prefix(REFERENCE).filter(|name| !name.is_empty())
}

fn collect(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::String(text) => found.extend(referenced(text).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                if let Some(path) = member.as_str().filter(|_| is_path(name)) {
                    found.extend(selected(path).map(str::to_owned));
                }
                collect(member, found);
            }
        }
        _ => {}
    }
}

fn substitute(value: &mut Value, ids: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(id) = referenced(text).and_then(|name| ids.get(name)) {
                *text = id.clone();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| substitute(item, ids)),
        Value::Object(members) => {
            for (name, member) in members {
                if let Value::String(path) = member
                    && is_path(name)
                {
                    *path = filled(path, ids);
                }
                substitute(member, ids);
            }
        }
        _ => {}
    }
}

/// The member of an operation of a PATCH. In other texts quotes are quotes.
fn is_path(name: &str) -> bool {
    name.eq_ignore_ascii_case("path")
}

/// The references of a path: `x` and `y` in `members[value eq "bulkId:x" or value eq "bulkId:y"]`.
fn selected(path: &str) -> impl Iterator<Item = &str> {
    let names = path.split(QUOTED).skip(1).filter_map(|rest| rest.split_once('"'));
    names.map(|(name, _)| name).filter(|name| !name.is_empty())
}

/// The path with the ids that are known.
fn filled(path: &str, ids: &HashMap<String, String>) -> String {
    let mut parts = path.split(QUOTED);
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once('"').and_then(|(name, after)| Some((ids.get(name)?, after)));
        match known {
            Some((id, after)) => filled.extend(["\"", id.as_str(), "\"", after]),
            None => filled.extend([QUOTED, part]),
        }
    }
    filled
}

/// Takes every attribute, or element of one, that refers to one of them out of the map.
fn take_out(
    attributes: &mut Map<String, Value>,
    prefix: Option<&str>,
    unresolved: &HashSet<String>,
    later: &mut Vec<Value>,
) {
    let refers = |value: &Value| {
        let mut found = HashSet::new();
        collect(value, &mut found);
        !found.is_disjoint(unresolved)
    };
    let names: Vec<String> =
        attributes.iter().filter(|(_, value)| refers(value)).map(|(name, _)| name.clone()).collect();
    for name in names {
        let path = prefix.map_or_else(|| name.clone(), |prefix| format!("{prefix}:{name}"));
        match attributes.get_mut(&name) {
            Some(Value::Object(extension)) if name.contains(':') => {
                take_out(extension, Some(&name), unresolved, later);
            }
            Some(Value::Array(items)) => {
                let (out, stay): (Vec<Value>, Vec<Value>) =
                    std::mem::take(items).into_iter().partition(|item| refers(item));
                *items = stay;
                later.push(json!({ "op": "add", "path": path, "value": out }));
            }
            _ => {
                let value = attributes.remove(&name).unwrap_or_default();
                later.push(json!({ "op": "add", "path": path, "value": value }));
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "`json!` in a call reads best by value")]
mod tests {
    use super::*;

    fn parse(operations: Value) -> Result<BulkRequest, ScimError> {
        BulkRequest::parse(&json!({ "schemas": [BULK_REQUEST_URN], "Operations": operations }))
    }

    #[test]
    fn scim_076_operations_are_checked_before_any_is_done() {
        let good = json!({ "method": "post", "path": "/Users", "bulkId": "a", "data": {} });
        assert!(parse(json!([good])).is_ok());
        for (operations, wanted) in [
            (json!([]), ScimError::OperationsMissing),
            (json!([good, good]), ScimError::BulkIdTwice("a".into())),
            (json!(vec![good.clone(); MAX_OPERATIONS + 1]), ScimError::TooManyBulkOperations(MAX_OPERATIONS)),
            (json!([1]), ScimError::BadBulkOperation(0, "it is no object")),
            (
                json!([{ "method": "POST", "path": "/Users", "data": {} }]),
                ScimError::BadBulkOperation(0, "`bulkId` is required for POST"),
            ),
            (
                json!([{ "method": "GET", "path": "/Users/1" }]),
                ScimError::BadBulkOperation(0, "`method` is unknown"),
            ),
            (
                json!([{ "method": "PUT", "path": "/Users", "data": {} }]),
                ScimError::BadBulkOperation(0, "`path` and `method` do not fit"),
            ),
            (
                json!([{ "method": "PUT", "path": "/Users/1" }]),
                ScimError::BadBulkOperation(0, "`data` is missing"),
            ),
            (
                json!([{ "method": "DELETE", "path": "/Users/1", "version": 3 }]),
                ScimError::BadBulkOperation(0, "`version` is no text"),
            ),
        ] {
            assert_eq!(parse(operations.clone()).unwrap_err(), wanted, "{operations}");
        }
    }

    #[test]
    fn scim_076_a_limit_of_no_errors_is_none() {
        let limit = |limit: Value| {
            let operations = json!([{ "method": "DELETE", "path": "/Users/1" }]);
            let body =
                json!({ "schemas": [BULK_REQUEST_URN], "failOnErrors": limit, "Operations": operations });
            BulkRequest::parse(&body).map(|request| request.fail_on_errors)
        };
        for (given, wanted) in [(json!(0), None), (json!(null), None), (json!(1), Some(1))] {
            assert_eq!(limit(given.clone()), Ok(wanted), "{given}");
        }
        for bad in [json!(-1), json!("1"), json!(1.5)] {
            assert_eq!(limit(bad.clone()), Err(ScimError::BadParameter("failOnErrors")), "{bad}");
        }
    }

    #[test]
    fn scim_076_a_patch_may_be_the_list_of_its_operations() {
        let operations = json!([{ "op": "remove", "path": "nickName" }]);
        let patch = json!([{ "method": "PATCH", "path": "/Users/1", "data": operations }]);
        let data = parse(patch).unwrap().operations.remove(0).data;
        assert_eq!((&data["schemas"], &data["Operations"]), (&json!([PATCH_URN]), &operations));
        let put = json!([{ "method": "PUT", "path": "/Users/1", "data": operations }]);
        assert!(parse(put).is_err());
    }

    #[test]
    fn scim_078_references_are_found_and_resolved_anywhere() {
        let request = parse(json!([
            { "method": "PATCH", "path": "/Groups/bulkId:g", "data": {
                "Operations": [{ "op": "remove", "Path": "members[value eq \"bulkId:u\" or value eq \"bulkId:v\"]" }],
                "members": [{ "value": "bulkId:u" }, { "value": "bulkId:other" }], "title": "the \"bulkId:w\" of it"
            } }
        ]))
        .unwrap();
        let operation = &request.operations[0];
        let names = ["g", "u", "v", "other"].map(str::to_owned);
        assert_eq!(operation.references(), HashSet::from(names), "in other texts quotes are quotes");
        let ids = HashMap::from([("g".to_owned(), "1".to_owned()), ("u".to_owned(), "2".to_owned())]);
        let resolved = operation.resolved(&ids);
        assert_eq!(resolved.id.as_deref(), Some("1"));
        assert_eq!(resolved.data["members"], json!([{ "value": "2" }, { "value": "bulkId:other" }]));
        let path = |resolved: &BulkOperation| resolved.data["Operations"][0]["Path"].clone();
        assert_eq!(path(&resolved), "members[value eq \"2\" or value eq \"bulkId:v\"]");
        assert_eq!(resolved.references(), HashSet::from(["v".to_owned(), "other".to_owned()]));
        let resolved = resolved.resolved(&HashMap::from([("v".to_owned(), "3".to_owned())]));
        assert_eq!(path(&resolved), "members[value eq \"2\" or value eq \"3\"]");
    }

    #[test]
    fn scim_078_what_must_wait_is_taken_out_and_patched_in() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let request = parse(json!([
            { "method": "POST", "path": "/Users", "bulkId": "a", "data": {
                "userName": "a", urn: { "manager": { "value": "bulkId:b" }, "department": "R" },
                "list": [{ "value": "x" }, { "value": "bulkId:b" }]
            } }
        ]))
        .unwrap();
        let (first, later) = request.operations[0].without(&HashSet::from(["b".to_owned()]));
        assert_eq!(
            first.data,
            json!({ "userName": "a", urn: { "department": "R" }, "list": [{ "value": "x" }] })
        );
        let paths: Vec<&str> =
            later["Operations"].as_array().unwrap().iter().filter_map(|op| op["path"].as_str()).collect();
        assert_eq!(paths.len(), 2);
        assert!(paths.contains(&"list") && paths.contains(&format!("{urn}:manager").as_str()));
    }
}
