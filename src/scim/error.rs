//! What the protocol refuses, one variant per check, and the error body (RFC 7644 section 3.12).

use serde_json::{Value, json};

use super::filter::FilterError;

/// The URN of the error body.
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Why a request is refused by the protocol. All of them are 400, but for too many bulk operations, which is 413.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScimError {
    /// The body is JSON, but no object.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// `schemas` is missing, empty or no array of texts (RFC 7643 section 3).
    #[error("`schemas` must be a non-empty array of schema URNs")]
    SchemasMissing,
    /// `schemas` does not name the schema of this request.
    #[error("`schemas` must contain {0}")]
    SchemaNotNamed(&'static str),
    /// The same attribute twice, in two spellings.
    #[error("the attribute {0} is given twice")]
    AttributeTwice(String),
    /// A key of a body begins with the URN of a schema, and is no extension.
    #[error(
        "{0} is no extension of this resource; attributes of an extension belong into an object under its URN"
    )]
    UnknownKey(String),
    /// The value is not of the attribute's type.
    #[error("the value of {path} must be of type {kind}")]
    WrongType {
        /// The attribute.
        path: String,
        /// The type that it has.
        kind: &'static str,
    },
    /// Text that is too long, or holds a NUL character.
    #[error("the text of {0} is too long or holds a NUL character")]
    BadText(String),
    /// More elements than are accepted in one attribute, or more parts in extensions that no schema describes.
    #[error("{0} has too many values")]
    TooManyValues(String),
    /// A required attribute is missing or empty.
    #[error("the attribute {0} is required")]
    RequiredMissing(String),
    /// More than one element is primary (RFC 7643 section 2.4).
    #[error("only one value of {0} can be primary")]
    SeveralPrimaries(String),
    /// The client cannot write it.
    #[error("the attribute {0} is read-only")]
    ReadOnly(String),
    /// It was set before, and can be set once.
    #[error("the attribute {0} cannot be changed once it is set")]
    Immutable(String),
    /// A required attribute cannot be removed.
    #[error("the attribute {0} is required and cannot be removed")]
    RequiredRemoved(String),
    /// `Operations` is missing or empty.
    #[error("`Operations` must be a non-empty array")]
    OperationsMissing,
    /// More operations than are accepted in one request.
    #[error("more than {0} operations in one request")]
    TooManyOperations(usize),
    /// An operation that is no object, or whose `op` is not add, remove or replace.
    #[error("operation {0} must have an `op` of add, remove or replace")]
    BadOperation(usize),
    /// The operation needs a value of another shape.
    #[error("operation {0} needs a value that fits its path")]
    BadOperationValue(usize),
    /// The path does not follow the grammar, or selects elements where there are none.
    #[error("the path {path} is malformed: {reason}")]
    BadPath {
        /// The path.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The path names nothing in the schemas.
    #[error("the path {0} names an unknown attribute")]
    UnknownPath(String),
    /// The path selects no element.
    #[error("the path {0} matches no value")]
    NoTarget(String),
    /// A remove needs a path.
    #[error("a remove operation needs a path")]
    RemoveWithoutPath,
    /// The filter is refused.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// `attributes` and `excludedAttributes` in one request.
    #[error("`attributes` and `excludedAttributes` exclude each other")]
    BothProjections,
    /// More names in one of them than are accepted.
    #[error("`attributes` and `excludedAttributes` name at most {0} attributes")]
    TooManyNames(usize),
    /// A paging or search parameter of the wrong type.
    #[error("the parameter {0} is malformed")]
    BadParameter(&'static str),
    /// `cursor` and `startIndex` in one request (RFC 9865 section 2).
    #[error("`cursor` and `startIndex` exclude each other")]
    CursorAndIndex,
    /// The cursor is not one of this server, this connection or this search.
    #[error("the cursor does not belong to this search; begin again without a value for it")]
    BadCursor,
    /// The cursor is older than the server keeps its promise.
    #[error("the cursor has expired; begin again without a value for it")]
    ExpiredCursor,
    /// A count that is no number, or negative, where a cursor is used.
    #[error("`count` must be a number that is not negative")]
    BadCount,
    /// The order names something that cannot be ordered.
    #[error("the resources cannot be sorted by {0}")]
    NotSortable(String),
    /// A bulk operation that cannot be read.
    #[error("bulk operation {0}: {1}")]
    BadBulkOperation(usize, &'static str),
    /// More bulk operations than `maxOperations` (RFC 7644 section 3.7.4).
    #[error("a bulk request has at most {0} operations (maxOperations)")]
    TooManyBulkOperations(usize),
    /// Two bulk operations with the same bulkId.
    #[error("the bulkId {0} is used twice")]
    BulkIdTwice(String),
    /// The same query parameter twice.
    #[error("the parameter {0} is given twice")]
    ParameterTwice(String),
}

impl ScimError {
    /// The `scimType` (RFC 7644 table 9).
    pub fn scim_type(&self) -> &'static str {
        match self {
            Self::NotAnObject
            | Self::SchemasMissing
            | Self::SchemaNotNamed(_)
            | Self::AttributeTwice(_)
            | Self::UnknownKey(_)
            | Self::OperationsMissing
            | Self::BadOperation(_)
            | Self::BadBulkOperation(..)
            | Self::BulkIdTwice(_) => "invalidSyntax",
            Self::WrongType { .. }
            | Self::BadText(_)
            | Self::TooManyValues(_)
            | Self::RequiredMissing(_)
            | Self::SeveralPrimaries(_)
            | Self::BadOperationValue(_)
            | Self::BothProjections
            | Self::TooManyNames(_)
            | Self::BadParameter(_)
            | Self::NotSortable(_)
            | Self::ParameterTwice(_) => "invalidValue",
            Self::CursorAndIndex | Self::BadCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::BadCount => "invalidCount",
            Self::ReadOnly(_) | Self::Immutable(_) | Self::RequiredRemoved(_) => "mutability",
            Self::TooManyOperations(_) | Self::TooManyBulkOperations(_) => "tooMany",
            Self::BadPath { .. } | Self::UnknownPath(_) => "invalidPath",
            Self::NoTarget(_) | Self::RemoveWithoutPath => "noTarget",
            Self::Filter(error) => error.scim_type(),
        }
    }
}

/// The error body. The status is text there.
pub fn error_body(status: u16, scim_type: Option<&str>, detail: &str) -> Value {
    let mut body = json!({ "schemas": [ERROR_URN], "status": status.to_string(), "detail": detail });
    if let Some(scim_type) = scim_type {
        body["scimType"] = json!(scim_type);
    }
    body
}

/// A name from the request, cut for use in a detail.
pub(in crate::scim) fn quoted(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scim_081_the_body_has_the_status_as_text() {
        insta::assert_json_snapshot!(error_body(400, Some("invalidPath"), "no"), @r#"
        {
          "detail": "no",
          "schemas": [
            "urn:ietf:params:scim:api:messages:2.0:Error"
          ],
          "scimType": "invalidPath",
          "status": "400"
        }
        "#);
        assert!(error_body(404, None, "gone").get("scimType").is_none());
    }

    #[test]
    fn names_from_the_request_are_cut() {
        assert_eq!(quoted(&"é".repeat(500)).chars().count(), 83);
    }
}
