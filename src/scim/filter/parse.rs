//! The parser: recursive descent over the grammar of RFC 7644 figure 1, `not` before `and` before `or`, with
//! limits, so that no filter costs more than its answer.

use super::{
    AttrPath, CompareOp, CompareValue, Filter, FilterError, Tolerance, Tolerances,
    lexer::{Lexer, ValueToken},
};

/// The longest filter in bytes.
pub const MAX_LENGTH: usize = 8 * 1024;
/// The deepest nesting of parentheses, brackets and `not`.
pub const MAX_DEPTH: usize = 16;
/// The most comparisons in one filter.
pub const MAX_TERMS: usize = 64;

/// Parses a filter, whatever it has beside the grammar.
pub fn parse(text: &str) -> Result<Filter, FilterError> {
    parse_noting(text, &mut Tolerances::new())
}

/// The same, and says what it has beside the grammar.
pub fn parse_noting(text: &str, met: &mut Tolerances) -> Result<Filter, FilterError> {
    let mut parser = Parser::new(text)?;
    if parser.lexer.at_end() {
        return Err(FilterError::Empty);
    }
    let filter = parser.or(0, Inside::Resource)?;
    if !parser.lexer.at_end() {
        return parser.lexer.expected("`and`, `or` or the end");
    }
    met.append(&mut parser.met);
    Ok(filter)
}

/// Parses the inside of `[...]` at the start of the text, brackets excluded, and gives what follows the closing
/// bracket. PATCH paths are built of it.
pub(in crate::scim) fn parse_value_filter<'a>(
    text: &'a str,
    met: &mut Tolerances,
) -> Result<(Filter, &'a str), FilterError> {
    let mut parser = Parser::new(text)?;
    if parser.lexer.eat(']') {
        return Err(FilterError::Empty);
    }
    let filter = parser.or(1, Inside::Element)?;
    if !parser.lexer.eat(']') {
        return parser.lexer.expected("`]`");
    }
    met.append(&mut parser.met);
    Ok((filter, parser.lexer.rest()))
}

