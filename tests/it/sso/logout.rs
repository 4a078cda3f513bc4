//! Single logout, both ways.

use time::{Duration, OffsetDateTime};
use vestibule::{
    model::ConnectionStatus,
    saml::{
        VerificationKey,
        binding::{query_signature, redirect::Parameter},
        logout::{LogoutOutcome, LogoutRequest, LogoutResponse},
        names::name_id,
        response::NameId,
    },
    service::connections::{Options, sp_keys},
    store::{saml_logouts, sessions as rows},
};

use super::*;
use crate::support::on_both_databases;

const SLO: &str = "https://idp.acme.example/slo";

pub(super) async fn with_slo(mut world: World) -> World {
    world.change(&world.acme, |connection| connection.idp_slo_url = Some(SLO.into())).await;
    world.acme.connection.idp_slo_url = Some(SLO.into());
    world
}

fn sp(world: &World) -> String {
    format!("http://localhost/api/saml/v1/{}", world.acme.connection.id)
}

pub(super) fn ada() -> NameId {
    NameId {
        value: "ada@acme.example".into(),
        format: name_id::EMAIL.into(),
        name_qualifier: None,
        sp_name_qualifier: None,
    }
}

pub(super) struct Asked<'a> {
    pub(super) id: &'a str,
    pub(super) name: NameId,
    pub(super) indexes: &'a [&'a str],
    pub(super) key: &'a str,
}

/// The provider's LogoutRequest in a redirect.
pub(super) async fn ask(world: &World, asked: Asked<'_>) -> Answer {
    ask_at(world, asked, world.gateway.now().to_datetime()).await
}

/// The same from a provider whose clock says `issue_instant`.
async fn ask_at(world: &World, asked: Asked<'_>, issue_instant: OffsetDateTime) -> Answer {
    let endpoint = format!("{}/slo", sp(world));
    let request = LogoutRequest {
        id: asked.id,
        issue_instant,
        issuer: world.acme.entity_id,
        destination: &endpoint,
        name_id: &asked.name,
        session_indexes: asked.indexes,
        not_on_or_after: None,
    };
    let key = signing_key(asked.key);
    let url =
        query_signature::encode(&endpoint, Parameter::Request, &request.to_xml(), Some("r1"), &key).unwrap();
    world.call(TestRequest::get().uri(url.strip_prefix("http://localhost").unwrap())).await
}

/// Ada signs in and out again: the page that takes her to the provider, if it does.
async fn sign_out(world: &World, assertion_id: &str, change: impl AsyncFnOnce()) -> Answer {
    let mut browser = Browser::default();
    let request = world.depart(&world.acme, &mut browser).await;
    let xml = world.response(&world.acme, Some(&request), &Claims { assertion_id, ..ADA });
    assert!(signed_in(&world.post(&world.acme.connection.id, &mut browser, &xml).await));
    change().await;
    world.call(browser.with_cookies(TestRequest::post().uri("/logout"))).await
}

