//! Metadata over time: fetched again, changed keys, takeovers, certificates that end (R24).

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use vestibule::{
    http::private_app,
    model::Timestamp,
    service::{
        connections::{
            Options, Update, accept_held_metadata, held_metadata, refresh_due, set_metadata, update,
            warn_of_expiry,
        },
        egress::IpRange,
    },
    store::saml_connections,
};

use super::*;
use crate::support::on_both_databases;

/// A provider's metadata address, whose document can be changed, and how often it was asked.
#[derive(Clone)]
pub(super) struct Address {
    url: String,
    served: Arc<Mutex<(String, usize)>>,
    /// Told of a request, and waited for before it is answered.
    gate: Arc<Mutex<Option<Gate>>>,
}

type Gate = (tokio::sync::oneshot::Sender<()>, std::sync::mpsc::Receiver<()>);

impl Address {
    /// Serves until it has answered a hundred times.
    fn serve(document: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/metadata", listener.local_addr().unwrap());
        let served = Arc::new(Mutex::new((document, 0)));
        let shared = served.clone();
        let gate: Arc<Mutex<Option<Gate>>> = Arc::default();
        let shut = gate.clone();
        std::thread::spawn(move || {
            for _ in 0..100 {
                let Ok((mut stream, _)) = listener.accept() else { return };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                if let Some((asked, go_on)) = shut.lock().unwrap().take() {
                    asked.send(()).unwrap();
                    go_on.recv().unwrap();
                }
                let mut served = shared.lock().unwrap();
                served.1 += 1;
                let body = &served.0;
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        Self { url, served, gate }
    }

    pub(super) fn now_serves(&self, document: String) {
        self.served.lock().unwrap().0 = document;
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The next request waits before it is answered: what tells that it has come, and what lets it go on.
    pub(super) fn hold_next(&self) -> (tokio::sync::oneshot::Receiver<()>, std::sync::mpsc::Sender<()>) {
        let (asked, was_asked) = tokio::sync::oneshot::channel();
        let (go_on, wait) = std::sync::mpsc::channel();
        *self.gate.lock().unwrap() = Some((asked, wait));
        (was_asked, go_on)
    }

    fn asked(&self) -> usize {
        self.served.lock().unwrap().1
    }
}

/// What an operator's scrape shows.
async fn metrics(world: &World) -> String {
    let app = test::init_service(private_app(&world.gateway.frame())).await;
    let answer = test::call_service(&app, TestRequest::get().uri("/metrics").to_request()).await;
    String::from_utf8(test::read_body(answer).await.to_vec()).unwrap()
}

pub(super) fn description(entity_id: &str, host: &str, keys: &[&str]) -> String {
    let keys: Vec<_> = keys.iter().map(|name| signing_key(name)).collect();
    let certificates: Vec<_> = keys.iter().map(|key| key.certificate_der()).collect();
    let sso_url = format!("https://{host}/sso");
    IdpDescription { entity_id, sso_url: &sso_url, certificates: &certificates }.to_xml()
}

const ENTITY: &str = "https://idp.acme.example";
const HOST: &str = "idp.acme.example";
pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;

pub(super) async fn connected(mut world: World) -> (World, Address) {
    let address = Address::serve(description(ENTITY, HOST, &["idp"]));
    world.gateway.cx = world.gateway.cx.clone().with_egress(Egress::allowing(IpRange::LOOPBACK.to_vec()));
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    let source = MetadataSource::Url(address.url.clone());
    let id = world.acme.connection.id.clone();
    let row = set_metadata(cx, &Actor::operator(), &cx.egress, project, &id, source).await.unwrap();
    world.acme.connection = row;
    (world, address)
}

pub(super) async fn fetch_due(world: &World) -> usize {
    refresh_due(&world.gateway.cx, &world.gateway.cx.egress).await.unwrap()
}

pub(super) async fn row(world: &World) -> SamlConnection {
    let (project, id) = (world.gateway.project.id.clone(), world.acme.connection.id.clone());
    world.read(move |tx| saml_connections::find_in_project(tx, &project, &id)).await.unwrap()
}

/// Lets Acme's metadata, of this address if any, end at this time.
pub(super) async fn metadata_ends(world: &World, metadata_url: Option<String>, end: Timestamp) {
    let row = SamlConnection { metadata_url, metadata_valid_until: Some(end), ..row(world).await };
    world.write(move |tx| saml_connections::update(tx, &row)).await;
}

pub(super) async fn keys(world: &World) -> usize {
    let id = world.acme.connection.id.clone();
    world.read(move |tx| saml_connections::keys(tx, &id)).await.len()
}

on_both_databases! {
    async fn metadata_is_fetched_again_and_a_new_key_is_taken_over_beside_the_old(world: World) {
        let (world, address) = connected(world).await;
        assert_eq!(fetch_due(&world).await, 1);
        assert_eq!(fetch_due(&world).await, 0, "not before it is due");
        address.now_serves(description(ENTITY, HOST, &["idp", "idp-next"]));
        world.gateway.clock.advance(DAY);
        assert_eq!(fetch_due(&world).await, 1);
        assert_eq!(keys(&world).await, 2);
        let events = world.gateway.events(world.acme.connection.id.as_str()).await;
        assert!(events.iter().any(|event| event == "saml_connection.certificates_changed"), "{events:?}");
        assert!(!events.iter().any(|event| event == "saml_connection.metadata_suspicious"), "{events:?}");
    }

    async fn metadata_is_fetched_as_often_as_its_provider_wants_within_reason(world: World) {
        let (world, address) = connected(world).await;
        let minute = 60 * 1000;
        let end = |hours: i64| {
            let end = world.gateway.now().plus(hours * 60 * minute);
            format!("validUntil=\"{}\"", vestibule::saml::xml::instant::format(end.to_datetime()))
        };
        // Up to a tenth earlier, so that not all come at once.
        for (wish, after) in [
            (end(8), 4 * 60),
            (String::new(), 24 * 60),
            ("cacheDuration=\"PT2H\"".into(), 2 * 60),
            ("cacheDuration=\"PT1S\"".into(), 60),
            ("cacheDuration=\"P30D\"".into(), 24 * 60),
        ] {
            let document = description(ENTITY, HOST, &["idp"]);
            address.now_serves(document.replacen("<md:EntityDescriptor ", &format!("<md:EntityDescriptor {wish} "), 1));
            assert_eq!(fetch_due(&world).await, 1, "{wish}");
            world.gateway.clock.advance(after * minute * 9 / 10 - minute);
            assert_eq!(fetch_due(&world).await, 0, "{wish}");
            world.gateway.clock.advance(after * minute / 10 + minute);
        }
    }

    async fn r24_two_nodes_fetch_once(world: World) {
        let (world, address) = connected(world).await;
        let before = address.asked();
        let fetched = join_all((0..2).map(|_| fetch_due(&world))).await;
        assert_eq!((fetched.iter().sum::<usize>(), address.asked() - before), (1, 1));
    }

    async fn r24_single_logout_does_not_end_by_itself(world: World) {
        let (world, address) = connected(world).await;
        const ANSWERS: &str = "https://idp.acme.example/slo/answers";
        let on = SamlConnection { idp_slo_url: Some("https://idp.acme.example/slo".into()), ..row(&world).await };
        let by_post =
            Options { slo_by_post: true, slo_response_url: Some(ANSWERS.into()), ..Options::of(&on) };
        let on = SamlConnection { options: by_post.to_stored(), ..on };
        world.write(move |tx| saml_connections::update(tx, &on)).await;
        let unusable = "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
                        Location=\"http://idp.acme.example/slo\"/><md:SingleSignOnService";
        let described = description(ENTITY, HOST, &["idp", "other"]);
        assert!(described.contains("<md:SingleSignOnService"), "{described}");
        address.now_serves(described.replacen("<md:SingleSignOnService", unusable, 1));
        assert_eq!(fetch_due(&world).await, 1);
        let now = row(&world).await;
        assert_eq!(now.idp_slo_url.as_deref(), Some("https://idp.acme.example/slo"));
        let options = Options::of(&now);
        assert_eq!((options.slo_by_post, options.slo_response_url.as_deref()), (true, Some(ANSWERS)));
        assert_eq!(options.left_out.len(), 1, "and it is told: {:?}", options.left_out);
        assert_eq!(keys(&world).await, 2, "or nobody could sign in once the old key is gone");
    }

    async fn r24_what_was_replaced_during_a_fetch_stays_replaced(world: World) {
        let (world, address) = connected(world).await;
        let (was_asked, go_on) = address.hold_next();
        let replace = async {
            was_asked.await.unwrap();
            let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
            let new = description("https://new.acme.example", "new.acme.example", &["other"]);
            let source = MetadataSource::Document(new.into_bytes());
            let id = &world.acme.connection.id;
            set_metadata(cx, &Actor::operator(), &cx.egress, project, id, source).await.unwrap();
            go_on.send(()).unwrap();
        };
        tokio::join!(fetch_due(&world), replace);
        let now = row(&world).await;
        assert_eq!((now.idp_entity_id.as_str(), now.metadata_url), ("https://new.acme.example", None));
        assert_eq!(keys(&world).await, 1);
    }

    async fn r24_what_changes_during_a_fetch_is_not_what_it_was_asked_for(world: World) {
        let (world, address) = connected(world).await;
        let before = row(&world).await;
        address.now_serves(description(ENTITY, HOST, &["idp", "other"]));
        let edits: [fn(&mut SamlConnection); 4] = [
            |connection| connection.idp_entity_id = "https://new.acme.example".into(),
            |connection| connection.metadata_url = Some("https://new.acme.example/metadata".into()),
            |connection| connection.allow_sha1 = true,
            |_| (),
        ];
        for (number, edit) in edits.into_iter().enumerate() {
            let (was_asked, go_on) = address.hold_next();
            let mut changed = before.clone();
            edit(&mut changed);
            let change = async {
                was_asked.await.unwrap();
                let changed = changed.clone();
                world.write(move |tx| saml_connections::update(tx, &changed)).await;
                go_on.send(()).unwrap();
            };
            tokio::join!(fetch_due(&world), change);
            assert_eq!(keys(&world).await, if number == 3 { 2 } else { 1 }, "{number}");
            let again = before.clone();
            world.write(move |tx| saml_connections::update(tx, &again)).await;
            world.gateway.clock.advance(DAY);
        }
    }

    async fn r24_each_sign_of_a_takeover_is_enough(world: World) {
        let (world, address) = connected(world).await;
        // From the provider's own host, so that a new key is none of somebody else's.
        let own = "127.0.0.1";
        let base = SamlConnection { idp_sso_redirect_url: Some(format!("https://{own}/sso")), ..row(&world).await };
        let told = async || {
            let events = world.gateway.events(world.acme.connection.id.as_str()).await;
            let count = |name: &str| events.iter().filter(|event| *event == name).count();
            (count("saml_connection.metadata_held"), count("saml_connection.metadata_suspicious"))
        };
        let signs = [("elsewhere.example", "idp"), (own, "other")];
        for (number, (hold, (host, key))) in [true, false].into_iter().flat_map(|hold| signs.map(|sign| (hold, sign))).enumerate() {
            let options = Options { hold_metadata_changes: hold, ..Options::default() }.to_stored();
            let now = SamlConnection { options, ..base.clone() };
            world.write(move |tx| saml_connections::update(tx, &now)).await;
            address.now_serves(description(ENTITY, host, &[key]));
            fetch_due(&world).await;
            assert_eq!(row(&world).await.held_metadata.is_some(), hold, "{number}");
            assert_eq!(told().await, [(1, 0), (2, 0), (2, 1), (2, 2)][number], "{number}");
            world.gateway.clock.advance(DAY);
        }
    }

    async fn r24_only_the_same_entity_is_taken_and_the_last_good_copy_stays(world: World) {
        let (world, address) = connected(world).await;
        for bad in [description("https://evil.example", HOST, &["other"]), "<html>".into(), String::new()] {
            address.now_serves(bad);
            fetch_due(&world).await;
            let now = row(&world).await;
            assert!(now.metadata_problem.is_some());
            assert_eq!((now.idp_entity_id.as_str(), keys(&world).await), (ENTITY, 1));
            world.gateway.clock.advance(DAY);
        }
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
    }

    async fn r24_a_takeover_is_told_and_held_where_the_connection_says_so(world: World) {
        let (world, address) = connected(world).await;
        let hold = Options { hold_metadata_changes: true, ..Options::default() }.to_stored();
        world.change(&world.acme, move |connection| connection.options = hold.clone()).await;
        address.now_serves(description(ENTITY, "elsewhere.example", &["other"]));
        fetch_due(&world).await;
        let now = row(&world).await;
        assert!(now.held_metadata.is_some());
        assert_eq!(now.idp_sso_redirect_url.as_deref(), Some("https://idp.acme.example/sso"));
        let events = world.gateway.events(world.acme.connection.id.as_str()).await;
        assert!(events.iter().any(|event| event == "saml_connection.metadata_held"), "{events:?}");
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let held = held_metadata(cx, project, &now.id).await.unwrap().unwrap();
        assert_eq!(held.sign_in, ["https://elsewhere.example/sso"]);
        assert_eq!(held.certificates.len(), 1);
        // Told once, however often it is fetched, and written anew each time.
        let same = description(ENTITY, "elsewhere.example", &["other"]);
        address.now_serves(same.replacen("<md:EntityDescriptor ", "<md:EntityDescriptor ID=\"_2\" ", 1));
        world.gateway.clock.advance(DAY);
        fetch_due(&world).await;
        let told = world.gateway.events(world.acme.connection.id.as_str()).await;
        assert_eq!(told.iter().filter(|event| *event == "saml_connection.metadata_held").count(), 1, "{told:?}");
        // Whoever serves the address may change it between the look and the word.
        address.now_serves(description(ENTITY, "elsewhere.example", &["idp-next"]));
        world.gateway.clock.advance(DAY);
        fetch_due(&world).await;
        let stale = accept_held_metadata(cx, &Actor::operator(), project, &now.id, &held.mark).await;
        assert!(stale.unwrap_err().to_string().contains("not the one that was shown"));
        let held = held_metadata(cx, project, &now.id).await.unwrap().unwrap();
        let accepted = accept_held_metadata(cx, &Actor::operator(), project, &now.id, &held.mark).await.unwrap();
        assert_eq!(accepted.idp_sso_redirect_url.as_deref(), Some("https://elsewhere.example/sso"));
        assert!(accepted.held_metadata.is_none());
    }

    async fn r24_a_key_that_somebody_else_publishes_is_held_where_the_connection_says_so(world: World) {
        let (world, address) = connected(world).await;
        let hold = Options { hold_metadata_changes: true, ..Options::default() }.to_stored();
        world.change(&world.acme, move |connection| connection.options = hold.clone()).await;
        address.now_serves(description(ENTITY, HOST, &["idp", "other"]));
        fetch_due(&world).await;
        assert!(row(&world).await.held_metadata.is_some(), "its endpoints are at {HOST}, it came from {}", address.url);
        assert_eq!(keys(&world).await, 1);
        // From the provider's own host it is how keys are changed.
        let own = "127.0.0.1";
        let sso_url = format!("https://{own}/sso");
        world.change(&world.acme, move |connection| {
            connection.idp_sso_redirect_url = Some(sso_url.clone());
            connection.held_metadata = None;
        }).await;
        address.now_serves(description(ENTITY, own, &["idp", "other"]));
        world.gateway.clock.advance(DAY);
        fetch_due(&world).await;
        assert_eq!((row(&world).await.held_metadata, keys(&world).await), (None, 2));
    }

    async fn r24_what_was_held_back_goes_when_the_provider_says_the_old_again(world: World) {
        let (world, address) = connected(world).await;
        let hold = Options { hold_metadata_changes: true, ..Options::default() }.to_stored();
        world.change(&world.acme, move |connection| connection.options = hold.clone()).await;
        address.now_serves(description(ENTITY, "elsewhere.example", &["other"]));
        fetch_due(&world).await;
        assert!(row(&world).await.held_metadata.is_some());
        address.now_serves(description(ENTITY, HOST, &["idp"]));
        world.gateway.clock.advance(DAY);
        fetch_due(&world).await;
        assert_eq!(row(&world).await.held_metadata, None);
    }

    async fn r24_a_retired_key_that_comes_back_is_told_and_held(world: World) {
        let (world, address) = connected(world).await;
        for keys in [["idp", "other"].as_slice(), &["idp"]] {
            address.now_serves(description(ENTITY, HOST, keys));
            fetch_due(&world).await;
            world.gateway.clock.advance(DAY);
        }
        let hold = Options { hold_metadata_changes: true, ..Options::default() }.to_stored();
        let url = format!("http://127.0.0.1/{}", address.url.rsplit('/').next().unwrap());
        world.change(&world.acme, move |connection| {
            connection.options = hold.clone();
            // Its own host, so that a new key would be none of somebody else's.
            connection.idp_sso_redirect_url = Some(url.replace("http:", "https:"));
        }).await;
        address.now_serves(description(ENTITY, "127.0.0.1", &["idp", "other"]));
        fetch_due(&world).await;
        assert!(row(&world).await.held_metadata.is_some());
        let events = world.gateway.audit(world.acme.connection.id.as_str()).await;
        let told = events.iter().rev().find(|event| event.event_name == "saml_connection.metadata_held").unwrap();
        let told: serde_json::Value = serde_json::from_str(told.after_state.as_deref().unwrap()).unwrap();
        assert_eq!((&told["retiredKeyBack"], &told["publishedElsewhere"]), (&true.into(), &false.into()), "{told}");
    }

    async fn r24_a_failed_signature_asks_the_provider_once(world: World) {
        let (mut world, address) = connected(world).await;
        address.now_serves(description(ENTITY, HOST, &["idp-next"]));
        world.acme.key = signing_key("idp-next");
        // What no key could mend does not use the fetch up.
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let weak = world.response(&world.acme, Some(&request), &Claims { assertion_id: "_weak", ..ADA });
        let weak = weak.replace("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-md5");
        let refused = world.post(&world.acme.connection.id, &mut browser, &weak).await;
        world.assert_refused(&refused, "signature_weak_algorithm").await;
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await), "the new key was fetched for this login");
        let asked = address.asked();
        world.acme.key = signing_key("other");
        for id in ["_b1", "_b2"] {
            let answer = world.log_in(&world.acme, &Claims { assertion_id: id, ..ADA }).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
        }
        assert_eq!(address.asked(), asked, "not again within ten minutes");
        world.gateway.clock.advance(10 * 60 * 1000);
        // Nor for a response that nobody here has asked for.
        let unasked = ReceivedRequest { id: "_x".into(), ..world.depart(&world.acme, &mut Browser::default()).await };
        let xml = world.response(&world.acme, Some(&unasked), &ADA);
        world.post(&world.acme.connection.id, &mut Browser::default(), &xml).await;
        assert_eq!(address.asked(), asked);
    }

    async fn the_last_certificate_is_warned_about_once_each_time(world: World) {
        let id = world.acme.connection.id.clone();
        let end = world.read(move |tx| saml_connections::keys(tx, &id)).await[0].not_after;
        let globex = world.globex.connection.id.clone();
        let disabled = move |tx: &mut Tx<'_>| {
            use vestibule::store::saml_connections as rows;
            let found = rows::keys(tx, &globex)?;
            found.iter().try_for_each(|key| rows::retire_key(tx, &key.id, key.not_after))
        };
        world.write(disabled).await;
        let mut warned = Vec::new();
        for days in [61, 60, 45, 30, 8, 7, 1] {
            let now = world.gateway.now().millis();
            world.gateway.clock.advance(end.millis() - days * DAY - now);
            warned.push(warn_of_expiry(&world.gateway.cx).await.unwrap());
        }
        assert_eq!(warned, [0, 1, 0, 1, 0, 1, 1]);
        let told = world.gateway.audit(world.acme.connection.id.as_str()).await;
        let told = told.iter().filter(|event| event.event_name == "saml_connection.certificate_expiring");
        let told = told.map(|event| serde_json::from_str(event.after_state.as_deref().unwrap()).unwrap());
        let told: Vec<serde_json::Value> = told.collect();
        let days: Vec<_> = told.iter().map(|after| after["days"].as_i64().unwrap()).collect();
        assert_eq!(days, [60, 30, 7, 1]);
        assert!(told.iter().all(|after| !after["fingerprint"].as_str().unwrap().is_empty()), "{told:?}");
        let shown = metrics(&world).await;
        for days in [60, 30, 7, 1] {
            let line = format!("vestibule_saml_certificates_ending{{days=\"{days}\"}} 1\n");
            assert!(shown.contains(&line), "{shown}");
        }
    }

    async fn r24_ended_metadata_is_told_once_and_refused_when_stale(world: World) {
        let cx = world.gateway.cx.clone();
        let address = Some("https://idp.acme.example/metadata".into());
        metadata_ends(&world, address, world.gateway.now().plus(-1)).await;
        assert_eq!(warn_of_expiry(&cx).await.unwrap(), 1);
        assert_eq!(warn_of_expiry(&cx).await.unwrap(), 0, "once");
        let told = world.gateway.events(world.acme.connection.id.as_str()).await;
        assert!(told.contains(&"saml_connection.metadata_ended".to_owned()), "{told:?}");
        assert!(metrics(&world).await.contains("vestibule_saml_metadata_ended 1\n"));
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await), "the last good copy serves");
        world.gateway.clock.advance(30 * DAY);
        let late = world.log_in(&world.acme, &Claims { assertion_id: "_late", ..ADA }).await;
        world.assert_refused(&late, "metadata_ended").await;
    }

    async fn r24_metadata_that_was_uploaded_is_refused_only_where_somebody_says_so(world: World) {
        metadata_ends(&world, None, world.gateway.now().plus(-DAY)).await;
        world.gateway.clock.advance(300 * DAY);
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
        let limit = Update { stale_metadata_days: Some(10), ..Update::default() };
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        update(cx, &Actor::operator(), project, &world.acme.connection.id, limit).await.unwrap();
        let late = world.log_in(&world.acme, &Claims { assertion_id: "_late", ..ADA }).await;
        world.assert_refused(&late, "metadata_ended").await;
    }
}
