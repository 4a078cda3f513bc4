//! The one case folding of this module: NFKC, then full case folding, then NFKC again (RFC 8264 calls the
//! order out), so that names compare alike on every database and in memory.

use unicode_normalization::UnicodeNormalization;

/// The form in which attributes with `caseExact` false are compared (RFC 7643 section 2.2).
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let composed: String = text.nfkc().collect();
    caseless::default_case_fold_str(&composed).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn scim_025_folding_joins_what_people_hold_equal() {
        for (a, b) in [("BJENSEN", "bjensen"), ("Straße", "STRASSE"), ("\u{212B}", "å"), ("ﬁn", "FIN")] {
            assert_eq!(fold(a), fold(b), "{a} and {b}");
        }
        assert_ne!(fold("bjensen"), fold("bjensén"));
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Ǆ", "İ", "ﬀ", "ΐ", "ẞ", "\u{345}\u{313}"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }
}
