//! How an operator describes a provider: field by field, as one of several, with certificates that cannot be used, and with
//! other ones than before.

use serde_json::{Value, json};
use vestibule::{
    model::fingerprint::in_pairs,
    saml::{VerificationKey, names::binding},
    service::{
        connections::{
            ConnectionError, Description, FieldError, Options, ProviderFields, Update, accept_held_metadata,
            held_metadata, set_metadata, update,
        },
        setup::review_saml,
    },
};

use super::{
    refresh::{connected, description, fetch_due, keys, row},
    *,
};
use crate::{
    saml::support::{Issued, certificate, issued, verification_key},
    support::on_both_databases,
};

const ENTITY: &str = "https://idp.acme.example";
const CHANGED: &str = "saml_connection.certificates_changed";

/// Acme's provider, as its page shows it, with these certificates.
fn fields(certificates: &[&str]) -> ProviderFields {
    ProviderFields {
        sso_url: "https://idp.acme.example/sso".into(),
        entity_id: ENTITY.into(),
        certificates: certificates.iter().map(|name| certificate(name)).collect(),
        slo_url: String::new(),
    }
}

async fn give(world: &World, description: impl Into<Description>) -> Result<SamlConnection, ConnectionError> {
    let (cx, project, id) = (&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id);
    set_metadata(cx, &Actor::operator(), &cx.egress, project, id, description).await
}

async fn give_fields(world: &World, fields: ProviderFields) -> Result<SamlConnection, ConnectionError> {
    give(world, MetadataSource::Fields(fields)).await
}

fn document(xml: impl Into<String>) -> MetadataSource {
    MetadataSource::Document(xml.into().into_bytes())
}

/// These providers in one document.
fn federation(entities: &[(&str, &str)]) -> String {
    let each = entities.iter().map(|(entity, key)| description(entity, "idp.acme.example", &[*key]));
    let each = each.map(|xml| xml.split_once("?>").map_or(xml.clone(), |(_, rest)| rest.to_owned()));
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}</md:EntitiesDescriptor>",
        each.collect::<String>()
    )
}

/// What the last row of the audit log about Acme's connection says before and after, and who did it.
async fn told(world: &World, event: &str) -> (Value, Value, String) {
    let audit = world.gateway.audit(world.acme.connection.id.as_str()).await;
    let last = audit.into_iter().rfind(|row| row.event_name == event).expect(event);
    let read =
        |state: Option<String>| state.map_or(Value::Null, |state| serde_json::from_str(&state).unwrap());
    (read(last.before_state), read(last.after_state), last.actor_kind)
}

fn fingerprint(name: &str) -> String {
    verification_key(name).fingerprint().to_owned()
}

