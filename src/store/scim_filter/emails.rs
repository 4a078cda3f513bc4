//! Conditions on the rows of `user_emails`, written as a fragment: diesel cannot box one that stands in a subquery over two
//! databases. The SQL is constant; every value is bound.

use diesel::{
    backend::Backend,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    query_builder::{AstPass, QueryFragment, QueryId},
    result::QueryResult,
    serialize::ToSql,
    sql_types::{Bool, HasSqlType, Text},
};

use super::{EmailTest, Order, TextTest, texts};

/// The condition as an expression. It is used on `user_emails` alone.
#[derive(Debug, Clone)]
pub(super) struct OnEmail(Sql);

/// The condition with the values in the form in which they are bound.
#[derive(Debug, Clone)]
enum Sql {
    Constant(&'static str),
    Compared(&'static str, String),
    Joined(Vec<Sql>, &'static str, &'static str),
    Not(Box<Sql>),
}

impl OnEmail {
    pub(super) fn new(test: EmailTest) -> Self {
        Self(sql(test))
    }
}

fn sql(test: EmailTest) -> Sql {
    match test {
        EmailTest::Any => Sql::Constant("TRUE"),
        EmailTest::And(parts) => Sql::Joined(parts.into_iter().map(sql).collect(), " AND ", "TRUE"),
        EmailTest::Or(parts) => Sql::Joined(parts.into_iter().map(sql).collect(), " OR ", "FALSE"),
        EmailTest::Not(inner) => Sql::Not(Box::new(sql(*inner))),
        EmailTest::Primary => Sql::Constant("user_emails.is_primary"),
        EmailTest::Value(test) => on_text(test, "user_emails.has_value", &VALUE),
        EmailTest::Type(test) => on_text(test, "user_emails.kind IS NOT NULL", &KIND),
    }
}

/// `<>`, `=`, `>=`, `<`, `>`, `<=` and `LIKE` on one column.
type Comparisons = [&'static str; 7];

macro_rules! comparisons {
    ($column:literal) => {
        [
            concat!($column, " <> "),
            concat!($column, " = "),
            concat!($column, " >= "),
            concat!($column, " < "),
            concat!($column, " > "),
            concat!($column, " <= "),
            concat!($column, " LIKE "),
        ]
    };
}

const VALUE: Comparisons = comparisons!("user_emails.value_folded");
const KIND: Comparisons = comparisons!("user_emails.kind");

fn on_text(test: TextTest, is_there: &'static str, compare: &Comparisons) -> Sql {
    let [ne, eq, ge, lt, gt, le, like] = *compare;
    let mut parts = vec![Sql::Constant(is_there)];
    match test {
        TextTest::Present => parts.push(Sql::Compared(ne, String::new())),
        TextTest::Equal(text) | TextTest::Ordered(Order::Same, text) => parts.push(Sql::Compared(eq, text)),
        // Both columns are folded, so that it does not matter whether `LIKE` looks at case.
        TextTest::Contains(text) => parts.push(Sql::Compared(like, format!("%{}%", texts::escaped(&text)))),
        TextTest::EndsWith(text) => parts.push(Sql::Compared(like, format!("%{}", texts::escaped(&text)))),
        TextTest::StartsWith(text) => {
            parts.extend(texts::successor(&text).map(|end| Sql::Compared(lt, end)));
            parts.push(Sql::Compared(ge, text));
        }
        TextTest::Ordered(Order::After, text) => parts.push(Sql::Compared(gt, text)),
        TextTest::Ordered(Order::NotBefore, text) => parts.push(Sql::Compared(ge, text)),
        TextTest::Ordered(Order::Before, text) => parts.push(Sql::Compared(lt, text)),
        TextTest::Ordered(Order::NotAfter, text) => parts.push(Sql::Compared(le, text)),
    }
    Sql::Joined(parts, " AND ", "TRUE")
}

impl<DB> QueryFragment<DB> for OnEmail
where
    DB: Backend + HasSqlType<Text>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        walk(&self.0, &mut out)
    }
}

fn walk<'b, DB>(sql: &'b Sql, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
where
    DB: Backend + HasSqlType<Text>,
    String: ToSql<Text, DB>,
{
    match sql {
        Sql::Constant(text) => out.push_sql(text),
        Sql::Compared(comparison, value) => {
            out.push_sql(comparison);
            out.push_bind_param::<Text, String>(value)?;
            if comparison.ends_with(" LIKE ") {
                out.push_sql(" ESCAPE '\\'");
            }
        }
        Sql::Not(inner) => {
            out.push_sql("NOT (");
            walk(inner, out)?;
            out.push_sql(")");
        }
        Sql::Joined(parts, word, of_none) => {
            out.push_sql("(");
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    out.push_sql(word);
                }
                walk(part, out)?;
            }
            if parts.is_empty() {
                out.push_sql(of_none);
            }
            out.push_sql(")");
        }
    }
    Ok(())
}

impl Expression for OnEmail {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for OnEmail {}

impl<QS> SelectableExpression<QS> for OnEmail {}

impl<G> ValidGrouping<G> for OnEmail {
    type IsAggregate = is_aggregate::No;
}

impl QueryId for OnEmail {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
