//! A lane takes its part of the connections and no more, and lets those who are in none go first.

use std::{sync::Arc, time::Duration};

use tokio::sync::{
    RwLock,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use vestibule::store::{Store, StoreError, Tx};

use crate::support::{TestDatabase, on_both_databases};

/// Reads that keep their connections until the gate opens, and tell when they have one.
pub(super) struct Slow {
    pub(super) gate: Arc<RwLock<()>>,
    entered: UnboundedSender<()>,
}

impl Slow {
    /// And where they tell it.
    pub(super) fn new() -> (Self, UnboundedReceiver<()>) {
        let (entered, inside) = unbounded_channel();
        (Self { gate: Arc::default(), entered }, inside)
    }

    pub(super) async fn read(&self, store: &Store) -> Result<(), StoreError> {
        let (gate, entered) = (Arc::clone(&self.gate), self.entered.clone());
        let wait = move |_: &mut Tx<'_>| {
            let _ = entered.send(());
            drop(gate.blocking_read());
            Ok(())
        };
        store.read(wait).await
    }
}

on_both_databases! {
    async fn lanes_together_leave_a_quarter_to_others(database: TestDatabase) {
        let store = database.store();
        let (one, other) = (store.within(&store.lane()), store.within(&store.lane()));
        let (slow, mut inside) = Slow::new();
        let shut = slow.gate.write().await;
        let greedy = async { tokio::join!(slow.read(&one), slow.read(&one), slow.read(&other), slow.read(&other)) };
        let others = async {
            for _ in 0..3 {
                inside.recv().await;
            }
            let outcome = store.read(|_| Ok::<_, StoreError>(())).await;
            drop(shut);
            outcome
        };
        let ((a, b, c, d), e) = tokio::join!(greedy, others);
        for outcome in [a, b, c, d, e] {
            outcome.unwrap();
        }
    }

    async fn work_keeps_its_place_when_nobody_waits_for_it(database: TestDatabase) {
        let store = database.store();
        let busy = store.within(&store.lane());
        let (slow, mut inside) = Slow::new();
        let shut = slow.gate.write().await;
        // As when a client goes away.
        tokio::select! {
            _ = async { tokio::join!(slow.read(&busy), slow.read(&busy)) } => unreachable!("the gate is shut"),
            () = async { inside.recv().await; inside.recv().await; } => {}
        }
        let others = async {
            // The two that are left: nobody of the lane has one of them.
            let two = async { tokio::join!(slow.read(&store), slow.read(&store)) };
            let opened = async {
                inside.recv().await;
                inside.recv().await;
                drop(shut);
            };
            tokio::join!(two, opened).0
        };
        let (third, (a, b)) = tokio::join!(slow.read(&busy), others);
        for outcome in [third, a, b] {
            outcome.unwrap();
        }
    }

    async fn who_asks_for_everything_leaves_half_to_others(database: TestDatabase) {
        // Four connections.
        let store = database.store();
        let lane = store.lane();
        let (busy, (slow, mut inside)) = (store.within(&lane), Slow::new());
        let shut = slow.gate.write().await;
        let greedy = async { tokio::join!(slow.read(&busy), slow.read(&busy), slow.read(&busy), slow.read(&busy)) };
        let others = async {
            inside.recv().await;
            inside.recv().await;
            let two = async { tokio::join!(slow.read(&store), slow.read(&store)) };
            let opened = async {
                inside.recv().await;
                inside.recv().await;
                assert!(inside.is_empty(), "two of the lane, two of others, and nobody else");
                drop(shut);
            };
            tokio::join!(two, opened).0
        };
        let ((a, b, c, d), (e, f)) = tokio::join!(greedy, others);
        for outcome in [a, b, c, d, e, f] {
            outcome.unwrap();
        }
    }

    async fn a_lane_has_a_quarter_while_people_sign_in(database: TestDatabase) {
        tokio::time::pause();
        let store = database.store();
        let busy = store.within(&store.lane());
        let (slow, mut inside) = Slow::new();
        let shut = slow.gate.write().await;
        store.read(|_| Ok::<_, StoreError>(())).await.unwrap();
        let pushes = async { tokio::join!(slow.read(&busy), slow.read(&busy)) };
        let opened = async {
            inside.recv().await;
            // Many steps of a login, in which the second would begin.
            for _ in 0..20 {
                store.read(|_| Ok::<_, StoreError>(())).await.unwrap();
            }
            assert!(inside.is_empty(), "one of four connections, for as long as somebody signs in");
            drop(shut);
        };
        let ((a, b), ()) = tokio::join!(pushes, opened);
        a.unwrap();
        b.unwrap();
    }

    async fn a_lane_has_half_when_nobody_has_signed_in_for_a_while(database: TestDatabase) {
        tokio::time::pause();
        let store = database.store();
        let busy = store.within(&store.lane());
        let (slow, mut inside) = Slow::new();
        let shut = slow.gate.write().await;
        store.read(|_| Ok::<_, StoreError>(())).await.unwrap();
        tokio::time::advance(Duration::from_secs(2)).await;
        let pushes = async { tokio::join!(slow.read(&busy), slow.read(&busy)) };
        let opened = async {
            inside.recv().await;
            inside.recv().await;
            drop(shut);
        };
        let ((a, b), ()) = tokio::join!(pushes, opened);
        a.unwrap();
        b.unwrap();
    }

    async fn who_is_in_no_lane_goes_first(database: TestDatabase) {
        tokio::time::pause();
        let store = database.store();
        let (entered, mut inside) = unbounded_channel();
        let gate = Arc::new(RwLock::new(()));
        let shut = gate.write().await;
        let (ended, mut order) = unbounded_channel();
        let login = async {
            let (gate, done) = (Arc::clone(&gate), ended.clone());
            let read = move |_: &mut Tx<'_>| {
                let _ = entered.send(());
                drop(gate.blocking_read());
                let _ = done.send("login");
                Ok::<_, StoreError>(())
            };
            store.read(read).await.unwrap();
        };
        let push = async {
            inside.recv().await;
            let begun = ended.clone();
            let read = move |_: &mut Tx<'_>| {
                let _ = begun.send("push");
                Ok::<_, StoreError>(())
            };
            store.within(&store.lane()).read(read).await.unwrap();
        };
        let opened = async {
            // Long enough for the push to begin, if it would.
            for _ in 0..20 {
                store.read(|_| Ok::<_, StoreError>(())).await.unwrap();
            }
            drop(shut);
        };
        tokio::join!(login, push, opened);
        assert_eq!((order.recv().await, order.recv().await), (Some("login"), Some("push")));
    }

    async fn who_is_at_the_door_waits_for_no_login_and_for_no_lane_that_does(database: TestDatabase) {
        tokio::time::pause();
        let store = database.store();
        let (slow, mut inside) = Slow::new();
        let shut = slow.gate.write().await;
        let quick = |_: &mut Tx<'_>| Ok::<_, StoreError>(());
        let lanes: Vec<Store> = (0..4).map(|_| store.within(&store.lane())).collect();
        let waiting = async {
            inside.recv().await;
            // The clock stands still, and so do they.
            tokio::join!(lanes[0].read(quick), lanes[1].read(quick), lanes[2].read(quick), lanes[3].read(quick))
        };
        let door = async {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            let known = store.at_the_door().read(quick).await;
            drop(shut);
            known
        };
        let (login, pushed, known) = tokio::join!(slow.read(&store), waiting, door);
        for outcome in [login, known, pushed.0, pushed.1, pushed.2, pushed.3] {
            outcome.unwrap();
        }
    }

    async fn a_lane_does_not_wait_for_ever(database: TestDatabase) {
        tokio::time::pause();
        let store = database.store();
        let (slow, mut inside) = Slow::new();
        let shut = slow.gate.write().await;
        let push = async {
            inside.recv().await;
            let busy = store.within(&store.lane());
            let pushed = busy.read(|_| Ok::<_, StoreError>(()));
            let (pushed, ()) = tokio::join!(pushed, tokio::time::advance(Duration::from_secs(1)));
            drop(shut);
            pushed
        };
        let (login, push) = tokio::join!(slow.read(&store), push);
        login.unwrap();
        push.unwrap();
    }
}