/// Our LogoutRequest on a page, and its ID.
fn ours(page: &Answer) -> (String, String) {
    let at = page.body.find("SAMLRequest=").unwrap_or_else(|| panic!("{}", page.body));
    let query = page.body[at..].split('"').next().unwrap().replace("&#38;", "&");
    let sent = String::from_utf8(redirect::decode(&query).unwrap().xml).unwrap();
    let id = sent.split("ID=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    (sent, id)
}

/// A provider's answer to a request of ours.
async fn respond(world: &World, idp: &Idp, in_response_to: &str, outcome: &LogoutOutcome) -> Answer {
    let endpoint = format!("http://localhost/api/saml/v1/{}/slo", idp.connection.id);
    let response = LogoutResponse {
        id: "_p1",
        issue_instant: world.gateway.now().to_datetime(),
        issuer: idp.entity_id,
        destination: &endpoint,
        in_response_to,
        outcome,
    };
    let url =
        query_signature::encode(&endpoint, Parameter::Response, &response.to_xml(), None, &idp.key).unwrap();
    world.call(TestRequest::get().uri(url.strip_prefix("http://localhost").unwrap())).await
}

async fn live(world: &World) -> usize {
    live_as(world, name_id::EMAIL).await
}

async fn live_as(world: &World, format: &str) -> usize {
    let (project, id) = (world.gateway.project.id.clone(), world.acme.connection.id.clone());
    let name = serde_json::json!(["name", format, null, null, "ada@acme.example"]).to_string();
    world.read(move |tx| rows::of_saml(tx, &project, &id, &[name])).await.len()
}

on_both_databases! {
    async fn a_qualifier_that_is_left_out_means_the_default(world: World) {
        let world = with_slo(world).await;
        let (entity, sp) = (world.acme.entity_id.to_owned(), sp(&world));
        for (number, (qualifier, of)) in [(Some(&entity), None), (None, Some(&sp)), (Some(&entity), Some(&sp))].into_iter().enumerate() {
            let id = format!("_q{number}");
            assert!(signed_in(&world.log_in(&world.acme, &Claims { assertion_id: &id, ..ADA }).await));
            assert_eq!(live(&world).await, 1);
            let name = NameId { name_qualifier: qualifier.cloned(), sp_name_qualifier: of.cloned(), ..ada() };
            let id = format!("_l{number}");
            let answer = ask(&world, Asked { id: &id, name, indexes: &["_s1"], key: "idp" }).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
            assert_eq!(live(&world).await, 0, "{qualifier:?} {of:?}");
            world.gateway.clock.advance(60_000);
        }
        let other = NameId { name_qualifier: Some("https://other.example".into()), ..ada() };
        assert!(signed_in(&world.log_in(&world.acme, &Claims { assertion_id: "_last", ..ADA }).await));
        ask(&world, Asked { id: "_lo", name: other, indexes: &[], key: "idp" }).await;
        assert_eq!(live(&world).await, 1, "somebody else");
    }

    async fn a_request_with_an_endless_id_is_refused(world: World) {
        let world = with_slo(world).await;
        let id = format!("_{}", "a".repeat(2_000));
        let answer = ask(&world, Asked { id: &id, name: ada(), indexes: &[], key: "idp" }).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    }

    async fn a_provider_ends_the_session_that_it_names_and_is_answered(world: World) {
        let world = with_slo(world).await;
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
        assert_eq!(live(&world).await, 1);
        // Somebody else's index, and somebody else's name, end nothing.
        let none = ask(&world, Asked { id: "_l1", name: ada(), indexes: &["_other"], key: "idp" }).await;
        assert_eq!(none.status, StatusCode::SEE_OTHER, "{}", none.body);
        let other = NameId { value: "eve@acme.example".into(), ..ada() };
        ask(&world, Asked { id: "_l2", name: other, indexes: &["_s1"], key: "idp" }).await;
        assert_eq!(live(&world).await, 1);
        let answer = ask(&world, Asked { id: "_l3", name: ada(), indexes: &["_s1"], key: "idp" }).await;
        assert_eq!(live(&world).await, 0);
        let location = answer.header("location").to_owned();
        assert!(location.starts_with("https://idp.acme.example/slo?SAMLResponse="), "{location}");
        let decoded = redirect::decode(location.split_once('?').unwrap().1).unwrap();
        assert_eq!(decoded.relay_state.as_deref(), Some("r1"));
        let xml = String::from_utf8(decoded.xml.clone()).unwrap();
        assert!(xml.contains("InResponseTo=\"_l3\"") && xml.contains("status:Success"), "{xml}");
        let keys = sp_keys(&world.gateway.cx, &world.gateway.project.id).await.unwrap();
        let ours = VerificationKey::from_der(keys.signing_key(&world.gateway.cx).unwrap().certificate_der()).unwrap();
        assert!(query_signature::verify(&decoded.signature.unwrap(), &[ours], Default::default()).is_ok());
    }

    async fn without_an_index_every_session_of_the_person_ends(world: World) {
        let world = with_slo(world).await;
        for id in ["_a1", "_a2"] {
            assert!(signed_in(&world.log_in(&world.acme, &Claims { assertion_id: id, ..ADA }).await));
        }
        assert_eq!(live(&world).await, 2);
        ask(&world, Asked { id: "_l1", name: ada(), indexes: &[], key: "idp" }).await;
        assert_eq!(live(&world).await, 0);
    }

    async fn a_forged_or_repeated_request_ends_nothing(world: World) {
        let world = with_slo(world).await;
        world.log_in(&world.acme, &ADA).await;
        let forged = ask(&world, Asked { id: "_l1", name: ada(), indexes: &[], key: "other" }).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
        assert_eq!(live(&world).await, 1);
        assert_eq!(ask(&world, Asked { id: "_l2", name: ada(), indexes: &[], key: "idp" }).await.status, StatusCode::SEE_OTHER);
        let again = ask(&world, Asked { id: "_l2", name: ada(), indexes: &[], key: "idp" }).await;
        assert_eq!(again.status, StatusCode::FORBIDDEN);
    }

    async fn an_assertion_of_a_session_that_was_logged_out_is_refused(world: World) {
        let world = with_slo(world).await;
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        ask(&world, Asked { id: "_l1", name: ada(), indexes: &["_s1"], key: "idp" }).await;
        let late = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&late, "session_logged_out").await;
        // A new sign-in is another matter.
        world.gateway.clock.advance(1000);
        assert!(signed_in(&world.log_in(&world.acme, &Claims { assertion_id: "_new", ..ADA }).await));
    }

    async fn an_assertion_that_is_older_than_any_logout_that_is_remembered_is_refused(world: World) {
        let mut world = with_slo(world).await;
        world.acme.connection.allow_idp_initiated = true;
        world.change(&world.acme, |_| ()).await;
        let arrive = async |id: &'static str, hours: i64| {
            let claims = Claims { assertion_id: id, ..ADA };
            let xml = world.response_for(&world.acme, None, &claims, Duration::hours(72));
            world.gateway.clock.advance(hours * 60 * 60 * 1000);
            world.post(&world.acme.connection.id, &mut Browser::default(), &xml).await
        };
        assert_eq!(arrive("_a1", 23).await.status, StatusCode::OK);
        world.assert_refused(&arrive("_a2", 25).await, "session_logged_out").await;
    }

    async fn what_counts_after_a_logout_is_the_provider_s_clock(world: World) {
        let world = with_slo(world).await;
        let slow = world.gateway.now().to_datetime() - Duration::seconds(120);
        let all = Asked { id: "_l1", name: ada(), indexes: &[], key: "idp" };
        assert_eq!(ask_at(&world, all, slow).await.status, StatusCode::SEE_OTHER);
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
    }

    async fn of_two_logouts_the_later_one_counts_in_whatever_order(world: World) {
        let world = with_slo(world).await;
        let now = world.gateway.now().to_datetime();
        let all = |id| Asked { id, name: ada(), indexes: &[], key: "idp" };
        for (id, at) in [("_l2", now), ("_l1", now - Duration::seconds(120))] {
            assert_eq!(ask_at(&world, all(id), at).await.status, StatusCode::SEE_OTHER);
        }
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        let late = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&late, "session_logged_out").await;
    }

    async fn a_format_that_is_left_out_means_those_of_people(world: World) {
        let world = with_slo(world).await;
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
        let other = NameId { format: name_id::PERSISTENT.into(), ..ada() };
        ask(&world, Asked { id: "_l1", name: other, indexes: &[], key: "idp" }).await;
        assert_eq!(live(&world).await, 1, "another kind of name");
        let left_out = NameId { format: name_id::UNSPECIFIED.into(), ..ada() };
        ask(&world, Asked { id: "_l2", name: left_out, indexes: &[], key: "idp" }).await;
        assert_eq!(live(&world).await, 0);
    }

    async fn a_format_that_the_login_left_out_means_those_of_people_too(world: World) {
        let world = with_slo(world).await;
        let attributes: &[(&str, &[&str])] = &[("email", &["ada@acme.example"])];
        let nameless = Claims { format: name_id::UNSPECIFIED, attributes, ..ADA };
        assert!(signed_in(&world.log_in(&world.acme, &nameless).await));
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &Claims { assertion_id: "_late", ..nameless });
        let entity = NameId { format: name_id::ENTITY.into(), ..ada() };
        ask(&world, Asked { id: "_l1", name: entity, indexes: &[], key: "idp" }).await;
        assert_eq!(live_as(&world, name_id::UNSPECIFIED).await, 1, "no person's name");
        ask(&world, Asked { id: "_l2", name: ada(), indexes: &["_s1"], key: "idp" }).await;
        assert_eq!(live_as(&world, name_id::UNSPECIFIED).await, 0);
        let late = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&late, "session_logged_out").await;
    }

    async fn a_session_without_an_index_is_any_that_the_provider_means(world: World) {
        let world = with_slo(world).await;
        assert!(signed_in(&world.log_in(&world.acme, &Claims { session_index: None, ..ADA }).await));
        assert_eq!(live(&world).await, 1);
        ask(&world, Asked { id: "_l1", name: ada(), indexes: &["_unknown"], key: "idp" }).await;
        assert_eq!(live(&world).await, 0);
    }

    async fn signing_out_goes_on_to_the_provider_and_back(world: World) {
        let world = with_slo(world).await;
        let page = sign_out(&world, "_a1", async || ()).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(live(&world).await, 0);
        let (sent, id) = ours(&page);
        assert!(sent.contains("ada@acme.example") && sent.contains("_s1"), "{sent}");
        let of_acme = async |id: &str, outcome| respond(&world, &world.acme, id, &outcome).await;
        assert_eq!(of_acme("_unknown", LogoutOutcome::Complete).await.status, StatusCode::FORBIDDEN);
        let partly = of_acme(&id, LogoutOutcome::Partial).await;
        assert!(partly.body.contains("could not end every other one"), "{}", partly.body);
        assert_eq!(of_acme(&id, LogoutOutcome::Complete).await.status, StatusCode::FORBIDDEN, "once");
    }

    async fn our_request_is_answered_by_the_provider_that_it_went_to_and_in_time(world: World) {
        let mut world = with_slo(world).await;
        world.globex.connection.idp_slo_url = Some("https://idp.globex.example/slo".into());
        world.change(&world.globex, |_| ()).await;
        let (_, id) = ours(&sign_out(&world, "_a1", async || ()).await);
        let crossed = respond(&world, &world.globex, &id, &LogoutOutcome::Complete).await;
        assert_eq!(crossed.status, StatusCode::FORBIDDEN, "{}", crossed.body);
        assert_eq!(respond(&world, &world.acme, &id, &LogoutOutcome::Complete).await.status, StatusCode::OK);
        let (_, id) = ours(&sign_out(&world, "_a2", async || ()).await);
        world.gateway.clock.advance(10 * 60 * 1000);
        let late = respond(&world, &world.acme, &id, &LogoutOutcome::Complete).await;
        assert_eq!(late.status, StatusCode::FORBIDDEN);
    }

    async fn a_connection_that_is_off_or_has_no_endpoint_takes_and_sends_no_logouts(world: World) {
        let world = with_slo(world).await;
        let states = [("_1", ConnectionStatus::Disabled, Some(SLO)), ("_2", ConnectionStatus::Enabled, None)];
        for (id, status, slo) in states {
            world.change(&world.acme, |_| ()).await;
            let change = async || {
                let edit = move |connection: &mut SamlConnection| {
                    connection.status = status;
                    connection.idp_slo_url = slo.map(str::to_owned);
                };
                world.change(&world.acme, edit).await;
                let taken = ask(&world, Asked { id, name: ada(), indexes: &[], key: "idp" }).await;
                assert_eq!((taken.status, live(&world).await), (StatusCode::NOT_FOUND, 1), "{id}");
            };
            let left = sign_out(&world, id, change).await;
            assert!(!left.body.contains("SAMLRequest") && !left.header("location").contains("SAMLRequest"), "{}", left.body);
            assert_eq!(live(&world).await, 0, "here it ends all the same");
        }
    }

    async fn answers_go_where_the_provider_takes_them(world: World) {
        let world = with_slo(world).await;
        world.change(&world.acme, |connection| {
            let elsewhere = Some("https://idp.acme.example/answers".to_owned());
            connection.options = Options { slo_response_url: elsewhere, ..Options::default() }.to_stored();
        }).await;
        let answer = ask(&world, Asked { id: "_l1", name: ada(), indexes: &[], key: "idp" }).await;
        assert!(answer.header("location").starts_with("https://idp.acme.example/answers?SAMLResponse="), "{}", answer.header("location"));
        world.gateway.clock.advance(1000);
        assert!(ours(&sign_out(&world, "_late", async || ()).await).0.contains(&format!("Destination=\"{SLO}\"")));
    }

    async fn r32_a_logout_of_many_sessions_writes_one_row_for_each(world: World) {
        let world = with_slo(world).await;
        let indexes: Vec<String> = (0..64).map(|number| format!("_s{number}")).collect();
        let indexes: Vec<&str> = indexes.iter().map(String::as_str).collect();
        let mut browsers = Vec::new();
        for (id, format) in [("_1", name_id::EMAIL), ("_2", name_id::PERSISTENT)] {
            let mut browser = Browser::default();
            let request = world.depart(&world.acme, &mut browser).await;
            let attributes: &[(&str, &[&str])] = &[("email", &["ada@acme.example"])];
            let xml = world.response(&world.acme, Some(&request), &Claims { assertion_id: id, format, attributes, ..ADA });
            browsers.push((browser, xml));
        }
        let qualified = NameId { format: name_id::UNSPECIFIED.into(), name_qualifier: Some(world.acme.entity_id.into()), ..ada() };
        let asked = ask(&world, Asked { id: "_l1", name: qualified, indexes: &indexes, key: "idp" }).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
        let now = world.gateway.now();
        let forgotten = world.write(move |tx| saml_logouts::delete_expired(tx, now.plus(2 * 24 * 60 * 60 * 1000), 5_000));
        // Each of the logins that it has overtaken is ended all the same, whatever its name is called.
        for (mut browser, xml) in browsers {
            let late = world.post(&world.acme.connection.id, &mut browser, &xml).await;
            world.assert_refused(&late, "session_logged_out").await;
        }
        assert_eq!(forgotten.await, 64);
    }

    async fn somebody_else_s_logout_under_the_same_index_hinders_nobody(world: World) {
        let world = with_slo(world).await;
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        let eve = NameId { value: "eve@acme.example".into(), ..ada() };
        ask(&world, Asked { id: "_l1", name: eve, indexes: &["_s1"], key: "idp" }).await;
        assert!(signed_in(&world.post(&world.acme.connection.id, &mut browser, &xml).await));
    }

    async fn a_form_is_answered_by_a_form(world: World) {
        let world = with_slo(world).await;
        let by_post = Options { slo_by_post: true, ..Options::default() }.to_stored();
        let edit = move |connection: &mut SamlConnection| {
            connection.idp_slo_url = Some(SLO.into());
            connection.options = by_post.clone();
        };
        world.change(&world.acme, edit).await;
        world.log_in(&world.acme, &ADA).await;
        let endpoint = format!("{}/slo", sp(&world));
        let request = LogoutRequest {
            id: "_l1",
            issue_instant: world.gateway.now().to_datetime(),
            issuer: world.acme.entity_id,
            destination: &endpoint,
            name_id: &ada(),
            session_indexes: &[],
            not_on_or_after: None,
        };
        // Whatever it is, it comes back as it was, and is no part of the page.
        let relay_state = r#"r2"><script>alert(1)</script>'&amp;"#;
        let form = |xml: String| [("SAMLRequest", post::encode(&xml)), ("RelayState", relay_state.to_owned())];
        let path = endpoint.strip_prefix("http://localhost").unwrap();
        let unsigned = world.call(TestRequest::post().uri(path).set_form(form(request.to_xml()))).await;
        assert_eq!(unsigned.status, StatusCode::FORBIDDEN);
        let signed = request.to_signed_xml(&signing_key("idp")).unwrap();
        let page = world.call(TestRequest::post().uri(path).set_form(form(signed))).await;
        let escaped = "value=\"r2&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#39;&#38;amp;\"";
        assert!(page.body.contains("name=\"SAMLResponse\"") && page.body.contains(escaped), "{}", page.body);
        assert!(!page.body.contains("<script>"), "{}", page.body);
        assert_eq!(live(&world).await, 0);
    }
}
