//! Queries and their answers (RFC 7644 sections 3.4.2 and 3.4.3).

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    ScimError,
    filter::{self, Filter},
    projection::Projection,
    resource::check_schemas,
};

/// The URN of a list.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The URN of a query in a body.
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// Resources on a page where the client names no number.
pub const DEFAULT_COUNT: usize = 100;
/// The most resources on a page.
pub const MAX_COUNT: usize = 200;

/// A query: what to look for, which page, what to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What matches, all where there is none.
    pub filter: Option<Filter>,
    /// The first resource of the page, from 1.
    pub start_index: usize,
    /// The most resources on the page; 0 asks for the total alone.
    pub count: usize,
    /// What is shown of each.
    pub projection: Projection,
}

impl Query {
    /// Reads decoded query parameters. Names that are unknown are ignored (Entra's base address carries one), a
    /// name that comes twice is refused.
    pub fn from_pairs(pairs: &[(String, String)]) -> Result<Self, ScimError> {
        let parameters = Parameters::new(pairs)?;
        Ok(Self {
            filter: parameters.get("filter").map(filter::parse).transpose()?,
            start_index: start_index(
                parameters.get("startIndex").map(|text| integer(text, "startIndex")).transpose()?,
            ),
            count: count(parameters.get("count").map(|text| integer(text, "count")).transpose()?),
            projection: Projection::parse(
                parameters.get("attributes"),
                parameters.get("excludedAttributes"),
            )?,
        })
    }

    /// Reads the body of a POST to `/.search`.
    pub fn from_body(body: &Value) -> Result<Self, ScimError> {
        let object = body.as_object().ok_or(ScimError::NotAnObject)?;
        check_schemas(object, SEARCH_URN)?;
        let number = |name: &'static str| match object.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or(ScimError::BadParameter(name)),
        };
        let filter = match object.get("filter") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(filter::parse(text)?),
            Some(_) => return Err(ScimError::BadParameter("filter")),
        };
        let (only, except) = (names(object.get("attributes")), names(object.get("excludedAttributes")));
        Ok(Self {
            filter,
            start_index: start_index(number("startIndex")?),
            count: count(number("count")?),
            projection: Projection::parse(only.as_deref(), except.as_deref())?,
        })
    }
}

/// The projection of a request for one resource.
pub fn projection_from_pairs(pairs: &[(String, String)]) -> Result<Projection, ScimError> {
    let parameters = Parameters::new(pairs)?;
    Projection::parse(parameters.get("attributes"), parameters.get("excludedAttributes"))
}

/// The body of a list. `itemsPerPage` is how many there are, not how many were asked for.
pub fn list_response(total: usize, start_index: usize, resources: &[Value]) -> Value {
    json!({
        "schemas": [LIST_URN],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

/// The parameters by name, each at most once.
struct Parameters<'a>(&'a [(String, String)]);

impl<'a> Parameters<'a> {
    fn new(pairs: &'a [(String, String)]) -> Result<Self, ScimError> {
        let mut seen = HashSet::new();
        for (name, _) in pairs.iter().filter(|(name, _)| !name.is_empty()) {
            if !seen.insert(name) {
                return Err(ScimError::ParameterTwice(super::error::quoted(name)));
            }
        }
        Ok(Self(pairs))
    }

    /// The value; empty is none.
    fn get(&self, wanted: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        found.filter(|value| !value.trim().is_empty())
    }
}

fn integer(text: &str, name: &'static str) -> Result<i64, ScimError> {
    text.trim().parse().map_err(|_| ScimError::BadParameter(name))
}

/// Less than 1 is 1 (RFC 7644 table 6).
fn start_index(given: Option<i64>) -> usize {
    given.and_then(|given| usize::try_from(given).ok()).unwrap_or(1).max(1)
}

/// Less than 0 is 0 (RFC 7644 table 6), and no page is larger than the limit.
fn count(given: Option<i64>) -> usize {
    given.map_or(DEFAULT_COUNT, |given| usize::try_from(given).unwrap_or(0)).min(MAX_COUNT)
}

/// A list of names in a body, joined as in a query.
fn names(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(one) => Some(one.clone()),
        Value::Array(many) => Some(many.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<Query, ScimError> {
        let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Query::from_pairs(&pairs)
    }

    #[test]
    fn scim_rule_66_paging_numbers_are_clamped() {
        let page = |text: &str| query(text).map(|query| (query.start_index, query.count));
        assert_eq!(page(""), Ok((1, DEFAULT_COUNT)));
        assert_eq!(page("startIndex=0&count=-5"), Ok((1, 0)));
        assert_eq!(page("startIndex=-9&count=0"), Ok((1, 0)));
        assert_eq!(page("startIndex=7&count=100000"), Ok((7, MAX_COUNT)));
        for bad in ["startIndex=x", "count=1.5", "count=99999999999999999999"] {
            assert_eq!(query(bad).unwrap_err().scim_type(), "invalidValue", "{bad}");
        }
    }

    #[test]
    fn scim_rule_7_blanks_unknown_names_and_duplicates() {
        for text in ["filter=userName+eq+%22x%22&", "filter=userName%20eq%20%22x%22&aadOptscim062020"] {
            assert_eq!(query(text).unwrap().filter.unwrap().to_string(), "userName eq \"x\"");
        }
        assert!(matches!(query("count=1&count=1"), Err(ScimError::ParameterTwice(_))));
        assert_eq!(query("filter=").unwrap().filter, None);
    }

    #[test]
    fn a_search_body_means_the_same_as_a_query() {
        let body = json!({
            "schemas": [SEARCH_URN], "filter": "userName eq \"x\"", "startIndex": 3, "count": 5,
            "attributes": ["userName", "emails"]
        });
        let url = "filter=userName eq \"x\"&startIndex=3&count=5&attributes=userName,emails";
        assert_eq!(Query::from_body(&body), query(url));
        for bad in [json!([]), json!({}), json!({ "schemas": [SEARCH_URN], "count": "1" })] {
            assert!(Query::from_body(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn scim_rule_56_the_list_counts_what_it_holds() {
        let list = list_response(7, 3, &[json!({})]);
        assert_eq!(
            (&list["totalResults"], &list["itemsPerPage"], &list["startIndex"]),
            (&json!(7), &json!(1), &json!(3))
        );
        assert_eq!(list_response(0, 1, &[])["Resources"], json!([]));
    }
}
