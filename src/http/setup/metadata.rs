//! `GET` and `POST /setup/metadata`: the provider's description, as a file, an address, pasted text or plain fields.

use std::{pin::Pin, task::Poll};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use futures_core::Stream as _;

use super::{
    frame::{SetupFrame, Step},
    go,
    multipart::{self, Form},
    refuse,
    session::Setup,
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupMetadataPage},
    },
    service::{
        Context,
        setup::{self, DraftInput, ProviderFields, SetupError},
    },
};

/// Metadata of at most 5 MB, and the form around it.
const LIMIT: usize = 5 * 1024 * 1024 + 64 * 1024;

/// So much of a file that is too large is read and thrown away: a browser that is still sending shows no answer, and
/// the sentence would be lost.
const SWALLOWED: usize = 128 * 1024 * 1024;

/// Asks.
pub(super) async fn show(setup: Setup) -> HttpResponse {
    page(&setup, &Typed::default(), None)
}

/// Takes it in.
pub(super) async fn give(
    request: HttpRequest,
    payload: web::Payload,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multipart::boundary(content_type.unwrap_or_default())
        .ok_or_else(|| HttpError::unsupported_media_type(&["multipart/form-data"]))?;
    let Some(body) = read(payload).await? else {
        let problem =
            "This file is too large. Metadata is a text file of some kilobytes; at most 5 MB are read.";
        return Ok(ask_again(&setup, &Typed::default(), problem, StatusCode::PAYLOAD_TOO_LARGE));
    };
    let form = Form::parse(&body, &boundary)
        .ok_or_else(|| HttpError::bad_request("invalid_request", "The form cannot be read."))?;
    let typed = Typed::of(&form);
    let Some(input) = typed.input(&form) else {
        let problem =
            "Please give one of the four: an address, a file, pasted metadata, or the three fields.";
        return Ok(ask_again(&setup, &typed, problem, StatusCode::BAD_REQUEST));
    };
    let (project, session) = (&setup.site.project, &setup.session);
    let given =
        setup::give_metadata(&cx, project, session, input, Some(&typed.choice), &setup.request_id).await;
    match given {
        Ok(()) => Ok(go(Step::Review.path())),
        Err(error @ (SetupError::Metadata { .. } | SetupError::Invalid(_))) => {
            tracing::info!(request_id = setup.request_id, reason = error.code(), "metadata refused");
            Ok(ask_again(&setup, &typed, &error.to_string(), StatusCode::BAD_REQUEST))
        }
        Err(error) => Err(refuse(&error)),
    }
}

/// What was typed, to be shown again.
#[derive(Debug, Default)]
struct Typed {
    url: String,
    pasted: String,
    choice: String,
    fields: ProviderFields,
}

impl Typed {
    fn of(form: &Form<'_>) -> Self {
        let text = |name| form.text(name).unwrap_or_default().trim().to_owned();
        Self {
            url: text("url"),
            pasted: text("metadata"),
            choice: text("choice"),
            fields: ProviderFields {
                sso_url: text("sso_url"),
                entity_id: text("entity_id"),
                certificate: text("certificate"),
            },
        }
    }

    /// The one way that was used; of several, the one that can be refreshed, then the one that says most.
    fn input(&self, form: &Form<'_>) -> Option<DraftInput> {
        let file = form.bytes("file").filter(|bytes| !bytes.is_empty());
        let fields = &self.fields;
        if !self.url.is_empty() {
            Some(DraftInput::Url(self.url.clone()))
        } else if let Some(file) = file {
            Some(DraftInput::Document(file.to_vec()))
        } else if !self.pasted.is_empty() {
            Some(DraftInput::Document(self.pasted.clone().into_bytes()))
        } else if [&fields.sso_url, &fields.entity_id, &fields.certificate]
            .iter()
            .any(|text| !text.is_empty())
        {
            Some(DraftInput::Fields(fields.clone()))
        } else {
            None
        }
    }
}

fn ask_again(setup: &Setup, typed: &Typed, problem: &str, status: StatusCode) -> HttpResponse {
    let mut response = page(setup, typed, Some(problem));
    *response.status_mut() = status;
    response
}

fn page(setup: &Setup, typed: &Typed, problem: Option<&str>) -> HttpResponse {
    pages::html(&SetupMetadataPage {
        frame: SetupFrame::at(setup, Step::Metadata),
        saml: &setup.wizard.provider().saml,
        problem,
        url: &typed.url,
        pasted: &typed.pasted,
        choice: &typed.choice,
        sso_url: &typed.fields.sso_url,
        entity_id: &typed.fields.entity_id,
        certificate: &typed.fields.certificate,
    })
}

/// The whole body; none if it is larger than [`LIMIT`].
async fn read(mut payload: web::Payload) -> Result<Option<Vec<u8>>, HttpError> {
    let (mut body, mut length) = (Vec::new(), 0usize);
    loop {
        let chunk = std::future::poll_fn(|cx| -> Poll<_> { Pin::new(&mut payload).poll_next(cx) }).await;
        match chunk {
            None if length <= LIMIT => return Ok(Some(body)),
            None => return Ok(None),
            Some(Err(_)) => return Err(HttpError::bad_request("invalid_request", "The body broke off.")),
            Some(Ok(chunk)) => {
                length = length.saturating_add(chunk.len());
                if length > SWALLOWED {
                    return Ok(None);
                }
                if length > LIMIT {
                    body = Vec::new();
                } else {
                    body.extend_from_slice(&chunk);
                }
            }
        }
    }
}
