//! Errors for a person in a browser.

use super::Problem;
use crate::http::pages;

/// A plain page: what happened, and the reference to quote.
pub(super) fn body(problem: &Problem<'_>) -> String {
    let title = match problem.status.as_u16() {
        404 => "Page not found",
        421 => "Unknown address",
        429 => "Too many requests",
        status if status < 500 => "This request cannot be used",
        _ => "Something went wrong",
    };
    pages::error_page(title, problem.message, problem.reference)
}
