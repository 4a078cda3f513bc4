//! Who is it? (R1 to R3)

use serde_json::json;
use vestibule::{
    model::{
        ConnectionStatus, UserStatus,
        ids::{ScimApiKeyId, ScimConnectionId},
        secret::Secret,
    },
    service::directory,
    store::{
        identities, organizations,
        scim_connections::{self, ScimApiKey, ScimConnection},
        user_emails::{self, UserEmail},
    },
};

use super::*;
use crate::support::on_both_databases;

const EMAIL: &str = "ada@acme.example";

on_both_databases! {
    async fn r01_an_address_of_a_proved_domain_finds_its_user(world: World) {
        let user = world.user(&world.acme.organization, EMAIL, |_| ()).await;
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
        let connection = world.acme.connection.id.clone();
        let linked = world.read(move |tx| identities::of_user_on_saml(tx, &connection, &user.id).map(|links| !links.is_empty())).await;
        assert!(linked);
    }

    async fn r01_an_address_that_two_users_have_identifies_neither(world: World) {
        let organization = world.acme.organization.clone();
        world.user(&organization, EMAIL, |_| ()).await;
        let other = world.user(&organization, "bob@acme.example", |_| ()).await;
        let shared = |status| {
            let (mut other, organization) = (other.clone(), organization.id.clone());
            other.status = status;
            let row = UserEmail {
                user_id: other.id.clone(),
                position: 0,
                organization_id: organization.clone(),
                value: "Ada@Acme.Example".into(),
                value_folded: EMAIL.into(),
                kind: None,
                is_primary: false,
                has_value: true,
            };
            world.write(move |tx| {
                users::update(tx, &other)?;
                user_emails::replace(tx, &organization, &other.id, std::slice::from_ref(&row))
            })
        };
        shared(UserStatus::Active).await;
        let answer = world.log_in(&world.acme, &ADA).await;
        world.assert_refused(&answer, "identity_conflict").await;
        // Who has left has no mailbox.
        shared(UserStatus::Inactive).await;
        assert!(signed_in(&world.log_in(&world.acme, &Claims { assertion_id: "_a2", ..ADA }).await));
    }

    async fn r01_an_address_alone_is_not_enough_for_an_owner(world: World) {
        world.user(&world.acme.organization, EMAIL, |user| user.owner = true).await;
        let answer = world.log_in(&world.acme, &ADA).await;
        world.assert_refused(&answer, "identity_conflict").await;
    }

    async fn r01_an_address_alone_is_not_enough_for_break_glass(world: World) {
        world.user(&world.acme.organization, EMAIL, |user| user.break_glass = true).await;
        let answer = world.log_in(&world.acme, &ADA).await;
        world.assert_refused(&answer, "identity_conflict").await;
    }

    async fn r01_an_address_of_another_domain_finds_nobody(world: World) {
        world.user(&world.acme.organization, "ada@elsewhere.example", |_| ()).await;
        let answer = world.log_in(&world.acme, &Claims { name_id: "ada@elsewhere.example", ..ADA }).await;
        world.assert_refused(&answer, "identity_conflict").await;
    }

    async fn r01_a_user_who_has_an_identity_gets_no_second_one_by_address(world: World) {
        let with = |id, subject| Claims {
            assertion_id: id, name_id: subject, format: name_id::PERSISTENT, attributes: &[("email", &[EMAIL])],
            ..ADA
        };
        assert!(signed_in(&world.log_in(&world.acme, &with("_1", "subject-1")).await));
        let answer = world.log_in(&world.acme, &with("_2", "subject-2")).await;
        world.assert_refused(&answer, "identity_conflict").await;
        assert!(signed_in(&world.log_in(&world.acme, &with("_3", "subject-1")).await));
    }

    async fn r01_a_known_identity_beats_the_address(world: World) {
        let with = |id, attributes| Claims { assertion_id: id, name_id: "s-1", format: name_id::PERSISTENT, attributes, ..ADA };
        assert!(signed_in(&world.log_in(&world.acme, &with("_1", &[("email", &[EMAIL])])).await));
        world.user(&world.acme.organization, "eve@acme.example", |_| ()).await;
        assert!(signed_in(&world.log_in(&world.acme, &with("_2", &[("email", &["eve@acme.example"])])).await));
        let eve = world.find(&world.acme.organization, "eve@acme.example").await.unwrap();
        let connection = world.acme.connection.id.clone();
        assert!(!world.read(move |tx| identities::of_user_on_saml(tx, &connection, &eve.id).map(|links| !links.is_empty())).await);
    }

    async fn r01_a_pairing_finds_the_external_id_and_is_off_unless_set(world: World) {
        let scim = scim_connection(&world, &world.acme.organization, false).await;
        let held = scim.clone();
        world.user(&world.acme.organization, "other@acme.example", move |user| {
            user.scim_connection_id = Some(held.clone());
            user.external_id = Some("emp-7".into());
        }).await;
        let claims = |id| Claims {
            assertion_id: id, name_id: "opaque", format: name_id::PERSISTENT, attributes: &[("employee", &["emp-7"])],
            ..ADA
        };
        let answer = world.log_in(&world.acme, &claims("_1")).await;
        world.assert_refused(&answer, "identity_conflict").await;
        world.change(&world.acme, move |connection| {
            connection.paired_scim_connection_id = Some(scim.clone());
            connection.paired_attribute = Some("employee".into());
        }).await;
        assert!(signed_in(&world.log_in(&world.acme, &claims("_2")).await));
        let user = world.find(&world.acme.organization, "other@acme.example").await.unwrap();
        let connection = world.acme.connection.id.clone();
        assert!(world.read(move |tx| identities::of_user_on_saml(tx, &connection, &user.id).map(|links| !links.is_empty())).await);
    }

    async fn r01_a_pairing_finds_an_identifier_with_its_white_space_or_without(world: World) {
        let scim = scim_connection(&world, &world.acme.organization, false).await;
        for (email, external_id) in [("plain@acme.example", "emp-7"), ("padded@acme.example", "emp-8 ")] {
            let held = scim.clone();
            world.user(&world.acme.organization, email, move |user| {
                user.scim_connection_id = Some(held.clone());
                user.external_id = Some(external_id.into());
            }).await;
        }
        world.change(&world.acme, move |connection| {
            connection.paired_scim_connection_id = Some(scim.clone());
            connection.paired_attribute = Some("employee".into());
        }).await;
        for (id, said, found) in [("_1", "\n  emp-7\n", true), ("_2", "emp-8 ", true), ("_3", "emp-8", false)] {
            let claims = Claims {
                assertion_id: id, name_id: id, format: name_id::PERSISTENT, attributes: &[("employee", &[said])],
                ..ADA
            };
            assert_eq!(signed_in(&world.log_in(&world.acme, &claims).await), found, "{said:?}");
        }
    }

    async fn r01_a_pairing_makes_nobody_an_owner(world: World) {
        let scim = scim_connection(&world, &world.acme.organization, false).await;
        let paired = scim.clone();
        world.change(&world.acme, move |connection| {
            connection.paired_scim_connection_id = Some(paired.clone());
            connection.paired_attribute = Some("employee".into());
        }).await;
        for (email, id, owner) in [("boss@acme.example", "emp-1", true), ("spare@acme.example", "emp-2", false)] {
            let held = scim.clone();
            world.user(&world.acme.organization, email, move |user| {
                user.scim_connection_id = Some(held.clone());
                user.external_id = Some(id.into());
                (user.owner, user.break_glass) = (owner, !owner);
            }).await;
            let claims = Claims {
                assertion_id: id, name_id: id, format: name_id::PERSISTENT, attributes: &[("employee", &[id])],
                ..ADA
            };
            let answer = world.log_in(&world.acme, &claims).await;
            world.assert_refused(&answer, "identity_conflict").await;
        }
    }

    async fn r02_a_key_that_no_index_holds_is_refused(world: World) {
        let long = "\"".repeat(1_024);
        let claims = Claims { name_id: &long, format: name_id::PERSISTENT, attributes: &[("email", &[EMAIL])], ..ADA };
        let answer = world.log_in(&world.acme, &claims).await;
        world.assert_refused(&answer, "subject_too_long").await;
    }

    async fn r02_a_transient_name_is_never_a_key(world: World) {
        let claims = Claims { format: name_id::TRANSIENT, attributes: &[("email", &[EMAIL])], ..ADA };
        let answer = world.log_in(&world.acme, &claims).await;
        world.assert_refused(&answer, "transient_name_id").await;
        world.change(&world.acme, |connection| connection.subject_attribute = Some("uid".into())).await;
        let with_uid = Claims { assertion_id: "_a2", attributes: &[("email", &[EMAIL]), ("uid", &["u-1"])], ..claims.clone() };
        assert!(signed_in(&world.log_in(&world.acme, &with_uid).await));
        let without = world.log_in(&world.acme, &Claims { assertion_id: "_a3", ..claims }).await;
        world.assert_refused(&without, "subject_attribute").await;
    }

    async fn r02_the_configured_attribute_outlives_a_new_address(world: World) {
        world.change(&world.acme, |connection| connection.subject_attribute = Some("uid".into())).await;
        let first = Claims { attributes: &[("uid", &["u-1"])], ..ADA };
        assert!(signed_in(&world.log_in(&world.acme, &first).await));
        let married = Claims { assertion_id: "_a2", name_id: "ada.king@acme.example", ..first };
        assert!(signed_in(&world.log_in(&world.acme, &married).await));
        assert!(world.find(&world.acme.organization, "ada.king@acme.example").await.is_none(), "no second user");
    }

    async fn r02_qualifiers_are_part_of_a_persistent_name(world: World) {
        let claims = |id, name, email: &'static [(&'static str, &'static [&'static str])]| Claims {
            assertion_id: id, name_id: name, format: name_id::PERSISTENT, attributes: email,
            ..ADA
        };
        assert!(signed_in(&world.log_in(&world.acme, &claims("_1", "Abc", &[("email", &[EMAIL])])).await));
        // Case counts in a persistent name: this is somebody else.
        let other = world.log_in(&world.acme, &claims("_2", "abc", &[("email", &["bob@acme.example"])])).await;
        assert!(signed_in(&other));
        assert!(world.find(&world.acme.organization, "bob@acme.example").await.is_some());
        // What makes it one person's name is kept with it: another issuer's `Abc` is somebody else too.
        let user = world.find(&world.acme.organization, EMAIL).await.unwrap();
        let connection = world.acme.connection.id.clone();
        let links = world.read(move |tx| identities::of_user_on_saml(tx, &connection, &user.id)).await;
        let key = json!(["persistent", world.acme.entity_id, "", "", "Abc"]).to_string();
        assert_eq!(links.iter().map(|link| &link.subject).collect::<Vec<_>>(), [&key]);
    }

    async fn r02_one_name_under_two_qualifiers_is_two_people(world: World) {
        let log_in = async |id, qualifier: &str, email| {
            let claims = Claims {
                assertion_id: id, name_id: "Abc", format: name_id::PERSISTENT, attributes: &[("email", &[email])],
                ..ADA
            };
            let mut browser = Browser::default();
            let request = world.depart(&world.acme, &mut browser).await;
            let xml = world.response(&world.acme, Some(&request), &claims);
            let named = format!("<saml:NameID NameQualifier=\"{qualifier}\" ");
            let xml = signed_again(&world.acme, id, &xml, |xml| xml.replace("<saml:NameID ", &named));
            world.post(&world.acme.connection.id, &mut browser, &xml).await
        };
        assert!(signed_in(&log_in("_1", "east", EMAIL).await));
        assert!(signed_in(&log_in("_2", "west", "bob@acme.example").await));
        assert!(world.find(&world.acme.organization, "bob@acme.example").await.is_some(), "not Ada");
        // And whoever has the name of the first is the first, whatever address came with it.
        assert!(signed_in(&log_in("_3", "east", "eve@acme.example").await));
        assert!(world.find(&world.acme.organization, "eve@acme.example").await.is_none());
    }

    async fn r02_capitals_are_nothing_in_an_address_and_something_in_any_other_name(world: World) {
        let claims = |id, name, format, email: &'static [(&'static str, &'static [&'static str])]| Claims {
            assertion_id: id, name_id: name, format, attributes: email,
            ..ADA
        };
        let bob: &[(&str, &[&str])] = &[("email", &["bob@acme.example"])];
        let eve: &[(&str, &[&str])] = &[("email", &["eve@acme.example"])];
        let unspecified = name_id::UNSPECIFIED;
        assert!(signed_in(&world.log_in(&world.acme, &claims("_1", "e1", unspecified, bob)).await));
        assert!(signed_in(&world.log_in(&world.acme, &claims("_2", "E1", unspecified, eve)).await));
        assert!(world.find(&world.acme.organization, "eve@acme.example").await.is_some(), "not Bob");
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
        let capitals = claims("_4", "ADA@acme.example", name_id::EMAIL, &[("email", &["new@acme.example"])]);
        assert!(signed_in(&world.log_in(&world.acme, &capitals).await));
        assert!(world.find(&world.acme.organization, "new@acme.example").await.is_none(), "Ada");
    }

    async fn r01_a_name_that_does_not_say_so_is_no_address(world: World) {
        world.user(&world.acme.organization, EMAIL, |_| ()).await;
        for (id, format) in [("_1", name_id::UNSPECIFIED), ("_2", name_id::PERSISTENT)] {
            let claims = Claims { assertion_id: id, name_id: EMAIL, format, attributes: &[], ..ADA };
            let answer = world.log_in(&world.acme, &claims).await;
            world.assert_refused(&answer, "identity_conflict").await;
        }
    }

    async fn what_is_no_name_is_not_kept(world: World) {
        let long = "x".repeat(257);
        let attributes: &[(&str, &[&str])] = &[("firstName", &["A\u{85}da"]), ("lastName", &[&long])];
        assert!(signed_in(&world.log_in(&world.acme, &Claims { attributes, ..ADA }).await));
        let ada = world.find(&world.acme.organization, EMAIL).await.unwrap();
        assert_eq!((ada.given_name, ada.family_name, ada.display_name), (None, None, None));
    }

    async fn r03_an_inactive_user_is_refused_and_stays_inactive(world: World) {
        world.user(&world.acme.organization, EMAIL, |user| user.status = UserStatus::Inactive).await;
        let answer = world.log_in(&world.acme, &ADA).await;
        world.assert_refused(&answer, "user_inactive").await;
        let user = world.find(&world.acme.organization, EMAIL).await.unwrap();
        assert_eq!(user.status, UserStatus::Inactive);
        let connection = world.acme.connection.id.clone();
        let linked = world.read(move |tx| identities::of_user_on_saml(tx, &connection, &user.id).map(|links| !links.is_empty())).await;
        assert!(!linked, "a refused login leaves no link");
    }

    async fn r03_a_deleted_user_is_not_made_again(world: World) {
        let gone = |user: &mut User| user.status = UserStatus::Deleted;
        world.user(&world.acme.organization, EMAIL, gone).await;
        let answer = world.log_in(&world.acme, &ADA).await;
        world.assert_refused(&answer, "user_deleted").await;
        assert!(world.find(&world.acme.organization, EMAIL).await.is_none());
    }

    async fn r03_a_linked_user_who_was_deleted_is_refused(world: World) {
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
        let mut user = world.find(&world.acme.organization, EMAIL).await.unwrap();
        user.status = UserStatus::Deleted;
        world.write(move |tx| users::update(tx, &user)).await;
        let answer = world.log_in(&world.acme, &Claims { assertion_id: "_a2", ..ADA }).await;
        world.assert_refused(&answer, "user_deleted").await;
    }

    async fn r03_a_login_does_not_bring_back_whom_provisioning_deleted(world: World) {
        world.change(&world.acme, |connection| connection.jit_provisioning = Some(true)).await;
        let token = scim_token(&world).await;
        let claims = |id, attributes| Claims { assertion_id: id, name_id: "s-1", format: name_id::PERSISTENT, attributes, ..ADA };
        let ada = scim(&world, &token, TestRequest::post(), "", Some(EMAIL)).await;
        assert!(signed_in(&world.log_in(&world.acme, &claims("_1", &[("email", &[EMAIL])])).await));
        scim(&world, &token, TestRequest::delete(), &ada, None).await;
        let answer = world.log_in(&world.acme, &claims("_2", &[("email", &[EMAIL])])).await;
        world.assert_refused(&answer, "user_deleted").await;
        let married: &[(&str, &[&str])] = &[("email", &["ada.king@acme.example"])];
        let answer = world.log_in(&world.acme, &claims("_3", married)).await;
        world.assert_refused(&answer, "user_deleted").await;
        assert!(world.find(&world.acme.organization, "ada.king@acme.example").await.is_none());
        // Provisioned anew, she signs in as the new user.
        scim(&world, &token, TestRequest::post(), "", Some("ada.king@acme.example")).await;
        assert!(signed_in(&world.log_in(&world.acme, &claims("_4", married)).await));
        let user = world.find(&world.acme.organization, "ada.king@acme.example").await.unwrap();
        let connection = world.acme.connection.id.clone();
        assert!(world.read(move |tx| identities::of_user_on_saml(tx, &connection, &user.id).map(|links| !links.is_empty())).await);
    }

    async fn r03_a_live_scim_connection_switches_creation_off(world: World) {
        scim_connection(&world, &world.acme.organization, true).await;
        let answer = world.log_in(&world.acme, &ADA).await;
        world.assert_refused(&answer, "identity_conflict").await;
        assert!(world.find(&world.acme.organization, EMAIL).await.is_none());
        world.change(&world.acme, |connection| connection.jit_provisioning = Some(true)).await;
        assert!(signed_in(&world.log_in(&world.acme, &Claims { assertion_id: "_a2", ..ADA }).await));
    }

    async fn r03_creation_can_be_switched_off(world: World) {
        world.change(&world.acme, |connection| connection.jit_provisioning = Some(false)).await;
        let answer = world.log_in(&world.acme, &ADA).await;
        world.assert_refused(&answer, "identity_conflict").await;
    }

    async fn a_connection_switched_off_and_a_disabled_organization_sign_nobody_in(world: World) {
        let mut browser = Browser::default();
        let request = world.depart(&world.acme, &mut browser).await;
        let xml = world.response(&world.acme, Some(&request), &ADA);
        world.change(&world.acme, |connection| connection.status = ConnectionStatus::Disabled).await;
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&answer, "connection_not_usable").await;
        world.change(&world.acme, |connection| connection.status = ConnectionStatus::Enabled).await;
        let mut organization = world.acme.organization.clone();
        organization.log_in_with_saml = false;
        world.write(move |tx| organizations::update(tx, &organization)).await;
        let answer = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&answer, "method_not_allowed").await;
        assert!(world.find(&world.acme.organization, EMAIL).await.is_none(), "a refused login makes no user");
        // The flow has failed and the assertion is used up.
        let again = world.post(&world.acme.connection.id, &mut browser, &xml).await;
        world.assert_refused(&again, "request_unknown").await;
    }
}

