//! Forms with a file in them (RFC 7578), read from a body that is in memory and bounded: what browsers send, nothing more.

use std::{pin::Pin, task::Poll, time::Duration};

use actix_web::{HttpRequest, http::header, web};
use futures_core::Stream as _;

use crate::http::HttpError;

/// So much of a file that is too large is read and thrown away: a browser that is still sending shows no answer, and
/// the sentence would be lost.
const SWALLOWED: usize = 128 * 1024 * 1024;

/// In how long a form must have come: a file may be large, and the line slow. Who sends one byte now and then is not waited for.
const PATIENCE: Duration = Duration::from_secs(300);

/// A form that was sent whole.
#[derive(Debug)]
pub(super) struct Upload {
    body: Vec<u8>,
    boundary: String,
}

/// Receives a form of at most `limit` bytes; none if it is larger.
pub(super) async fn receive(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
) -> Result<Option<Upload>, HttpError> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = boundary(content_type.unwrap_or_default())
        .ok_or_else(|| HttpError::unsupported_media_type(&["multipart/form-data"]))?;
    let Ok(body) = tokio::time::timeout(PATIENCE, read(payload, limit)).await else {
        return Err(HttpError::too_slow());
    };
    Ok(body?.map(|body| Upload { body, boundary }))
}

impl Upload {
    /// The fields.
    pub(super) fn form(&self) -> Result<Form<'_>, HttpError> {
        Form::parse(&self.body, &self.boundary)
            .ok_or_else(|| HttpError::bad_request("invalid_request", "The form cannot be read."))
    }
}

/// The whole body; none if it is larger than the limit.
async fn read(mut payload: web::Payload, limit: usize) -> Result<Option<Vec<u8>>, HttpError> {
    let (mut body, mut length) = (Vec::new(), 0usize);
    loop {
        let chunk = std::future::poll_fn(|cx| -> Poll<_> { Pin::new(&mut payload).poll_next(cx) }).await;
        match chunk {
            None if length <= limit => return Ok(Some(body)),
            None => return Ok(None),
            Some(Err(_)) => return Err(HttpError::bad_request("invalid_request", "The body broke off.")),
            Some(Ok(chunk)) => {
                length = length.saturating_add(chunk.len());
                if length > SWALLOWED {
                    return Ok(None);
                }
                if length > limit {
                    body = Vec::new();
                } else {
                    body.extend_from_slice(&chunk);
                }
            }
        }
    }
}

/// The fields of a form.
#[derive(Debug)]
pub(super) struct Form<'a>(Vec<Field<'a>>);

/// A field.
#[derive(Debug)]
struct Field<'a> {
    name: &'a str,
    /// Whether it is a file that was chosen: a browser sends a field without a file's name where none was.
    is_file: bool,
    content: &'a [u8],
}

/// More fields than any form of ours has.
const MAX_FIELDS: usize = 32;

/// The boundary of a `Content-Type`, if it is a form of this kind (RFC 2046 section 5.1.1).
fn boundary(content_type: &str) -> Option<String> {
    let mut parts = content_type.split(';');
    if !parts.next()?.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parts.find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    })?;
    ((1..=70).contains(&value.len())).then(|| value.to_owned())
}

impl<'a> Form<'a> {
    /// Reads a body. A form that breaks off, has too many fields or one of them twice, is none.
    fn parse(body: &'a [u8], boundary: &str) -> Option<Self> {
        let delimiter = format!("--{boundary}");
        let between = format!("\r\n--{boundary}");
        let mut rest = body.strip_prefix(delimiter.as_bytes())?;
        let mut fields: Vec<Field<'a>> = Vec::new();
        loop {
            if rest.starts_with(b"--") {
                return Some(Self(fields));
            }
            rest = rest.strip_prefix(b"\r\n")?;
            let (head, after) = split(rest, b"\r\n\r\n")?;
            let (content, after) = split(after, between.as_bytes())?;
            let head = std::str::from_utf8(head).ok()?;
            let name = field_name(head)?;
            if fields.len() == MAX_FIELDS || fields.iter().any(|known| known.name == name) {
                return None;
            }
            let is_file = head.contains("; filename=\"") && !head.contains("; filename=\"\"");
            fields.push(Field { name, is_file, content });
            rest = after;
        }
    }

    /// The bytes of a field.
    pub(super) fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|field| field.name == name).map(|field| field.content)
    }

    /// Whether a file was chosen that has nothing in it.
    pub(super) fn is_empty_file(&self, name: &str) -> bool {
        self.0.iter().any(|field| field.name == name && field.is_file && field.content.is_empty())
    }

    /// The text of a field; none where it is not UTF-8 or holds a NUL, which PostgreSQL cannot keep.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        let text = std::str::from_utf8(self.bytes(name)?).ok()?;
        (!text.contains('\0')).then_some(text)
    }
}

/// The name in `Content-Disposition: form-data; name="x"`.
fn field_name(head: &str) -> Option<&str> {
    let line = head.split("\r\n").find(|line| {
        line.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case("content-disposition"))
    })?;
    let (_, after) = line.split_once("; name=\"")?;
    after.split_once('"').map(|(name, _)| name)
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = memchr::memmem::find(bytes, at)?;
    Some((bytes.get(..found)?, bytes.get(found + at.len()..)?))
}

#[cfg(test)]
mod tests {
    use actix_web::{http::StatusCode, test::TestRequest};
    use proptest::prelude::*;

    use super::*;
    use crate::http::body::tests::stalled;

    const BODY: &[u8] = b"--B\r\nContent-Disposition: form-data; name=\"url\"\r\n\r\nhttps://a\r\n--B\r\n\
        content-disposition: form-data; name=\"file\"; filename=\"m.xml\"\r\nContent-Type: text/xml\r\n\r\n<x>\r\n</x>\r\n--B--\r\n";

    #[tokio::test(start_paused = true)]
    async fn a_form_that_does_not_come_is_not_waited_for_for_ever() {
        let form = (header::CONTENT_TYPE, "multipart/form-data; boundary=B");
        let request = TestRequest::post().insert_header(form).to_http_request();
        let begun = tokio::time::Instant::now();
        let error = receive(&request, stalled(&request).await, 1000).await.unwrap_err();
        assert_eq!(actix_web::ResponseError::status_code(&error), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(begun.elapsed(), PATIENCE);
    }

    #[test]
    fn fields_and_files_are_read() {
        assert_eq!(boundary("multipart/form-data; boundary=B").as_deref(), Some("B"));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; boundary=\"B\"").as_deref(), Some("B"));
        let form = Form::parse(BODY, "B").unwrap();
        assert_eq!(form.text("url"), Some("https://a"));
        assert_eq!(form.bytes("file"), Some(&b"<x>\r\n</x>"[..]));
        assert_eq!(form.bytes("other"), None);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for other in [
            "text/plain",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "application/x-www-form-urlencoded",
        ] {
            assert_eq!(boundary(other), None, "{other}");
        }
        assert!(Form::parse(&BODY[..BODY.len() - 8], "B").is_none());
        assert!(Form::parse(BODY, "C").is_none());
        let field = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
        assert!(Form::parse(format!("{field}{field}--B--").as_bytes(), "B").is_none());
        let nul = b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\0\r\n--B--";
        assert_eq!(Form::parse(nul, "B").unwrap().text("a"), None);
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::parse(&body, "B");
            let _ = Form::parse(&[b"--B\r\n", &body[..]].concat(), "B");
        }
    }
}
