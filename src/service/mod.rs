//! Use-cases: one folder per area. Owns the transaction.

pub mod directory;
pub mod handoff;
pub mod login;
pub mod record;
pub mod sessions;
pub mod signing;

use std::sync::Arc;

pub use record::{Actor, ActorKind, Change};

use crate::{
    model::{Clock, Rng, Timestamp, ids::IdSource},
    store::{Store, seal::MasterKey},
};

/// What every use-case needs: the database, time, randomness and the key that seals secrets. A handle that is
/// cheap to clone; two of them in one process share nothing.
#[derive(Clone)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// New ids.
    pub ids: Arc<IdSource>,
    /// Seals what must be read back.
    pub master_key: Arc<MasterKey>,
}

impl Context {
    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Makes a new id with the context's clock and generator: `new_id!(cx, UserId)`.
macro_rules! new_id {
    ($cx:expr, $id:ty) => {
        <$id>::from_u128($cx.ids.next(&*$cx.clock, &*$cx.rng))
    };
}
pub(crate) use new_id;
