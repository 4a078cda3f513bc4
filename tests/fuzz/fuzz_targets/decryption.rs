//! Whatever stands in an EncryptedAssertion.
#![no_main]

#[path = "support.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use vestibule::saml::{
    xml::{Limits, Scanned},
    xmlenc,
};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = Scanned::scan(data, &Limits::MESSAGE) else { return };
    let Ok(doc) = text.tree() else { return };
    for holder in doc.descendants().filter(|n| n.tag_name().name().starts_with("Encrypted")).take(4) {
        if let Ok(plaintext) = xmlenc::decrypt(holder, None, &support::decryption()) {
            let _ = plaintext.open().map(|opened| opened.element().tag_name().name().len());
        }
    }
});
