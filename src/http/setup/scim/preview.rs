//! `GET` and `POST /setup/{link}/scim/preview`: what a list of people and groups would bring, without bringing it.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    frame::{SetupFrame, Step},
    session::Setup,
    upload,
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupPreviewPage},
    },
    service::{
        Context,
        setup::{self, Arrivals, SetupError},
    },
};

/// A thousand people, and the form around them.
const LIMIT: usize = 1024 * 1024;

/// A file up to this size is shown again as text.
const KEPT: usize = 200 * 1024;

/// Asks.
pub(in crate::http::setup) async fn show(setup: Setup) -> Result<HttpResponse, HttpError> {
    setup.wizard.scim().map_err(|error| setup.refuse(error))?;
    Ok(page(&setup, "", None, None))
}

/// Tells.
pub(in crate::http::setup) async fn run(
    request: HttpRequest,
    payload: web::Payload,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    setup.wizard.scim().map_err(|error| setup.refuse(error))?;
    let Some(upload) = upload::receive(&request, payload, LIMIT).await? else {
        let problem = "This file is too large. A preview reads at most 1,000 people and groups, and 1 MB.";
        return Ok(again(&setup, "", problem, StatusCode::PAYLOAD_TOO_LARGE));
    };
    let form = upload.form()?;
    let file = form.bytes("file").filter(|bytes| !bytes.is_empty());
    let pasted = form.text("list").unwrap_or_default();
    let list = match file.map(std::str::from_utf8) {
        None => pasted,
        Some(Ok(text)) if !text.contains('\0') => text,
        Some(_) => {
            let problem = "This is no text. Export the list as CSV (UTF-8).";
            return Ok(again(&setup, pasted, problem, StatusCode::BAD_REQUEST));
        }
    };
    match setup::preview(&cx, &setup.site.project, &setup.session, list).await {
        Ok(arrivals) => Ok(page(&setup, pasted, None, Some(&arrivals))),
        Err(error @ SetupError::NotReady(_)) => {
            // A browser forgets the file that was chosen: what can be kept of it goes back as text.
            let (kept, onward) = match file {
                Some(file) if file.len() > KEPT => {
                    (pasted, "Please choose your file again then; it is too large to be kept here.")
                }
                _ => (list, "Your list is kept below: press Preview again then."),
            };
            Ok(again(&setup, kept, &format!("{error} {onward}"), StatusCode::CONFLICT))
        }
        Err(error @ SetupError::Invalid(_)) => {
            Ok(again(&setup, pasted, &error.to_string(), StatusCode::BAD_REQUEST))
        }
        Err(error) => Err(setup.refuse(error)),
    }
}

fn again(setup: &Setup, pasted: &str, problem: &str, status: StatusCode) -> HttpResponse {
    let mut answer = page(setup, pasted, Some(problem), None);
    *answer.status_mut() = status;
    answer
}

fn page(setup: &Setup, pasted: &str, problem: Option<&str>, arrivals: Option<&Arrivals>) -> HttpResponse {
    pages::html(&SetupPreviewPage { frame: SetupFrame::at(setup, Step::Preview), pasted, problem, arrivals })
}
