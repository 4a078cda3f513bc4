//! `GET /setup/values`: our values under the names that the provider gives their fields.

use actix_web::HttpResponse;

use super::{
    frame::{SetupFrame, Step},
    refuse,
    session::Setup,
};
use crate::{
    http::{
        HttpError,
        pages::{self, SetupValuesPage},
    },
    service::{connections::SpUrls, providers::SpValue},
};

/// Shows them.
pub(super) async fn show(setup: Setup) -> Result<HttpResponse, HttpError> {
    let provider = setup.wizard.provider();
    let urls = SpUrls::new(&setup.site.origin, &setup.wizard.saml().map_err(refuse)?.id);
    let value = |value: SpValue, text: &Option<String>| match value {
        SpValue::AcsUrl => urls.acs_url.clone(),
        SpValue::AcsUrlPattern => as_pattern(&urls.acs_url),
        SpValue::EntityId => urls.entity_id.clone(),
        SpValue::MetadataUrl => urls.metadata_url.clone(),
        SpValue::Text => text.clone().unwrap_or_default(),
    };
    let fields =
        provider.saml.fields.iter().map(|field| (field.name.as_str(), value(field.value, &field.text)));
    Ok(pages::scripted(&SetupValuesPage {
        frame: SetupFrame::at(&setup, Step::Values),
        saml: &provider.saml,
        fields: fields.collect(),
        metadata_url: &urls.metadata_url,
    }))
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