/// A SCIM token of Acme's.
async fn scim_token(world: &World) -> String {
    let (cx, operator, project) = (&world.gateway.cx, Actor::operator(), &world.gateway.project.id);
    let made =
        directory::create_scim_api_key(cx, &operator, project, &world.acme.organization.id, "test key");
    made.await.unwrap().1.expose().to_owned()
}

/// Acme's provider creates or deletes a user; the id of the one created.
async fn scim(world: &World, token: &str, request: TestRequest, id: &str, email: Option<&str>) -> String {
    let mut request = request
        .uri(format!("/api/scim/v1/Users/{id}").trim_end_matches('/'))
        .insert_header(("authorization", format!("Bearer {token}")));
    if let Some(email) = email {
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email,
            "emails": [{ "value": email, "primary": true }],
        });
        request =
            request.insert_header(("content-type", "application/scim+json")).set_payload(user.to_string());
    }
    let answer = world.call(request).await;
    assert!(answer.status.is_success(), "{} {}", answer.status, answer.body);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    body["id"].as_str().unwrap_or_default().to_owned()
}

/// A SCIM connection of an organization, with a live token or without.
pub(super) async fn scim_connection(
    world: &World,
    organization: &Organization,
    live: bool,
) -> ScimConnectionId {
    let now = world.gateway.now();
    let connection = ScimConnection {
        id: ScimConnectionId::from_u128(77),
        organization_id: organization.id.clone(),
        display_name: "SCIM".into(),
        status: ConnectionStatus::Enabled,
        is_default: true,
        strict: false,
        provider: "generic".into(),
        hold_enabled: false,
        hold_threshold: 0,
        held_until: None,
        created_at: now,
        updated_at: now,
        requests_per_second: 100,
        custom_schemas: 0,
        alarmed_at: None,
        released_until: None,
    };
    let key = ScimApiKey {
        id: ScimApiKeyId::from_u128(78),
        organization_id: organization.id.clone(),
        scim_connection_id: connection.id.clone(),
        display_name: "token".into(),
        token_hash: Secret::new("test-only").hash(),
        token_suffix: "only".into(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        created_at: now,
        updated_at: now,
        scim_oauth_client_id: None,
        warned_at: None,
        setup_link_id: None,
    };
    let id = connection.id.clone();
    world
        .write(move |tx| {
            scim_connections::insert(tx, &connection)?;
            if live { scim_connections::insert_key(tx, &key) } else { Ok(()) }
        })
        .await;
    id
}
