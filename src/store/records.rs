//! What a unit of work leaves behind for the audit log and for the host app. The rows are gathered while the unit runs
//! and written together at its end, in its own transaction: a login leaves four of each, and one by one they are a third
//! of its statements.

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
};

use super::{
    StoreError, Tx,
    audit_log_events::AuditLogEvent,
    connection::AnyConnection,
    outbox_events::OutboxEvent,
    schema::{audit_log_events, outbox_events},
};

/// The rows of a unit of work that are not written yet, as many of the one as of the other.
#[derive(Debug, Default)]
pub(in crate::store) struct Records {
    audits: Vec<AuditLogEvent>,
    events: Vec<OutboxEvent>,
}

impl Tx<'_> {
    /// Notes a row for the audit log and an event for the host app. They are written with the rest of the unit or, like
    /// the rest, not at all; queries of the same unit do not see them yet.
    pub fn record(&mut self, audit: AuditLogEvent, event: OutboxEvent) -> Result<(), StoreError> {
        self.records.audits.push(audit);
        self.records.events.push(event);
        // A unit that leaves very many does not gather them all in memory.
        if self.records.audits.len() >= GATHERED { self.write_records() } else { Ok(()) }
    }

    /// Writes what was noted.
    pub(in crate::store) fn write_records(&mut self) -> Result<(), StoreError> {
        let Records { audits, events } = std::mem::take(&mut self.records);
        for (audits, events) in audits.chunks(MOST).zip(events.chunks(MOST)) {
            write_some(self.connection, audits, events)?;
        }
        Ok(())
    }
}

/// How many go into one statement. Each number of rows is a statement of its own, which is prepared once.
const MOST: usize = 4;

/// What has no statement must not be lost in silence: the transaction fails.
const UNEVEN: &str = "there is no statement for this number of records";

/// How many are gathered at the most.
const GATHERED: usize = 256;

fn write_some(
    connection: &mut AnyConnection,
    audits: &[AuditLogEvent],
    events: &[OutboxEvent],
) -> QueryResult<()> {
    macro_rules! by_number {
        ($($number:literal),*) => {
            match audits.len() {
                $($number => match (audits.try_into(), events.try_into()) {
                    (Ok(audits), Ok(events)) => write::<$number>(connection, audits, events),
                    _ => Err(diesel::result::Error::QueryBuilderError(UNEVEN.into())),
                },)*
                _ => Err(diesel::result::Error::QueryBuilderError(UNEVEN.into())),
            }
        };
    }
    by_number!(1, 2, 3, 4)
}

fn write<const N: usize>(
    connection: &mut AnyConnection,
    audits: &[AuditLogEvent; N],
    events: &[OutboxEvent; N],
) -> QueryResult<()> {
    let audits = diesel::insert_into(audit_log_events::table).values(audits);
    let events = diesel::insert_into(outbox_events::table).values(events);
    match connection {
        AnyConnection::Postgres(connection) => Both(audits, events).execute(connection)?,
        AnyConnection::Sqlite(connection) => audits.execute(connection)? + events.execute(connection)?,
    };
    Ok(())
}

/// Two inserts in one statement, which is one way to the server and back.
#[derive(Debug, QueryId)]
struct Both<A, B>(A, B);

impl<A, B> RunQueryDsl<PgConnection> for Both<A, B> {}

impl<A, B> QueryFragment<Pg> for Both<A, B>
where
    A: QueryFragment<Pg>,
    B: QueryFragment<Pg>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("WITH first AS (");
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(") ");
        self.1.walk_ast(pass)
    }
}
