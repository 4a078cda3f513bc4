//! What we ask of a provider, and the way back when it says no.

use std::collections::BTreeSet;

use super::*;
use crate::{
    sso::login::{authorize, begun},
    support::on_both_databases,
};
use vestibule::{
    model::ConnectionStatus,
    saml::{
        VerificationKey,
        binding::query_signature,
        dsig::SignaturePolicy,
        names::{name_id, ns},
        xml::tree,
    },
    service::{
        connections::{Options, Rotation, Update, rotate_sp_keys, sp_keys, update},
        directory::{OrganizationUpdate, update_organization},
    },
};

async fn set(world: &World, edit: impl Fn(&mut SamlConnection, &mut Options) + Send + Sync + 'static) {
    world
        .change(&world.acme, move |connection| {
            let mut options = Options::of(connection);
            edit(connection, &mut options);
            connection.options = options.to_stored();
        })
        .await;
}

async fn init(world: &World) -> Answer {
    let path = format!("/api/saml/v1/{}/init", world.acme.connection.id);
    world.call(TestRequest::get().uri(&path)).await
}

async fn our_key(world: &World) -> VerificationKey {
    let keys = sp_keys(&world.gateway.cx, &world.gateway.project.id).await.unwrap();
    VerificationKey::from_der(keys.signing_key(&world.gateway.cx).unwrap().certificate_der()).unwrap()
}

fn field(page: &str, name: &str) -> String {
    let at = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{page}"));
    page[at..].split('"').nth(3).unwrap().to_owned()
}

