//! Keys and ciphertext that do not fit.

use super::*;

/// One code for whatever goes wrong where a secret is involved (R26).
pub fn cases() -> Vec<Case> {
    let good = inside(&usual());
    let failed = |name: &str, message: String| case(name, "decryption_failed", message);
    let contents = |name: &str, content: &str| {
        let xml = sign_assertion(&base());
        let message = usual().encrypt("saml:EncryptedAssertion", content).unwrap();
        failed(name, swap(&xml, &element(&xml, "saml:Assertion"), &message))
    };
    let assertion = element(&sign_assertion(&base()), "saml:Assertion");
    vec![
        failed("encrypted-key-flipped", rewritten(&good, false, |b| b[9] ^= 1)),
        failed("encrypted-key-zero", rewritten(&good, false, |b| b.fill(0))),
        failed("encrypted-key-largest", rewritten(&good, false, |b| b.fill(0xff))),
        failed("encrypted-key-short", rewritten(&good, false, |b| b.truncate(255))),
        failed("encrypted-key-long", rewritten(&good, false, |b| b.push(0))),
        failed("encrypted-key-of-one-byte", rewritten(&good, false, |b| b.truncate(1))),
        failed("encrypted-content-flipped", rewritten(&good, true, |b| b[40] ^= 1)),
        failed("encrypted-iv-flipped", rewritten(&good, true, |b| b[0] ^= 1)),
        failed("encrypted-tag-flipped", rewritten(&good, true, |b| *b.last_mut().unwrap() ^= 1)),
        failed(
            "encrypted-tag-of-15-bytes",
            rewritten(&good, true, |b| {
                b.pop();
            }),
        ),
        failed("encrypted-tag-of-4-bytes", rewritten(&good, true, |b| b.truncate(b.len() - 12))),
        failed("encrypted-tag-missing", rewritten(&good, true, |b| b.truncate(b.len() - 16))),
        failed("encrypted-content-truncated", rewritten(&good, true, |b| b.truncate(100))),
        failed("encrypted-content-of-an-iv", rewritten(&good, true, |b| b.truncate(12))),
        failed("encrypted-content-of-11-bytes", rewritten(&good, true, |b| b.truncate(11))),
        failed("encrypted-content-extended", rewritten(&good, true, |b| b.push(0))),
        contents("encrypted-nothing", ""),
        contents("encrypted-text", "hello"),
        contents("encrypted-not-well-formed", "<saml:Assertion>"),
        contents("encrypted-two-elements", &format!("{assertion}<x/>")),
        contents("encrypted-text-beside", &format!("{assertion}x")),
        contents("encrypted-comment-beside", &format!("{assertion}<!-- x -->")),
        contents("encrypted-breaking-out", "</plaintext><x/><plaintext>"),
        contents(
            "encrypted-breaking-out-of-the-wrapper",
            &format!("{assertion}</plaintext><plaintext>{assertion}"),
        ),
        contents("encrypted-doctype", &format!("<!DOCTYPE x>{assertion}")),
        contents("encrypted-undeclared-prefix", "<no:Assertion/>"),
        contents("encrypted-control-character", &assertion.replace(">Ada<", ">\u{8}<")),
        contents(
            "encrypted-declaration-of-latin1",
            &format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{assertion}"),
        ),
        contents("encrypted-deep", &("<a>".repeat(100) + &"</a>".repeat(100))),
        failed(
            "encrypted-cbc-key-flipped",
            sign_response(&rewritten(&encrypted(&base(), &cbc()), false, |b| b[9] ^= 1)),
        ),
        failed("encrypted-cbc-padding-zero", cbc_with_last_byte(0)),
        failed("encrypted-cbc-padding-17", cbc_with_last_byte(17)),
        failed("encrypted-cbc-padding-255", cbc_with_last_byte(255)),
        // Two blocks of padding, whose removal would leave the assertion whole.
        failed("encrypted-cbc-padding-32", cbc_with_last_byte(32)),
        failed(
            "encrypted-cbc-odd-length",
            sign_response(&rewritten(&encrypted(&base(), &cbc()), true, |b| {
                b.pop();
            })),
        ),
        failed(
            "encrypted-cbc-iv-alone",
            sign_response(&rewritten(&encrypted(&base(), &cbc()), true, |b| b.truncate(16))),
        ),
        failed(
            "encrypted-cbc-flipped-and-signed",
            sign_response(&rewritten(&encrypted(&base(), &cbc()), true, |b| b[0] ^= 1)),
        ),
    ]
}

/// A response signed around CBC content whose last byte, which tells the padding, is this: the content is chosen so that
/// its last block is padding alone, and the block before it is turned until the byte comes out.
fn cbc_with_last_byte(wanted: u8) -> String {
    let xml = base();
    let assertion = element(&xml, "saml:Assertion");
    // A whole number of blocks, so that the padding has a block of its own, of which the last byte is 16; and one more
    // before it, which is lost with the turning.
    let padded = format!("{assertion}{}", " ".repeat(32 - assertion.len() % 16));
    let message = cbc().encrypt("saml:EncryptedAssertion", &padded).unwrap();
    let message = swap(&xml, &assertion, &message);
    sign_response(&rewritten(&message, true, |bytes| {
        let at = bytes.len() - 17;
        bytes[at] ^= 16 ^ wanted;
    }))
}
