//! Strict base64: the standard alphabet, padding required, no trailing bits; line breaks and spaces allowed.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Decodes, or nothing: a value that two decoders could read differently is no value.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    if text.bytes().any(|b| b.is_ascii_whitespace()) {
        // Form feed is whitespace to Rust and not to XML.
        let packed: Vec<u8> = text.bytes().filter(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')).collect();
        return STANDARD.decode(packed).ok();
    }
    STANDARD.decode(text).ok()
}

/// Encodes on one line.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_reading() {
        assert_eq!(decode("aGVs\r\n bG8="), Some(b"hello".to_vec()));
        for bad in
            ["aGVsbG8", "aGVsbG9=", "aGVs-_8=", "aGVsbG8=\u{c}", "aGVsbG8==", "aGVs!bG8=", "aGVs\0bG8="]
        {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }
}
