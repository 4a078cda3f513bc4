//! Case folding for names that compare without case.

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;

/// The key under which a case-insensitive text is stored and compared: NFKC, full case folding, NFKC again.
/// It is made here rather than by `lower()`, so that both databases compare alike.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().default_case_fold().nfkc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folds_what_lower_does_not() {
        assert_eq!(fold("STRASSE"), fold("straße"));
        assert_eq!(fold("ＡＬＩＣＥ"), "alice");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,20}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }

        #[test]
        fn ascii_folds_as_the_general_way_does(text in "[ -~]{0,20}") {
            let general: String = text.nfkc().default_case_fold().nfkc().collect();
            prop_assert_eq!(fold(&text), general);
        }
    }
}
