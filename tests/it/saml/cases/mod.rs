//! The cases: each a message and what becomes of it.

use std::sync::LazyLock;

use super::support::*;

mod accept;
mod encryption;
mod grammar;
mod protocol;
mod providers;
mod signature;
mod wrapping;
mod xml;

/// A message and what becomes of it.
pub struct Case {
    pub name: String,
    /// The connection it meets; see [`Profile`].
    pub profile: &'static str,
    /// `accept`, or the reason code.
    pub outcome: &'static str,
    pub message: Vec<u8>,
    /// Large ones, and those whose signature has randomness in it, are made anew instead of kept as files.
    pub kept: bool,
}

/// All of them, made once.
pub fn all() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(make);
    &CASES
}

fn make() -> Vec<Case> {
    [
        accept::cases(),
        encryption::cases(),
        grammar::cases(),
        providers::cases(),
        wrapping::cases(),
        signature::cases(),
        protocol::cases(),
        xml::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A case for the usual connection.
fn case(name: &str, outcome: &'static str, message: impl Into<Vec<u8>>) -> Case {
    Case { name: name.to_owned(), profile: "default", outcome, message: message.into(), kept: true }
}

impl Case {
    fn at(self, profile: &'static str) -> Self {
        Self { profile, ..self }
    }

    fn made_anew(self) -> Self {
        Self { kept: false, ..self }
    }
}

/// The base with `from` replaced, then signed: a provider that sends this.
fn sent(from: &str, to: &str) -> String {
    sign_assertion(&swap(&base(), from, to))
}

/// The signed base with `from` replaced: a message changed on its way.
fn tampered(from: &str, to: &str) -> String {
    swap(&sign_assertion(&base()), from, to)
}

/// The base, with both signatures.
fn both() -> String {
    sign_response(&sign_assertion(&base()))
}
