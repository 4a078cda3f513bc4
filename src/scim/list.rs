//! Queries and their answers (RFC 7644 sections 3.4.2 and 3.4.3).

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    ScimError,
    filter::{self, AttrPath, Filter, Tolerances},
    projection::Projection,
    resource::check_schemas,
};

/// The URN of a list.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The URN of a query in a body.
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// Resources on a page where the client names no number.
pub const DEFAULT_COUNT: usize = MAX_COUNT;
/// The most resources on a page. Clients that take a short page for the last one (ConnId's) ask for pages of up to so many,
/// and those that read everything without naming a number get as much at once.
pub const MAX_COUNT: usize = 1_000;

/// A query: what to look for, in which order, which page, what to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What matches, all where there is none.
    pub filter: Option<Filter>,
    /// What the filter has beside the grammar.
    pub tolerated: Tolerances,
    /// The order; by id where there is none.
    pub sort: Option<SortBy>,
    /// Which of the matches.
    pub page: Page,
    /// The most resources on the page; 0 asks for the total alone.
    pub count: usize,
    /// What is shown of each.
    pub projection: Projection,
}

/// `sortBy` and `sortOrder` (RFC 7644 section 3.4.2.3).
#[derive(Clone, Debug, PartialEq)]
pub struct SortBy {
    /// The attribute.
    pub path: AttrPath,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// A page, by one of two methods.
#[derive(Clone, Debug, PartialEq)]
pub enum Page {
    /// The first resource of the page, from 1 (RFC 7644 section 3.4.2.4).
    Index(usize),
    /// What follows the cursor; the first page where there is none yet (RFC 9865 section 2).
    Cursor(Option<String>),
}

impl Page {
    /// The number of the first resource; a page by cursor has none, and is counted from 1.
    pub fn start_index(&self) -> usize {
        match self {
            Self::Index(start) => *start,
            Self::Cursor(_) => 1,
        }
    }
}

impl Query {
    /// Reads decoded query parameters. Names that are unknown are ignored (Entra's base address carries one), a
    /// name that comes twice is refused.
    pub fn from_pairs(pairs: &[(String, String)]) -> Result<Self, ScimError> {
        let parameters = Parameters::new(pairs)?;
        let number = |name: &'static str| parameters.get(name).map(|text| integer(text, name)).transpose();
        let cursor = parameters.sent("cursor").map(str::to_owned);
        let (page, count) = page(cursor, number("startIndex"), number("count"))?;
        let mut tolerated = Tolerances::new();
        let parse = |text| filter::parse_noting(text, &mut tolerated);
        Ok(Self {
            filter: parameters.get("filter").map(parse).transpose()?,
            tolerated,
            sort: sort_by(parameters.get("sortBy"), parameters.get("sortOrder"))?,
            page,
            count,
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
        // Names are case-insensitive (RFC 7643 section 2.1).
        let member = |name: &str| {
            let spelled =
                || object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            object.get(name).or_else(spelled)
        };
        let number = |name: &'static str| match member(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or(ScimError::BadParameter(name)),
        };
        let text = |name: &'static str| match member(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(ScimError::BadParameter(name)),
        };
        // An empty one is none, as in a query.
        let given = |name| text(name).map(|text| text.filter(|text| !text.trim().is_empty()));
        let cursor = text("cursor")?.map(str::to_owned);
        let (page, count) = page(cursor, number("startIndex"), number("count"))?;
        let (only, except) = (names(member("attributes")), names(member("excludedAttributes")));
        let mut tolerated = Tolerances::new();
        let parse = |text| filter::parse_noting(text, &mut tolerated);
        Ok(Self {
            filter: given("filter")?.map(parse).transpose()?,
            tolerated,
            sort: sort_by(given("sortBy")?, given("sortOrder")?)?,
            page,
            count,
            projection: Projection::parse(only.as_deref(), except.as_deref())?,
        })
    }

