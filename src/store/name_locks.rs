//! Who makes or renames a user, and who parks its name, at the same time, on PostgreSQL. Each looks for what the other has not
//! committed yet, so that without a lock the one would wait for a user who is there, and the other find nobody waiting. On
//! SQLite the one writer is the lock.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    advisory::{self, pg_advisory_xact_lock_shared},
    connection::AnyConnection,
    fixed::fixed,
    schema,
    users::{self, User},
};
use crate::model::ids::ScimConnectionId;

/// How many locks a connection has: names share them, since a server has room for some thousands, and a group may wait for
/// more names than that.
const LOCKS: i64 = 64;

/// The lock of a folded name.
fn key(connection: &ScimConnectionId, name: &str) -> i64 {
    advisory::number(connection.as_str()) / LOCKS * LOCKS + advisory::number(name).rem_euclid(LOCKS)
}

/// The locks of the names that parked members of a user may have, folded, in order: all take them so.
fn keys_of(connection: &ScimConnectionId, names: &[String; 2]) -> [i64; 2] {
    let mut keys = names.each_ref().map(|name| key(connection, name));
    keys.sort_unstable();
    keys
}

/// Adds a user of a connection, whom groups may wait for under these folded names: who parks one at this moment is waited
/// for, and who does so later waits. It is no statement of its own, since it is done for every user.
pub fn insert(
    tx: &mut Tx<'_>,
    connection: &ScimConnectionId,
    user: &User,
    names: &[String; 2],
) -> Result<(), StoreError> {
    let AnyConnection::Postgres(c) = &mut *tx.connection else { return users::insert(tx, user) };
    let [first, second] = keys_of(connection, names);
    let inserted = diesel::insert_into(schema::users::table).values(user).returning((
        pg_advisory_xact_lock_shared(first).is_null(),
        pg_advisory_xact_lock_shared(second).is_null(),
    ));
    fixed!(inserted).get_result::<(bool, bool)>(c)?;
    Ok(())
}

/// The same for a user that is there and has got these names.
pub fn rename(tx: &mut Tx<'_>, connection: &ScimConnectionId, names: &[String; 2]) -> Result<(), StoreError> {
    let [first, second] = keys_of(connection, names);
    advisory::share(tx, first)?;
    advisory::share(tx, second)
}

/// Waits for those who make users under the folded names, and keeps others from it until the transaction ends. Returns
/// whether somebody may have come meanwhile.
pub fn park(tx: &mut Tx<'_>, connection: &ScimConnectionId, names: &[String]) -> Result<bool, StoreError> {
    if matches!(tx.connection, AnyConnection::Sqlite(_)) {
        return Ok(false);
    }
    let keys: BTreeSet<i64> = names.iter().map(|name| key(connection, name)).collect();
    for key in &keys {
        advisory::lock(tx, *key)?;
    }
    Ok(!keys.is_empty())
}
