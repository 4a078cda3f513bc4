//! `GET /setup/values`: our values under the names that the provider gives their fields.

use actix_web::{HttpResponse, http::header, web};

use super::{
    frame::{SetupFrame, Step},
    session::Setup,
};
use crate::{
    http::{
        HttpError,
        pages::{self, OptionalValue, SetupValuesPage},
    },
    model::SpKeyPurpose,
    service::{
        Context,
        connections::{Options, SpUrls, sp_certificate},
        providers::{Provider, SpValue},
    },
};

/// Shows them.
pub(super) async fn show(setup: Setup) -> Result<HttpResponse, HttpError> {
    let provider = setup.wizard.provider();
    let connection = setup.wizard.saml().map_err(|error| setup.refuse(error))?;
    let urls = SpUrls::new(&setup.site.origin, &connection.id);
    let value = |value: SpValue, text: &Option<String>| {
        Some(match value {
            SpValue::AcsUrl => urls.acs_url.clone(),
            SpValue::AcsUrlPattern => as_pattern(&urls.acs_url),
            SpValue::EntityId => urls.entity_id.clone(),
            SpValue::MetadataUrl => urls.metadata_url.clone(),
            SpValue::Text => {
                let text = text.as_deref().unwrap_or_default();
                text.replace("{acs_url}", &urls.acs_url).replace("{entity_id}", &urls.entity_id)
            }
            SpValue::LogoutUrl | SpValue::SigningCertificate | SpValue::EncryptionCertificate => return None,
        })
    };
    let fields = provider.saml.fields.iter();
    let fields = fields.filter_map(|field| Some((field.name.as_str(), value(field.value, &field.text)?)));
    Ok(pages::scripted(&SetupValuesPage {
        frame: SetupFrame::at(&setup, Step::Values),
        saml: &provider.saml,
        fields: fields.collect(),
        optional: optional(provider, &urls, Options::of(connection).signs_requests(connection)),
        metadata_url: &urls.metadata_url,
    }))
}

/// `GET /setup/{link}/values/{file}`: a certificate of ours, under both of the names that forms for uploads know.
pub(super) async fn certificate(
    setup: Setup,
    path: web::Path<(String, String)>,
    cx: web::Data<Context>,
) -> Result<HttpResponse, HttpError> {
    let (_, file) = path.into_inner();
    let connection = setup.wizard.saml().map_err(|error| setup.refuse(error))?;
    let purpose = match file.as_str() {
        "signing.pem" | "signing.crt" => SpKeyPurpose::Signing,
        "encryption.pem" | "encryption.crt" => SpKeyPurpose::Encryption,
        _ => {
            return Err(HttpError::not_found("There is no such certificate."));
        }
    };
    let pem = sp_certificate(&cx, &setup.site.project, &connection.id, purpose).await;
    let disposition = format!("attachment; filename=\"vestibule-{file}\"");
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/x-pem-file"))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(pem.map_err(HttpError::internal)?))
}

/// What a sign-in works without, under the provider's names where they are known.
fn optional<'a>(provider: &'a Provider, urls: &SpUrls, signs_requests: bool) -> Vec<OptionalValue<'a>> {
    let logout = ("Logout URL", "Signing out on one side then ends the session on the other.");
    let signing = match signs_requests {
        true => ("Signing certificate", "Our requests and logout messages are signed with it."),
        false => ("Signing certificate", "Goes with the logout URL: logout messages are signed with it."),
    };
    let encryption =
        ("Encryption certificate", "For assertions that are encrypted. No other connection has this key.");
    let values = [
        (SpValue::LogoutUrl, logout),
        (SpValue::SigningCertificate, signing),
        (SpValue::EncryptionCertificate, encryption),
    ];
    let mut optional = Vec::new();
    for (value, (usual, why)) in values {
        let known: Vec<&str> = provider.saml.names(value).collect();
        for name in if known.is_empty() { vec![usual] } else { known } {
            optional.push(OptionalValue {
                name,
                why,
                text: (value == SpValue::LogoutUrl).then(|| urls.slo_url.clone()),
                certificate: match value {
                    SpValue::SigningCertificate => Some("signing"),
                    SpValue::EncryptionCertificate => Some("encryption"),
                    _ => None,
                },
            });
        }
    }
    optional
}

/// A regular expression for this text and no other.
fn as_pattern(text: &str) -> String {
    let mut pattern = String::from("^");
    for c in text.chars() {
        if !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':')) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + "$"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_escapes_dots_and_slashes() {
        assert_eq!(as_pattern("https://a.b/c_1"), r"^https:\/\/a\.b\/c_1$");
    }
}