    /// What every page of one search has in common, by which a cursor is bound to its search. How many resources a page
    /// holds and what is shown of them may change on the way.
    pub fn identity(&self) -> String {
        let filter = self.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        match &self.sort {
            Some(sort) => format!("{} {}\n{filter}", sort.path, sort.descending),
            None => format!("\n{filter}"),
        }
    }
}

/// The page and the number of its resources. A wrong count has a word of its own where a cursor is used (RFC 9865
/// section 2.1), and the two methods exclude each other.
fn page(
    cursor: Option<String>,
    start: Result<Option<i64>, ScimError>,
    wanted: Result<Option<i64>, ScimError>,
) -> Result<(Page, usize), ScimError> {
    let Some(cursor) = cursor else { return Ok((Page::Index(start_index(start?)), count(wanted?))) };
    if start?.is_some() {
        return Err(ScimError::CursorAndIndex);
    }
    let wanted = wanted.map_err(|_| ScimError::BadCount)?;
    if wanted.is_some_and(i64::is_negative) {
        return Err(ScimError::BadCount);
    }
    Ok((Page::Cursor(Some(cursor).filter(|cursor| !cursor.is_empty())), count(wanted)))
}

fn sort_by(path: Option<&str>, order: Option<&str>) -> Result<Option<SortBy>, ScimError> {
    let descending = match order {
        None => false,
        Some(order) if order.eq_ignore_ascii_case("ascending") => false,
        Some(order) if order.eq_ignore_ascii_case("descending") => true,
        Some(_) => return Err(ScimError::BadParameter("sortOrder")),
    };
    // An order alone sorts nothing.
    let Some(path) = path.map(str::trim).filter(|path| !path.is_empty()) else { return Ok(None) };
    let path = AttrPath::parse(path).map_err(|_| ScimError::BadParameter("sortBy"))?;
    Ok(Some(SortBy { path, descending }))
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

/// The body of a page by cursor (RFC 9865 section 2). The total is counted for the first page alone; the last page names
/// no next one.
pub fn cursor_response(total: Option<usize>, next: Option<&str>, resources: &[Value]) -> Value {
    let mut body = json!({ "schemas": [LIST_URN], "itemsPerPage": resources.len(), "Resources": resources });
    if let Some(total) = total {
        body["totalResults"] = json!(total);
    }
    if let Some(next) = next {
        body["nextCursor"] = json!(next);
    }
    body
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

    /// The value, also where it is empty.
    fn sent(&self, wanted: &str) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    /// The value; empty is none.
    fn get(&self, wanted: &str) -> Option<&'a str> {
        self.sent(wanted).filter(|value| !value.trim().is_empty())
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
    fn scim_066_paging_numbers_are_clamped() {
        let page = |text: &str| query(text).map(|query| (query.page.start_index(), query.count));
        assert_eq!(page(""), Ok((1, DEFAULT_COUNT)));
        assert_eq!(page("startIndex=0&count=-5"), Ok((1, 0)));
        assert_eq!(page("startIndex=-9&count=0"), Ok((1, 0)));
        assert_eq!(page("startIndex=7&count=100000"), Ok((7, MAX_COUNT)));
        for bad in ["startIndex=x", "count=1.5", "count=99999999999999999999"] {
            assert_eq!(query(bad).unwrap_err().scim_type(), "invalidValue", "{bad}");
        }
    }

    #[test]
    fn scim_007_blanks_unknown_names_and_duplicates() {
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
        let empty = json!({ "schemas": [SEARCH_URN], "filter": "", "sortBy": "id", "sortOrder": " " });
        assert_eq!(Query::from_body(&empty), query("filter=&sortBy=id&sortOrder=%20"));
        assert!(Query::from_body(&empty).is_ok());
        for bad in [json!([]), json!({}), json!({ "schemas": [SEARCH_URN], "count": "1" })] {
            assert!(Query::from_body(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn scim_065_an_order_is_read_and_an_unknown_one_refused() {
        let sort =
            |text: &str| query(text).map(|query| query.sort.map(|s| (s.path.to_string(), s.descending)));
        assert_eq!(sort("sortBy=userName"), Ok(Some(("userName".into(), false))));
        assert_eq!(
            sort("sortBy=name.familyName&sortOrder=Descending"),
            Ok(Some(("name.familyName".into(), true)))
        );
        assert_eq!(sort("sortOrder=descending"), Ok(None));
        for bad in ["sortBy=userName&sortOrder=up", "sortBy=a..b"] {
            assert_eq!(query(bad).unwrap_err().scim_type(), "invalidValue", "{bad}");
        }
    }

    #[test]
    fn scim_069_071_a_cursor_excludes_an_index_and_has_its_own_errors() {
        let page = |text: &str| query(text).map(|query| (query.page, query.count));
        assert_eq!(page("cursor"), Ok((Page::Cursor(None), DEFAULT_COUNT)));
        assert_eq!(page("cursor=&count=5"), Ok((Page::Cursor(None), 5)));
        assert_eq!(page("cursor=abc&count=5000"), Ok((Page::Cursor(Some("abc".into())), MAX_COUNT)));
        assert_eq!(page("cursor=abc&startIndex=1").unwrap_err().scim_type(), "invalidCursor");
        for bad in ["cursor=&count=-1", "cursor=&count=x"] {
            assert_eq!(page(bad).unwrap_err().scim_type(), "invalidCount", "{bad}");
        }
        let body = json!({ "schemas": [SEARCH_URN], "cursor": "" });
        assert_eq!(Query::from_body(&body).map(|query| query.page), Ok(Page::Cursor(None)));
    }

    #[test]
    fn scim_056_the_list_counts_what_it_holds() {
        let list = list_response(7, 3, &[json!({})]);
        assert_eq!(
            (&list["totalResults"], &list["itemsPerPage"], &list["startIndex"]),
            (&json!(7), &json!(1), &json!(3))
        );
        assert_eq!(list_response(0, 1, &[])["Resources"], json!([]));
    }
}
