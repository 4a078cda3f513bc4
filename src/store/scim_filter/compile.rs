//! From the bound tree to a predicate.

use super::{EmailTest, Order, Predicate, TextColumn, TextTest, TimeColumn};
use crate::{
    model::fold::fold,
    scim::filter::{AttrPath, BoundFilter, CompareOp, CompareValue, Filter, instant},
};

/// A filter as far as columns and rows answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// It holds for everything that matches.
    pub predicate: Predicate,
    /// Whether it holds for nothing else.
    pub is_exact: bool,
}

/// Which columns there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Users.
    User,
    /// Groups.
    Group,
}

/// Compiles a filter.
pub fn compile(filter: &BoundFilter, resource: Resource) -> Compiled {
    walk(filter.ast(), resource)
}

fn walk(filter: &Filter, resource: Resource) -> Compiled {
    let all = |parts: &[Filter]| -> Vec<Compiled> { parts.iter().map(|part| walk(part, resource)).collect() };
    match filter {
        Filter::And(parts) => {
            let parts = all(parts);
            let is_exact = parts.iter().all(|part| part.is_exact);
            let known = parts.into_iter().map(|part| part.predicate).filter(|p| *p != Predicate::Always);
            Compiled { predicate: Predicate::And(known.collect()), is_exact }
        }
        Filter::Or(parts) => {
            let parts = all(parts);
            let is_exact = parts.iter().all(|part| part.is_exact);
            Compiled {
                predicate: Predicate::Or(parts.into_iter().map(|part| part.predicate).collect()),
                is_exact,
            }
        }
        // What holds for more than matches says nothing about what does not match.
        Filter::Not(inner) => match walk(inner, resource) {
            Compiled { predicate, is_exact: true } => exact(Predicate::Not(Box::new(predicate))),
            _ => unknown(),
        },
        other => term(other, resource).map_or_else(unknown, exact),
    }
}

fn exact(predicate: Predicate) -> Compiled {
    Compiled { predicate, is_exact: true }
}

fn unknown() -> Compiled {
    Compiled { predicate: Predicate::Always, is_exact: false }
}

fn term(filter: &Filter, resource: Resource) -> Option<Predicate> {
    let is_user = resource == Resource::User;
    match filter {
        Filter::Present(path) => present(path, resource),
        Filter::Compare { path, op, value: CompareValue::Null } => {
            let present = present(path, resource)?;
            Some(if *op == CompareOp::Ne { present } else { not(present) })
        }
        Filter::Compare { path, op, value } => compare(path, *op, value, resource),
        Filter::ValuePath { path, filter } if is(path, "emails", None) && is_user => {
            email(filter).map(Predicate::Email)
        }
        Filter::ValuePath { path, filter } if is(path, "members", None) && !is_user => member(filter),
        _ => None,
    }
}

fn present(path: &AttrPath, resource: Resource) -> Option<Predicate> {
    let is_user = resource == Resource::User;
    if let Some(column) = text_column(path, resource) {
        return Some(Predicate::Text(column, TextTest::Present));
    }
    Some(match () {
        () if time_column(path).is_some() => Predicate::Always,
        () if is(path, "active", None) && is_user => Predicate::ActiveAssigned,
        () if is(path, "emails", Some("value")) && is_user => {
            Predicate::Email(EmailTest::Value(TextTest::Present))
        }
        () if is(path, "emails", Some("type")) && is_user => {
            Predicate::Email(EmailTest::Type(TextTest::Present))
        }
        () if is(path, "members", None) || is(path, "members", Some("value")) => Predicate::HasMembers,
        () => return None,
    })
}

/// What is the same for all resources of the type: then it holds for every one, or for none. Only `eq` and `ne`.
fn of_type(path: &AttrPath, op: CompareOp, text: &str, resource: Resource) -> Option<bool> {
    let (name, urn) = match resource {
        Resource::User => ("User", "urn:ietf:params:scim:schemas:core:2.0:User"),
        Resource::Group => ("Group", "urn:ietf:params:scim:schemas:core:2.0:Group"),
    };
    match op {
        // Of any other URN the resource itself decides.
        CompareOp::Eq if is(path, "schemas", None) && text == urn => Some(true),
        CompareOp::Eq if is(path, "meta", Some("resourceType")) => Some(text == name),
        CompareOp::Ne if is(path, "meta", Some("resourceType")) => Some(text != name),
        _ => None,
    }
}

