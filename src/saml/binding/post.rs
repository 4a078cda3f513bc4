//! HTTP-POST (Bindings 3.5): base64 in a form field.

use super::BindingError;
use crate::saml::{dsig::base64, xml::Limits};

/// Base64 of a message of the greatest size, with a line break for every 60 characters.
const MAX_FIELD: usize = Limits::MESSAGE.bytes / 3 * 4 + Limits::MESSAGE.bytes / 3 * 4 / 30 + 4;

/// Decodes the form field `SAMLResponse` or `SAMLRequest`. Lines may be wrapped.
///
/// # Errors
/// Too large (decided before decoding), the URL-safe alphabet, anything that is not strict base64.
pub fn decode(field: &str) -> Result<Vec<u8>, BindingError> {
    if field.len() > MAX_FIELD {
        return Err(BindingError::TooLarge(Limits::MESSAGE.bytes));
    }
    base64::decode(field).filter(|bytes| !bytes.is_empty()).ok_or_else(|| {
        if field.contains(['-', '_']) { BindingError::UrlSafeBase64 } else { BindingError::Base64 }
    })
}

/// Encodes a message for a form field.
#[must_use]
pub fn encode(xml: &str) -> String {
    base64::encode(xml.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_lines_are_read() {
        assert_eq!(decode("PGEv\r\nPg==\n"), Ok(b"<a/>".to_vec()));
        assert_eq!(decode(&encode("<a>ü</a>")), Ok("<a>ü</a>".as_bytes().to_vec()));
    }

    #[test]
    fn everything_else_is_refused() {
        assert_eq!(decode(""), Err(BindingError::Base64));
        assert_eq!(decode("PGEvPg"), Err(BindingError::Base64));
        assert_eq!(decode("PGEv\0Pg=="), Err(BindingError::Base64));
        assert_eq!(decode("PGE_Pg=="), Err(BindingError::UrlSafeBase64));
        assert_eq!(decode(&"A".repeat(2 << 20)), Err(BindingError::TooLarge(1 << 20)));
    }
}
