//! The outbox's cursor.

use serde_json::json;
use vestibule::{
    service::{Actor, Change, record::record},
    store::{StoreError, outbox_events},
};

use crate::support::{Gateway, on_both_databases};

on_both_databases! {
    async fn every_set_up_step_left_an_event_in_order(gateway: Gateway) {
        let project = gateway.project.id.clone();
        let types: Vec<String> = gateway.cx.store.write(move |tx| {
            outbox_events::give_positions(tx, &project, 100)?;
            let events = outbox_events::after(tx, &project, 0, 100)?;
            let positions: Vec<_> = events.iter().map(|e| e.position.unwrap()).collect();
            assert_eq!(positions, (1..=positions.len() as i64).collect::<Vec<_>>());
            Ok::<_, StoreError>(events.into_iter().map(|e| e.event_type).collect())
        }).await.unwrap();
        assert_eq!(types, [
            "project.created", "organization.created", "domain.created", "organization.created",
            "domain.created",
        ]);
    }

    async fn an_event_that_commits_late_gets_a_later_position(gateway: Gateway) {
        let cx = gateway.cx.clone();
        let project = gateway.project.id.clone();
        let first = project.clone();
        let before = cx.store.write(move |tx| {
            outbox_events::give_positions(tx, &first, 100)?;
            outbox_events::after(tx, &first, 0, 100)
        }).await.unwrap();
        let last = before.last().unwrap().position.unwrap();
        // An id made long ago, as by a transaction that began before the others and commits only now.
        gateway.clock.advance(-60_000);
        let (late, cx2) = (project.clone(), cx.clone());
        cx.store.write(move |tx| {
            let change = Change {
                project: &late, organization: None, event: "test.late", resource: "r",
                before: None, after: Some(json!({})),
            };
            record(tx, &cx2, &Actor::system(), &change)
        }).await.unwrap();
        let after = cx.store.write(move |tx| {
            outbox_events::give_positions(tx, &project, 100)?;
            outbox_events::after(tx, &project, last, 100)
        }).await.unwrap();
        assert_eq!(after.iter().map(|e| e.event_type.as_str()).collect::<Vec<_>>(), ["test.late"]);
    }
}