fn compare(path: &AttrPath, op: CompareOp, value: &CompareValue, resource: Resource) -> Option<Predicate> {
    let is_user = resource == Resource::User;
    match value {
        CompareValue::Bool(wanted) if is(path, "active", None) && is_user => {
            let is_wanted = Predicate::Active(*wanted);
            Some(if op == CompareOp::Ne { not(is_wanted) } else { is_wanted })
        }
        CompareValue::String(text) => {
            if let Some(holds) = of_type(path, op, text, resource) {
                return Some(if holds { Predicate::Always } else { not(Predicate::Always) });
            }
            if let Some(column) = text_column(path, resource) {
                let is_folded = matches!(column, TextColumn::UserName | TextColumn::DisplayName);
                let text = if is_folded { fold(text) } else { text.clone() };
                return text_predicate(op, &text, is_folded, &|test| Predicate::Text(column, test));
            }
            if let Some(column) = time_column(path) {
                return time(column, op, text);
            }
            let is_eq = op == CompareOp::Eq;
            match () {
                () if is(path, "emails", Some("value")) && is_user => emails(op, text, EmailTest::Value),
                () if is(path, "emails", Some("type")) && is_user => emails(op, text, EmailTest::Type),
                () if is(path, "groups", Some("value")) && is_user && is_eq => {
                    Some(Predicate::Within(text.clone()))
                }
                () if is(path, "members", Some("value")) && is_eq => Some(Predicate::HasMember(text.clone())),
                () => None,
            }
        }
        _ => None,
    }
}

/// A test of a single value. `ne` holds where there is none.
fn text_predicate(
    op: CompareOp,
    text: &str,
    is_folded: bool,
    on: &dyn Fn(TextTest) -> Predicate,
) -> Option<Predicate> {
    if op == CompareOp::Ne {
        return Some(if text.is_empty() {
            Predicate::Always
        } else {
            not(on(TextTest::Equal(text.to_owned())))
        });
    }
    text_test(op, text, is_folded).map(on)
}

fn text_test(op: CompareOp, text: &str, is_folded: bool) -> Option<TextTest> {
    let text = text.to_owned();
    Some(match op {
        CompareOp::Eq => TextTest::Equal(text),
        CompareOp::Co => TextTest::Contains(text),
        CompareOp::Sw => TextTest::StartsWith(text),
        CompareOp::Ew if is_folded => TextTest::EndsWith(text),
        CompareOp::Gt => TextTest::Ordered(Order::After, text),
        CompareOp::Ge => TextTest::Ordered(Order::NotBefore, text),
        CompareOp::Lt => TextTest::Ordered(Order::Before, text),
        CompareOp::Le => TextTest::Ordered(Order::NotAfter, text),
        CompareOp::Ew | CompareOp::Ne => return None,
    })
}

/// Any of the addresses. `ne` holds where one differs, or where there is none at all.
fn emails(op: CompareOp, text: &str, part: fn(TextTest) -> EmailTest) -> Option<Predicate> {
    let folded = fold(text);
    if op != CompareOp::Ne {
        return Some(Predicate::Email(part(text_test(op, &folded, true)?)));
    }
    let present = part(TextTest::Present);
    let differs = EmailTest::And(vec![
        part(TextTest::Ordered(Order::NotBefore, String::new())),
        EmailTest::Not(Box::new(part(TextTest::Equal(folded)))),
    ]);
    Some(Predicate::Or(vec![not(Predicate::Email(present)), Predicate::Email(differs)]))
}

