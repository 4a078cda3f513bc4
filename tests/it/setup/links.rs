//! The link itself (R23).

use vestibule::{
    model::{ConnectionStatus, OrganizationStatus, ids::ProjectId},
    service::{
        directory::set_organization_status,
        installation,
        provisioning::admin::oauth,
        roles::{self, MappedConnection, NewRole, NewRoleMapping, Source},
        setup::{
            Capability, Part, SetupError, Tested, activate_saml, list_setup_links, review_saml,
            revoke_setup_link, setup_progress,
        },
    },
    store::{organizations, saml_connections, scim_connections, setup_links, users},
};

use super::*;
use crate::{sso::ADA, support::on_both_databases};

on_both_databases! {
    async fn r23_a_link_is_exchanged_for_a_cookie_and_the_address_holds_no_secret(admin: Admin) {
        let mut admin = admin;
        let path = format!("/setup/{}", admin.token);
        let answer = admin.get(&path).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/setup"));
        let cookie = answer.header("set-cookie").to_owned();
        assert!(cookie.starts_with(&format!("__Host-vestibule_{}=", admin.link.id)) && cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
        assert!(!cookie.contains(&admin.token));
        assert_eq!(admin.get("/setup").await.header("location"), "/setup/provider");
        let page = admin.get("/setup/provider").await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert!(page.body.contains(r#"data-initials="ME""#) && page.body.contains("/assets/filter-"), "{}", page.body);
        assert!(page.body.contains("From your\nfirst choice on, the set-up link works in this browser only, until "), "{}", page.body);
        assert!(page.body.contains("Microsoft Entra ID") && page.body.contains("Acme") && !page.body.contains(&admin.token));
        assert_eq!(admin.world.gateway.events(admin.link.id.as_str()).await, ["setup_link.created", "setup_link.opened"]);
    }

    async fn r23_a_link_ends_after_seven_days_at_most(admin: Admin) {
        let mut admin = admin.opened().await;
        let (cx, gateway) = (&admin.world.gateway.cx, &admin.world.gateway);
        let long = NewSetupLink { lifetime: Some(8 * 24 * 60 * 60 * 1000), ..NewSetupLink::saml() };
        let made = create_setup_link(cx, &Actor::operator(), &gateway.project.id, &gateway.acme.id, long).await;
        assert_eq!(made.unwrap_err().code(), "invalid_input");
        admin.world.gateway.clock.advance(7 * 24 * 60 * 60 * 1000);
        refused(&admin.get("/setup/provider").await, StatusCode::UNAUTHORIZED, "open your set-up link again");
        let path = format!("/setup/{}", admin.token);
        refused(&admin.get(&path).await, StatusCode::GONE, "has ended");
        refused(&admin.get("/setup/vestibule_setup_no").await, StatusCode::NOT_FOUND, "copied whole");
    }

    async fn r23_a_link_that_is_in_use_opens_in_no_other_browser(admin: Admin) {
        let mut admin = admin.opened().await;
        let (path, mut scanned) = (format!("/setup/{}", admin.token), Browser::default());
        std::mem::swap(&mut admin.browser, &mut scanned);
        // A mail scanner came first: the person's browser takes over as long as nothing was changed.
        assert_eq!(admin.get(&path).await.header("location"), "/setup");
        assert_eq!(admin.post("/setup/provider", &[("provider", "okta")]).await.header("location"), "/setup/values");
        std::mem::swap(&mut admin.browser, &mut scanned);
        refused(&admin.get("/setup/provider").await, StatusCode::UNAUTHORIZED, "open your set-up link again");
        refused(&admin.get(&path).await, StatusCode::FORBIDDEN, "another browser");
        std::mem::swap(&mut admin.browser, &mut scanned);
        assert_eq!(admin.get(&path).await.header("location"), "/setup");
    }

    async fn how_far_a_link_is_can_be_told(admin: Admin) {
        let mut admin = admin.opened().await;
        let (cx, project) = (admin.world.gateway.cx.clone(), admin.world.gateway.project.id.clone());
        let acme = admin.world.gateway.acme.id.clone();
        let words = async || setup_progress(&cx, &project, &acme).await.unwrap()[0].in_words();
        assert_eq!(words().await, "");
        admin.post("/setup/provider", &[("provider", "keycloak")]).await;
        assert_eq!(words().await, "keycloak");
        let metadata = admin.metadata();
        admin.upload(&[("file", metadata.as_bytes())]).await;
        admin.test(&ADA, |xml| xml.replace("ada@", "eve@")).await;
        assert_eq!(words().await, "keycloak, described, test to be repeated");
        admin.world.gateway.clock.advance(1000);
        admin.test(&ADA, |xml| xml).await;
        let found = setup_progress(&cx, &project, &acme).await.unwrap();
        assert_eq!(found[0].in_words(), "keycloak, described, tested");
        assert_eq!(found[0].saml_draft, Some(admin.connection.clone()));
        let nobody = setup_progress(&cx, &ProjectId::from_u128(1), &acme).await;
        assert_eq!(nobody.unwrap_err().code(), "connection_unusable");
    }

    async fn r23_two_links_in_one_browser_have_a_session_each(admin: Admin) {
        let mut admin = admin.opened().await;
        let (cx, gateway) = (admin.world.gateway.cx.clone(), &admin.world.gateway);
        let (project, globex) = (gateway.project.id.clone(), gateway.globex.id.clone());
        let other = create_setup_link(&cx, &Actor::operator(), &project, &globex, NewSetupLink::saml()).await.unwrap();
        let (first, first_base) = (format!("/setup/{}", admin.token), admin.base.clone());
        admin.post("/setup/provider", &[("provider", "okta")]).await;
        // In another tab.
        admin.get(&format!("/setup/{}", other.token.expose())).await;
        assert!(admin.get("/setup/provider").await.body.contains("Globex"));
        admin.post("/setup/provider", &[("provider", "entra")]).await;
        // The first tab goes on with its own, although it was used and another was opened since.
        let second_base = std::mem::replace(&mut admin.base, first_base);
        let page = admin.get("/setup/values").await.body;
        assert!(page.contains("Acme") && page.contains("Okta") && !page.contains("Globex"), "{page}");
        let metadata = admin.metadata();
        assert_eq!(admin.upload(&[("file", metadata.as_bytes())]).await.header("location"), "/setup/review");
        assert_eq!(admin.get(&first).await.header("location"), "/setup", "it opens again");
        admin.base = second_base;
        let page = admin.get("/setup/review").await;
        assert_eq!(page.header("location"), "/setup/metadata", "nothing was handed over here: {}", page.body);
        // The session of one link opens no page of another.
        let own = admin.browser.value(&format!("__Host-vestibule_{}", admin.link.id)).unwrap();
        let foreign = format!("__Host-vestibule_{}={own}", other.link.id);
        let request = TestRequest::get().uri(&admin.at("/setup/provider")).insert_header((header::COOKIE, foreign));
        assert_eq!(admin.world.call(request).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn r23_a_link_never_changes_a_live_connection(admin: Admin) {
        let mut admin = admin.described().await;
        let metadata = admin.metadata();
        let (cx, project) = (admin.world.gateway.cx.clone(), admin.world.gateway.project.id.clone());
        let shown = review_saml(&cx, &project, &admin.connection).await.unwrap().mark();
        let live = activate_saml(&cx, &Actor::operator(), &project, &admin.connection, &shown).await;
        assert_eq!(live.unwrap().status, ConnectionStatus::Enabled);
        refused(&admin.upload(&[("file", metadata.as_bytes())]).await, StatusCode::CONFLICT, "is live");
        refused(&admin.post("/setup/provider", &[("provider", "okta")]).await, StatusCode::CONFLICT, "is live");
        let late = admin.post("/setup/test", &[]).await;
        refused(&late, StatusCode::CONFLICT, "is live");
        assert!(late.body.contains("href=\"/setup\"") && late.body.contains("Back to the set-up"), "{}", late.body);
        assert_eq!(admin.get("/setup").await.header("location"), "/setup/review");
        for page in ["provider", "values", "metadata", "review", "test"] {
            let body = admin.get(&format!("/setup/{page}")).await.body;
            assert!(body.contains("Single sign-on is live: people of Acme sign in through"), "{page}: {body}");
            for what_does_not_work in ["<form", "Nothing is live", "Hand over something else", "I have entered"] {
                assert!(!body.contains(what_does_not_work), "{page}: {what_does_not_work}: {body}");
            }
        }
        assert_eq!(admin.get("/setup/metadata/choice").await.header("location"), "/setup/review");
        let again = NewSetupLink { saml: Part::Draft(admin.connection.clone()), ..NewSetupLink::default() };
        let made = create_setup_link(&cx, &Actor::operator(), &project, &admin.world.gateway.acme.id, again).await;
        assert!(matches!(made, Err(SetupError::ConnectionNotDraft)));
    }

    async fn r23_a_link_does_what_it_names_and_no_more(admin: Admin) {
        let (cx, gateway) = (&admin.world.gateway.cx, &admin.world.gateway);
        let named = NewSetupLink { capabilities: vec![Capability::ConfigureSaml], ..NewSetupLink::saml() };
        let made = create_setup_link(cx, &Actor::operator(), &gateway.project.id, &gateway.acme.id, named).await;
        let token = made.unwrap().token.expose().to_owned();
        let mut admin = Admin { token, ..admin }.described().await;
        refused(&admin.post("/setup/test", &[]).await, StatusCode::FORBIDDEN, "does not allow");
        assert_eq!(admin.post("/setup/provider", &[("provider", "okta")]).await.status, StatusCode::SEE_OTHER);
    }

    async fn r23_a_link_that_was_revoked_shows_everybody_out(admin: Admin) {
        let mut admin = admin.opened().await;
        let (cx, project) = (admin.world.gateway.cx.clone(), admin.world.gateway.project.id.clone());
        let (link, tokens) = revoke_setup_link(&cx, &Actor::operator(), &project, &admin.link.id).await.unwrap();
        assert_eq!((link.revoked_at.is_some(), tokens), (true, 0));
        refused(&admin.get("/setup/provider").await, StatusCode::UNAUTHORIZED, "open your set-up link again");
        let path = format!("/setup/{}", admin.token);
        refused(&admin.get(&path).await, StatusCode::GONE, "has ended");
        // Nor does a change go through that had begun before.
        let (session, id, now) = (link.session_hash.clone().unwrap(), link.id.clone(), admin.world.gateway.now());
        assert!(!admin.world.write(move |tx| setup_links::bind(tx, &id, &session, now)).await);
        // Once more changes nothing.
        let again = revoke_setup_link(&cx, &Actor::operator(), &project, &admin.link.id).await.unwrap();
        assert_eq!(again.0.revoked_at, link.revoked_at);
        let events = admin.world.gateway.events(admin.link.id.as_str()).await;
        assert_eq!(events, ["setup_link.created", "setup_link.opened", "setup_link.revoked"]);
        let of = &admin.world.gateway;
        let listed = list_setup_links(&cx, &project, &of.acme.id).await.unwrap();
        assert_eq!(listed.iter().map(|link| link.id.clone()).collect::<Vec<_>>(), [admin.link.id.clone()]);
        assert!(list_setup_links(&cx, &project, &of.globex.id).await.unwrap().is_empty());
        let other = revoke_setup_link(&cx, &Actor::operator(), &ProjectId::from_u128(1), &admin.link.id).await;
        assert_eq!(other.unwrap_err().code(), "connection_unusable", "another project has no such link");
    }

    async fn r23_a_link_of_an_organization_that_is_switched_off_opens_nothing(admin: Admin) {
        let mut admin = admin.opened().await;
        let (cx, operator) = (admin.world.gateway.cx.clone(), Actor::operator());
        let (project, acme) = (admin.world.gateway.project.id.clone(), admin.world.gateway.acme.id.clone());
        let set = |status| set_organization_status(&cx, &operator, &project, &acme, status);
        set(OrganizationStatus::Disabled).await.unwrap();
        let (path, metadata) = (format!("/setup/{}", admin.token), admin.metadata());
        for answer in [
            admin.get(&path).await,
            admin.get("/setup/provider").await,
            admin.post("/setup/provider", &[("provider", "okta")]).await,
            admin.upload(&[("file", metadata.as_bytes())]).await,
        ] {
            refused(&answer, StatusCode::FORBIDDEN, "This organization is switched off");
        }
        let made = create_setup_link(&cx, &operator, &project, &acme, NewSetupLink::saml()).await;
        assert_eq!(made.unwrap_err().code(), "setup_organization_disabled");
        set(OrganizationStatus::Active).await.unwrap();
        assert_eq!(admin.post("/setup/provider", &[("provider", "okta")]).await.header("location"), "/setup/values");
    }

    async fn links_to_a_draft_that_nobody_used_are_one_after_the_other(admin: Admin) {
        let (cx, gateway) = (admin.world.gateway.cx.clone(), &admin.world.gateway);
        let (project, acme) = (gateway.project.id.clone(), gateway.acme.id.clone());
        let make = async |new| create_setup_link(&cx, &Actor::operator(), &project, &acme, new).await.unwrap();
        let second = make(NewSetupLink::saml()).await;
        assert_eq!(second.link.saml_connection_id, Some(admin.connection.clone()));
        assert_eq!(second.in_place_of, std::slice::from_ref(&admin.link.id));
        let first = format!("/setup/{}", admin.token);
        let token = second.token.expose().to_owned();
        let mut admin = Admin { token, ..admin }.opened().await;
        refused(&admin.get(&first).await, StatusCode::GONE, "has ended");
        // A link for more takes it over; one for less would take the rest away.
        let both = make(NewSetupLink::both()).await;
        assert_eq!(both.link.saml_connection_id, Some(admin.connection.clone()));
        let less = make(NewSetupLink::scim()).await;
        assert_ne!(less.link.scim_connection_id, both.link.scim_connection_id);
        assert!(less.in_place_of.is_empty());
        // Once somebody has begun, the draft is theirs.
        let token = both.token.expose().to_owned();
        let mut admin = Admin { token, ..admin }.opened().await;
        admin.post("/setup/provider", &[("provider", "okta")]).await;
        let third = make(NewSetupLink::both()).await;
        assert_eq!(third.in_place_of, std::slice::from_ref(&less.link.id), "and what was left is taken up");
        let (acme, in_project) = (admin.world.gateway.acme.id.clone(), project.clone());
        let names = admin.world.read(move |tx| {
            let saml = saml_connections::find_in_project(tx, &in_project, &third.link.saml_connection_id.unwrap())?;
            let scim = scim_connections::list(tx, &acme)?;
            Ok((saml.unwrap().display_name, scim.into_iter().map(|one| one.display_name).collect::<Vec<_>>()))
        });
        let (saml, mut scim) = names.await;
        scim.sort();
        assert_eq!((saml.as_str(), scim), ("SAML 2", vec!["SCIM".into(), "SCIM 2".into()]));
        assert_eq!(admin.get("/setup/provider").await.status, StatusCode::OK);
    }

    async fn a_draft_that_somebody_has_a_secret_for_is_not_handed_on(admin: Admin) {
        let (cx, gateway) = (admin.world.gateway.cx.clone(), &admin.world.gateway);
        let (actor, project, acme) = (Actor::operator(), gateway.project.id.clone(), gateway.acme.id.clone());
        let make = async || {
            let made = create_setup_link(&cx, &actor, &project, &acme, NewSetupLink::scim()).await.unwrap();
            (made.link.scim_connection_id.unwrap(), made.in_place_of.len())
        };
        let (first, _) = make().await;
        assert_eq!(make().await, (first.clone(), 1));
        oauth::create_client(&cx, &actor, &project, &acme, &first, "Entra").await.unwrap();
        let (second, ended) = make().await;
        assert_ne!(second, first);
        assert_eq!(ended, 0);
    }

    async fn r23_a_draft_that_roles_are_mapped_for_is_not_handed_on(admin: Admin) {
        let (cx, gateway) = (admin.world.gateway.cx.clone(), &admin.world.gateway);
        let (actor, project, acme) = (Actor::operator(), gateway.project.id.clone(), gateway.acme.id.clone());
        let made = async |new| create_setup_link(&cx, &actor, &project, &acme, new).await.unwrap();
        let (name, description) = ("editor".into(), String::new());
        let editor = NewRole { name, display_name: None, description, organization: None };
        roles::create_role(&cx, &actor, &project, editor).await.unwrap();
        let first = made(NewSetupLink::both()).await.link;
        let (saml, scim) = (first.saml_connection_id.unwrap(), first.scim_connection_id.unwrap());
        let (connection, source) = (MappedConnection::Saml(saml.clone()), Source::Group("staff".into()));
        let new = NewRoleMapping { connection, source, role: "editor".into() };
        roles::create_mapping(&cx, &actor, &project, &acme, new).await.unwrap();
        let second = made(NewSetupLink::both()).await;
        assert_ne!(second.link.saml_connection_id, Some(saml));
        // The link to both still opens, and keeps its other half.
        assert_ne!(second.link.scim_connection_id, Some(scim));
        assert!(second.in_place_of.is_empty());
        let third = made(NewSetupLink::both()).await;
        assert_eq!(third.in_place_of, [second.link.id], "the second draft is as it was made");
    }

    async fn a_link_is_forgotten_a_month_after_its_end_unless_its_token_lives(admin: Admin) {
        let mut admin = admin;
        let (cx, project) = (admin.world.gateway.cx.clone(), admin.world.gateway.project.id.clone());
        let (actor, acme) = (Actor::operator(), admin.world.gateway.acme.id.clone());
        let made = create_setup_link(&cx, &actor, &project, &acme, NewSetupLink::both()).await.unwrap();
        let kept = made.link.id.clone();
        admin = Admin { token: made.token.expose().to_owned(), ..admin }.opened().await;
        assert_eq!(admin.post("/setup/scim/token", &[]).await.status, StatusCode::OK);
        let links = async || {
            installation::forget_expired(&cx).await.unwrap();
            let links = list_setup_links(&cx, &project, &acme).await.unwrap();
            links.into_iter().map(|link| link.id).collect::<Vec<_>>()
        };
        const DAY: i64 = 24 * 60 * 60 * 1000;
        admin.world.gateway.clock.advance(37 * DAY);
        assert!(links().await.contains(&admin.link.id));
        admin.world.gateway.clock.advance(1);
        assert_eq!(links().await, std::slice::from_ref(&kept));
        revoke_setup_link(&cx, &actor, &project, &kept).await.unwrap();
        assert!(links().await.is_empty());
    }

    async fn a_link_is_for_something(admin: Admin) {
        let (cx, gateway) = (&admin.world.gateway.cx, &admin.world.gateway);
        let (actor, nothing) = (Actor::operator(), NewSetupLink::default());
        let made = create_setup_link(cx, &actor, &gateway.project.id, &gateway.acme.id, nothing).await;
        assert_eq!(made.unwrap_err().code(), "invalid_input");
        let mut admin = admin.opened().await;
        for path in ["/setup/scim", "/setup/scim/check", "/setup/scim/requests", "/setup/scim/preview"] {
            refused(&admin.get(path).await, StatusCode::FORBIDDEN, "not for that");
        }
        refused(&admin.post("/setup/scim/token", &[]).await, StatusCode::FORBIDDEN, "does not allow");
        refused(&admin.post("/setup/scim/check", &[]).await, StatusCode::FORBIDDEN, "does not allow");
    }

    async fn before_a_connection_is_made_live_one_can_ask_whether_it_was_tested(admin: Admin) {
        let mut admin = admin.described().await;
        let (cx, project) = (admin.world.gateway.cx.clone(), admin.world.gateway.project.id.clone());
        let connection = admin.connection.clone();
        let tested = async || review_saml(&cx, &project, &connection).await.unwrap().tested;
        assert_eq!(tested().await, Tested::Never);
        admin.test(&ADA, |xml| xml.replace("ada@", "eve@")).await;
        assert!(matches!(tested().await, Tested::Failed(_)));
        admin.world.gateway.clock.advance(1000);
        admin.test(&ADA, |xml| xml).await;
        assert!(matches!(tested().await, Tested::Passed(_)));
        admin.world.gateway.clock.advance(1000);
        admin.post("/setup/provider", &[("provider", "okta")]).await;
        assert!(matches!(tested().await, Tested::PassedBefore(_)));
        let page = admin.get("/setup/test").await.body;
        assert!(page.contains("Test it once more") && !page.contains("The sign-in works"), "{page}");
    }

    async fn a_draft_without_a_provider_is_not_activated(admin: Admin) {
        let (cx, project) = (&admin.world.gateway.cx, &admin.world.gateway.project.id);
        let shown = review_saml(cx, project, &admin.connection).await.unwrap().mark();
        let error = activate_saml(cx, &Actor::operator(), project, &admin.connection, &shown).await.unwrap_err();
        assert!(error.to_string().contains("metadata"), "{error}");
    }

    async fn r23_only_what_was_looked_at_goes_live(admin: Admin) {
        let mut admin = admin.described().await;
        admin.test(&ADA, |xml| xml).await;
        let (cx, project) = (admin.world.gateway.cx.clone(), admin.world.gateway.project.id.clone());
        let (operator, id) = (Actor::operator(), admin.connection.clone());
        let shown = async || review_saml(&cx, &project, &id).await.unwrap().mark();
        let activate = async |mark: &str| activate_saml(&cx, &operator, &project, &id, mark).await;
        let before = shown().await;
        assert_eq!(before, shown().await);
        // Whoever has the link describes another provider, in the same moment.
        let other = admin.metadata().replace("https://idp.acme.example", "https://idp.evil.example");
        assert_eq!(admin.upload(&[("file", other.as_bytes())]).await.status, StatusCode::SEE_OTHER);
        let error = activate(&before).await.unwrap_err();
        assert_eq!(error.code(), "connection_changed_since_review");
        let row = review_saml(&cx, &project, &id).await.unwrap();
        assert_eq!(row.connection.status, ConnectionStatus::Draft);
        assert_eq!(row.connection.idp_entity_id, "https://idp.evil.example");
        // So does a test that came between.
        let before = shown().await;
        admin.world.gateway.clock.advance(1000);
        admin.test(&ADA, |xml| xml.replace("ada@", "eve@")).await;
        assert_eq!(activate(&before).await.unwrap_err().code(), "connection_changed_since_review");
        assert_eq!(activate(&shown().await).await.unwrap().status, ConnectionStatus::Enabled);
    }

    async fn forms_of_other_sites_are_refused(admin: Admin) {
        let admin = admin.opened().await;
        for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
            let request = TestRequest::post().uri(&admin.at("/setup/provider")).insert_header((name, value));
            let request = admin.browser.with_cookies(request).set_form([("provider", "okta")]);
            refused(&admin.world.call(request).await, StatusCode::FORBIDDEN, "another site");
        }
        let connection = admin.connection.clone();
        let (project, id) = (admin.world.gateway.project.id.clone(), connection);
        let row = admin.world.read(move |tx| saml_connections::find_in_project(tx, &project, &id)).await.unwrap();
        assert_eq!(row.provider, "generic");
    }

    async fn without_a_link_there_is_nothing(admin: Admin) {
        let mut admin = admin;
        for path in ["/setup", "/setup/provider", "/setup/values", "/setup/metadata", "/setup/review", "/setup/test"] {
            refused(&admin.get(path).await, StatusCode::UNAUTHORIZED, "open your set-up link again");
        }
        let organization = admin.world.gateway.acme.id.clone();
        let (project, id) = (admin.world.gateway.project.id.clone(), organization.clone());
        assert!(admin.world.read(move |tx| organizations::find(tx, &project, &id)).await.is_some());
        assert!(admin.world.read(move |tx| users::list(tx, &organization, "x@acme.example", 1)).await.is_empty());
    }
}
