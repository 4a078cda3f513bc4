//! SCIM errors of the frame: what fails before a SCIM handler runs (RFC 7644 section 3.12).

use serde_json::json;

use super::Problem;

/// Without a `scimType`: RFC 7644 has none for these.
pub(super) fn body(problem: &Problem<'_>) -> String {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": problem.status.as_str(),
        "detail": format!("{} (reference {})", problem.message, problem.reference),
    })
    .to_string()
}