/// The inside of `emails[...]`: all of it about one address, or nothing.
fn email(filter: &Filter) -> Option<EmailTest> {
    let all = |parts: &[Filter]| parts.iter().map(email).collect::<Option<Vec<_>>>();
    Some(match filter {
        Filter::And(parts) => EmailTest::And(all(parts)?),
        Filter::Or(parts) => EmailTest::Or(all(parts)?),
        Filter::Not(inner) => EmailTest::Not(Box::new(email(inner)?)),
        Filter::Present(path) => email_part(&path.name)?(TextTest::Present),
        Filter::Compare { path, op, value: CompareValue::Null } => {
            let present = email_part(&path.name)?(TextTest::Present);
            if *op == CompareOp::Ne { present } else { EmailTest::Not(Box::new(present)) }
        }
        Filter::Compare { path, op: CompareOp::Eq, value: CompareValue::Bool(true) }
            if path.name == "primary" =>
        {
            EmailTest::Primary
        }
        Filter::Compare { path, op: CompareOp::Ne, value: CompareValue::Bool(true) }
            if path.name == "primary" =>
        {
            EmailTest::Not(Box::new(EmailTest::Primary))
        }
        Filter::Compare { path, op, value: CompareValue::String(text) } => {
            let (part, folded) = (email_part(&path.name)?, fold(text));
            match op {
                CompareOp::Ne if folded.is_empty() => EmailTest::Any,
                CompareOp::Ne => EmailTest::Not(Box::new(part(TextTest::Equal(folded)))),
                op => part(text_test(*op, &folded, true)?),
            }
        }
        _ => return None,
    })
}

fn email_part(name: &str) -> Option<fn(TextTest) -> EmailTest> {
    match name {
        "value" => Some(EmailTest::Value),
        "type" => Some(EmailTest::Type),
        _ => None,
    }
}

/// `members[value eq "x"]`, the one selection of members that providers send.
fn member(filter: &Filter) -> Option<Predicate> {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value: CompareValue::String(id) }
            if path.name == "value" =>
        {
            Some(Predicate::HasMember(id.clone()))
        }
        _ => None,
    }
}

/// Instants are stored in whole milliseconds; what lies between two of them equals none.
fn time(column: TimeColumn, op: CompareOp, text: &str) -> Option<Predicate> {
    let nanos = instant(text)?.unix_timestamp_nanos();
    let millis = i64::try_from(nanos.div_euclid(1_000_000)).ok()?;
    let is_between = nanos.rem_euclid(1_000_000) != 0;
    let on = |order| Predicate::Time(column, order, millis);
    Some(match op {
        CompareOp::Eq if is_between => not(Predicate::Always),
        CompareOp::Ne if is_between => Predicate::Always,
        CompareOp::Eq => on(Order::Same),
        CompareOp::Ne => not(on(Order::Same)),
        CompareOp::Gt => on(Order::After),
        CompareOp::Ge if is_between => on(Order::After),
        CompareOp::Ge => on(Order::NotBefore),
        CompareOp::Lt if is_between => on(Order::NotAfter),
        CompareOp::Lt => on(Order::Before),
        CompareOp::Le => on(Order::NotAfter),
        // On the text of an instant.
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => return None,
    })
}

fn text_column(path: &AttrPath, resource: Resource) -> Option<TextColumn> {
    Some(match () {
        () if is(path, "id", None) => TextColumn::Id,
        () if is(path, "externalId", None) => TextColumn::ExternalId,
        () if is(path, "displayName", None) => TextColumn::DisplayName,
        () if is(path, "userName", None) && resource == Resource::User => TextColumn::UserName,
        () => return None,
    })
}

fn time_column(path: &AttrPath) -> Option<TimeColumn> {
    Some(match () {
        () if is(path, "meta", Some("created")) => TimeColumn::Created,
        () if is(path, "meta", Some("lastModified")) => TimeColumn::LastModified,
        () => return None,
    })
}

fn not(predicate: Predicate) -> Predicate {
    Predicate::Not(Box::new(predicate))
}

fn is(path: &AttrPath, name: &str, sub: Option<&str>) -> bool {
    path.schema.is_none() && path.name == name && path.sub.as_deref() == sub
}
