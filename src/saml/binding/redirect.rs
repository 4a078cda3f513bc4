//! HTTP-Redirect (Bindings 3.4): raw DEFLATE, base64, percent-encoding, in the query of a URL.
//!
//! A signature over the query covers the original octets, so a decoded message keeps them.

use std::io::{Read, Write};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::BindingError;
use crate::saml::dsig::base64;

/// A query longer than this is no message.
const MAX_QUERY: usize = 64 * 1024;
/// What a message in a URL may expand to.
const MAX_MESSAGE: usize = 256 * 1024;
/// XML compresses well, but not like this.
const MAX_RATIO: usize = 100;

const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";

/// Which of the two parameters carried the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl Parameter {
    /// The name in the query.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// A message taken from a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Request or response.
    pub parameter: Parameter,
    /// The XML.
    pub xml: Vec<u8>,
    /// RelayState, decoded.
    pub relay_state: Option<String>,
    /// The query's signature, not verified.
    pub signature: Option<QuerySignature>,
}

/// A signature over a query (Bindings 3.4.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuerySignature {
    /// `SigAlg`, decoded.
    pub algorithm: String,
    /// `Signature`, base64 as sent.
    pub value: String,
    /// The octets signed: message, RelayState if present, SigAlg, in this order, as they were sent.
    pub octets: String,
}

/// The URL that takes a message to `endpoint`, which may have a query of its own.
///
/// # Errors
/// Writing to memory does not fail; the error of the compressor is passed on all the same.
pub fn encode(
    endpoint: &str,
    parameter: Parameter,
    xml: &str,
    relay_state: Option<&str>,
) -> Result<String, std::io::Error> {
    Ok(with_query(endpoint, &message_query(parameter, xml, relay_state)?))
}

/// The parameters of a message, percent-encoded: the octets that a signature covers, together with SigAlg.
pub(super) fn message_query(
    parameter: Parameter,
    xml: &str,
    relay_state: Option<&str>,
) -> Result<String, std::io::Error> {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(xml.as_bytes())?;
    let packed = base64::encode(&deflate.finish()?);
    let mut query = format!("{}=", parameter.name());
    query.extend(utf8_percent_encode(&packed, NON_ALPHANUMERIC));
    if let Some(relay_state) = relay_state {
        query.push_str("&RelayState=");
        query.extend(utf8_percent_encode(relay_state, NON_ALPHANUMERIC));
    }
    Ok(query)
}

/// `endpoint` with more of a query: it may have one already, and a fragment.
pub(super) fn with_query(endpoint: &str, query: &str) -> String {
    let (endpoint, fragment) = endpoint.split_once('#').map_or((endpoint, None), |(e, f)| (e, Some(f)));
    let mut url = endpoint.to_owned();
    match endpoint.chars().last() {
        Some('?' | '&') => {}
        _ => url.push(if endpoint.contains('?') { '&' } else { '?' }),
    }
    url.push_str(query);
    if let Some(fragment) = fragment {
        url.push('#');
        url.push_str(fragment);
    }
    url
}

/// Takes the message out of a raw query string, as it came, still percent-encoded.
///
/// # Errors
/// One variant per departure; see [`BindingError`].
pub fn decode(query: &str) -> Result<Decoded, BindingError> {
    if query.len() > MAX_QUERY {
        return Err(BindingError::TooLarge(MAX_QUERY));
    }
    let request = raw(query, "SAMLRequest")?;
    let response = raw(query, "SAMLResponse")?;
    let (parameter, message) = match (request, response) {
        (Some(message), None) => (Parameter::Request, message),
        (None, Some(message)) => (Parameter::Response, message),
        _ => return Err(BindingError::NoMessage),
    };
    if raw(query, "SAMLEncoding")?.map(unescape).transpose()?.is_some_and(|e| e != DEFLATE) {
        return Err(BindingError::Encoding);
    }
    let relay_state = raw(query, "RelayState")?;
    let packed = base64::decode(&unescape(message)?).ok_or(BindingError::Base64)?;
    let signature = match (raw(query, "SigAlg")?, raw(query, "Signature")?) {
        (Some(algorithm), Some(value)) => {
            let relay = relay_state.map(|r| format!("&RelayState={r}")).unwrap_or_default();
            Some(QuerySignature {
                octets: format!("{}={message}{relay}&SigAlg={algorithm}", parameter.name()),
                algorithm: unescape(algorithm)?,
                value: unescape(value)?,
            })
        }
        (None, None) => None,
        _ => return Err(BindingError::Query),
    };
    Ok(Decoded {
        parameter,
        xml: inflate(&packed)?,
        relay_state: relay_state.map(unescape).transpose()?,
        signature,
    })
}

/// The value of a parameter as it was sent; twice is once too often.
fn raw<'q>(query: &'q str, name: &'static str) -> Result<Option<&'q str>, BindingError> {
    let mut values = query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(n, _)| *n == name);
    let value = values.next().map(|(_, value)| value);
    if values.next().is_some() { Err(BindingError::Repeated(name)) } else { Ok(value) }
}

