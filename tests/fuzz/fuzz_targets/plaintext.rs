//! Whatever is encrypted to us, which anybody can do who has read our metadata. Seeds: the assertions of the corpus.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use vestibule::saml::{
    issue::{Encryption, KeyPlacement},
    xmlenc::{ContentAlgorithm, KeyTransport},
};

fuzz_target!(|data: &[u8]| {
    let Ok(content) = std::str::from_utf8(data) else { return };
    let how = Encryption {
        content: ContentAlgorithm::Aes128Gcm,
        transport: KeyTransport::OAEP_SHA1,
        certificate: support::SP_KEYS[0].certificate_der(),
        recipient: None,
        placement: KeyPlacement::Inside,
        random: &[3; 32],
    };
    let holder = how.encrypt("saml:EncryptedAssertion", content).expect("encryption");
    support::assert_genuine(support::envelope(&holder).as_bytes());
});
