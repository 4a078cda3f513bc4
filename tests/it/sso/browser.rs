//! A response returns to the browser that asked for it (R7, R8).

use super::*;
use crate::support::on_both_databases;

on_both_databases! {
    async fn r07_a_response_without_the_flow_cookie_is_refused(world: World) {
        let request = world.depart(&world.acme, &mut Browser::default()).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        let mut stranger = Browser::default();
        let answer = world.post(&world.acme.connection.id, &mut stranger, &xml).await;
        world.assert_refused(&answer, "flow_cookie_missing").await;
        // On: the same.
        world.change(&world.acme, |connection| connection.allow_idp_initiated = true).await;
        let answer = world.post(&world.acme.connection.id, &mut stranger, &xml).await;
        world.assert_refused(&answer, "flow_cookie_missing").await;
    }

    async fn r07_a_response_in_another_browser_is_refused(world: World) {
        let (mut mallory, mut victim) = (Browser::default(), Browser::default());
        let request = world.depart(&world.acme, &mut mallory).await;
        world.depart(&world.acme, &mut victim).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        let answer = world.post(&world.acme.connection.id, &mut victim, &xml).await;
        world.assert_refused(&answer, "request_unknown").await;
        // The one who asked can still use it.
        assert!(signed_in(&world.post(&world.acme.connection.id, &mut mallory, &xml).await));
    }

    async fn r07_the_cookie_is_bound_to_us_and_holds_a_nonce(world: World) {
        let path = format!("/api/saml/v1/{}/init", world.acme.connection.id);
        let answer = world.call(TestRequest::get().uri(&path)).await;
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-vestibule_flow="), "{cookie}");
        assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=600"), "{cookie}");
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        assert!(browser.cookies.iter().all(|(_, value)| !value.contains(&request.id)));
    }

    async fn r07_a_request_expires_with_its_flow(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        world.gateway.clock.advance(10 * 60 * 1000);
        let xml = world.response(&world.acme, Some(&request), &ADA);
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&answer, "request_unknown").await;
    }

    async fn r07_only_the_last_request_of_a_flow_counts(world: World) {
        let mut browser = Browser::default();
        let path = format!("/api/saml/v1/{}/init", world.acme.connection.id);
        let first = world.depart(&world.acme, &mut browser).await;
        // Another tab has a flow of its own: both may be answered.
        let second = received(&world.call(browser.with_cookies(TestRequest::get().uri(&path))).await);
        for (request, id) in [(second, "_t2"), (first, "_t1")] {
            let xml = world.response(&world.acme, Some(&request), &Claims { assertion_id: id, ..ADA });
            assert!(signed_in(&world.post(&world.acme.connection.id, &mut browser, &xml).await));
        }
    }

    async fn r07_flows_that_others_make_a_browser_begin_push_none_out(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        for _ in 0..25 {
            world.depart(&world.acme, &mut browser).await;
        }
        let xml = world.response(&world.acme, Some(&request), &ADA);
        assert!(signed_in(&world.post(&world.acme.connection.id, &mut browser, &xml).await));
    }

    async fn r08_an_unsolicited_response_starts_a_login_here_once(world: World) {
        let xml = world.response(&world.acme, None, &ADA);
        let mut browser = Browser::default();
        let init = format!("/api/saml/v1/{}/init", world.acme.connection.id);
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, format!("http://localhost{init}").as_str()));
        assert!(world.find(&world.acme.organization, "ada@acme.example").await.is_none(), "it was not read");
        let request = world.depart(&world.acme, &mut browser).await;
        let again = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&again, "unsolicited_response").await;
        // Discarded unread means that its ID is still good.
        let answered = world.response(&world.acme, Some(&request), &ADA);
        assert!(signed_in(&world.post(&world.acme.connection.id, &mut browser, &answered).await));
        world.gateway.clock.advance(11 * 60 * 1000);
        let later = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        assert_eq!(later.status, StatusCode::SEE_OTHER);
    }

    async fn r08_an_unsolicited_response_is_not_even_verified(world: World) {
        let forged = world.response(&world.acme, None, &ADA).replace("ada@", "eve@");
        let answer = world.post(&world.acme.connection.id, &mut Browser::default(), &forged).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.header("location").ends_with("/init"));
    }
}
