//! Predicates on groups.

use diesel::{
    BoolExpressionMethods as _, BoxableExpression, EscapeExpressionMethods as _, ExpressionMethods as _,
    NullableExpressionMethods as _, QueryDsl as _, TextExpressionMethods as _, dsl::not, sql_types::Bool,
};

use super::{No, NotEmpty, Order, Predicate, TextColumn, TextTest, TimeColumn, Yes, texts::test_text};
use crate::{
    model::ids::OrganizationId,
    store::{
        connection::AnyConnection,
        schema::{group_members, groups},
    },
};

type Backend = <AnyConnection as diesel::Connection>::Backend;
type OnGroups = Box<dyn BoxableExpression<groups::table, Backend, SqlType = Bool>>;

/// The predicate as a condition on rows of `groups`.
pub(in crate::store) fn condition(predicate: Predicate, organization: &OrganizationId) -> OnGroups {
    match predicate {
        Predicate::Always => Box::new(Yes),
        Predicate::And(parts) => parts
            .into_iter()
            .map(|part| condition(part, organization))
            .reduce(|a, b| Box::new(a.and(b)))
            .unwrap_or_else(|| Box::new(Yes)),
        Predicate::Or(parts) => parts
            .into_iter()
            .map(|part| condition(part, organization))
            .reduce(|a, b| Box::new(a.or(b)))
            .unwrap_or_else(|| Box::new(No)),
        Predicate::Not(inner) => Box::new(not(condition(*inner, organization))),
        Predicate::Text(column, test) => text(column, test),
        Predicate::Missing(TextColumn::ExternalId) => Box::new(groups::external_id.is_null()),
        Predicate::Time(column, order, millis) => time(column, order, millis),
        Predicate::HasMember(id) => {
            // By the two columns that have an index.
            let is_member =
                group_members::member_user_id.eq(id.clone()).or(group_members::member_group_id.eq(id));
            let hits = group_members::table
                .filter(group_members::organization_id.eq(organization.clone()))
                .filter(is_member.assume_not_null())
                .select(group_members::group_id);
            Box::new(groups::id.eq_any(hits))
        }
        Predicate::HasMembers => Box::new(NotEmpty),
        // Users are active and have addresses, groups do not. All have id and displayName.
        Predicate::Missing(TextColumn::Id | TextColumn::UserName | TextColumn::DisplayName)
        | Predicate::Active(_)
        | Predicate::ActiveAssigned
        | Predicate::Email(_)
        | Predicate::MemberOf(_)
        | Predicate::Within(_) => Box::new(No),
    }
}

fn text(column: TextColumn, test: TextTest) -> OnGroups {
    match column {
        TextColumn::Id => test_text!(groups::id, No, test),
        TextColumn::ExternalId => {
            test_text!(groups::external_id.assume_not_null(), groups::external_id.is_null(), test)
        }
        TextColumn::DisplayName => test_text!(groups::display_name_folded, No, test),
        TextColumn::UserName => Box::new(No),
    }
}

fn time(column: TimeColumn, order: Order, millis: i64) -> OnGroups {
    macro_rules! on {
        ($column:expr) => {
            match order {
                Order::After => Box::new($column.gt(millis)),
                Order::NotBefore => Box::new($column.ge(millis)),
                Order::Before => Box::new($column.lt(millis)),
                Order::NotAfter => Box::new($column.le(millis)),
                Order::Same => Box::new($column.eq(millis)),
            }
        };
    }
    match column {
        TimeColumn::Created => on!(groups::created_at),
        TimeColumn::LastModified => on!(groups::updated_at),
    }
}
