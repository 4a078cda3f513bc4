//! SCIM errors (RFC 7644 section 3.12).

use super::Problem;
use crate::scim::error_body;

/// The detail error keywords of RFC 7644 table 9 and of RFC 9865 section 2.1. A code that is none of them is for the log alone.
const SCIM_TYPES: &[&str] = &[
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
    "invalidCursor",
    "expiredCursor",
    "invalidCount",
];

/// The body, with the reference to quote at its end.
pub(super) fn body(problem: &Problem<'_>) -> String {
    let scim_type = SCIM_TYPES.contains(&problem.code).then_some(problem.code);
    let detail = format!("{} (reference {})", problem.message, problem.reference);
    error_body(problem.status.as_u16(), scim_type, &detail).to_string()
}
