//! Statements whose text never changes.
//!
//! Diesel keeps a prepared statement by the type of its query, and keeps none where the type does not settle the text:
//! every update, every literal. Preparing costs SQLite more than running, and on the enum over both connections the text
//! is written anew even for those that are kept. So what is asked in every request is run on the connection within
//! (`on_both!`), and wrapped where diesel would not keep it.

use std::marker::PhantomData;

use diesel::{
    QueryResult, RunQueryDsl,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A statement that is kept under the type `Text`, which only `fixed!` makes: one for each place in the code.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Fixed<Q, Text> {
    query: Q,
    text: PhantomData<Text>,
}

impl<Q, Text> Fixed<Q, Text> {
    pub(in crate::store) fn new(query: Q) -> Self {
        Self { query, text: PhantomData }
    }
}

impl<Q, Text: 'static> QueryId for Fixed<Q, Text> {
    type QueryId = Text;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Q: Query, Text> Query for Fixed<Q, Text> {
    type SqlType = Q::SqlType;
}

impl<Q, Text, Connection> RunQueryDsl<Connection> for Fixed<Q, Text> {}

impl<Q, Text, DB> QueryFragment<DB> for Fixed<Q, Text>
where
    Q: QueryFragment<DB>,
    DB: Backend + 'static,
    DB::QueryBuilder: Default,
    Text: 'static,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.query.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, backend: &DB) -> QueryResult<bool> {
        #[cfg(debug_assertions)]
        checked::same_text::<DB, Text>(&self.query, backend)?;
        let _ = backend;
        Ok(true)
    }
}

/// Wraps a statement that has the same text each time it is reached. What it is about must come as bound values: no
/// `eq_any`, no optional parts.
macro_rules! fixed {
    ($query:expr) => {{
        struct Text;
        $crate::store::fixed::Fixed::<_, Text>::new($query)
    }};
}
pub(in crate::store) use fixed;

/// A condition, or a term of an order, that is written out and not bound: an index over some of the rows serves a query
/// only where the planner sees the same condition in it, on both databases. A literal of diesel's would say as much, and
/// would be prepared anew for every query.
macro_rules! condition {
    ($(#[$doc:meta])* $name:ident = $sql:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, diesel::query_builder::QueryId)]
        pub(in crate::store) struct $name;

        impl diesel::expression::Expression for $name {
            type SqlType = diesel::sql_types::Bool;
        }

        impl<Table> diesel::expression::AppearsOnTable<Table> for $name {}
        impl<Table> diesel::expression::SelectableExpression<Table> for $name {}

        impl<By> diesel::expression::ValidGrouping<By> for $name {
            type IsAggregate = diesel::expression::is_aggregate::Never;
        }

        impl<DB: diesel::backend::Backend> diesel::query_builder::QueryFragment<DB> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut pass: diesel::query_builder::AstPass<'_, 'b, DB>,
            ) -> diesel::QueryResult<()> {
                pass.push_sql($sql);
                Ok(())
            }
        }
    };
}
pub(in crate::store) use condition;

/// What tests watch over: that a text which is kept is the text that was meant.
#[cfg(debug_assertions)]
mod checked {
    use std::{
        any::TypeId,
        collections::HashMap,
        sync::{LazyLock, Mutex, PoisonError},
    };

    use diesel::{
        QueryResult,
        backend::Backend,
        query_builder::{QueryBuilder as _, QueryFragment},
    };

    static TEXTS: LazyLock<Mutex<HashMap<(TypeId, TypeId), String>>> = LazyLock::new(Mutex::default);

    pub(super) fn same_text<DB, Text>(query: &impl QueryFragment<DB>, backend: &DB) -> QueryResult<()>
    where
        DB: Backend + 'static,
        DB::QueryBuilder: Default,
        Text: 'static,
    {
        let mut builder = DB::QueryBuilder::default();
        query.to_sql(&mut builder, backend)?;
        let text = builder.finish();
        let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = texts.entry((TypeId::of::<DB>(), TypeId::of::<Text>())).or_insert_with(|| text.clone());
        assert_eq!(*kept, text, "a statement that is kept under one name has two texts");
        Ok(())
    }
}
