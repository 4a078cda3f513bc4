//! A part of the store's connections, for somebody who may ask for more than all of them at once: the rest is left to
//! everybody else, and everybody else goes first.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::Store;

/// How long a unit in a lane lets those who are in none go before it. Longer than a login's units take one by one, so that
/// an initial sync is hardly felt by who signs in; short enough that it goes on among logins without end.
const PATIENCE: Duration = Duration::from_millis(20);

/// For so long after somebody who goes first was here, a lane has half of its places: what its units have begun keeps the
/// processors and the disk of the database from the next login, whoever goes first.
const LATELY: Duration = Duration::from_secs(1);

/// Half of the connections, and a quarter while people sign in; all lanes together have three quarters of them.
#[derive(Debug, Clone)]
pub struct Lane {
    own: Arc<Semaphore>,
    all: Arc<Semaphore>,
    /// To nobody at the door, where many strangers stand and each asks for one row.
    gives_way: Option<GivesWay>,
}

#[derive(Debug, Clone)]
struct GivesWay {
    to: Arc<First>,
    /// What a lane has of its own while they are here.
    few: Arc<Semaphore>,
}

/// A place for one unit of work, until it is dropped: with the work itself, which goes on where nobody waits for it any more.
#[derive(Debug)]
pub(in crate::store) enum Place {
    InLane { _own: OwnedSemaphorePermit, _few: Option<OwnedSemaphorePermit>, _all: OwnedSemaphorePermit },
    First(Arc<First>),
}

/// The units of those who are in no lane and go first.
#[derive(Debug, Default)]
pub(in crate::store) struct First {
    /// How many wait for a connection or have one.
    present: AtomicUsize,
    gone: Notify,
    last_gone: Mutex<Option<Instant>>,
}

/// What all lanes of a store have in common.
#[derive(Debug)]
pub(in crate::store) struct Lanes {
    all: Arc<Semaphore>,
    each: usize,
    first: Arc<First>,
    door: Lane,
}

impl Lanes {
    pub(in crate::store) fn of(connections: u32) -> Self {
        let connections = connections as usize;
        let (all, each) = (Arc::new(part(connections * 3 / 4)), connections / 2);
        let first = Arc::new(First::default());
        let door = Lane { own: part(each).into(), all: Arc::clone(&all), gives_way: None };
        Self { all, each, first, door }
    }
}

impl Store {
    /// A lane of its own.
    pub fn lane(&self) -> Lane {
        let Lanes { all, each, first, .. } = &self.inner.lanes;
        let gives_way = GivesWay { to: Arc::clone(first), few: part(each / 2).into() };
        Lane { own: part(*each).into(), all: Arc::clone(all), gives_way: Some(gives_way) }
    }

    /// The same store, which waits where the lane's connections are in use. SQLite's one writer is nobody's lane: a write
    /// that waits there keeps no connection.
    #[must_use]
    pub fn within(&self, lane: &Lane) -> Self {
        Self { lane: Some(lane.clone()), ..self.clone() }
    }

    /// The same store, within the one lane of all whose own lane is not known yet.
    #[must_use]
    pub fn at_the_door(&self) -> Self {
        self.within(&self.inner.lanes.door)
    }

    /// Waits for the place of one unit of work.
    pub(in crate::store) async fn place(&self) -> Option<Place> {
        match &self.lane {
            Some(lane) => lane.place().await,
            None => Some(self.inner.lanes.first.enter()),
        }
    }
}

impl Lane {
    /// What all lanes share comes last: who waits, for its own turn or to give way, keeps nobody else's place.
    async fn place(&self) -> Option<Place> {
        // Closed by nobody.
        let own = Arc::clone(&self.own).acquire_owned().await.ok()?;
        let mut few = None;
        if let Some(GivesWay { to, few: places }) = &self.gives_way {
            if to.were_here_lately() {
                few = Some(Arc::clone(places).acquire_owned().await.ok()?);
            }
            // Not for ever: logins may come without end.
            let _ = tokio::time::timeout(PATIENCE, to.all_gone()).await;
        }
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Place::InLane { _own: own, _few: few, _all: all })
    }
}

impl First {
    fn enter(self: &Arc<Self>) -> Place {
        self.present.fetch_add(1, Ordering::SeqCst);
        Place::First(Arc::clone(self))
    }

    fn leave(&self) {
        *self.last_gone.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        if self.present.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.gone.notify_waiters();
        }
    }

    fn were_here_lately(&self) -> bool {
        let last_gone = *self.last_gone.lock().unwrap_or_else(PoisonError::into_inner);
        self.present.load(Ordering::SeqCst) > 0 || last_gone.is_some_and(|last| last.elapsed() < LATELY)
    }

    async fn all_gone(&self) {
        loop {
            // Before it looks, or what happens between the two would not wake it.
            let gone = self.gone.notified();
            if self.present.load(Ordering::SeqCst) == 0 {
                return;
            }
            gone.await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::First(first) = self {
            first.leave();
        }
    }
}

/// At least one, or nothing would ever be done.
fn part(connections: usize) -> Semaphore {
    Semaphore::new(connections.max(1))
}
