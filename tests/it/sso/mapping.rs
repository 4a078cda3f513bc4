//! What an operator says of a connection's attributes, and what a login makes of it.

use serde_json::json;
use vestibule::{
    model::ids::ScimConnectionId,
    service::connections::{ConnectionError, Pairing, Update, settings, update},
    store::groups,
};

use super::{identity::scim_connection, *};
use crate::support::on_both_databases;

const EMAIL: &str = "ada@acme.example";

async fn set(world: &World, change: Update) -> Result<SamlConnection, ConnectionError> {
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    update(cx, &Actor::operator(), project, &world.acme.connection.id, change).await
}

async fn map(world: &World, pairs: &[(&str, &str)]) -> Result<SamlConnection, ConnectionError> {
    let attribute_map = pairs.iter().map(|(what, name)| ((*what).to_owned(), (*name).to_owned())).collect();
    set(world, Update { attribute_map, ..Update::default() }).await
}

fn pairing(id: &ScimConnectionId, attribute: &str) -> Update {
    let pairing = Pairing { scim_connection: id.clone(), attribute: attribute.to_owned() };
    Update { pairing: Some(Some(pairing)), ..Update::default() }
}

on_both_databases! {
    async fn a_map_of_ones_own_stands_before_the_known_names(world: World) {
        let all = [
            ("email", "post"), ("firstName", "vorname"), ("lastName", "nachname"), ("displayName", "Anzeige Name"), ("groups", "teams"),
        ];
        let row = map(&world, &all).await.unwrap();
        assert_eq!(settings(&row)["attributeMap"], json!({
            "email": "post", "firstName": "vorname", "lastName": "nachname", "displayName": "Anzeige Name", "groups": "teams",
        }));
        let claims = |id| Claims {
            assertion_id: id,
            name_id: "opaque-1",
            format: name_id::PERSISTENT,
            attributes: &[
                ("post", &[EMAIL]), ("email", &["eve@acme.example"]), ("vorname", &["Ada"]), ("firstName", &["Eve"]),
                ("nachname", &["Lovelace"]), ("lastName", &["Evil"]), ("Anzeige Name", &["The Countess"]),
                ("displayName", &["Nobody"]), ("teams", &["engines"]), ("groups", &["admins"]),
            ],
            ..ADA
        };
        assert!(signed_in(&world.log_in(&world.acme, &claims("_1")).await));
        let ada = world.find(&world.acme.organization, EMAIL).await.expect("the mapped address");
        assert_eq!(ada.given_name.as_deref(), Some("Ada"));
        assert_eq!(ada.family_name.as_deref(), Some("Lovelace"));
        assert_eq!(ada.display_name.as_deref(), Some("The Countess"));
        let connection = world.acme.connection.id.clone();
        let found = world.read(move |tx| groups::saml_groups_of_user(tx, &connection, &ada.id)).await;
        let names: Vec<_> = found.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["engines"]);
    }

    async fn an_empty_name_takes_a_mapping_away_and_leaves_the_others(world: World) {
        map(&world, &[("email", "post"), ("groups", "teams")]).await.unwrap();
        let row = map(&world, &[("email", "")]).await.unwrap();
        assert_eq!(settings(&row)["attributeMap"], json!({ "groups": "teams" }));
        let claims = Claims {
            assertion_id: "_1", name_id: "opaque-1", format: name_id::PERSISTENT, attributes: &[("email", &[EMAIL])],
            ..ADA
        };
        assert!(signed_in(&world.log_in(&world.acme, &claims).await));
        let audit = world.gateway.audit(world.acme.connection.id.as_str()).await;
        let changes = audit.last().unwrap();
        assert!(changes.before_state.as_ref().unwrap().contains("\"email\":\"post\""), "{changes:?}");
        assert!(!changes.after_state.as_ref().unwrap().contains("\"email\":\"post\""), "{changes:?}");
    }

    async fn what_is_not_known_cannot_be_mapped(world: World) {
        for (what, name) in [("mail", "mail"), ("Email", "mail"), ("", "x"), ("email", "a\nb")] {
            let refused = map(&world, &[("groups", "teams"), (what, name)]).await.unwrap_err();
            assert!(matches!(refused, ConnectionError::Invalid(_)), "{what}: {refused}");
        }
        let sentence = map(&world, &[("mail", "mail")]).await.unwrap_err().to_string();
        assert_eq!(sentence, "\"mail\" cannot be mapped; email, firstName, lastName, displayName, groups can");
        let row = map(&world, &[]).await.unwrap();
        assert_eq!(settings(&row)["attributeMap"], json!({}), "nothing of a refused change was kept");
    }

    async fn r01_an_operator_pairs_with_provisioning_and_ends_it(world: World) {
        let scim = scim_connection(&world, &world.acme.organization, false).await;
        let held = scim.clone();
        world.user(&world.acme.organization, "other@acme.example", move |user| {
            user.scim_connection_id = Some(held.clone());
            user.external_id = Some("emp-7".into());
        }).await;
        let claims = |id, subject| Claims {
            assertion_id: id, name_id: subject, format: name_id::PERSISTENT, attributes: &[("employee", &["emp-7"])],
            ..ADA
        };
        let row = set(&world, pairing(&scim, "employee")).await.unwrap();
        let told = settings(&row);
        assert_eq!((&told["pairedScimConnectionId"], &told["pairedAttribute"]), (&json!(scim), &json!("employee")));
        assert!(signed_in(&world.log_in(&world.acme, &claims("_1", "opaque-1")).await));
        let row = set(&world, Update { pairing: Some(None), ..Update::default() }).await.unwrap();
        assert_eq!((row.paired_scim_connection_id, row.paired_attribute), (None, None));
        let answer = world.log_in(&world.acme, &claims("_2", "opaque-2")).await;
        world.assert_refused(&answer, "identity_conflict").await;
    }

    async fn r04_a_connection_pairs_with_one_of_its_own_organization_alone(world: World) {
        let foreign = scim_connection(&world, &world.globex.organization, false).await;
        for (id, attribute) in [(foreign.clone(), "employee"), (ScimConnectionId::from_u128(1), "employee")] {
            let refused = set(&world, pairing(&id, attribute)).await.unwrap_err();
            assert!(matches!(refused, ConnectionError::NotFound("SCIM connection")), "{refused}");
        }
        for attribute in ["", "a\nb"] {
            let refused = set(&world, pairing(&foreign, attribute)).await.unwrap_err();
            assert!(matches!(refused, ConnectionError::Invalid(_)), "{refused}");
        }
        let row = map(&world, &[]).await.unwrap();
        assert_eq!((row.paired_scim_connection_id, row.paired_attribute), (None, None));
    }
}
