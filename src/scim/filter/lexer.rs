//! The tokens of a filter.

use std::borrow::Cow;

use super::{FilterError, path::is_path_byte};

/// A position in the text of a filter.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

/// A word that stands where a value should.
pub(super) enum ValueToken<'a> {
    Quoted(String),
    Bare(&'a str),
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn expected<T>(&self, expected: &'static str) -> Result<T, FilterError> {
        Err(FilterError::Syntax { at: self.at, expected })
    }

    pub(super) fn at_end(&mut self) -> bool {
        self.skip_blanks();
        self.at == self.text.len()
    }

    /// What is left to read.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes the mark if it is next.
    pub(super) fn eat(&mut self, mark: char) -> bool {
        self.skip_blanks();
        self.eat_here(mark)
    }

    /// Takes the mark if it is next with no blank before it.
    pub(super) fn eat_here(&mut self, mark: char) -> bool {
        let found = self.rest().starts_with(mark);
        self.at += if found { mark.len_utf8() } else { 0 };
        found
    }

    /// The next word of path characters, perhaps empty.
    pub(super) fn word(&mut self) -> &'a str {
        self.skip_blanks();
        self.take(is_path_byte)
    }

    /// Takes the keyword if it is next, in any case, and ends there.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let mut ahead = *self;
        let found = ahead.word().eq_ignore_ascii_case(keyword);
        if found {
            *self = ahead;
        }
        found
    }

    /// The next value: JSON text in quotes, or a bare word. Entra's documentation shows unquoted values, and a bare
    /// word cannot be anything else at this place.
    pub(super) fn value(&mut self) -> Result<ValueToken<'a>, FilterError> {
        self.skip_blanks();
        if !self.rest().starts_with('"') {
            let bare =
                self.take(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b')' | b']' | b'(' | b'['));
            return match bare {
                "" => self.expected("a value"),
                bare if bare.contains('\0') => self.expected("a value without a NUL"),
                bare => Ok(ValueToken::Bare(bare)),
            };
        }
        let Some(length) = quoted_length(self.rest()) else { return self.expected("a closing quote") };
        let quoted = self.rest().get(..length).unwrap_or_default();
        match serde_json::from_str::<Cow<'_, str>>(quoted) {
            // Nothing that is stored holds one, and PostgreSQL fails on a comparison with it.
            Ok(text) if text.contains('\0') => self.expected("a string without a NUL"),
            Ok(text) => {
                self.at += length;
                Ok(ValueToken::Quoted(text.into_owned()))
            }
            Err(_) => self.expected("a JSON string"),
        }
    }

    fn take(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().position(|byte| !belongs(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.take(|byte| byte == b' ' || byte == b'\t' || byte == b'\r' || byte == b'\n');
    }
}

/// The length of the string at the start of the text, both quotes included.
fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}
