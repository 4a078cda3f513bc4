//! Addresses that people sign in with.

use super::fold::fold;

/// An email address: something, one `@`, and a domain. Deliverability is not its business; telling which
/// organization may speak for it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress {
    text: String,
    folded: String,
}

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an email address")]
pub struct InvalidEmail;

impl EmailAddress {
    /// Reads an address of at most 254 bytes. Quoted local parts and white space are refused: no provider
    /// sends them, and they are how two parsers come to disagree about the domain.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail)?;
        let unusual = |c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '@' | '"' | '<' | '>' | ',' | ';' | '\\')
        };
        let labels_are_fine = domain.split('.').all(|label| !label.is_empty());
        if text.len() > 254
            || local.is_empty()
            || !labels_are_fine
            || text.replacen('@', "", 1).contains(unusual)
        {
            return Err(InvalidEmail);
        }
        let folded = fold(text);
        // Folding may bring in what was refused above: U+FF20, for one, is a full-width `@`.
        if folded.matches('@').count() != 1 || folded.replacen('@', "", 1).contains(unusual) {
            return Err(InvalidEmail);
        }
        Ok(Self { text: text.to_owned(), folded })
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key under which it is unique in an organization.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The folded domain, after the `@`.
    pub fn domain(&self) -> &str {
        self.folded.split_once('@').map_or("", |(_, domain)| domain)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folds_and_finds_the_domain() {
        let email = EmailAddress::parse("Jo.Doe@Acme.EXAMPLE").unwrap();
        assert_eq!(email.as_str(), "Jo.Doe@Acme.EXAMPLE");
        assert_eq!(email.folded(), "jo.doe@acme.example");
        assert_eq!(email.domain(), "acme.example");
    }

    #[test]
    fn refuses_what_two_parsers_would_read_differently() {
        for text in [
            "",
            "a",
            "@a",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b c",
            "\"a@b\"@c",
            "a@b\u{ff20}c",
            "a\u{ff1c}b@c",
            "a@b\u{ff0c}c",
            "a\u{a8}@b",
            "a@b..c",
            "a@b.",
            "<a@b>",
            "a,b@c",
            "a@b\n",
            "a\u{0}@b",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(InvalidEmail), "{text:?}");
        }
    }

    #[test]
    fn an_address_has_at_most_254_bytes() {
        let long = |bytes: usize| format!("{}@acme.example", "a".repeat(bytes - "@acme.example".len()));
        assert!(EmailAddress::parse(&long(254)).is_ok());
        assert_eq!(EmailAddress::parse(&long(255)), Err(InvalidEmail));
    }

    proptest! {
        #[test]
        fn a_parsed_address_has_one_at_and_a_domain(text in "\\PC{0,12}@\\PC{0,12}") {
            if let Ok(email) = EmailAddress::parse(&text) {
                prop_assert_eq!(email.folded().matches('@').count(), 1);
                prop_assert!(!email.domain().is_empty());
            }
        }
    }
}
