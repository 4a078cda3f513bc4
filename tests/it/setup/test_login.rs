//! Test logins: the real way, every check shown, and nothing left behind (R23).

use vestibule::{
    saml::{
        binding::{post, redirect},
        names::name_id,
        request::{ReceivedRequest, parse},
        xml::instant,
    },
    service::connections::Options,
    store::{
        saml_connections::{self, SamlConnection},
        seal::MasterKey,
    },
};

use super::*;
use crate::{
    saml::support::{element, swap},
    sso::{ADA, Claims, Idp, signed_again, signed_in},
    support::on_both_databases,
};

impl Admin {
    /// Begins a test; what the provider receives.
    async fn begin(&mut self) -> ReceivedRequest {
        let answer = self.post("/setup/test", &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let url = answer.body.split("content=\"0;url=").nth(1).unwrap().split('"').next().unwrap();
        let url = url.replace("&#38;", "&").replace("&amp;", "&");
        parse(&redirect::decode(url.split_once('?').unwrap().1).unwrap().xml).unwrap()
    }

    /// The draft as the test's provider knows it.
    async fn idp(&self) -> Idp {
        let (project, id) = (self.world.gateway.project.id.clone(), self.connection.clone());
        let connection =
            self.world.read(move |tx| saml_connections::find_in_project(tx, &project, &id)).await;
        Idp {
            connection: connection.unwrap(),
            organization: self.world.gateway.acme.clone(),
            key: self.world.acme.key.clone(),
            entity_id: self.world.acme.entity_id,
        }
    }

    /// Changes the row of the draft.
    async fn change(&self, edit: impl FnOnce(&mut SamlConnection)) {
        let mut connection = self.idp().await.connection;
        edit(&mut connection);
        self.world.write(move |tx| saml_connections::update(tx, &connection)).await;
    }

    /// Posts an answer as the provider's page would.
    async fn answer(&mut self, xml: &str) -> Answer {
        let path = format!("/api/saml/v1/{}/acs", self.connection);
        let form = [("SAMLResponse", post::encode(xml))];
        let answer =
            self.world.call(self.browser.with_cookies(TestRequest::post().uri(&path)).set_form(form)).await;
        self.read(&path, answer)
    }

    /// A whole test whose answer is edited; the report's page.
    pub async fn test(&mut self, claims: &Claims<'_>, edit: impl Fn(String) -> String) -> String {
        let request = self.begin().await;
        let idp = self.idp().await;
        let xml = edit(self.world.response(&idp, Some(&request), claims));
        let answer = self.answer(&xml).await;
        assert_eq!(
            answer.header("location"),
            "http://localhost/setup/test",
            "{} {}",
            answer.status,
            answer.body
        );
        self.get("/setup/test").await.body
    }
}

on_both_databases! {
    async fn a_test_shows_what_the_provider_says_without_addresses(admin: Admin) {
        let mut admin = admin.described().await;
        let said = "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"/>\
                    <samlp:StatusMessage>ada@acme.example is not assigned</samlp:StatusMessage></samlp:Status>";
        let page = admin.test(&ADA, |xml| swap(&xml, &element(&xml, "samlp:Status"), said)).await;
        assert!(page.contains("[address] is not assigned") && !page.contains("ada@acme.example is"), "{page}");
    }

    async fn a_good_test_shows_every_check_and_who_was_recognised(admin: Admin) {
        let mut admin = admin.described().await;
        let page = admin.test(&ADA, |xml| xml).await;
        assert!(page.contains("The sign-in works"), "{page}");
        assert!(page.contains("ada@acme.example") && page.contains("Ada Lovelace"));
        assert!(page.contains("You are done") && page.contains("<li class=\"here done\""), "{page}");
        assert!(page.matches("Passed: ").count() >= 24, "{page}");
        assert!(!page.contains("Failed: "));
        assert_eq!(admin.get("/setup").await.header("location"), "/setup/test");
    }

    async fn a_report_that_does_not_open_is_none(admin: Admin) {
        let mut admin = admin.described().await;
        admin.test(&ADA, |xml| xml).await;
        let cx = &mut admin.world.gateway.cx;
        cx.master_key = std::sync::Arc::new(MasterKey::random(&*cx.rng));
        assert_eq!(admin.get("/setup").await.header("location"), "/setup/review");
        let page = admin.get("/setup/test").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(!page.body.contains("ada@acme.example"));
        assert!(admin.test(&ADA, |xml| xml).await.contains("The sign-in works"), "another test is shown");
    }

    async fn r02_a_provider_whose_names_do_not_stay_is_asked_for_one_that_does(admin: Admin) {
        let mut admin = admin.described().await;
        let made_up = Claims { format: name_id::TRANSIENT, ..ADA };
        let page = admin.test(&made_up, |xml| xml).await;
        assert!(page.contains("Ask for a name that stays"), "{page}");
        for _ in 0..2 {
            let answer = admin.post("/setup/test/name", &[("name", "lasting")]).await;
            assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/setup/test"));
        }
        assert_eq!(admin.begin().await.name_id_format.as_deref(), Some(name_id::PERSISTENT));
        let attributes: &[(&str, &[&str])] = &[("email", &["ada@acme.example"])];
        let stays = Claims { format: name_id::PERSISTENT, name_id: "p1", attributes, ..ADA };
        let page = admin.test(&stays, |xml| xml).await;
        assert!(page.contains("The sign-in works") && !page.contains("/test/name"), "{page}");
        // What it cannot give is asked for no more.
        let page = admin.test(&Claims { assertion_id: "_again", ..made_up }, |xml| xml).await;
        assert!(page.contains("Ask for no particular name"), "{page}");
        admin.post("/setup/test/name", &[("name", "any")]).await;
        assert_eq!(admin.begin().await.name_id_format, None);
    }

    async fn a_format_that_the_operator_has_set_is_not_offered_away(admin: Admin) {
        let mut admin = admin.described().await;
        let emails = Options { name_id_format: Some(name_id::EMAIL.into()), ..Options::default() };
        admin.change(|connection| connection.options = emails.to_stored()).await;
        let page = admin.test(&Claims { format: name_id::TRANSIENT, ..ADA }, |xml| xml).await;
        assert!(page.contains("Failed: ") && !page.contains("/test/name"), "{page}");
        admin.post("/setup/test/name", &[("name", "any")]).await;
        assert_eq!(admin.begin().await.name_id_format.as_deref(), Some(name_id::EMAIL));
    }

    async fn r23_a_test_makes_no_user_identity_or_session(admin: Admin) {
        let mut admin = admin.described().await;
        admin.test(&ADA, |xml| xml).await;
        assert!(admin.world.find(&admin.world.gateway.acme, "ada@acme.example").await.is_none());
        let session = admin.browser.with_cookies(TestRequest::get().uri("/login"));
        assert!(!admin.world.call(session).await.body.contains("You are signed in"));
        let project = admin.world.gateway.project.id.clone();
        let events = admin.world.write(move |tx| {
            vestibule::store::outbox_events::give_positions(tx, &project, 1000)?;
            vestibule::store::outbox_events::after(tx, &project, 0, 1000)
        }).await;
        for event in events {
            let kind = event.event_type.split('.').next().unwrap().to_owned();
            assert!(!["user", "identity", "session", "group"].contains(&kind.as_str()), "{}", event.event_type);
        }
    }

    async fn a_failed_check_shows_wanted_got_and_the_field(admin: Admin) {
        let mut admin = admin.described().await;
        admin.post("/setup/provider", &[("provider", "okta")]).await;
        let acs = format!("http://localhost/api/saml/v1/{}/acs", admin.connection);
        let page = admin.test(&ADA, |xml| xml.replace(&format!("Destination=\"{acs}\""), "Destination=\"https://elsewhere.example/acs\"")).await;
        assert!(page.contains("does not work yet"), "{page}");
        assert!(page.contains("https://elsewhere.example/acs") && page.contains(&acs), "{page}");
        assert!(page.contains("Single sign-on URL"), "the field by Okta\u{2019}s name");
        assert!(page.contains("When Okta shows an error of its own") && page.contains("Assignments tab"), "{page}");
        assert!(page.contains("Not reached: "));
        let page = admin.test(&ADA, |xml| xml.replace("ada@", "eve@")).await;
        assert!(page.contains("Failed: </span>It is signed with"), "{page}");
    }

    async fn an_attribute_that_identifies_and_does_not_come_is_named(admin: Admin) {
        let mut admin = admin.described().await;
        admin.change(|connection| connection.subject_attribute = Some("employee".into())).await;
        let page = admin.test(&ADA, |xml| xml).await;
        assert!(page.contains("Failed: </span>The person can be told") && page.contains("employee"), "{page}");
        assert!(page.contains("<dt>Got</dt><dd><code>missing</code>"), "{page}");
        let (failed, all) = (page.find("<h2>What failed</h2>").unwrap(), page.find("All checks").unwrap());
        assert!(failed < all && !page[..failed].contains("Passed: "), "what failed comes first: {page}");
        let two = Claims { attributes: &[("employee", &["7", "8"])], ..ADA };
        assert!(admin.test(&two, |xml| xml).await.contains("<dt>Got</dt><dd><code>2 values</code>"));
    }

    async fn what_people_are_known_by_is_set_with_the_provider_and_before_the_test(admin: Admin) {
        let mut admin = admin.opened().await;
        admin.post("/setup/provider", &[("provider", "okta")]).await;
        let metadata = admin.metadata();
        assert_eq!(admin.upload(&[("file", metadata.as_bytes())]).await.header("location"), "/setup/review");
        assert_eq!(admin.idp().await.connection.subject_attribute.as_deref(), Some("id"));
        let page = admin.test(&ADA, |xml| xml).await;
        assert!(page.contains("Let Okta send the attribute id, with one value"), "{page}");
        let known = Claims { attributes: &[("id", &["00u1"]), ("email", &["ada@acme.example"])], ..ADA };
        let page = admin.test(&known, |xml| xml).await;
        assert!(page.contains("The sign-in works"), "{page}");
        // Another provider, another attribute.
        admin.post("/setup/provider", &[("provider", "keycloak")]).await;
        assert_eq!(admin.idp().await.connection.subject_attribute, None);
        admin.post("/setup/provider", &[("provider", "entra")]).await;
        assert!(admin.idp().await.connection.subject_attribute.unwrap().ends_with("/objectidentifier"));
    }

    async fn r01_a_test_says_whom_a_real_login_would_refuse(admin: Admin) {
        let mut admin = admin.described().await;
        let page = admin.test(&ADA, |xml| xml).await;
        assert!(page.contains("Passed: </span>The organization\u{2019}s domains and rules"), "{page}");
        let elsewhere = Claims { name_id: "ada@unproved.example", ..ADA };
        admin.world.gateway.clock.advance(1000);
        let page = admin.test(&elsewhere, |xml| xml).await;
        for text in [
            "The provider is right, and this person could not sign in",
            "The domain unproved.example of the address is not proved for your organization (identity_conflict).",
            "add the domain unproved.example",
            "Passed, with a remark: </span>The organization\u{2019}s domains",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(!page.contains("The sign-in works"), "{page}");
        assert!(!page.contains("You are done") && !page.contains("class=\"here done\""), "no step that is done: {page}");
        let organization = admin.world.gateway.acme.clone();
        let change = |edit: fn(&mut vestibule::store::organizations::Organization)| {
            let mut changed = organization.clone();
            edit(&mut changed);
            changed
        };
        let required = change(|acme| acme.require_mfa = true);
        admin.world.write(move |tx| vestibule::store::organizations::update(tx, &required)).await;
        let page = admin.test(&ADA, |xml| xml).await;
        assert!(page.contains("requires a second factor") && page.contains("second_factor_required"), "{page}");
        let off = change(|acme| acme.log_in_with_saml = false);
        admin.world.write(move |tx| vestibule::store::organizations::update(tx, &off)).await;
        assert!(admin.test(&ADA, |xml| xml).await.contains("does not allow single sign-on (method_not_allowed)"));
    }

    async fn r11_a_test_asks_and_checks_what_a_login_would(admin: Admin) {
        let mut admin = admin.described().await;
        let options = |class: &str| Options { authn_contexts: vec![class.into()], ..Options::default() }.to_stored();
        admin.change(|connection| {
            connection.force_authn = true;
            connection.options = options("https://refeds.org/profile/mfa");
        }).await;
        let request = admin.begin().await;
        assert!(request.force_authn);
        assert_eq!(request.authn_contexts, ["https://refeds.org/profile/mfa"]);
        let page = admin.test(&ADA, |xml| xml).await;
        assert!(page.contains("Failed: </span>The way of signing in"), "{page}");
        assert!(page.contains("https://refeds.org/profile/mfa") && page.contains("PasswordProtectedTransport"), "{page}");
        admin.change(|connection| {
            connection.options = options("urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport");
        }).await;
        let idp = admin.idp().await;
        let (now, hour) = (admin.world.gateway.now().to_datetime(), time::Duration::hours(1));
        let old = |xml: String| {
            let [now, before] = [now, now - hour].map(instant::format);
            let edit = |xml: String| xml.replace(&format!("AuthnInstant=\"{now}"), &format!("AuthnInstant=\"{before}"));
            signed_again(&idp, ADA.assertion_id, &xml, edit)
        };
        let page = admin.test(&ADA, old).await;
        assert!(page.contains("Failed: </span>The sign-in is as recent as asked for"), "{page}");
        assert!(admin.test(&ADA, |xml| xml).await.contains("The sign-in works"));
        // Where nobody forces it, that session will do.
        admin.change(|connection| connection.force_authn = false).await;
        assert!(!admin.begin().await.force_authn);
        assert!(admin.test(&ADA, old).await.contains("The sign-in works"));
    }

    async fn a_whole_name_is_read_where_the_provider_sends_it_so(admin: Admin) {
        let mut admin = admin.described().await;
        let name = ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", &["Ada of Lovelace"][..]);
        let claims = Claims { attributes: &[name], ..ADA };
        for (provider, shown) in [("authentik", true), ("entra", false)] {
            admin.change(|connection| {
                provider.clone_into(&mut connection.provider);
                connection.subject_attribute = None;
            }).await;
            admin.world.gateway.clock.advance(1000);
            let page = admin.test(&claims, |xml| xml).await;
            assert_eq!(page.contains("<dt>Name</dt><dd>Ada of Lovelace</dd>"), shown, "{provider}: {page}");
        }
    }

    async fn a_groups_link_is_reported(admin: Admin) {
        let mut admin = admin.described().await;
        let link = ("http://schemas.microsoft.com/claims/groups.link", &["https://graph.example/x"][..]);
        let page = admin.test(&Claims { attributes: &[link], ..ADA }, |xml| xml).await;
        assert!(page.contains("Passed, with a remark: </span>Groups were recognised"), "{page}");
        assert!(page.contains("a link in place of groups, because the person is in more than 150"), "{page}");
        let page = admin.test(&ADA, |xml| xml).await;
        assert!(page.contains("No groups came") && !page.contains("a link in place of groups"), "{page}");
    }

    async fn r24_a_test_fails_on_metadata_that_ended_long_ago(admin: Admin) {
        let mut admin = admin.described().await;
        let now = admin.world.gateway.now();
        let ended = |days: i64| move |connection: &mut SamlConnection| {
            connection.metadata_url = Some("https://idp.acme.example/metadata".into());
            connection.metadata_valid_until = Some(now.plus(-days * 24 * 60 * 60 * 1000));
        };
        admin.change(ended(29)).await;
        assert!(admin.test(&ADA, |xml| xml).await.contains("The sign-in works"));
        admin.change(ended(31)).await;
        let page = admin.test(&ADA, |xml| xml).await;
        assert!(page.contains("Failed: </span>What you handed over of the provider is still good"), "{page}");
        assert!(page.contains("Not reached: </span>The answer is well-formed XML") && !page.contains("Passed: "), "{page}");
    }

    async fn a_test_is_answered_once_and_in_its_own_browser(admin: Admin) {
        let mut admin = admin.described().await;
        let request = admin.begin().await;
        let idp = admin.idp().await;
        let xml = admin.world.response(&idp, Some(&request), &ADA);
        let mut other = Browser::default();
        std::mem::swap(&mut admin.browser, &mut other);
        // A draft takes no login; whoever pressed the provider's own test button is told what to press.
        let stray = admin.answer(&xml).await;
        refused(&stray, StatusCode::FORBIDDEN, "This connection is still being set up");
        assert!(stray.body.contains("press Test sign-in") && !stray.body.contains("/setup"), "{}", stray.body);
        assert!(!stray.body.contains("Acme") && stray.body.contains(stray.header("x-request-id")), "{}", stray.body);
        std::mem::swap(&mut admin.browser, &mut other);
        assert_eq!(admin.answer(&xml).await.header("location"), "http://localhost/setup/test");
        assert_eq!(admin.answer(&xml).await.status, StatusCode::FORBIDDEN);
    }

    async fn tests_in_three_tabs_are_three_tests(admin: Admin) {
        let mut admin = admin.described().await;
        let idp = admin.idp().await;
        let (first, second, third) = (admin.begin().await, admin.begin().await, admin.begin().await);
        let answered = |request, id, name_id| {
            admin.world.response(&idp, Some(request), &Claims { assertion_id: id, name_id, ..ADA })
        };
        let first = answered(&first, "_1", "ada@acme.example");
        let second = answered(&second, "_2", "eve@acme.example");
        let third = answered(&third, "_3", "bob@acme.example");
        for (xml, who) in [(&second, "eve@"), (&third, "bob@"), (&first, "ada@")] {
            admin.world.gateway.clock.advance(1000);
            assert_eq!(admin.answer(xml).await.header("location"), "http://localhost/setup/test");
            let page = admin.get("/setup/test").await.body;
            assert!(page.contains("The sign-in works") && page.contains(who), "the one that came last: {page}");
        }
        assert_eq!(admin.answer(&second).await.status, StatusCode::FORBIDDEN, "once");
    }

    async fn what_answers_a_test_of_before_does_not_end_the_one_that_waits(admin: Admin) {
        let mut admin = admin.described().await;
        let idp = admin.idp().await;
        let waits = async |admin: &mut Admin, id| {
            let request = admin.begin().await;
            admin.world.response(&idp, Some(&request), &Claims { assertion_id: id, ..ADA })
        };
        // One that has ended in another tab, and one that took too long.
        let ended = waits(&mut admin, "_1").await;
        let late = waits(&mut admin, "_2").await;
        assert_eq!(admin.answer(&ended).await.status, StatusCode::SEE_OTHER);
        admin.world.gateway.clock.advance(9 * 60 * 1000);
        let good = waits(&mut admin, "_3").await;
        assert_eq!(admin.answer(&ended).await.status, StatusCode::FORBIDDEN);
        admin.world.gateway.clock.advance(60_000);
        refused(&admin.answer(&late).await, StatusCode::FORBIDDEN, "ends more than ten minutes after it began");
        assert_eq!(admin.answer(&good).await.header("location"), "http://localhost/setup/test");
        assert!(admin.get("/setup/test").await.body.contains("The sign-in works"));
    }

    async fn r32_a_browser_runs_so_many_tests(admin: Admin) {
        let mut admin = admin.described().await;
        let name = format!("__Host-vestibule_setup_test_{}", admin.connection);
        let mut first = None;
        for number in 1..=7 {
            let request = admin.begin().await;
            first.get_or_insert(request);
            let held = admin.browser.value(&name).unwrap().split('.').count();
            assert_eq!(held, number.min(5));
        }
        let idp = admin.idp().await;
        let forgotten = admin.world.response(&idp, first.as_ref(), &ADA);
        refused(&admin.answer(&forgotten).await, StatusCode::FORBIDDEN, "press Test sign-in there");
    }

    async fn a_test_in_progress_leaves_other_logins_alone(admin: Admin) {
        let mut admin = admin.described().await;
        admin.begin().await;
        let request = admin.world.depart(&admin.world.acme, &mut admin.browser).await;
        let xml = admin.world.response(&admin.world.acme, Some(&request), &ADA);
        let id = admin.world.acme.connection.id.clone();
        assert!(signed_in(&admin.world.post(&id, &mut admin.browser, &xml).await));
    }

    async fn a_test_needs_metadata(admin: Admin) {
        let mut admin = admin.opened().await;
        refused(&admin.post("/setup/test", &[]).await, StatusCode::CONFLICT, "metadata first");
        assert_eq!(admin.get("/setup/review").await.header("location"), "/setup/metadata");
    }

    async fn garbage_is_a_failed_test_and_no_panic(admin: Admin) {
        let mut admin = admin.described().await;
        for xml in ["", "x", "<a/>", "<samlp:Response/>"] {
            admin.begin().await;
            if xml.is_empty() { continue; }
            assert_eq!(admin.answer(xml).await.header("location"), "http://localhost/setup/test");
            assert!(admin.get("/setup/test").await.body.contains("Failed: "));
        }
    }
}
