//! Comparisons of text that mean the same on both databases.

use diesel::sql_types::Text;

diesel::define_sql_function! {
    /// The text with every occurrence of a part replaced.
    fn replace(text: Text, part: Text, by: Text) -> Text;
}

/// Tests a text expression, which may be null. `$is_null` says whether it is.
macro_rules! test_text {
    ($column:expr, $is_null:expr, $test:expr) => {{
        use $crate::store::scim_filter::{Order, TextTest, texts};
        match $test {
            TextTest::Present => Box::new(diesel::dsl::not($is_null).and($column.ne(""))),
            TextTest::Equal(text) => Box::new(diesel::dsl::not($is_null).and($column.eq(text))),
            // The empty text is in every text; `replace` knows it not.
            TextTest::Contains(text) if text.is_empty() => Box::new(diesel::dsl::not($is_null)),
            // `LIKE` looks at case on one database and not on the other.
            TextTest::Contains(text) => {
                Box::new(diesel::dsl::not($is_null).and(texts::replace($column, text, "").ne($column)))
            }
            // A range, so that an index answers it.
            TextTest::StartsWith(text) => match texts::successor(&text) {
                Some(end) => Box::new(diesel::dsl::not($is_null).and($column.ge(text)).and($column.lt(end))),
                None => Box::new(diesel::dsl::not($is_null).and($column.ge(text))),
            },
            TextTest::EndsWith(text) => {
                let pattern = format!("%{}", texts::escaped(&text));
                Box::new(diesel::dsl::not($is_null).and($column.like(pattern).escape('\\')))
            }
            TextTest::Ordered(Order::After, text) => {
                Box::new(diesel::dsl::not($is_null).and($column.gt(text)))
            }
            TextTest::Ordered(Order::NotBefore, text) => {
                Box::new(diesel::dsl::not($is_null).and($column.ge(text)))
            }
            TextTest::Ordered(Order::Before, text) => {
                Box::new(diesel::dsl::not($is_null).and($column.lt(text)))
            }
            TextTest::Ordered(Order::NotAfter, text) => {
                Box::new(diesel::dsl::not($is_null).and($column.le(text)))
            }
            TextTest::Ordered(Order::Same, text) => {
                Box::new(diesel::dsl::not($is_null).and($column.eq(text)))
            }
        }
    }};
}
pub(super) use test_text;

/// The first text that sorts after every text with this start; none where there is no such text. Both databases sort
/// by bytes, which for UTF-8 is by code points.
pub(super) fn successor(start: &str) -> Option<String> {
    let mut chars: Vec<char> = start.chars().collect();
    while let Some(last) = chars.pop() {
        // Over the gap of the surrogates.
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// The text with what `LIKE` reads as a pattern escaped.
pub(in crate::store) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_sorts_right_after_all_that_starts_so() {
        assert_eq!(successor("abc").as_deref(), Some("abd"));
        assert_eq!(successor("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(successor("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor(""), None);
        assert_eq!(successor("\u{10ffff}"), None);
    }

    #[test]
    fn patterns_are_escaped() {
        assert_eq!(escaped("50%_\\"), "50\\%\\_\\\\");
    }
}
