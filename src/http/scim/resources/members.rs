//! A group with very many members, written as it is read: a page of them at a time, and never all of them in memory.

use std::{
    future::Future,
    pin::Pin,
    task::{Context as Waker, Poll, ready},
};

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Bytes},
};
use futures_core::Stream;
use serde_json::Value;

use crate::{
    http::scim::reply,
    scim::projection::Projection,
    service::{
        Context,
        provisioning::{self, ProvisioningError, ScimTenant, Shown},
    },
};

/// The resource; of a group whose first members alone are in `shown`, the others from the database, after `more`. A member
/// that is added or removed meanwhile may be in the answer or not; every other one is, once.
pub(super) fn answer(
    status: StatusCode,
    cx: web::Data<Context>,
    tenant: ScimTenant,
    projection: Projection,
    (shown, more): (Shown, Option<String>),
) -> HttpResponse {
    match more {
        None => reply::resource(status, &shown),
        Some(after) => {
            stream(status, Source { cx, tenant, projection, group: shown.id.clone() }, shown, after)
        }
    }
}

fn stream(status: StatusCode, source: Source, mut shown: Shown, after: String) -> HttpResponse {
    let mut answer = reply::head_of(status, &shown);
    let first = match shown.body.as_object_mut().and_then(|group| group.remove("members")) {
        Some(Value::Array(members)) => members,
        _ => Vec::new(),
    };
    let mut start = shown.body.to_string();
    // The members go to the end of the object.
    start.pop();
    start.push_str(if start.len() > 1 { ",\"members\":[" } else { "\"members\":[" });
    start.push_str(&joined(&first));
    let state = State::Text(start, Some(after));
    answer.streaming(Members { is_first: first.is_empty(), source, state })
}

/// What the pages are read from.
#[derive(Clone)]
struct Source {
    cx: web::Data<Context>,
    tenant: ScimTenant,
    projection: Projection,
    group: String,
}

type Page = Result<(Vec<Value>, Option<String>), ProvisioningError>;

enum State {
    /// To be written, and after whom to go on.
    Text(String, Option<String>),
    Reading(Pin<Box<dyn Future<Output = Page>>>),
    Done,
}

struct Members {
    source: Source,
    state: State,
    /// Whether no member has been written yet.
    is_first: bool,
}

impl Source {
    async fn page(self, after: String) -> Page {
        provisioning::members_after(&self.cx, &self.tenant, &self.group, &self.projection, after).await
    }
}

impl Stream for Members {
    type Item = Result<Bytes, ProvisioningError>;

    fn poll_next(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Text(text, after) => {
                    let mut text = std::mem::take(text);
                    self.state = match after.take() {
                        Some(after) => State::Reading(Box::pin(self.source.clone().page(after))),
                        None => {
                            text.push_str("]}");
                            State::Done
                        }
                    };
                    return Poll::Ready(Some(Ok(text.into())));
                }
                State::Reading(page) => match ready!(page.as_mut().poll(waker)) {
                    Ok((members, after)) => {
                        let comma = if self.is_first || members.is_empty() { "" } else { "," };
                        self.is_first &= members.is_empty();
                        self.state = State::Text(format!("{comma}{}", joined(&members)), after);
                    }
                    // What was promised cannot be kept: the connection is closed before the end of the object.
                    Err(error) => {
                        self.state = State::Done;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
            }
        }
    }
}

/// The members with commas between them.
fn joined(members: &[Value]) -> String {
    members.iter().map(Value::to_string).collect::<Vec<_>>().join(",")
}
