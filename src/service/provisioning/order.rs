//! The orders that columns have. What is left after a mark is read in parts, each of which begins where an index leads to: those
//! with a value and those without are two, since no index has them in the order of RFC 7644 section 3.4.2.3 (what is missing
//! comes last, and in descending order first).

use std::collections::VecDeque;

use serde_json::Value;

use super::cursor::Mark;
use crate::{
    scim::{BoundSort, filter::AttrPath},
    store::scim_filter::{Order, Predicate, Resource, SortColumn, Sorting, TextColumn, TextTest, TimeColumn},
};

/// The column that has the order of a sort, if there is one.
pub(super) fn sorting(sort: &BoundSort) -> Option<Sorting> {
    let path = sort.path();
    let is = |name: &str, sub: Option<&str>| {
        path == AttrPath { schema: None, name: name.to_owned(), sub: sub.map(str::to_owned) }
    };
    let column = match () {
        () if is("id", None) => SortColumn::Text(TextColumn::Id),
        () if is("userName", None) => SortColumn::Text(TextColumn::UserName),
        () if is("externalId", None) => SortColumn::Text(TextColumn::ExternalId),
        () if is("displayName", None) => SortColumn::Text(TextColumn::DisplayName),
        () if is("meta", Some("created")) => SortColumn::Time(TimeColumn::Created),
        () if is("meta", Some("lastModified")) => SortColumn::Time(TimeColumn::LastModified),
        () => return None,
    };
    Some(Sorting { column, descending: sort.descending })
}

/// What comes after a mark, all where there is none: parts, one after the other.
pub(super) fn left(mark: Option<&Mark>, sorting: Option<Sorting>, resource: Resource) -> VecDeque<Predicate> {
    let Some(sorting) = sorting else {
        return VecDeque::from([match mark {
            Some(Mark::Id(id) | Mark::Value(_, id)) => past(id),
            Some(Mark::Offset(_)) | None => Predicate::Always,
        }]);
    };
    let of_value = match mark {
        Some(Mark::Value(value, id)) => beyond(value, id, sorting),
        _ => None,
    };
    let parts = match (lacking(sorting.column, resource), mark, of_value) {
        (None, _, Some(rest)) => vec![rest],
        (None, Some(Mark::Id(id) | Mark::Value(_, id)), None) => vec![past(id)],
        (None, _, None) => vec![Predicate::Always],
        (Some(_), _, Some(rest)) if sorting.descending => vec![rest],
        (Some(column), _, Some(rest)) => vec![rest, Predicate::Missing(column)],
        // The page ended among those without a value.
        (Some(column), Some(Mark::Id(id) | Mark::Value(_, id)), None) => {
            let rest = Predicate::And(vec![Predicate::Missing(column), past(id)]);
            if sorting.descending { vec![rest, there(column)] } else { vec![rest] }
        }
        (Some(column), _, None) if sorting.descending => vec![Predicate::Missing(column), there(column)],
        (Some(column), _, None) => vec![there(column), Predicate::Missing(column)],
    };
    parts.into()
}

/// The column, where resources may have nothing in it.
fn lacking(column: SortColumn, resource: Resource) -> Option<TextColumn> {
    match (column, resource) {
        (SortColumn::Text(TextColumn::ExternalId), _) => Some(TextColumn::ExternalId),
        (SortColumn::Text(TextColumn::DisplayName), Resource::User) => Some(TextColumn::DisplayName),
        _ => None,
    }
}

fn past(id: &str) -> Predicate {
    Predicate::Text(TextColumn::Id, TextTest::Ordered(Order::After, id.to_owned()))
}

/// Any text at all.
fn there(column: TextColumn) -> Predicate {
    Predicate::Text(column, TextTest::Ordered(Order::NotBefore, String::new()))
}

/// Those after the value and, of the same value, after the id; none where that is no value.
fn beyond(value: &Value, id: &str, sorting: Sorting) -> Option<Predicate> {
    let (bound, beyond) =
        if sorting.descending { (Order::NotAfter, Order::Before) } else { (Order::NotBefore, Order::After) };
    let at = |order: Order| match (sorting.column, value) {
        (SortColumn::Text(column), Value::String(text)) => {
            Some(Predicate::Text(column, TextTest::Ordered(order, text.clone())))
        }
        (SortColumn::Time(column), value) => Some(Predicate::Time(column, order, value.as_i64()?)),
        _ => None,
    };
    let ways = vec![at(beyond)?, Predicate::And(vec![at(Order::Same)?, past(id)])];
    // The bound says nothing new, but is what an index is entered by: of two ways in SQLite would sort what they lead to.
    Some(Predicate::And(vec![at(bound)?, Predicate::Or(ways)]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const UP: Sorting = Sorting { column: SortColumn::Text(TextColumn::ExternalId), descending: false };
    const DOWN: Sorting = Sorting { descending: true, ..UP };

    /// What each part is about.
    fn kinds(mark: Option<&Mark>, sorting: Sorting, resource: Resource) -> Vec<&'static str> {
        let kind = |part: &Predicate| match part {
            Predicate::Always => "all",
            Predicate::Missing(_) => "missing",
            Predicate::Text(TextColumn::Id, _) => "past the id",
            Predicate::Text(..) => "there",
            Predicate::And(parts) if matches!(parts[..], [Predicate::Missing(_), _]) => "rest of missing",
            _ => "rest",
        };
        left(mark, Some(sorting), resource).iter().map(kind).collect()
    }

    #[test]
    fn scim_065_what_is_missing_comes_last_and_in_descending_order_first() {
        let value = Mark::Value(json!("e"), "user_1".into());
        let none = Mark::Value(Value::Null, "user_1".into());
        for (sorting, begin, at_value, at_none) in [
            (UP, &["there", "missing"][..], &["rest", "missing"][..], &["rest of missing"][..]),
            (DOWN, &["missing", "there"], &["rest"], &["rest of missing", "there"]),
        ] {
            assert_eq!(kinds(None, sorting, Resource::User), begin);
            assert_eq!(kinds(Some(&value), sorting, Resource::User), at_value);
            assert_eq!(kinds(Some(&none), sorting, Resource::User), at_none);
        }
    }

    #[test]
    fn what_is_in_every_row_is_one_part() {
        let by = |column, descending| Sorting { column, descending };
        for descending in [false, true] {
            let name = by(SortColumn::Text(TextColumn::DisplayName), descending);
            assert_eq!(kinds(None, name, Resource::Group), ["all"]);
            assert_eq!(kinds(Some(&Mark::Value(json!("a"), "g".into())), name, Resource::Group), ["rest"]);
            let time = by(SortColumn::Time(TimeColumn::Created), descending);
            assert_eq!(kinds(None, time, Resource::User), ["all"]);
            assert_eq!(kinds(Some(&Mark::Value(json!(5), "u".into())), time, Resource::User), ["rest"]);
        }
        let unsorted = |mark| left(mark, None, Resource::User);
        assert_eq!(unsorted(None), [Predicate::Always]);
        assert_eq!(unsorted(Some(&Mark::Id("user_1".into()))), [past("user_1")]);
    }
}
