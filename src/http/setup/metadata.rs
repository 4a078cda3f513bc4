//! `GET` and `POST /setup/metadata`: the provider's description, as a file, an address, pasted text or plain fields.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    frame::{SetupFrame, Step},
    go, refuse,
    session::Setup,
    upload::{self, Form},
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupMetadataPage},
    },
    service::{
        Context,
        setup::{self, DraftInput, Given, ProviderFields, SetupError},
    },
};

/// Metadata of at most 5 MB, and the form around it.
const LIMIT: usize = 5 * 1024 * 1024 + 64 * 1024;

/// Asks.
pub(super) async fn show(setup: Setup) -> Result<HttpResponse, HttpError> {
    setup.wizard.saml().map_err(refuse)?;
    Ok(page(&setup, &Typed::default(), None))
}

/// Takes it in.
pub(super) async fn give(
    request: HttpRequest,
    payload: web::Payload,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    setup.wizard.saml().map_err(refuse)?;
    let Some(upload) = upload::receive(&request, payload, LIMIT).await? else {
        let problem =
            "This file is too large. Metadata is a text file of some kilobytes; at most 5 MB are read.";
        return Ok(ask_again(&setup, &Typed::default(), problem, StatusCode::PAYLOAD_TOO_LARGE));
    };
    let form = upload.form()?;
    let typed = Typed::of(&form);
    let Some(input) = typed.input(&form) else {
        let problem = "Please give one of the four: an address, a file, pasted metadata, or the fields.";
        return Ok(ask_again(&setup, &typed, problem, StatusCode::BAD_REQUEST));
    };
    let (project, session) = (&setup.site.project, &setup.session);
    match setup::give_metadata(&cx, project, session, input, &setup.request_id).await {
        Ok(Given::Understood) => Ok(go(Step::Review.path())),
        Ok(Given::Several) => Ok(go("/setup/metadata/choice")),
        Err(error @ (SetupError::Metadata { .. } | SetupError::Invalid(_))) => {
            tracing::info!(request_id = setup.request_id, reason = error.code(), "metadata refused");
            Ok(ask_again(&setup, &typed, &error.to_string(), StatusCode::BAD_REQUEST))
        }
        Err(error) => Err(refuse(error)),
    }
}

/// What was typed, to be shown again.
#[derive(Debug, Default)]
struct Typed {
    url: String,
    pasted: String,
    fields: ProviderFields,
}

impl Typed {
    fn of(form: &Form<'_>) -> Self {
        let text = |name| form.text(name).unwrap_or_default().trim().to_owned();
        Self {
            url: text("url"),
            pasted: text("metadata"),
            fields: ProviderFields {
                sso_url: text("sso_url"),
                entity_id: text("entity_id"),
                certificates: vec![text("certificate"), text("next_certificate")],
                slo_url: text("slo_url"),
            },
        }
    }

    /// The one way that was used; of several, the one that can be refreshed, then the one that says most.
    fn input(&self, form: &Form<'_>) -> Option<DraftInput> {
        let file = form.bytes("file").filter(|bytes| !bytes.is_empty());
        if !self.url.is_empty() {
            Some(DraftInput::Url(self.url.clone()))
        } else if let Some(file) = file {
            Some(DraftInput::Document(file.to_vec()))
        } else if !self.pasted.is_empty() {
            Some(DraftInput::Document(self.pasted.clone().into_bytes()))
        } else if self.has_fields() {
            Some(DraftInput::Fields(self.fields.clone()))
        } else {
            None
        }
    }

    fn has_fields(&self) -> bool {
        let ProviderFields { sso_url, entity_id, certificates, slo_url } = &self.fields;
        [sso_url, entity_id, slo_url].into_iter().chain(certificates).any(|text| !text.is_empty())
    }

    /// The text in one of the places for certificates.
    fn certificate(&self, place: usize) -> &str {
        self.fields.certificates.get(place).map_or("", String::as_str)
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
        is_refreshed: setup.wizard.saml.as_ref().is_some_and(|saml| saml.metadata_url.is_some()),
        problem,
        url: &typed.url,
        pasted: &typed.pasted,
        sso_url: &typed.fields.sso_url,
        entity_id: &typed.fields.entity_id,
        certificate: typed.certificate(0),
        next_certificate: typed.certificate(1),
        slo_url: &typed.fields.slo_url,
        has_fields: typed.has_fields(),
    })
}