on_both_databases! {
    async fn a_connection_made_by_fields_rolls_its_certificate_and_logs_out(world: World) {
        let mut world = world;
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let slo_url = " https://idp.acme.example/slo".into();
        let new = NewSamlConnection {
            metadata: Some(MetadataSource::Fields(ProviderFields { slo_url, ..fields(&["idp"]) }).into()),
            ..NewSamlConnection::default()
        };
        let organization = &world.acme.organization.id;
        let made = create_saml_connection(cx, &Actor::operator(), &cx.egress, project, organization, new).await.unwrap();
        assert_eq!(made.idp_entity_id, ENTITY);
        assert_eq!(made.idp_sso_redirect_url.as_deref(), Some("https://idp.acme.example/sso"));
        assert_eq!((made.idp_slo_url.as_deref(), made.idp_sso_post_url), (Some("https://idp.acme.example/slo"), None));
        world.acme.connection.id = made.id;
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
        // The same one twice, and both in one file, are how people paste.
        let both = format!("{}\n{}", certificate("idp"), certificate("idp-next"));
        let rolling = ProviderFields { certificates: vec![both, certificate("idp"), String::new()], ..fields(&[]) };
        assert_eq!(give_fields(&world, rolling).await.unwrap().idp_slo_url, None, "no logout URL was given");
        assert_eq!(keys(&world).await, 2);
        world.acme.key = signing_key("idp-next");
        assert!(signed_in(&world.log_in(&world.acme, &Claims { assertion_id: "_a2", ..ADA }).await));
    }

    async fn a_chain_is_no_list_of_keys(world: World) {
        let mut world = world;
        let Issued { key, certificate: own, authority: above } = issued();
        for certificates in [vec![format!("{own}{above}")], vec![above.clone(), own.clone()]] {
            let given = give_fields(&world, ProviderFields { certificates, ..fields(&[]) }).await.unwrap();
            let left_out = Options::of(&given).left_out;
            assert_eq!(left_out.len(), 1, "{left_out:?}");
            let above = VerificationKey::from_text(&above).unwrap();
            assert!(left_out[0].contains(&in_pairs(above.fingerprint())), "{left_out:?}");
            let id = world.acme.connection.id.clone();
            let found = world.read(move |tx| saml_connections::keys(tx, &id)).await;
            let own = VerificationKey::from_text(&own).unwrap();
            assert_eq!(found.iter().map(|key| key.fingerprint.as_str()).collect::<Vec<_>>(), [own.fingerprint()]);
        }
        world.acme.key = key;
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
        // Two that have nothing to do with each other are two keys, and a chain beside another key is that one and its end.
        let several = vec![format!("{own}{above}"), certificate("idp")];
        let given = give_fields(&world, ProviderFields { certificates: several, ..fields(&[]) }).await.unwrap();
        assert_eq!((keys(&world).await, Options::of(&given).left_out.len()), (2, 1));
        let unrelated = vec![format!("{own}{}", certificate("idp"))];
        let given = give_fields(&world, ProviderFields { certificates: unrelated, ..fields(&[]) }).await.unwrap();
        assert_eq!((keys(&world).await, Options::of(&given).left_out.len()), (2, 0));
    }

    async fn what_cannot_be_used_of_logout_is_left_out_and_told(world: World) {
        let slo = |location: &str| {
            let service = format!("<md:SingleLogoutService Binding=\"{}\" Location=\"{location}\"/>", binding::REDIRECT);
            description(ENTITY, "idp.acme.example", &["idp"]).replacen("<md:NameIDFormat>", &format!("{service}<md:NameIDFormat>"), 1)
        };
        let row = give(&world, document(slo("/slo"))).await.unwrap();
        assert_eq!((row.idp_slo_url.as_deref(), Options::of(&row).left_out.len()), (None, 1));
        assert_eq!(Options::of(&row).left_out, ["the single logout endpoint \"/slo\" is not an https address"]);
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await));
        let row = give(&world, document(slo("https://idp.acme.example/slo"))).await.unwrap();
        assert_eq!((row.idp_slo_url.as_deref(), Options::of(&row).left_out.len()), (Some("https://idp.acme.example/slo"), 0));
    }

    async fn fields_that_cannot_be_used_change_nothing(world: World) {
        let wrong = |edit: fn(&mut ProviderFields)| {
            let mut fields = fields(&["other"]);
            edit(&mut fields);
            fields
        };
        for (fields, wanted) in [
            (wrong(|f| f.sso_url = "http://idp.acme.example/sso".into()), "the single sign-on URL must be"),
            (wrong(|f| f.slo_url = "javascript:alert(1)".into()), "the logout URL must be"),
            (wrong(|f| f.entity_id = "  ".into()), "the entity ID (issuer) is missing"),
            (wrong(|f| f.entity_id = "a\nb".into()), "the entity ID (issuer) is missing"),
            (wrong(|f| f.certificates.clear()), "the certificate cannot be read; "),
            (wrong(|f| f.certificates.push("x".into())), "the certificate cannot be read; "),
            (wrong(|f| f.certificates = vec![certificate("weak")]), "the RSA key has 1024 bits"),
        ] {
            let error = give_fields(&world, fields).await.unwrap_err();
            assert!(matches!(&error, ConnectionError::Fields(_)), "{error}");
            assert!(error.to_string().starts_with(wanted), "{error}");
        }
        let eight = ["idp", "idp-next", "other", "p256", "p384", "p521", "sp", "sp-next"];
        let mut many = fields(&eight);
        many.certificates.push(certificate("idp"));
        assert!(give_fields(&world, many.clone()).await.is_ok(), "eight, and one of them again");
        many.certificates.push(issued().certificate);
        let error = give_fields(&world, many).await.unwrap_err();
        assert!(matches!(error, ConnectionError::Fields(FieldError::TooManyCertificates)), "{error}");
    }

    async fn r24_who_must_sign_cannot_sign_fields(world: World) {
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let pin = Update { metadata_signers: Some(vec![certificate("other")]), ..Update::default() };
        update(cx, &Actor::operator(), project, &world.acme.connection.id, pin).await.unwrap();
        match give_fields(&world, fields(&["other"])).await {
            Err(ConnectionError::Metadata(error)) => assert_eq!(error.code(), "metadata_unsigned"),
            other => panic!("{other:?}"),
        }
        let new = NewSamlConnection {
            metadata: Some(MetadataSource::Fields(fields(&["idp"])).into()),
            metadata_signers: vec![certificate("other")],
            ..NewSamlConnection::default()
        };
        let organization = &world.acme.organization.id;
        let made = create_saml_connection(cx, &Actor::operator(), &cx.egress, project, organization, new).await;
        assert!(matches!(made, Err(ConnectionError::Metadata(_))));
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await), "nothing was taken over");
    }

    async fn one_of_several_providers_is_chosen_and_refreshed(world: World) {
        let (world, address) = connected(world).await;
        let two = federation(&[("https://a.example", "other"), ("https://b.example", "idp")]);
        let chosen = |source, entity_id: &str| Description { source, entity_id: Some(entity_id.into()) };
        let code = |result: Result<SamlConnection, ConnectionError>| match result {
            Err(ConnectionError::Metadata(error)) => error.code(),
            other => panic!("{other:?}"),
        };
        assert_eq!(code(give(&world, document(two.clone())).await), "metadata_several_idps");
        assert_eq!(code(give(&world, chosen(document(two.clone()), "https://c.example")).await), "metadata_idp_not_listed");
        let row = give(&world, chosen(document(two.clone()), "https://b.example")).await.unwrap();
        assert_eq!(row.idp_entity_id, "https://b.example");
        address.now_serves(two);
        let row = give(&world, chosen(MetadataSource::Url(address.url().to_owned()), "https://a.example")).await.unwrap();
        assert_eq!(row.idp_entity_id, "https://a.example");
        address.now_serves(federation(&[("https://b.example", "idp"), ("https://a.example", "idp-next")]));
        assert_eq!(fetch_due(&world).await, 1);
        let id = world.acme.connection.id.clone();
        let found = world.read(move |tx| saml_connections::keys(tx, &id)).await;
        assert_eq!(found.iter().map(|key| key.fingerprint.clone()).collect::<Vec<_>>(), [fingerprint("idp-next")]);
    }

    async fn a_certificate_that_cannot_be_used_is_told(world: World) {
        let weak = openssl::x509::X509::from_pem(certificate("weak").as_bytes()).unwrap().to_der().unwrap();
        let key = signing_key("idp");
        let certificates = [key.certificate_der(), &weak];
        let xml = IdpDescription { entity_id: ENTITY, sso_url: "https://idp.acme.example/sso", certificates: &certificates };
        let told = async || Options::of(&row(&world).await).unusable_certificates;
        give(&world, document(xml.to_xml())).await.unwrap();
        assert_eq!(told().await, ["the RSA key has 1024 bits; at least 2048 are needed"]);
        give(&world, document(description(ENTITY, "idp.acme.example", &["idp"]))).await.unwrap();
        assert!(told().await.is_empty(), "it is not in it any more");
    }

    async fn r24_a_change_of_certificates_by_hand_is_told_as_one(world: World) {
        let mark = async || review_saml(&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id).await.unwrap().mark();
        let before = mark().await;
        give(&world, document(description(ENTITY, "idp.acme.example", &["idp"]))).await.unwrap();
        let events = world.gateway.events(world.acme.connection.id.as_str()).await;
        assert!(!events.contains(&CHANGED.to_owned()), "the same ones: {events:?}");
        give(&world, document(description(ENTITY, "idp.acme.example", &["idp-next"]))).await.unwrap();
        let (old, new, actor) = told(&world, "saml_connection.updated").await;
        assert_eq!((&old["certificates"], &new["certificates"]), (&json!([fingerprint("idp")]), &json!([fingerprint("idp-next")])));
        assert_eq!(actor, "operator");
        let (_, change, actor) = told(&world, CHANGED).await;
        assert_eq!((&change["added"], &change["removed"]), (&json!([fingerprint("idp-next")]), &json!([fingerprint("idp")])));
        assert_eq!((&change["allKeysNew"], &change["newHost"]), (&json!(true), &json!(false)));
        assert_eq!((&change["publishedElsewhere"], actor.as_str()), (&json!(false), "operator"));
        assert_ne!(mark().await, before);
        let (_, made, _) = told(&world, "saml_connection.created").await;
        assert_eq!(made["certificates"], json!([fingerprint("idp")]));
    }

    async fn r24_what_was_held_back_goes_with_what_it_was_held_for(world: World) {
        let held = description(ENTITY, "elsewhere.example", &["other"]);
        let hold = async || {
            let held = held.clone();
            world.change(&world.acme, move |connection| connection.held_metadata = Some(held.clone())).await;
        };
        let (cx, project, id) = (&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id);
        let change = async |change| update(cx, &Actor::operator(), project, id, change).await.unwrap().held_metadata;
        hold().await;
        give(&world, document(description(ENTITY, "idp.acme.example", &["idp"]))).await.unwrap();
        assert_eq!(row(&world).await.held_metadata, None, "other metadata was given");
        hold().await;
        assert!(change(Update { sign_requests: Some(true), ..Update::default() }).await.is_some());
        let pin = Update { metadata_signers: Some(vec![certificate("other")]), ..Update::default() };
        assert_eq!(change(pin).await, None, "it was read without asking who signed it");
    }

    async fn r24_accepting_held_metadata_is_told_as_a_change_of_certificates(world: World) {
        let (world, address) = connected(world).await;
        let (cx, project, id) = (&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id);
        let hold = Update { hold_metadata_changes: Some(true), ..Update::default() };
        update(cx, &Actor::operator(), project, id, hold).await.unwrap();
        address.now_serves(description(ENTITY, "idp.acme.example", &["other"]));
        fetch_due(&world).await;
        let events = world.gateway.events(id.as_str()).await;
        assert!(!events.contains(&CHANGED.to_owned()), "held: {events:?}");
        let held = held_metadata(cx, project, id).await.unwrap().unwrap();
        accept_held_metadata(cx, &Actor::operator(), project, id, &held.mark).await.unwrap();
        let (old, new, _) = told(&world, "saml_connection.updated").await;
        assert_eq!((&old["certificates"], &new["certificates"]), (&json!([fingerprint("idp")]), &json!([fingerprint("other")])));
        let (_, change, actor) = told(&world, CHANGED).await;
        assert_eq!((&change["removed"], actor.as_str()), (&json!([fingerprint("idp")]), "operator"));
    }
}
