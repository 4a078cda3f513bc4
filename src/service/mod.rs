//! Use-cases: one folder per area. Owns the transaction.

pub mod connections;
pub mod directory;
pub mod egress;
pub mod events;
pub mod handoff;
pub mod installation;
pub mod login;
pub mod providers;
pub mod provisioning;
pub mod record;
pub mod roles;
pub mod sessions;
pub mod setup;
pub mod signing;
pub mod sso;

use std::sync::Arc;

use connections::KeyCache;
use egress::Egress;
pub use record::{Actor, ActorKind, Change};
use sso::TraceBudget;

pub use crate::store::migrations::{MigrateError, Standing};
use crate::{
    model::{Clock, Rng, Timestamp, ids::IdSource},
    store::{
        Store, StoreOptions, migrations,
        seal::{InvalidMasterKey, MasterKey},
    },
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
    /// The providers' keys, read once.
    pub idp_keys: Arc<KeyCache>,
    /// The keys that sign tokens, opened once.
    pub signers: Arc<signing::SignerCache>,
    /// What may still be kept of logins that work.
    pub trace_budget: Arc<TraceBudget>,
    /// What this node remembers of SCIM requests.
    pub provisioning: Arc<provisioning::Memory>,
    /// What operators watch of connections.
    pub gauges: connections::Gauges,
    /// What fetches metadata.
    pub egress: Egress,
}

/// Why a context could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error("the database could not be opened")]
    Store(#[from] crate::store::OpenError),
    /// The master key.
    #[error("the master key cannot be used")]
    MasterKey(#[from] InvalidMasterKey),
}

impl Context {
    /// Opens the database at a URL with the text of a master key. Does not migrate.
    pub fn open(
        database_url: &str,
        connections: u32,
        master_key: &str,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, OpenError> {
        let master_key = MasterKey::parse(master_key)?;
        let store = Store::open(database_url, StoreOptions { connections })?;
        Ok(Self::new(store, master_key, clock, rng))
    }

    /// Over a store that is open.
    pub fn new(store: Store, master_key: MasterKey, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self {
            store,
            clock,
            rng,
            ids: Arc::default(),
            master_key: Arc::new(master_key),
            idp_keys: Arc::default(),
            signers: Arc::default(),
            trace_budget: Arc::default(),
            provisioning: Arc::default(),
            gauges: connections::Gauges::default(),
            egress: Egress::default(),
        }
    }

    /// With another client for what goes out.
    pub fn with_egress(self, egress: Egress) -> Self {
        Self { egress, ..self }
    }

    /// The text of a new master key.
    pub fn new_master_key(rng: &dyn Rng) -> String {
        MasterKey::random(rng).to_secret().expose().to_owned()
    }

    /// Brings a database up to this version, and returns how many migrations that took.
    pub fn migrate(database_url: &str) -> Result<usize, MigrateError> {
        migrations::run(database_url)
    }

    /// How a database's schema stands to this version's.
    pub fn standing(database_url: &str) -> Result<Standing, MigrateError> {
        migrations::standing(database_url)
    }

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
