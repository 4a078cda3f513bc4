//! `GET` and `POST /setup/{link}/metadata`: the provider's description, as a file, an address, pasted text or plain fields.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    frame::{SetupFrame, Step},
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

const NO_WAY: &str = "Please give one of the four: an address, a file, pasted metadata, or the fields.";

/// Asks.
pub(super) async fn show(setup: Setup) -> Result<HttpResponse, HttpError> {
    setup.wizard.saml().map_err(|error| setup.refuse(error))?;
    Ok(page(&setup, &Typed::default(), None))
}

/// Takes it in.
pub(super) async fn give(
    request: HttpRequest,
    payload: web::Payload,
    setup: Setup,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    setup.wizard.saml().map_err(|error| setup.refuse(error))?;
    let Some(upload) = upload::receive(&request, payload, LIMIT).await? else {
        let problem =
            "This file is too large. Metadata is a text file of some kilobytes; at most 5 MB are read.";
        return Ok(ask_again(&setup, &Typed::default(), problem, StatusCode::PAYLOAD_TOO_LARGE));
    };
    let form = upload.form()?;
    let typed = Typed::of(&form);
    let Some(way) = typed.way(&form) else {
        let problem = if form.is_empty_file("file") || form.is_empty_file("certificate_file") {
            "The file that you chose is empty. Download it again, and choose it once more."
        } else {
            NO_WAY
        };
        return Ok(ask_again(&setup, &typed, problem, StatusCode::BAD_REQUEST));
    };
    let input = typed.input(way, &form);
    let mut typed = typed.after(way);
    let (project, session) = (&setup.site.project, &setup.session);
    match setup::give_metadata(&cx, project, session, input, &setup.request_id).await {
        Ok(Given::Understood) => Ok(setup.go(Step::Review.path())),
        Ok(Given::Several) => Ok(setup.go("/metadata/choice")),
        Err(error @ (SetupError::Metadata { .. } | SetupError::Invalid(_))) => {
            tracing::info!(request_id = setup.request_id, reason = error.code(), "metadata refused");
            typed.wrong = wrong(way, &error);
            Ok(ask_again(&setup, &typed, &error.to_string(), StatusCode::BAD_REQUEST))
        }
        Err(error) => Err(setup.refuse(error)),
    }
}

/// The field that an error is about.
fn wrong(way: Way, error: &SetupError) -> &'static str {
    let sentence = error.to_string();
    let says = |text: &str| sentence.contains(text);
    match way {
        Way::File => "file",
        Way::Url => "url",
        Way::Pasted => "metadata",
        Way::Fields if says("single sign-on URL") => "sso_url",
        Way::Fields if says("logout URL") => "slo_url",
        Way::Fields if says("entity ID") => "entity_id",
        Way::Fields if says("ertificate") || says("RSA key") => "certificate",
        Way::Fields => "",
    }
}

/// A way to hand a description over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    File,
    Url,
    Pasted,
    Fields,
}

/// What was typed, to be shown again.
#[derive(Debug, Default)]
struct Typed {
    url: String,
    pasted: String,
    fields: ProviderFields,
    /// The first certificate came as a file, which may be anything.
    from_file: bool,
    /// What was refused just now, as [`Typed::mark`] tells it.
    refused: String,
    /// The field that the problem is about.
    wrong: &'static str,
}

impl Typed {
    fn of(form: &Form<'_>) -> Self {
        let text = |name| form.text(name).unwrap_or_default().trim().to_owned();
        let (mut url, mut pasted) = (text("url"), text("metadata"));
        // An address in the place of what is there.
        if url.is_empty() && pasted.starts_with("https://") && !pasted.contains(char::is_whitespace) {
            url = std::mem::take(&mut pasted);
        }
        let file = form.bytes("certificate_file").filter(|bytes| !bytes.is_empty());
        let from_file = file.is_some();
        let certificate = file.map_or_else(|| text("certificate"), ProviderFields::certificate_of_file);
        Self {
            url,
            pasted,
            fields: ProviderFields {
                sso_url: text("sso_url"),
                entity_id: text("entity_id"),
                certificates: vec![certificate, text("next_certificate")],
                slo_url: text("slo_url"),
            },
            from_file,
            refused: text("refused"),
            wrong: "",
        }
    }

    /// The one way that was used. A file was chosen just now: a browser never fills it in again. Of the others, the one that
    /// can be refreshed, then the one that says most; and before what was refused already, any other.
    fn way(&self, form: &Form<'_>) -> Option<Way> {
        if form.bytes("file").is_some_and(|bytes| !bytes.is_empty()) {
            return Some(Way::File);
        }
        let ways = [Way::Url, Way::Pasted, Way::Fields].into_iter().filter(|way| self.is_filled(*way));
        let mut ways: Vec<Way> = ways.collect();
        ways.sort_by_cached_key(|way| self.mark(*way) == self.refused);
        ways.first().copied()
    }

    fn input(&self, way: Way, form: &Form<'_>) -> DraftInput {
        match way {
            Way::File => DraftInput::Document(form.bytes("file").unwrap_or_default().to_vec()),
            Way::Url => DraftInput::Url(self.url.clone()),
            Way::Pasted => DraftInput::Document(self.pasted.clone().into_bytes()),
            Way::Fields => DraftInput::Fields(self.fields.clone()),
        }
    }

    /// What is to be shown again if this way is refused: without what was refused before it, which would be tried again.
    fn after(mut self, way: Way) -> Self {
        let refused = std::mem::take(&mut self.refused);
        let again = [Way::Url, Way::Pasted, Way::Fields]
            .into_iter()
            .find(|other| *other != way && self.is_filled(*other) && self.mark(*other) == refused);
        match again {
            Some(Way::Url) => self.url.clear(),
            Some(Way::Pasted) => self.pasted.clear(),
            Some(Way::Fields) => self.fields = ProviderFields::default(),
            Some(Way::File) | None => {}
        }
        self.refused = self.mark(way);
        self
    }

    /// Tells whether a way holds the same as before; no secret, and nothing rests on it.
    fn mark(&self, way: Way) -> String {
        let mut hasher = DefaultHasher::new();
        match way {
            Way::File => return String::new(),
            Way::Url => self.url.hash(&mut hasher),
            // Browsers send line ends of their own.
            Way::Pasted => self.pasted.replace('\r', "").hash(&mut hasher),
            Way::Fields => {
                let ProviderFields { sso_url, entity_id, certificates, slo_url } = &self.fields;
                let certificates = certificates.iter().map(|text| text.replace('\r', ""));
                (sso_url, entity_id, certificates.collect::<Vec<_>>(), slo_url).hash(&mut hasher);
            }
        }
        format!("{:016x}", hasher.finish())
    }

    fn is_filled(&self, way: Way) -> bool {
        match way {
            Way::File => false,
            Way::Url => !self.url.is_empty(),
            Way::Pasted => !self.pasted.is_empty(),
            Way::Fields => self.has_fields(),
        }
    }

    fn has_fields(&self) -> bool {
        let ProviderFields { sso_url, entity_id, certificates, slo_url } = &self.fields;
        [sso_url, entity_id, slo_url].into_iter().chain(certificates).any(|text| !text.is_empty())
    }

    /// The text in one of the places for certificates. Of a file, only certificates are shown again: it may have been a key.
    fn certificate(&self, place: usize) -> &str {
        let text = self.fields.certificates.get(place).map_or("", String::as_str);
        let is_shown = place > 0 || !self.from_file || ProviderFields::is_of_certificates(text);
        if is_shown { text } else { "" }
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
        refused: &typed.refused,
        wrong: typed.wrong,
    })
}