/// Percent-decoding of a form-encoded value.
fn unescape(value: &str) -> Result<String, BindingError> {
    let spaced = value.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().map(Into::into).map_err(|_| BindingError::Query)
}

/// Raw DEFLATE to its end, and nothing behind it. Output and ratio are capped while reading, not after.
fn inflate(packed: &[u8]) -> Result<Vec<u8>, BindingError> {
    let cap = MAX_MESSAGE.min(packed.len().saturating_mul(MAX_RATIO));
    let mut decoder = DeflateDecoder::new(packed);
    let mut out = Vec::new();
    decoder.by_ref().take(cap as u64 + 1).read_to_end(&mut out).map_err(|_| BindingError::Deflate)?;
    if out.len() > cap {
        return Err(BindingError::Bomb);
    }
    if out.is_empty() || decoder.total_in() != packed.len() as u64 {
        return Err(BindingError::Deflate);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(url: &str) -> &str {
        url.split_once('?').unwrap().1
    }

    fn packed(xml: &[u8]) -> String {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(xml).unwrap();
        utf8_percent_encode(&base64::encode(&deflate.finish().unwrap()), NON_ALPHANUMERIC).to_string()
    }

    #[test]
    fn what_is_encoded_decodes() {
        let url =
            encode("https://idp.example/sso?tenant=7", Parameter::Request, "<a/>", Some("x&y +")).unwrap();
        assert!(url.starts_with("https://idp.example/sso?tenant=7&SAMLRequest="));
        let decoded = decode(query(&url)).unwrap();
        assert_eq!(decoded.xml, b"<a/>");
        assert_eq!(decoded.relay_state.as_deref(), Some("x&y +"));
        assert_eq!(decoded.parameter, Parameter::Request);
        assert_eq!(decoded.signature, None);
    }

    #[test]
    fn an_endpoint_may_have_a_query_and_a_fragment() {
        for (endpoint, url) in [
            ("https://x.example", "https://x.example?q"),
            ("https://x.example?", "https://x.example?q"),
            ("https://x.example?a=b&", "https://x.example?a=b&q"),
            ("https://x.example?a=b#c", "https://x.example?a=b&q#c"),
        ] {
            assert_eq!(with_query(endpoint, "q"), url);
        }
    }

    #[test]
    fn a_signature_covers_the_octets_as_sent() {
        // Lower-case escapes are as valid as ours, and a verifier must not normalise them.
        let message = packed(b"<a/>").replace("%3D", "%3d");
        let sent = format!("SigAlg=x%3ay&RelayState=a+b&Signature=c2ln&SAMLRequest={message}");
        let signature = decode(&sent).unwrap().signature.unwrap();
        assert_eq!(signature.octets, format!("SAMLRequest={message}&RelayState=a+b&SigAlg=x%3ay"));
        assert_eq!((signature.algorithm.as_str(), signature.value.as_str()), ("x:y", "c2ln"));
    }

    #[test]
    fn hostile_queries_are_refused() {
        let message = packed(b"<a/>");
        let code = |q: &str| decode(q).map_or_else(|e| e.code(), |_| "ok");
        assert_eq!(code("x=1"), "message_missing");
        assert_eq!(code(&format!("SAMLRequest={message}&SAMLResponse={message}")), "message_missing");
        assert_eq!(
            code(&format!("SAMLRequest={message}&SAMLRequest={message}")),
            "message_parameter_repeated"
        );
        assert_eq!(code(&format!("SAMLRequest={message}&SAMLEncoding=x")), "message_encoding");
        assert_eq!(code(&format!("SAMLRequest={message}&SigAlg=x")), "message_query");
        assert_eq!(code("SAMLRequest=%FF"), "message_query");
        assert_eq!(code("SAMLRequest=PGEvPg"), "message_base64");
        assert_eq!(code("SAMLRequest=PGEvPg%3D%3D"), "message_deflate");
        assert_eq!(code(&format!("SAMLRequest={}", packed(&vec![b' '; 200_000]))), "message_deflate_bomb");
        assert_eq!(code(&format!("SAMLRequest={}", packed(b""))), "message_deflate");
        let padded =
            |length: usize| format!("SAMLRequest={message}&x={}", "x".repeat(length - message.len() - 15));
        assert_eq!(code(&padded(MAX_QUERY)), "ok");
        assert_eq!(code(&padded(MAX_QUERY + 1)), "message_too_large");
        assert_eq!(code(&"x".repeat(70_000)), "message_too_large");
    }

    #[test]
    fn the_stream_is_raw_and_ends_the_message() {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(b"<a/>").unwrap();
        assert_eq!(inflate(&zlib.finish().unwrap()), Err(BindingError::Deflate));
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(b"<a/>").unwrap();
        let mut bytes = deflate.finish().unwrap();
        assert_eq!(inflate(&bytes), Ok(b"<a/>".to_vec()));
        assert_eq!(inflate(&bytes[..bytes.len() - 1]), Err(BindingError::Deflate));
        bytes.push(0);
        assert_eq!(inflate(&bytes), Err(BindingError::Deflate));
    }
}
