//! The caller of a SCIM endpoint, from its bearer token (RFC 6750, R20).

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{StatusCode, header},
    web,
};

use super::exchange::path;
use crate::{
    http::{HttpError, RequestContext},
    model::secret::Secret,
    scim::dialect::Provider,
    service::{
        Context,
        provisioning::{AccessRefusal, BASE_PATH, BASE_PATHS, Caller, ScimTenant, authenticate},
    },
};

/// An identity provider with a live token. A handler that takes one is for such callers alone.
#[derive(Debug, Clone)]
pub struct ScimCaller {
    /// Connection and organization.
    pub tenant: ScimTenant,
}

impl FromRequest for ScimCaller {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { find(&request).await })
    }
}

async fn find(request: &HttpRequest) -> Result<ScimCaller, HttpError> {
    let frame = RequestContext::extract(request).await?;
    let cx = web::Data::<Context>::extract(request).await.map_err(HttpError::internal)?;
    let token = bearer(request).ok_or_else(|| {
        HttpError::unauthorized("unauthorized", "A bearer token is required.", "Bearer realm=\"SCIM\"")
    })?;
    let prefix = BASE_PATHS.into_iter().find(|base| request.path().starts_with(base)).unwrap_or(BASE_PATH);
    let (site, agent) = (frame.site()?, request.headers().get(header::USER_AGENT));
    let caller = Caller {
        request_id: frame.id(),
        base: &site.url(prefix),
        provider: Provider::of_request(agent.and_then(|agent| agent.to_str().ok()), request.query_string()),
    };
    let tenant = authenticate(&cx, &site.project, &token, caller).await.map_err(|refusal| {
        if let AccessRefusal::SwitchedOff(of) = &refusal {
            let (method, path) = (request.method().as_str(), path(request));
            cx.provisioning.note_unread(&cx, of, method, path, StatusCode::FORBIDDEN.as_u16());
        }
        refuse(refusal)
    })?;
    frame.set_organization(tenant.organization_id());
    Ok(ScimCaller { tenant })
}

fn bearer(request: &HttpRequest) -> Option<Secret> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::new(token))
}

fn refuse(refusal: AccessRefusal) -> HttpError {
    match refusal {
        AccessRefusal::UnknownToken => HttpError::unauthorized(
            "unauthorized",
            "The bearer token is not valid.",
            "Bearer realm=\"SCIM\", error=\"invalid_token\"",
        ),
        AccessRefusal::SwitchedOff(_) => HttpError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Provisioning is switched off for this organization.",
        ),
        AccessRefusal::Store(error) => HttpError::internal(error),
    }
}
