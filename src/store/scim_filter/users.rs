//! Predicates on users.

use diesel::{
    BoolExpressionMethods as _, BoxableExpression, EscapeExpressionMethods as _, ExpressionMethods as _,
    NullableExpressionMethods as _, QueryDsl as _, TextExpressionMethods as _, dsl::not, sql_types::Bool,
};

use super::{
    Inactive, No, Order, Predicate, TextColumn, TextTest, TimeColumn, Yes, emails::OnEmail, texts::test_text,
};
use crate::{
    model::{UserStatus, ids::OrganizationId},
    store::{
        connection::AnyConnection,
        schema::{group_members, user_emails, users},
    },
};

type Backend = <AnyConnection as diesel::Connection>::Backend;
type OnUsers = Box<dyn BoxableExpression<users::table, Backend, SqlType = Bool>>;

/// The predicate as a condition on rows of `users`.
pub(in crate::store) fn condition(predicate: Predicate, organization: &OrganizationId) -> OnUsers {
    match predicate {
        Predicate::Always => Box::new(Yes),
        Predicate::And(parts) => all(parts, organization),
        Predicate::Or(parts) => parts
            .into_iter()
            .map(|part| condition(part, organization))
            .reduce(|a, b| Box::new(a.or(b)))
            .unwrap_or_else(|| Box::new(No)),
        Predicate::Not(inner) => Box::new(not(condition(*inner, organization))),
        Predicate::Text(column, test) => text(column, test),
        Predicate::Missing(TextColumn::ExternalId) => Box::new(users::external_id.is_null()),
        Predicate::Missing(TextColumn::DisplayName) => Box::new(users::scim_display_name_folded.is_null()),
        Predicate::Time(column, order, millis) => time(column, order, millis),
        Predicate::Active(true) => {
            Box::new(users::active_assigned.eq(true).and(users::status.eq(UserStatus::Active)))
        }
        Predicate::Active(false) => Box::new(users::active_assigned.eq(true).and(Inactive)),
        Predicate::ActiveAssigned => Box::new(users::active_assigned.eq(true)),
        Predicate::Email(test) => {
            let hits = user_emails::table
                .filter(user_emails::organization_id.eq(organization.clone()))
                .filter(OnEmail::new(test))
                .select(user_emails::user_id);
            Box::new(users::id.eq_any(hits))
        }
        Predicate::MemberOf(groups) => {
            let hits = group_members::table
                .filter(group_members::organization_id.eq(organization.clone()))
                .filter(group_members::group_id.eq_any(groups))
                .filter(group_members::member_user_id.is_not_null())
                .select(group_members::member_id);
            Box::new(users::id.eq_any(hits))
        }
        // `Within` has become `MemberOf` by then; groups have members, users have none. All have id and userName.
        Predicate::Missing(TextColumn::Id | TextColumn::UserName)
        | Predicate::Within(_)
        | Predicate::HasMember(_)
        | Predicate::HasMembers => Box::new(No),
    }
}

fn all(parts: Vec<Predicate>, organization: &OrganizationId) -> OnUsers {
    let parts = parts.into_iter().map(|part| condition(part, organization));
    parts.reduce(|a, b| Box::new(a.and(b))).unwrap_or_else(|| Box::new(Yes))
}

fn text(column: TextColumn, test: TextTest) -> OnUsers {
    macro_rules! nullable {
        ($column:expr) => {
            test_text!($column.assume_not_null(), $column.is_null(), test)
        };
    }
    match column {
        TextColumn::Id => test_text!(users::id, No, test),
        TextColumn::ExternalId => nullable!(users::external_id),
        TextColumn::UserName => nullable!(users::user_name_folded),
        TextColumn::DisplayName => nullable!(users::scim_display_name_folded),
    }
}

fn time(column: TimeColumn, order: Order, millis: i64) -> OnUsers {
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
        TimeColumn::Created => on!(users::created_at),
        TimeColumn::LastModified => on!(users::updated_at),
    }
}
