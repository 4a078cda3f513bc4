//! Checks and previews: what is tried out and undone.

use serde_json::json;
use vestibule::{
    http::scim::check::check_connection,
    model::{ConnectionStatus, ids::OrganizationId},
    service::provisioning::admin::{
        check::{self, Checked, LastCheck},
        connections::ConnectionUpdate,
        keys,
        preview::preview,
        rehearsal::Rehearsed,
    },
    store::{
        StoreError, Tx,
        scim_connections::{self, ScimConnection},
    },
};

use super::{
    access::OPERATIONS,
    support::{PATCH, Scim, user},
};
use crate::support::on_both_databases;

on_both_databases! {
    async fn a_check_tries_what_providers_do_and_leaves_nothing(scim: Scim) {
        scim.user("anna@acme.example").await;
        let gateway = &scim.gateway;
        let before = scim.directory().await;
        let target = check::find(&gateway.cx, &gateway.project.id, &gateway.acme.id, None).await.unwrap();
        let run = async || check_connection(&gateway.cx, &gateway.project.id, "http://localhost", &target).await.unwrap();
        let checked = run().await;
        let failed: Vec<_> = checked.iter().filter(|one| !one.passed()).collect();
        assert!(failed.is_empty() && checked.len() > 30, "{failed:#?}");
        assert_eq!(scim.directory().await, before);
        let gone = scim.get("/Users?filter=userName eq \"vestibule-check@check.invalid\"").await;
        assert_eq!(gone.body["totalResults"], 0);
        let keys = keys::list(&gateway.cx, &gateway.project.id, &gateway.acme.id).await.unwrap();
        assert_eq!(keys.len(), 1, "no token of the check remains");
        let kept = check::last(&gateway.cx, &scim.connection().await).await.unwrap().unwrap();
        assert_eq!(kept, LastCheck { at: gateway.now(), passed: true, checked });
        let nobody = OrganizationId::from_u128(1);
        assert!(check::find(&gateway.cx, &gateway.project.id, &nobody, None).await.is_err());
    }

    async fn a_check_shows_what_a_provider_would_run_into(scim: Scim) {
        let gateway = &scim.gateway;
        let run = async || {
            let target = check::find(&gateway.cx, &gateway.project.id, &gateway.acme.id, None).await.unwrap();
            let checked = check_connection(&gateway.cx, &gateway.project.id, "http://localhost", &target).await.unwrap();
            checked.into_iter().filter(|one| !one.passed()).collect::<Vec<_>>()
        };
        scim.update(ConnectionUpdate { strict: Some(true), ..ConnectionUpdate::default() }).await;
        let failed = run().await;
        assert!(failed.iter().all(|one| !["access", "schema"].contains(&one.suite.as_str())), "{failed:#?}");
        let update = failed.iter().find(|one| one.name == "Update").unwrap();
        assert_eq!((update.wanted, update.got), (200, 400));
        assert!(update.fault.is_some());
        scim.update(ConnectionUpdate { enabled: Some(false), ..ConnectionUpdate::default() }).await;
        let failed = run().await;
        assert!(failed.iter().any(|one| one.fault.as_deref().is_some_and(|why| why.contains("switched off"))), "{failed:#?}");
    }

    async fn one_check_at_a_time_keeps_writes_waiting(scim: Scim) {
        let gateway = &scim.gateway;
        let target = check::find(&gateway.cx, &gateway.project.id, &gateway.acme.id, None).await.unwrap();
        let other = gateway.cx.provisioning.sandbox_turn().await;
        let checking = check_connection(&gateway.cx, &gateway.project.id, "http://localhost", &target);
        let mut checking = std::pin::pin!(checking);
        tokio::select! {
            biased;
            _ = &mut checking => panic!("it did not wait for the other one"),
            anna = scim.user("anna@acme.example") => assert!(!anna.is_empty()),
        }
        drop(other);
        assert!(checking.await.unwrap().iter().all(Checked::passed));
    }

    async fn a_draft_answers_reads_and_takes_nothing(scim: Scim) {
        let (gateway, id) = (&scim.gateway, scim.connection().await);
        let organization = gateway.acme.id.clone();
        let write = move |tx: &mut Tx<'_>| {
            let row = scim_connections::find(tx, &organization, &id)?.unwrap();
            scim_connections::update(tx, &ScimConnection { status: ConnectionStatus::Draft, ..row })
        };
        gateway.cx.store.write(write).await.unwrap_or_else(|e: StoreError| panic!("{e}"));
        let reads = |method: &str, path: &str| method == "GET" || path.ends_with("/.search");
        for (method, path) in OPERATIONS {
            let answer = scim.request_as(&scim.acme, method, path, Some(&json!({}))).await;
            assert_eq!(answer.status == 403, !reads(method, path), "{method} {path}: {}", answer.body);
        }
        let refused = scim.post("/Users", user("anna@acme.example")).await;
        assert!(refused.body["detail"].as_str().unwrap().contains("still being set up"), "{}", refused.body);
        // A check finds it as it will be.
        let target = check::find(&gateway.cx, &gateway.project.id, &gateway.acme.id, None).await.unwrap();
        let checked = check_connection(&gateway.cx, &gateway.project.id, "http://localhost", &target).await.unwrap();
        assert!(checked.iter().all(Checked::passed), "{checked:#?}");
        assert_eq!(scim.post("/Users", user("anna@acme.example")).await.status, 403, "and a draft it still is");
    }

    async fn a_preview_tells_what_would_change_and_changes_nothing(scim: Scim) {
        let anna = scim.user("anna@acme.example").await;
        let before = scim.directory().await;
        let request = |method: &str, path: String, body| Rehearsed { method: method.into(), path, body };
        let off = json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "value": { "active": false } }] });
        let requests = vec![
            request("PATCH", format!("/Users/{anna}"), off.clone()),
            request("PATCH", format!("/Users/{anna}"), off),
            request("POST", "/Users".into(), user("ben@acme.example")),
            request("POST", "/Users".into(), user("ben@acme.example")),
            request("DELETE", "/Users/nobody".into(), json!(null)),
        ];
        let gateway = &scim.gateway;
        let seen = preview(&gateway.cx, &gateway.project.id, &gateway.acme.id, None, requests).await.unwrap();
        assert_eq!(seen.events["user.deactivated"], [anna]);
        assert_eq!((seen.events["user.created"].len(), seen.unchanged), (1, 1));
        let refused: Vec<_> = seen.refused.iter().map(|(number, status, _)| (*number, *status)).collect();
        assert_eq!(refused, [(4, 409), (5, 404)]);
        assert_eq!(scim.directory().await, before);
    }
}
