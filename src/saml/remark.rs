//! What a provider says in its own words, as an administrator may read it: why a sign-in failed, without addresses, accounts
//! and tokens. A name that stands among the words stays; nobody can tell it from them.

/// The most characters that are shown.
const LONGEST: usize = 300;

/// A run of letters and digits as long as this is a key, a token or a hash; but not a GUID, by which the provider's own log
/// is searched.
const TOKEN: usize = 33;

/// The text on one line, bounded, with placeholders for what may tell of a person or open something.
#[must_use]
pub fn remark(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !turns_around(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(&without_secrets(&word));
        if let Some((end, _)) = shown.char_indices().nth(LONGEST) {
            shown.truncate(end);
            shown.push('\u{2026}');
            break;
        }
    }
    shown
}

fn without_secrets(word: &str) -> String {
    if word.contains(['@', '\u{ff20}', '\u{fe6b}']) || word.contains("%40") {
        return "[address]".to_owned();
    }
    // DOMAIN\account.
    if word.contains('\\') {
        return "[account]".to_owned();
    }
    // What follows in a URL is parameters.
    let (word, cut) = match word.split_once(['?', '#']) {
        Some((before, _)) if before.contains("://") => (before, "?[\u{2026}]"),
        _ => (word, ""),
    };
    // A path is many words; elsewhere a slash is one of the letters of base64.
    let in_token = if word.contains("://") { in_path_token } else { in_token };
    let mut shown = String::new();
    let mut rest = word;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !in_token(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if run.len() >= TOKEN && !is_guid(run) {
            shown.push_str(&format!("[{} characters]", run.len()));
        } else {
            shown.push_str(run);
        }
        let next = after.find(in_token).unwrap_or(after.len());
        let (between, after) = after.split_at(next);
        shown.push_str(between);
        rest = after;
    }
    shown + cut
}

/// What makes text run the other way, so that it reads as something else: embeddings, overrides, isolates and marks.
fn turns_around(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// The alphabets of base64, with its variant for URLs, and of hexadecimal digits.
fn in_token(c: char) -> bool {
    c == '/' || in_path_token(c)
}

/// The same without the slash.
fn in_path_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '=' | '_' | '-')
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_guid(run: &str) -> bool {
    let groups: Vec<&str> = run.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && run.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helps_stays_and_what_tells_of_somebody_goes() {
        for (said, shown) in [
            (
                "User is not assigned to the client application.",
                "User is not assigned to the client application.",
            ),
            ("  two\n lines\u{1b}[31m\tand colours ", "two lines [31m and colours"),
            (
                "AADSTS50105: The signed in user 'ada@acme.example' is blocked. Correlation ID: \
                 0f8fad5b-d9cb-469f-a165-70867728950e",
                "AADSTS50105: The signed in user [address] is blocked. Correlation ID: \
                 0f8fad5b-d9cb-469f-a165-70867728950e",
            ),
            (r"MSIS7066 for ACME\ada, denied", "MSIS7066 for [account] denied"),
            (
                "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy",
                "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy",
            ),
            ("see https://idp.example/help?user=ada&t=1", "see https://idp.example/help?[\u{2026}]"),
            ("state=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789.", "[42 characters]."),
            // Base64, each of whose parts is short.
            ("key=9xJ/k2+Lw0Qz8Tn4/Vb6Yc1Re5Ua/7Mf3Gd2Hs0=", "[44 characters]"),
            (
                "https://idp.example/0f8fad5b-d9cb-469f-a165-70867728950e/saml2/error and/or 12/31",
                "https://idp.example/0f8fad5b-d9cb-469f-a165-70867728950e/saml2/error and/or 12/31",
            ),
            ("read \u{202e}backwards\u{202c} \u{2066}\u{2069} ok", "read backwards ok"),
            ("for ada\u{ff20}acme.example, ada\u{fe6b}acme.example", "for [address] [address]"),
            ("for ada%40acme.example", "for [address]"),
            // Of the shape of a GUID, and none.
            ("id zzzzzzzz-d9cb-469f-a165-70867728950e", "id [36 characters]"),
            ("why? because", "why? because"),
        ] {
            assert_eq!(remark(said), shown);
        }
    }

    #[test]
    fn r32_a_remark_is_bounded() {
        assert_eq!(remark(&"a".repeat(1_000_000)), "[1000000 characters]");
        assert_eq!(remark(&"a".repeat(TOKEN)), "[33 characters]");
        assert_eq!(remark(&"\u{e4}".repeat(1_000)).chars().count(), LONGEST + 1);
        let shown = remark(&"so it goes ".repeat(100_000));
        assert!(shown.chars().count() <= LONGEST + 1 && shown.ends_with('\u{2026}'), "{shown}");
        assert_eq!(remark(""), "");
    }
}
