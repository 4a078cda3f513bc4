//! Whatever parses has a canonical form that is its own canonical form, or none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::saml::{
    dsig::c14n::{Canonicalization, canonicalize},
    xml::{Limits, Scanned},
};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = Scanned::scan(data, &Limits::MESSAGE) else { return };
    let Ok(doc) = text.tree() else { return };
    let exclusive = Canonicalization::Exclusive { inclusive_prefixes: vec!["xs".into(), String::new()] };
    for form in [exclusive, Canonicalization::Inclusive] {
        let Ok(once) = canonicalize(doc.root_element(), None, &form) else { continue };
        // Past the scan, whose limits a canonical form may exceed: it can declare more than its source.
        let again = roxmltree::Document::parse(&once).expect("a canonical form is well formed");
        assert_eq!(canonicalize(again.root_element(), None, &form).as_ref(), Ok(&once));
    }
});
