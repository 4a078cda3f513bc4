//! base64url without padding (RFC 7515 section 2), canonical only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Encodes.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes. Padding, other alphabets and stray bits at the end are refused: two spellings of one token would be two
/// keys wherever tokens are compared or counted.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_decodes() {
        assert_eq!(decode("AQ"), Some(vec![1]));
        for bad in ["AR", "AQ==", "AQ=", "A", "A+/A", "AQ\n", " AQ"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
