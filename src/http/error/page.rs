//! Errors for a person in a browser.

use super::Problem;
use crate::http::pages;

/// A plain page: what happened, and the reference to quote.
pub(super) fn body(problem: &Problem<'_>) -> String {
    let title = match (problem.code, problem.status.as_u16()) {
        ("sign_in_refused" | "no_login_in_progress", _) => "Sign-in did not work",
        ("sign_out_refused", _) => "Sign-out did not work",
        ("no_sign_in_page", _) => "No sign-in page found",
        ("setup_link_unknown" | "setup_link_ended" | "setup_link_in_use" | "setup_session_missing", _) => {
            "This set-up link does not open"
        }
        ("connection_draft", _) => "This connection is still being set up",
        ("connection_not_draft", _) => "This connection is live",
        ("setup_not_ready", _) => "Not quite yet",
        (_, 404) => "Page not found",
        (_, 421) => "Unknown address",
        (_, 429) => "Too many requests",
        (_, status) if status < 500 => "This request cannot be used",
        _ => "Something went wrong",
    };
    let label = match problem.code {
        "connection_not_draft" | "setup_not_ready" => "Back to the set-up",
        "no_sign_in_page" => "Try another address",
        _ => "Back to the app",
    };
    let onward = problem.onward.map(|url| (label, url));
    pages::error_page(title, problem.message, problem.reference, onward)
}
