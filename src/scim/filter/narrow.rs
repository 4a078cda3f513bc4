//! A filter over several resource types, as one of them sees it.

use super::{AttrPath, CompareOp, CompareValue, Filter};
use crate::scim::schema::ResourceType;

/// What a filter asks of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum Narrowed {
    /// Every resource of it matches.
    All,
    /// None does.
    Nothing,
    /// This must match.
    Filter(Filter),
}

/// The filter for one of two types. Its resources have no value for an attribute that only the other one has, which
/// decides the terms that name it. What neither has stays, to be refused (RFC 7644 section 3.4.2.1).
pub fn narrow(filter: &Filter, this: &'static ResourceType, other: &'static ResourceType) -> Narrowed {
    let foreign = |path: &AttrPath| this.find(path).is_none() && other.find(path).is_some();
    let all =
        |members: &[Filter]| members.iter().map(|member| narrow(member, this, other)).collect::<Vec<_>>();
    match filter {
        Filter::And(members) => join(all(members), &Narrowed::Nothing, Narrowed::All, Filter::and),
        Filter::Or(members) => join(all(members), &Narrowed::All, Narrowed::Nothing, Filter::or),
        Filter::Not(inner) => match narrow(inner, this, other) {
            Narrowed::All => Narrowed::Nothing,
            Narrowed::Nothing => Narrowed::All,
            Narrowed::Filter(inner) => Narrowed::Filter(Filter::Not(Box::new(inner))),
        },
        Filter::Present(path) | Filter::ValuePath { path, .. } if foreign(path) => Narrowed::Nothing,
        Filter::Compare { path, op, value } if foreign(path) => without_value(*op, value),
        Filter::Present(_) | Filter::ValuePath { .. } | Filter::Compare { .. } => {
            Narrowed::Filter(filter.clone())
        }
    }
}

/// `decides` is the member that decides the whole, `rest` is what is left where all members are decided.
fn join(
    members: Vec<Narrowed>,
    decides: &Narrowed,
    rest: Narrowed,
    connective: impl FnOnce(Vec<Filter>) -> Filter,
) -> Narrowed {
    if members.contains(decides) {
        return decides.clone();
    }
    let mut left: Vec<Filter> = members
        .into_iter()
        .filter_map(|member| match member {
            Narrowed::Filter(filter) => Some(filter),
            Narrowed::All | Narrowed::Nothing => None,
        })
        .collect();
    match left.len() {
        0 => rest,
        1 => Narrowed::Filter(left.remove(0)),
        _ => Narrowed::Filter(connective(left)),
    }
}

/// As the evaluation has it of a resource without the attribute: `eq null` and `ne` with any value hold.
fn without_value(op: CompareOp, value: &CompareValue) -> Narrowed {
    match (op, value) {
        (CompareOp::Ne, CompareValue::Null) => Narrowed::Nothing,
        (_, CompareValue::Null) | (CompareOp::Ne, _) => Narrowed::All,
        _ => Narrowed::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::{
        filter::parse,
        schema::{GROUP, USER},
    };

    #[test]
    fn what_only_the_other_type_has_is_decided() {
        for (filter, user, group) in [
            ("userName sw \"T\" or displayName sw \"T\"", "same", "displayName sw \"T\""),
            ("displayName sw \"T\" and not (userName pr)", "same", "displayName sw \"T\""),
            (
                "displayName sw \"T\" and (members pr or active eq true)",
                "displayName sw \"T\" and active eq true",
                "displayName sw \"T\" and members pr",
            ),
            ("userName pr and displayName pr", "same", "nothing"),
            ("userName ne \"x\"", "same", "all"),
            ("userName eq null", "same", "all"),
            ("userName ne null", "same", "nothing"),
            ("userName gt \"x\"", "same", "nothing"),
            ("emails[type eq \"work\"] or id pr", "same", "id pr"),
            ("not (userName pr) or id pr", "same", "all"),
            ("department eq \"x\"", "same", "nothing"),
            ("nothing eq \"x\" or id pr", "same", "same"),
        ] {
            let parsed = parse(filter).unwrap();
            for (this, other, wanted) in [(&USER, &GROUP, user), (&GROUP, &USER, group)] {
                let wanted = match wanted {
                    "all" => Narrowed::All,
                    "nothing" => Narrowed::Nothing,
                    "same" => Narrowed::Filter(parsed.clone()),
                    text => Narrowed::Filter(parse(text).unwrap()),
                };
                assert_eq!(narrow(&parsed, this, other), wanted, "{filter} of {this:?}");
            }
        }
    }
}