/// Where the parser stands: value paths do not nest.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Resource,
    Element,
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    terms: usize,
    met: Tolerances,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, FilterError> {
        if text.len() > MAX_LENGTH {
            return Err(FilterError::TooComplex("it is longer than 8192 bytes"));
        }
        Ok(Self { lexer: Lexer::new(text), terms: 0, met: Tolerances::new() })
    }

    fn or(&mut self, depth: usize, inside: Inside) -> Result<Filter, FilterError> {
        let mut members = vec![self.and(depth, inside)?];
        while self.lexer.keyword("or") {
            members.push(self.and(depth, inside)?);
        }
        Ok(Filter::or(members))
    }

    fn and(&mut self, depth: usize, inside: Inside) -> Result<Filter, FilterError> {
        let mut members = vec![self.term(depth, inside)?];
        while self.lexer.keyword("and") {
            members.push(self.term(depth, inside)?);
        }
        Ok(Filter::and(members))
    }

    fn term(&mut self, depth: usize, inside: Inside) -> Result<Filter, FilterError> {
        if depth > MAX_DEPTH {
            return Err(FilterError::TooComplex("it is nested more than 16 levels deep"));
        }
        if self.lexer.eat('(') {
            return self.closed(depth, inside);
        }
        let before = self.lexer;
        if self.lexer.keyword("not") && self.lexer.eat('(') {
            return Ok(Filter::Not(Box::new(self.closed(depth, inside)?)));
        }
        self.lexer = before;
        self.expression(depth, inside)
    }

    /// What follows an opening parenthesis.
    fn closed(&mut self, depth: usize, inside: Inside) -> Result<Filter, FilterError> {
        let filter = self.or(depth + 1, inside)?;
        if self.lexer.eat(')') { Ok(filter) } else { self.lexer.expected("`)`") }
    }

    fn expression(&mut self, depth: usize, inside: Inside) -> Result<Filter, FilterError> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(FilterError::TooComplex("it has more than 64 comparisons"));
        }
        let path = self.path()?;
        if inside == Inside::Resource && self.lexer.eat_here('[') {
            return self.value_path(path, depth);
        }
        self.comparison(path)
    }

    fn path(&mut self) -> Result<AttrPath, FilterError> {
        let before = self.lexer;
        let word = self.lexer.word();
        AttrPath::parse(word).or_else(|expected| before.expected(expected))
    }

    /// `attr[filter]`, and `attr[filter].sub op value`, which is no grammar but what validators send; it means
    /// that one element matches both.
    fn value_path(&mut self, path: AttrPath, depth: usize) -> Result<Filter, FilterError> {
        let inner = self.or(depth + 1, Inside::Element)?;
        if !self.lexer.eat(']') {
            return self.lexer.expected("`]`");
        }
        let mut members = vec![inner];
        if self.lexer.eat_here('.') {
            self.terms += 1;
            self.met.insert(Tolerance::SubOfSelection);
            let sub = self.path()?;
            members.push(self.comparison(sub)?);
        }
        Ok(Filter::ValuePath { path, filter: Box::new(Filter::and(members)) })
    }

    fn comparison(&mut self, path: AttrPath) -> Result<Filter, FilterError> {
        if self.lexer.keyword("pr") {
            return Ok(Filter::Present(path));
        }
        let before = self.lexer;
        let Some(op) = CompareOp::from_keyword(self.lexer.word()) else {
            return before.expected("an operator");
        };
        let value = match self.lexer.value()? {
            ValueToken::Quoted(text) => CompareValue::String(text),
            ValueToken::Bare(word) => self.bare_value(word),
        };
        Ok(Filter::Compare { path, op, value })
    }

    /// `true`, `null` and a number as JSON has them; beside the grammar `True`, or text without its quotes.
    fn bare_value(&mut self, word: &str) -> CompareValue {
        let (value, beside) = if word.eq_ignore_ascii_case("true") {
            (CompareValue::Bool(true), (word != "true").then_some(Tolerance::BooleanText))
        } else if word.eq_ignore_ascii_case("false") {
            (CompareValue::Bool(false), (word != "false").then_some(Tolerance::BooleanText))
        } else if word.eq_ignore_ascii_case("null") {
            (CompareValue::Null, (word != "null").then_some(Tolerance::UnquotedText))
        } else if let Ok(number) = serde_json::from_str::<serde_json::Number>(word) {
            (CompareValue::Number(number), None)
        } else {
            (CompareValue::String(word.to_owned()), Some(Tolerance::UnquotedText))
        };
        self.met.extend(beside);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        parse(text).map_or_else(|error| format!("{error}"), |filter| filter.to_string())
    }

    #[test]
    fn scim_057_not_binds_before_and_and_before_or() {
        let cases = [
            ("a eq 1 or b eq 2 and c eq 3", "a eq 1 or (b eq 2 and c eq 3)"),
            ("(a eq 1 or b eq 2) and c eq 3", "(a eq 1 or b eq 2) and c eq 3"),
            ("not (a pr) and b pr", "not (a pr) and b pr"),
            ("NOT(a PR) AND b Eq \"x\" OR c PR", "(not (a pr) and b eq \"x\") or c pr"),
            ("((a pr))", "a pr"),
            ("a pr and (b pr and c pr)", "a pr and b pr and c pr"),
        ];
        for (text, wanted) in cases {
            assert_eq!(canonical(text), wanted, "{text}");
        }
    }

    #[test]
    fn scim_057_paths_carry_urns_and_sub_attributes() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let Ok(Filter::Compare { path, .. }) = parse(&format!("{urn}:manager.value eq \"x\"")) else {
            panic!()
        };
        assert_eq!(
            path,
            AttrPath { schema: Some(urn.into()), name: "manager".into(), sub: Some("value".into()) }
        );
    }

    #[test]
    fn scim_058_what_providers_write_beside_the_grammar() {
        let cases = [
            ("externalId eq 8ee1c0d7-0001", "externalId eq \"8ee1c0d7-0001\""),
            ("userName eq a.b+c@acme.example", "userName eq \"a.b+c@acme.example\""),
            ("active eq True", "active eq true"),
            ("emails[primary EQ \"True\"]", "emails[primary eq \"True\"]"),
            ("emails[type eq \"work\"].value eq \"x\"", "emails[type eq \"work\" and value eq \"x\"]"),
            ("emails[type eq \"work\"].value pr", "emails[type eq \"work\" and value pr]"),
            ("not(active eq false)", "not (active eq false)"),
            ("title eq null", "title eq null"),
        ];
        for (text, wanted) in cases {
            assert_eq!(canonical(text), wanted, "{text}");
        }
    }

    #[test]
    fn scim_058_what_stands_beside_the_grammar_is_told() {
        use Tolerance::{BooleanText, SubOfSelection, UnquotedText};
        for (text, wanted) in [
            ("externalId eq abc", vec![UnquotedText]),
            ("active eq True", vec![BooleanText]),
            ("title eq NULL", vec![UnquotedText]),
            ("emails[type eq work].value eq \"x\"", vec![UnquotedText, SubOfSelection]),
            ("active eq true and not(title eq null) and n gt 5 and emails[type EQ \"work\"]", vec![]),
        ] {
            let mut met = Tolerances::new();
            parse_noting(text, &mut met).unwrap();
            assert_eq!(met.into_iter().collect::<Vec<_>>(), wanted, "{text}");
        }
    }

    #[test]
    fn malformed_filters_are_refused_and_say_where() {
        assert_eq!(parse(""), Err(FilterError::Empty));
        assert_eq!(parse("  "), Err(FilterError::Empty));
        for text in [
            "userName",
            "userName eq",
            "userName like \"x\"",
            "userName eq \"x",
            "userName eq \"\\q\"",
            "(userName pr",
            "userName pr)",
            "emails[type pr",
            "emails[a[b pr] pr]",
            "emails[]",
            "and pr and",
            "userName eq \"a\" \"b\"",
            "user name eq 1",
            "1a pr",
            "a..b pr",
            "x:y pr",
            "[a pr]",
            "\u{0}",
            "é pr",
        ] {
            assert!(matches!(parse(text), Err(FilterError::Syntax { .. })), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn scim_064_length_depth_and_terms_have_limits() {
        let deep = |n: usize| format!("{}a pr{}", "(".repeat(n), ")".repeat(n));
        assert!(parse(&deep(MAX_DEPTH)).is_ok());
        assert!(matches!(parse(&deep(MAX_DEPTH + 1)), Err(FilterError::TooComplex(_))));
        assert!(matches!(parse(&deep(4000)), Err(FilterError::TooComplex(_))));
        assert!(parse(&vec!["a pr"; MAX_TERMS].join(" or ")).is_ok());
        assert!(matches!(parse(&vec!["a pr"; MAX_TERMS + 1].join(" or ")), Err(FilterError::TooComplex(_))));
        assert!(matches!(parse(&format!("a eq \"{}\"", "x".repeat(9000))), Err(FilterError::TooComplex(_))));
    }

    #[test]
    fn a_value_filter_gives_back_what_follows_it() {
        let (filter, rest) = parse_value_filter("type eq \"work\"].value", &mut Tolerances::new()).unwrap();
        assert_eq!((filter.to_string().as_str(), rest), ("type eq \"work\"", ".value"));
        assert_eq!(parse_value_filter("]", &mut Tolerances::new()), Err(FilterError::Empty));
    }
}
