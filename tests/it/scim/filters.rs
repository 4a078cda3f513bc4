//! Properties of filters.

use proptest::prelude::*;
use serde_json::{Value, json};
use vestibule::scim::{
    filter::{self, AttrPath, CompareOp, CompareValue, Filter},
    schema::USER,
};

const URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn path() -> impl Strategy<Value = AttrPath> {
    let name = prop_oneof!["[a-zA-Z][a-zA-Z0-9_-]{0,8}", Just("$ref".to_owned())];
    (proptest::option::of(Just(URN.to_owned())), name.clone(), proptest::option::of(name))
        .prop_map(|(schema, name, sub)| AttrPath { schema, name, sub })
}

fn value() -> impl Strategy<Value = CompareValue> {
    prop_oneof![
        Just(CompareValue::Null),
        any::<bool>().prop_map(CompareValue::Bool),
        any::<i64>().prop_map(|number| CompareValue::Number(number.into())),
        "\\PC{0,12}|[\"\\\\\n\u{1}]{0,4}".prop_map(CompareValue::String),
    ]
}

fn op() -> impl Strategy<Value = CompareOp> {
    use CompareOp::{Co, Eq, Ew, Ge, Gt, Le, Lt, Ne, Sw};
    proptest::sample::select(vec![Eq, Ne, Co, Sw, Ew, Gt, Ge, Lt, Le])
}

fn leaf() -> impl Strategy<Value = Filter> {
    prop_oneof![
        path().prop_map(Filter::Present),
        (path(), op(), value()).prop_map(|(path, op, value)| Filter::Compare { path, op, value }),
    ]
}

fn nested(inner: impl Strategy<Value = Filter> + Clone + 'static) -> impl Strategy<Value = Filter> {
    prop_oneof![
        proptest::collection::vec(inner.clone(), 1..4).prop_map(Filter::and),
        proptest::collection::vec(inner.clone(), 1..4).prop_map(Filter::or),
        inner.prop_map(|filter| Filter::Not(Box::new(filter))),
    ]
}

/// Filters as the parser makes them: value paths hold no value paths, and terms stay below the limit.
fn any_filter() -> impl Strategy<Value = Filter> {
    let element = leaf().prop_recursive(2, 6, 3, nested).boxed();
    let whole = prop_oneof![
        leaf(),
        (path(), element).prop_map(|(path, filter)| Filter::ValuePath { path, filter: Box::new(filter) }),
    ];
    whole.prop_recursive(3, 8, 3, nested)
}

/// A filter on attributes that users have, so that it can be run.
fn user_filter() -> impl Strategy<Value = String> {
    let names = vec!["userName", "externalId", "title", "emails", "emails.value", "name.givenName", "id"];
    let term =
        (proptest::sample::select(names), "[eEn][qQe]", "[a-cA-C]{0,2}").prop_map(|(name, op, text)| {
            format!("{name} {} \"{text}\"", if op.starts_with('n') { "ne" } else { "eq" })
        });
    proptest::collection::vec((term, any::<bool>(), any::<bool>()), 1..5).prop_map(|terms| {
        let mut text = String::new();
        for (term, and, not) in terms {
            if !text.is_empty() {
                text.push_str(if and { " and " } else { " or " });
            }
            text.push_str(&if not { format!("not ({term})") } else { term });
        }
        text
    })
}

fn user() -> impl Strategy<Value = Value> {
    ("[a-cA-C]{1,2}", proptest::option::of("[a-cA-C]{1,2}"), "[a-cA-C]{1,2}").prop_map(|(name, title, email)| {
        json!({ "id": "a", "userName": name, "title": title, "emails": [{ "value": email }, { "value": "b" }] })
    })
}

proptest! {
    #[test]
    fn a_printed_filter_parses_to_itself(filter in any_filter()) {
        let text = filter.to_string();
        match filter::parse(&text) {
            Ok(parsed) => prop_assert_eq!(parsed, filter, "{}", text),
            Err(filter::FilterError::TooComplex(_)) => {}
            Err(error) => prop_assert!(false, "{}: {}", text, error),
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}|[a-z\\[\\]().\"\\\\ :]{0,60}|([a-z]{1,3}( eq | and |\\(|\\[|\\]|\\)|\"| pr)){0,12}") {
        if let Ok(filter) = filter::parse(&text) {
            let _ = filter::bind(&filter, &USER);
            prop_assert_eq!(filter::parse(&filter.to_string()), Ok(filter));
        }
    }

    #[test]
    fn a_bound_filter_prints_and_binds_to_itself(text in user_filter()) {
        let bound = filter::bind(&filter::parse(&text).unwrap(), &USER).unwrap();
        let again = filter::bind(&filter::parse(&bound.ast().to_string()).unwrap(), &USER).unwrap();
        prop_assert_eq!(bound, again);
    }

    #[test]
    fn not_is_the_opposite(text in user_filter(), user in user()) {
        let run = |text: &str| {
            let bound = filter::bind(&filter::parse(text).unwrap(), &USER).unwrap();
            filter::matches(&bound, &USER, user.as_object().unwrap())
        };
        prop_assert_eq!(run(&format!("not ({text})")), !run(&text));
    }
}
