//! Whatever arrives in a query or a form field.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::saml::binding::{post, redirect};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    if let Ok(decoded) = redirect::decode(&text) {
        assert!(decoded.xml.len() <= 256 * 1024);
    }
    let _ = post::decode(&text);
});
