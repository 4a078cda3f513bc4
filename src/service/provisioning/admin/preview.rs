//! What a list of requests would change, told before it does.

use std::collections::BTreeMap;

use super::{
    AdminError,
    rehearsal::{Rehearsed, Script, Tried, rehearse},
    target::find,
};
use crate::{
    model::ids::{OrganizationId, ProjectId, ScimConnectionId},
    service::Context,
};

/// A preview of more requests than this is refused: everybody's writes wait for it.
pub const MAX_PREVIEW: usize = 1_000;

/// What a preview shows: events by name, with the ids of the resources, and the requests that would be refused.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preview {
    /// `user.created` and the like, each with its resources.
    pub events: BTreeMap<String, Vec<String>>,
    /// Requests that would change nothing.
    pub unchanged: usize,
    /// The number of the request from 1, its status, and why.
    pub refused: Vec<(usize, u16, String)>,
}

/// Tells what the requests would change, without changing it.
pub async fn preview(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
    connection: Option<&ScimConnectionId>,
    requests: Vec<Rehearsed>,
) -> Result<Preview, AdminError> {
    if requests.len() > MAX_PREVIEW {
        return Err(AdminError::Invalid(format!("a preview takes at most {MAX_PREVIEW} requests")));
    }
    let target = find(cx, project, organization, connection).await?;
    let script: Box<Script> = Box::new(move |tried: &[Tried]| requests.get(tried.len()).cloned());
    let mut preview = Preview::default();
    let tried = rehearse(cx, target.organization, target.connection, "", script).await?;
    for (index, tried) in tried.into_iter().enumerate() {
        if tried.answer.status >= 400 {
            let why = tried.answer.body.as_str().unwrap_or_default().to_owned();
            preview.refused.push((index + 1, tried.answer.status, why));
        } else if tried.events.is_empty() {
            preview.unchanged += 1;
        }
        for (event, resource) in tried.events {
            preview.events.entry(event).or_default().push(resource);
        }
    }
    Ok(preview)
}
