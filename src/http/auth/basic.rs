//! Credentials of OAuth clients in the Authorization header (RFC 6749 section 2.3.1).

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1).
pub(in crate::http) fn basic_credentials(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(basic_credentials(&header("a:b")), Some(("a".into(), "b".into())));
        assert_eq!(basic_credentials(&header("a%3Ab:c+d%2B")), Some(("a:b".into(), "c d+".into())));
        assert_eq!(basic_credentials(&header("a:b:c")), Some(("a".into(), "b:c".into())));
        for bad in ["", "Basic", "Basic ", "Basic !!!", "Bearer YTpi", &header("nocolon")] {
            assert_eq!(basic_credentials(bad), None, "{bad}");
        }
    }
}
