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
    scim::{list::Query, projection::Projection},
    service::{
        Context,
        provisioning::{self, Found, ProvisioningError, ScimTenant, Shown},
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

/// A page of resources; of a group at its end whose first members alone are in it, the others in the same way.
pub(in crate::http::scim) fn answer_page(
    cx: web::Data<Context>,
    tenant: ScimTenant,
    query: Query,
    found: Found,
) -> HttpResponse {
    let mut page = reply::page(&query, &found);
    let (Some(after), Some(last)) = (found.more, found.items.last()) else { return reply::plain(&page) };
    let source = Source { cx, tenant, projection: query.projection, group: last.id.clone() };
    let mut resources = taken(&mut page, "Resources");
    let mut last = resources.pop().unwrap_or_default();
    let first = taken(&mut last, "members");
    let mut start = opened(&page, "Resources");
    for resource in resources {
        start.push_str(&resource.to_string());
        start.push(',');
    }
    start.push_str(&opened(&last, "members"));
    reply::plain_head().streaming(Members::new(source, start, &first, after, "]}]}"))
}

fn stream(status: StatusCode, source: Source, mut shown: Shown, after: String) -> HttpResponse {
    let mut answer = reply::head_of(status, &shown);
    let first = taken(&mut shown.body, "members");
    let start = opened(&shown.body, "members");
    answer.streaming(Members::new(source, start, &first, after, "]}"))
}

/// Takes a list out of an object.
fn taken(object: &mut Value, name: &str) -> Vec<Value> {
    match object.as_object_mut().and_then(|object| object.remove(name)) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// The object with a list at its end, as far as the start of that.
fn opened(object: &Value, name: &str) -> String {
    let mut text = object.to_string();
    text.pop();
    if text.len() > 1 {
        text.push(',');
    }
    text.push_str(&format!("\"{name}\":["));
    text
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
    /// What comes after the last of them.
    end: &'static str,
    /// Whether no member has been written yet.
    is_first: bool,
}

impl Members {
    fn new(source: Source, mut start: String, first: &[Value], after: String, end: &'static str) -> Self {
        start.push_str(&joined(first));
        Self { source, state: State::Text(start, Some(after)), end, is_first: first.is_empty() }
    }
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
                            text.push_str(self.end);
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
