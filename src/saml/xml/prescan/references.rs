//! References to characters and to the five entities of XML.

use memchr::memchr;

use super::PrescanError;

const ENTITIES: [&[u8]; 5] = [b"amp;", b"lt;", b"gt;", b"quot;", b"apos;"];

/// How many references there are in text that begins at `start`. They name characters of XML: roxmltree reads `&#xD800;`
/// as U+FFFD, which is another document.
///
/// # Errors
/// A reference that XML 1.0 does not have.
pub(super) fn count(start: usize, span: &[u8]) -> Result<usize, PrescanError> {
    let (mut rest, mut count) = (span, 0);
    while let Some(at) = memchr(b'&', rest) {
        rest = &rest[at + 1..];
        count += 1;
        let Some(number) = rest.strip_prefix(b"#") else {
            // Without a DOCTYPE there are these and no others.
            if ENTITIES.iter().any(|name| rest.starts_with(name)) {
                continue;
            }
            return Err(PrescanError::Malformed(start));
        };
        rest = number;
        // Ten digits are more than any character needs.
        let end = rest.iter().take(12).position(|b| *b == b';').ok_or(PrescanError::Malformed(start))?;
        let digits = std::str::from_utf8(&rest[..end]).unwrap_or_default();
        let code = match digits.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        let character = code.ok().and_then(char::from_u32).ok_or(PrescanError::Malformed(start))?;
        let allowed = matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..);
        if !allowed || digits.starts_with('+') || digits.starts_with("x+") {
            return Err(PrescanError::Malformed(start));
        }
    }
    Ok(count)
}
