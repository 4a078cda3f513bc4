//! Whatever arrives in a query or a form field. A signed query counts for the octets that were signed and no others.
#![no_main]

#[path = "support.rs"]
mod support;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use vestibule::saml::binding::{
    post, query_signature,
    redirect::{self, Parameter},
};

/// The octets of the two signed queries.
static SIGNED: LazyLock<[String; 2]> = LazyLock::new(|| {
    let (request, response) = (support::logout().to_xml(), support::logout_answer());
    [(Parameter::Request, request, Some("r")), (Parameter::Response, response, None)].map(
        |(parameter, xml, relay)| {
            let url = query_signature::encode(support::SLO, parameter, &xml, relay, &support::IDP_KEY);
            let url = url.expect("signing");
            let (_, query) = url.split_once('?').expect("a query");
            redirect::decode(query).expect("what is encoded").signature.expect("a signature").octets
        },
    )
});

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    if let Ok(decoded) = redirect::decode(&text) {
        assert!(decoded.xml.len() <= 256 * 1024);
        if let Some(signature) = &decoded.signature
            && query_signature::verify(signature, &support::KEYS, support::expected().signatures).is_ok()
        {
            assert!(SIGNED.contains(&signature.octets));
        }
    }
    if let Ok(message) = post::decode(&text) {
        assert!(message.len() <= 1 << 20);
    }
});
