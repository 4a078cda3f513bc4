//! What every answer says of the rate, and what the log shows of requests that are refused at the door.

use serde_json::json;
use vestibule::service::provisioning::admin::{connections::ConnectionUpdate, traces};

use super::support::{Answer, Scim, user};
use crate::support::on_both_databases;

impl Scim {
    /// The log of Acme: method, status and body of each, newest first.
    async fn log(&self) -> Vec<(String, i64, String)> {
        let cx = &self.gateway.cx;
        cx.provisioning.flush(cx).await.unwrap();
        let log = traces::last(cx, &self.gateway.acme.id, None, 1_000).await.unwrap();
        log.into_iter().map(|trace| (trace.method, trace.status, trace.body)).collect()
    }

    /// Sends until it is too much; the refusal.
    async fn too_fast(&self) -> Answer {
        for _ in 0..60 {
            let answer = self.post("/Users", user("somebody@acme.example")).await;
            if answer.status == 429 {
                return answer;
            }
        }
        panic!("a burst has an end")
    }
}

fn rate(answer: &Answer) -> [&str; 3] {
    ["limit", "remaining", "reset"].map(|name| {
        answer.header(match name {
            "limit" => "x-rate-limit-limit",
            "remaining" => "x-rate-limit-remaining",
            _ => "x-rate-limit-reset",
        })
    })
}

on_both_databases! {
    async fn refusals_tell_the_rate_as_successes_do(scim: Scim) {
        let hold = ConnectionUpdate { requests_per_second: Some(25), hold_enabled: Some(true), hold_threshold: Some(1), ..ConnectionUpdate::default() };
        scim.update(hold).await;
        let (ada, bob) = (scim.user("ada").await, scim.user("bob").await);
        assert_eq!(scim.delete(&format!("/Users/{ada}")).await.status, 204);
        for (answer, status, remaining) in [
            (scim.get("/Users/nobody").await, 404, "46"),
            (scim.get("/Users?filter=x").await, 400, "45"),
            (scim.post("/Users", user("bob")).await, 409, "44"),
            (scim.get("/Me").await, 501, "43"),
        ] {
            assert_eq!((answer.status, rate(&answer)), (status, ["25", remaining, "1"]));
            assert_eq!(answer.header("x-rate-limit-retry-after-seconds"), "", "nobody need wait");
        }
        let held = scim.delete(&format!("/Users/{bob}")).await;
        assert_eq!((held.status, rate(&held)), (429, ["25", "42", "1"]));
        assert_eq!((held.header("retry-after"), held.header("x-rate-limit-retry-after-seconds")), ("900", "900"));
        let fast = scim.too_fast().await;
        assert_eq!((rate(&fast), fast.header("x-rate-limit-retry-after-seconds")), (["25", "0", "1"], "1"));
    }

    async fn the_log_shows_that_a_connection_was_too_fast(scim: Scim) {
        scim.update(ConnectionUpdate { requests_per_second: Some(25), ..ConnectionUpdate::default() }).await;
        scim.too_fast().await;
        scim.too_fast().await;
        let log = scim.log().await;
        assert_eq!(log[0], ("POST".to_owned(), 429, String::new()), "without its body");
        assert_eq!(log.iter().filter(|(_, status, _)| *status == 429).count(), 1, "not each of them");
        assert_eq!(log.len(), 51, "with all that were answered");
        scim.gateway.clock.advance(60_000);
        scim.too_fast().await;
        let log = scim.log().await;
        assert_eq!(log.iter().filter(|(_, status, _)| *status == 429).count(), 2, "but that it goes on");
        let neighbour = traces::last(&scim.gateway.cx, &scim.gateway.globex.id, None, 10).await.unwrap();
        assert!(neighbour.is_empty());
    }

    async fn the_log_shows_that_a_connection_is_switched_off(scim: Scim) {
        scim.update(ConnectionUpdate { enabled: Some(false), ..ConnectionUpdate::default() }).await;
        for _ in 0..3 {
            assert_eq!(scim.post("/Users", user("ada")).await.status, 403);
        }
        assert_eq!(scim.request_as("vestibule_scim_nobody", "GET", "/Users", None).await.status, 401);
        assert_eq!(scim.log().await, [("POST".to_owned(), 403, String::new())]);
    }

    async fn scim_008_the_configuration_names_both_ways_to_a_token(scim: Scim) {
        let config = scim.get("/ServiceProviderConfig").await.body;
        let schemes = config["authenticationSchemes"].as_array().unwrap();
        let types: Vec<_> = schemes.iter().map(|scheme| scheme["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["oauthbearertoken", "oauth2"]);
        assert!(schemes.iter().all(|scheme| scheme["name"].is_string() && scheme["description"].is_string()));
        assert_eq!(schemes.iter().filter(|scheme| scheme["primary"] == json!(true)).count(), 1);
        let described = schemes[1]["description"].as_str().unwrap();
        assert!(described.contains("/api/scim/v1/oauth/token"), "{described}");
        assert!(config.get("documentationUri").is_none(), "there is none");
    }
}
