//! The host app's back end, by its API key.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use super::bearer;
use crate::{
    http::{HttpError, RequestContext},
    model::ids::{BackendApiKeyId, ProjectId},
    service::{Context, events},
};

/// A caller with a live back-end key of the project whose host it called.
#[derive(Debug, Clone)]
pub struct BackendKey {
    /// The key's project: everything that the handler touches is in it.
    pub project: ProjectId,
    /// Which key it is, for the audit log.
    pub id: BackendApiKeyId,
}

impl FromRequest for BackendKey {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let context = RequestContext::from_request(request, payload);
        let (key, cx) = (bearer(request), request.app_data::<web::Data<Context>>().cloned());
        Box::pin(async move {
            let cx = cx.ok_or_else(|| HttpError::internal("an application without its context"))?;
            let project = context.await?.site()?.project.clone();
            let key = key.ok_or_else(unauthenticated)?;
            let found = events::backend_key(&cx, &project, &key).await.map_err(HttpError::internal)?;
            found.map(|id| Self { project, id }).ok_or_else(unauthenticated)
        })
    }
}

/// One answer, whatever is wrong with the key.
fn unauthenticated() -> HttpError {
    HttpError::unauthorized("unauthenticated", "A back-end API key is needed.", r#"Bearer realm="v1""#)
}
