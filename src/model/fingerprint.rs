//! How the fingerprint of a certificate is shown.

/// A fingerprint in hex as consoles show it, `AB:CD:..`.
#[must_use]
pub fn in_pairs(hex: &str) -> String {
    let upper = hex.to_ascii_uppercase();
    let pairs: Vec<&str> =
        upper.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok()).collect();
    pairs.join(":")
}
