//! What is known of providers, where it is used.

use vestibule::{
    service::{
        connections::{MetadataSource, NewSamlConnection, create_saml_connection},
        egress::Egress,
    },
    store::{groups, login_traces},
};

use super::*;
use crate::{
    sso::{ADA, Claims, signed_in},
    support::on_both_databases,
};

const LINK: &str = "http://schemas.microsoft.com/claims/groups.link";

on_both_databases! {
    async fn a_provider_is_recognised_when_a_connection_is_made(world: World) {
        let certificates = [world.acme.key.certificate_der()];
        let metadata = IdpDescription {
            entity_id: "https://sts.windows.net/0000/",
            sso_url: "https://login.microsoftonline.com/0000/saml2",
            certificates: &certificates,
        };
        let new = NewSamlConnection {
            display_name: String::new(),
            metadata: Some(MetadataSource::Document(metadata.to_xml().into_bytes()).into()),
            ..NewSamlConnection::default()
        };
        let gateway = &world.gateway;
        let (actor, egress) = (Actor::operator(), Egress::default());
        let made = create_saml_connection(&gateway.cx, &actor, &egress, &gateway.project.id, &gateway.acme.id, new);
        let made = made.await.unwrap();
        assert_eq!(made.provider, "entra");
        let subject = "http://schemas.microsoft.com/identity/claims/objectidentifier";
        assert_eq!(made.subject_attribute.as_deref(), Some(subject));
    }

    async fn default_names_of_every_provider_are_recognised(world: World) {
        let xmlsoap = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
        let (email, given, family) =
            (format!("{xmlsoap}emailaddress"), format!("{xmlsoap}givenname"), format!("{xmlsoap}surname"));
        for (number, names) in [
            [email.as_str(), &given, &family],
            ["User.Email", "User.FirstName", "User.LastName"],
            ["Email", "First Name", "Last Name"],
            ["urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:2.5.4.42", "urn:oid:2.5.4.4"],
            ["email", "firstName", "lastName"],
        ].into_iter().enumerate() {
            let (id, address) = (format!("_n{number}"), format!("p{number}@acme.example"));
            let attributes: [(&str, &[&str]); 3] =
                [(names[0], &[address.as_str()]), (names[1], &["Grace"]), (names[2], &["Hopper"])];
            let claims = Claims { assertion_id: &id, name_id: &id, format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", attributes: &attributes, ..ADA };
            assert!(signed_in(&world.log_in(&world.acme, &claims).await), "{}", names[0]);
            let user = world.find(&world.acme.organization, &address).await.unwrap();
            assert_eq!(user.display_name.as_deref(), Some("Grace Hopper"), "{}", names[1]);
        }
    }

    async fn a_groups_link_takes_nobody_out_of_a_group(world: World) {
        let of_ada = async || {
            let ada = world.find(&world.acme.organization, "ada@acme.example").await.unwrap();
            let connection = world.acme.connection.id.clone();
            world.read(move |tx| groups::saml_groups_of_user(tx, &connection, &ada.id)).await.len()
        };
        let with = |id, attributes| Claims { assertion_id: id, attributes, ..ADA };
        world.log_in(&world.acme, &with("_1", &[("groups", &["staff", "admins"])])).await;
        assert_eq!(of_ada().await, 2);
        let answer = world.log_in(&world.acme, &with("_2", &[(LINK, &["https://graph.example/x"])])).await;
        assert!(signed_in(&answer));
        assert_eq!(of_ada().await, 2, "which groups they are is not known");
        let (project, reference) = (world.gateway.project.id.clone(), answer.header("x-request-id").to_owned());
        let trace = world.read(move |tx| login_traces::find(tx, &project, &reference)).await.unwrap();
        let steps: Vec<serde_json::Value> = serde_json::from_str(&trace.steps).unwrap();
        let step = steps.iter().find(|step| step["check"] == "groups").unwrap_or_else(|| panic!("{}", trace.steps));
        assert_eq!((&step["passed"], &step["state"]), (&true.into(), &"warning".into()));
        assert!(step["detail"].as_str().unwrap().contains("a link in place of groups"), "{step}");
        world.log_in(&world.acme, &with("_3", &[])).await;
        assert_eq!(of_ada().await, 0);
    }
}