on_both_databases! {
    async fn r32_an_address_begins_so_many_logins(world: World) {
        let app = test::init_service(public_app(&world.gateway.frame())).await;
        let unknown = SamlConnectionId::from_u128(1);
        let init = format!("/api/saml/v1/{unknown}/init");
        let ask = |peer: &str, uri: &str| {
            let peer = format!("{peer}:4711").parse().unwrap();
            TestRequest::get().uri(uri).peer_addr(peer).insert_header(("host", "localhost")).to_request()
        };
        for _ in 0..1_000 {
            let answer = test::call_service(&app, ask("192.0.2.7", &init)).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        }
        for beginning in [init.as_str(), "/oauth/authorize?client_id=x"] {
            let answer = test::call_service(&app, ask("192.0.2.7", beginning)).await;
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{beginning}");
            assert_eq!(answer.headers().get("retry-after").unwrap(), "1");
            assert!(answer.headers().contains_key("x-request-id"));
        }
        let other = test::call_service(&app, ask("192.0.2.8", &init)).await;
        assert_eq!(other.status(), StatusCode::NOT_FOUND, "another address");
    }

    async fn our_metadata_says_whether_requests_are_signed(world: World) {
        let path = format!("/api/saml/v1/{}/metadata", world.acme.connection.id);
        let metadata = async || world.call(TestRequest::get().uri(&path)).await.body;
        assert!(metadata().await.contains("AuthnRequestsSigned=\"false\""));
        set(&world, |_, options| options.sign_requests = true).await;
        assert!(metadata().await.contains("AuthnRequestsSigned=\"true\""));
    }

    async fn our_metadata_names_the_format_that_is_insisted_on(world: World) {
        let path = format!("/api/saml/v1/{}/metadata", world.acme.connection.id);
        let formats = async || {
            let xml = world.call(TestRequest::get().uri(&path)).await.body;
            let doc = roxmltree::Document::parse(&xml).unwrap();
            let named = doc.descendants().filter(|n| n.has_tag_name((ns::METADATA, "NameIDFormat")));
            named.map(|n| n.text().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(formats().await, [name_id::EMAIL, name_id::PERSISTENT, name_id::UNSPECIFIED]);
        set(&world, |_, options| options.name_id_format = Some(name_id::PERSISTENT.into())).await;
        assert_eq!(formats().await, [name_id::PERSISTENT]);
    }

    async fn a_provider_that_does_better_without_is_given_nothing_to_encrypt_to(world: World) {
        let path = format!("/api/saml/v1/{}/metadata", world.acme.connection.id);
        let encrypts = async || world.call(TestRequest::get().uri(&path)).await.body.contains("use=\"encryption\"");
        assert!(encrypts().await);
        set(&world, |connection, _| connection.provider = "adfs".into()).await;
        assert!(!encrypts().await);
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        for publish in [true, false] {
            let change = Update { publish_encryption: Some(publish), ..Update::default() };
            update(cx, &Actor::operator(), project, &world.acme.connection.id, change).await.unwrap();
            assert_eq!(encrypts().await, publish);
        }
    }

    async fn what_encrypted_before_goes_on(world: World) {
        let up = [include_str!("../../../migrations/sqlite/0013_adfs_encryption/up.sql")];
        let draft = ConnectionStatus::Draft;
        for (status, provider, set) in [
            (ConnectionStatus::Enabled, "adfs", Some(true)),
            (ConnectionStatus::Disabled, "adfs", Some(true)),
            (draft, "adfs", None),
            (ConnectionStatus::Enabled, "okta", None),
        ] {
            for stored in ["{}", "{\"signMetadata\":true}"] {
                world.change(&world.acme, move |connection| {
                    connection.status = status;
                    connection.provider = provider.into();
                    connection.options = stored.into();
                }).await;
                world.gateway.database.execute(&up, &up);
                let (project, id) = (world.gateway.project.id.clone(), world.acme.connection.id.clone());
                let read = world.read(move |tx| saml_connections::find_in_project(tx, &project, &id)).await;
                let options: Options = serde_json::from_str(&read.unwrap().options).unwrap();
                assert_eq!(options.publish_encryption, set, "{status:?} {provider} {stored}");
                assert_eq!(options.sign_metadata, stored != "{}");
            }
        }
    }

    async fn our_metadata_is_signed_where_the_connection_says_so(world: World) {
        let path = format!("/api/saml/v1/{}/metadata", world.acme.connection.id);
        let plain = world.call(TestRequest::get().uri(&path)).await.body;
        assert!(!plain.contains("<ds:Signature "), "{plain}");
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let sign = Update { sign_metadata: Some(true), ..Update::default() };
        update(cx, &Actor::operator(), project, &world.acme.connection.id, sign).await.unwrap();
        // Both are published, and the older one, which every provider has, signs.
        rotate_sp_keys(cx, &Actor::operator(), project, Rotation::Begin).await.unwrap();
        for path in [path.clone(), format!("{path}?download")] {
            let xml = world.call(TestRequest::get().uri(&path)).await.body;
            let doc = roxmltree::Document::parse(&xml).unwrap();
            let root = doc.root_element();
            let descriptors = root.descendants().filter(|n| n.attribute("use") == Some("signing"));
            let published = descriptors.map(|n| n.descendants().find(|n| n.has_tag_name((ns::DSIG, "X509Certificate"))));
            let published: Vec<_> = published.map(|n| VerificationKey::from_text(n.unwrap().text().unwrap()).unwrap()).collect();
            assert_eq!(published.len(), 2, "{xml}");
            let signature = tree::only_child(root, ns::DSIG, "Signature").unwrap().expect("signed");
            let verified = vestibule::saml::dsig::verify(root, signature, &published, SignaturePolicy::default());
            assert_eq!(verified.unwrap().key.fingerprint(), our_key(&world).await.fingerprint(), "{path}");
        }
    }

    async fn a_redirect_is_signed_as_it_is_sent(world: World) {
        set(&world, |_, options| options.sign_requests = true).await;
        let answer = init(&world).await;
        let decoded = redirect::decode(answer.header("location").split_once('?').unwrap().1).unwrap();
        let keys = [our_key(&world).await];
        assert!(query_signature::verify(&decoded.signature.unwrap(), &keys, SignaturePolicy::default()).is_ok());
        // What the metadata asks for counts as well.
        set(&world, |connection, options| {
            options.sign_requests = false;
            connection.idp_wants_signed_requests = true;
        }).await;
        assert!(init(&world).await.header("location").contains("&Signature="));
    }

    async fn a_provider_with_a_form_endpoint_gets_a_form(world: World) {
        set(&world, |connection, options| {
            connection.idp_sso_redirect_url = None;
            connection.idp_sso_post_url = Some("https://idp.acme.example/sso/post".into());
            options.sign_requests = true;
        }).await;
        let page = init(&world).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("action=\"https://idp.acme.example/sso/post\""), "{}", page.body);
        assert!(page.body.contains("<button type=\"submit\">"), "it works without a script");
        assert!(page.header("content-security-policy").contains("script-src 'self'"));
        assert!(!page.header("content-security-policy").contains("form-action"));
        let xml = post::decode(&field(&page.body, "SAMLRequest")).unwrap();
        let text = String::from_utf8(xml).unwrap();
        let doc = roxmltree::Document::parse(&text).unwrap();
        let root = doc.root_element();
        let signature = tree::only_child(root, ns::DSIG, "Signature").unwrap().unwrap();
        let keys = [our_key(&world).await];
        assert!(vestibule::saml::dsig::verify(root, signature, &keys, SignaturePolicy::default()).is_ok());
        assert_eq!(tree::attribute(root, "Destination"), Some("https://idp.acme.example/sso/post"));
        let script = page.body.split("src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(world.call(TestRequest::get().uri(&script)).await.status, StatusCode::OK);
    }

    async fn a_connection_says_what_is_asked(world: World) {
        set(&world, |_, options| {
            options.name_id_format = Some(name_id::PERSISTENT.into());
            options.authn_contexts = vec!["https://refeds.org/profile/mfa".into()];
            options.login_hint_as_subject = true;
        }).await;
        let (_, request) = authorize(&world, "&login_hint=ada%40acme.example").await;
        assert_eq!(request.name_id_format.as_deref(), Some(name_id::PERSISTENT));
        assert_eq!(request.authn_contexts, ["https://refeds.org/profile/mfa"]);
        assert_eq!(request.login_hint.as_deref(), Some("ada@acme.example"));
    }

    async fn of_two_bindings_the_connection_may_prefer_the_form(world: World) {
        set(&world, |connection, _| connection.idp_sso_post_url = Some("https://idp.acme.example/sso/post".into())).await;
        let answer = init(&world).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert!(answer.header("location").starts_with("https://idp.acme.example/sso?"));
        set(&world, |connection, options| {
            connection.idp_sso_post_url = Some("https://idp.acme.example/sso/post".into());
            options.prefer_post = true;
        }).await;
        let page = init(&world).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("action=\"https://idp.acme.example/sso/post\""), "{}", page.body);
        // Of one there is nothing to prefer.
        set(&world, |_, options| options.prefer_post = true).await;
        assert_eq!(init(&world).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_provider_may_make_an_identifier_unless_the_connection_forbids_it(world: World) {
        let policy = async || {
            let answer = init(&world).await;
            let xml = redirect::decode(answer.header("location").split_once('?').unwrap().1).unwrap().xml;
            let xml = String::from_utf8(xml).unwrap();
            xml.split("AllowCreate=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
        };
        assert_eq!(policy().await, None, "without a format there is no policy");
        set(&world, |_, options| options.name_id_format = Some(name_id::PERSISTENT.into())).await;
        assert_eq!(policy().await.as_deref(), Some("true"));
        set(&world, |_, options| {
            options.name_id_format = Some(name_id::PERSISTENT.into());
            options.forbid_create = true;
        }).await;
        assert_eq!(policy().await.as_deref(), Some("false"));
    }

    async fn r04_a_provider_is_told_of_no_address_of_another_domain(world: World) {
        set(&world, |_, options| options.login_hint_as_subject = true).await;
        for other in ["gus%40globex.example", "x%40nowhere.example", "ada%40sub.acme.example", "no%20address"] {
            let (_, request) = authorize(&world, &format!("&login_hint={other}")).await;
            assert_eq!(request.login_hint, None, "{other}");
        }
        let (_, request) = authorize(&world, "&login_hint=Ada%40ACME.example").await;
        assert_eq!(request.login_hint.as_deref(), Some("Ada@ACME.example"));
    }

    async fn r11_a_context_that_was_asked_for_must_come_back(world: World) {
        set(&world, |_, options| options.authn_contexts = vec!["https://refeds.org/profile/mfa".into()]).await;
        let answer = world.log_in(&world.acme, &ADA).await;
        world.assert_refused(&answer, "authn_context_mismatch").await;
    }

    async fn r11_only_a_context_that_the_connection_names_is_a_second_factor(world: World) {
        let (cx, project, operator) = (&world.gateway.cx, &world.gateway.project.id, Actor::operator());
        let mfa = OrganizationUpdate { require_mfa: Some(true), ..OrganizationUpdate::default() };
        update_organization(cx, &operator, project, &world.gateway.acme.id, mfa).await.unwrap();
        set(&world, |_, options| options.mfa_contexts = vec!["https://refeds.org/profile/mfa".into()]).await;
        let log_in = async |id: &'static str, context: &str| {
            let claims = Claims { assertion_id: id, ..ADA };
            let mut browser = Browser::default();
            let request = world.depart(&world.acme, &mut browser).await;
            let xml = world.response(&world.acme, Some(&request), &claims);
            let xml = signed_again(&world.acme, id, &xml, |xml| {
                xml.replace("urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", context)
            });
            world.post(&world.acme.connection.id, &mut browser, &xml).await
        };
        for (id, context) in [("_1", "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"), ("_2", "https://refeds.org/profile/mfa/x")] {
            world.assert_refused(&log_in(id, context).await, "second_factor_required").await;
        }
        assert!(signed_in(&log_in("_3", "https://refeds.org/profile/mfa").await));
    }

    async fn a_refused_login_offers_the_way_back(world: World) {
        let (mut browser, request) = authorize(&world, "").await;
        let xml = world.response(&world.acme, Some(&request), &ADA).replace("ada@", "eve@");
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        let back = "https://app.example/callback?error=access_denied&#38;state=s1&#38;iss=http%3A%2F%2Flocalhost";
        assert!(answer.body.contains(back) && answer.body.contains("Back to the app"), "{}", answer.body);
    }

    async fn r12_a_draft_is_to_strangers_as_what_is_switched_off(world: World) {
        let mut pages = Vec::new();
        for (status, why) in [(ConnectionStatus::Draft, "still being set up"), (ConnectionStatus::Disabled, "not in use")] {
            world.change(&world.acme, move |connection| connection.status = status).await;
            let page = init(&world).await;
            let reference = page.header("x-request-id").to_owned();
            assert_eq!(world.reason(&page).await, "connection_not_usable");
            let (project, wanted) = (world.gateway.project.id.clone(), reference.clone());
            let trace = world.read(move |tx| login_traces::find(tx, &project, &wanted)).await.unwrap();
            assert!(trace.steps.contains(why), "the operator is told: {}", trace.steps);
            let headers: BTreeSet<_> = page.headers.keys().map(ToString::to_string).collect();
            let posted = world.post(&world.acme.connection.id, &mut Browser::default(), "<Response/>").await;
            let answered = posted.body.replace(posted.header("x-request-id"), "REF");
            pages.push((page.status, headers, page.body.replace(&reference, "REF"), posted.status, answered));
        }
        assert_eq!(pages[0], pages[1]);
    }

    async fn whoever_brings_a_message_of_a_draft_s_provider_is_told_that_it_is_one(world: World) {
        world.change(&world.acme, |connection| connection.status = ConnectionStatus::Draft).await;
        for (idp, told) in [(&world.acme, true), (&world.globex, false)] {
            let xml = world.response(idp, None, &ADA);
            let page = world.post(&world.acme.connection.id, &mut Browser::default(), &xml).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN);
            assert_eq!(page.body.contains("still being set up"), told, "{}", page.body);
        }
    }

    async fn a_connection_that_cannot_be_used_offers_the_way_back(world: World) {
        let edits: [fn(&mut SamlConnection); 3] = [
            |connection| connection.status = ConnectionStatus::Disabled,
            |connection| connection.status = ConnectionStatus::Draft,
            |connection| connection.idp_sso_redirect_url = None,
        ];
        for edit in edits {
            let (browser, init) = begun(&world, "").await;
            world.change(&world.acme, edit).await;
            let answer = world.call(browser.with_cookies(TestRequest::get().uri(&init))).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert_eq!(world.reason(&answer).await, "connection_not_usable");
            assert!(answer.body.contains("https://app.example/callback?error=access_denied&#38;state=s1"), "{}", answer.body);
            world.change(&world.acme, |_| ()).await;
        }
    }

    async fn a_silent_login_asks_nobody_and_says_so(world: World) {
        let (mut browser, request) = authorize(&world, "&prompt=none").await;
        assert!(request.is_passive && !request.force_authn);
        let xml = world.response(&world.acme, Some(&request), &ADA).replacen(
            "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode>",
            "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:NoPassive\"></samlp:StatusCode></samlp:StatusCode>",
            1,
        );
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(answer.header("location"), "https://app.example/callback?error=login_required&state=s1&iss=http%3A%2F%2Flocalhost");
    }
}
