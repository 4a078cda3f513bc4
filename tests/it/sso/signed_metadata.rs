//! Metadata that must be signed by certificates that an operator has named: a federation's.

use vestibule::{
    saml::dsig::{DigestAlgorithm, sign},
    service::connections::{
        ConnectionError, MetadataSource, NewSamlConnection, Options, Update, create_saml_connection, disable,
        set_metadata, update, warn_of_expiry,
    },
    service::setup::{activate_saml, review_saml},
};

use super::{
    refresh::{DAY, connected, fetch_due, keys, metadata_ends, row},
    *,
};
use crate::{
    saml::support::{Issued, certificate, issued, signed_inclusively},
    support::on_both_databases,
};

const ENTITY: &str = "https://idp.acme.example";

/// Acme's provider with these keys, signed by this one.
fn signed_by(signer: &str, keys: &[&str]) -> String {
    let plain = refresh::description(ENTITY, "idp.acme.example", keys);
    let with_id = plain.replacen("<md:EntityDescriptor ", "<md:EntityDescriptor ID=\"_e\" ", 1);
    sign(&with_id, "_e", &signing_key(signer), DigestAlgorithm::Sha256).unwrap()
}

fn source(document: &str) -> MetadataSource {
    MetadataSource::Document(document.as_bytes().to_vec())
}

fn code(result: Result<SamlConnection, ConnectionError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(ConnectionError::Metadata(error)) => error.code(),
        Err(other) => panic!("{other}"),
    }
}

async fn pin(world: &World, signers: &[String]) -> Result<SamlConnection, ConnectionError> {
    let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
    let pin = Update { metadata_signers: Some(signers.to_vec()), ..Update::default() };
    update(cx, &Actor::operator(), project, &world.acme.connection.id, pin).await
}

on_both_databases! {
    async fn r24_a_pinned_connection_takes_only_metadata_that_is_signed(world: World) {
        pin(&world, &[certificate("other")]).await.unwrap();
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let (actor, id) = (Actor::operator(), &world.acme.connection.id);
        let given = async |document: &str| {
            code(set_metadata(cx, &actor, &Egress::default(), project, id, source(document)).await)
        };
        let plain = refresh::description(ENTITY, "idp.acme.example", &["idp-next"]);
        assert_eq!(given(&plain).await, "metadata_unsigned");
        assert_eq!(given(&signed_by("idp", &["idp-next"])).await, "signature_invalid");
        assert_eq!(given(&signed_by("other", &["idp-next"]).replace("/sso", "/evil")).await, "signature_digest");
        assert_eq!(keys(&world).await, 1);
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await), "nothing was taken over");
        assert_eq!(given(&signed_by("other", &["idp", "idp-next"])).await, "ok");
        assert_eq!(keys(&world).await, 2);
        assert_eq!(Options::of(&row(&world).await).metadata_signers.len(), 1, "the next one must be signed too");
        // One more during a rollover changes nothing of that; one in its place does.
        for (signers, is_signed) in [(&["other", "idp-next"][..], true), (&["idp-next"], false)] {
            let signers: Vec<_> = signers.iter().map(|name| certificate(name)).collect();
            let pinned = pin(&world, &signers).await.unwrap();
            assert_eq!(Options::of(&pinned).metadata_was_signed, is_signed);
        }
        pin(&world, &[]).await.unwrap();
        assert_eq!(given(&plain).await, "ok");
    }

    async fn the_switches_for_weak_signatures_count_for_metadata_too(world: World) {
        pin(&world, &[certificate("other")]).await.unwrap();
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let (actor, id) = (Actor::operator(), &world.acme.connection.id);
        let given = async |document: &str| {
            code(set_metadata(cx, &actor, &Egress::default(), project, id, source(document)).await)
        };
        let switched = async |allow_sha1, inclusive_c14n| {
            let switch = Update { allow_sha1, inclusive_c14n, ..Update::default() };
            update(cx, &actor, project, id, switch).await.unwrap();
        };
        let plain = refresh::description(ENTITY, "idp.acme.example", &["idp-next"]);
        let with_id = plain.replacen("<md:EntityDescriptor ", "<md:EntityDescriptor ID=\"_e\" ", 1);
        let sha1 = sign(&with_id, "_e", &signing_key("other"), DigestAlgorithm::Sha1).unwrap();
        assert_eq!(given(&sha1).await, "signature_weak_algorithm");
        switched(Some(true), None).await;
        assert_eq!(given(&sha1).await, "ok");
        let inclusive = signed_inclusively(&with_id, "_e", &signing_key("other"));
        assert_eq!(given(&inclusive).await, "signature_transform");
        switched(Some(false), Some(true)).await;
        assert_eq!(given(&inclusive).await, "ok");
        assert_eq!(given(&sha1).await, "signature_weak_algorithm");
    }

    async fn r24_what_was_there_before_the_pin_does_not_go_live(world: World) {
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let (operator, id) = (Actor::operator(), &world.acme.connection.id);
        disable(cx, &operator, project, id).await.unwrap();
        pin(&world, &[certificate("other")]).await.unwrap();
        let activate = async || {
            let shown = review_saml(cx, project, id).await.unwrap().mark();
            activate_saml(cx, &operator, project, id, &shown).await
        };
        let refused = activate().await.unwrap_err();
        assert!(refused.to_string().contains("not known to be signed"), "{refused}");
        set_metadata(cx, &operator, &Egress::default(), project, id, source(&signed_by("other", &["idp"]))).await.unwrap();
        activate().await.unwrap();
    }

    async fn r24_options_that_cannot_be_read_are_no_leave_to_take_unsigned_metadata(world: World) {
        world.change(&world.acme, |connection| connection.options = "{".into()).await;
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let plain = refresh::description(ENTITY, "idp.acme.example", &["idp-next"]);
        let id = &world.acme.connection.id;
        let given = set_metadata(cx, &Actor::operator(), &Egress::default(), project, id, source(&plain)).await;
        assert_eq!(code(given), "metadata_unsigned");
        // Nor does any other change write them over.
        let other = Update { sign_requests: Some(true), ..Update::default() };
        let other = update(cx, &Actor::operator(), project, id, other).await;
        assert!(other.unwrap_err().to_string().contains("cannot be read"));
        metadata_ends(&world, None, world.gateway.now().plus(-1)).await;
        warn_of_expiry(cx).await.unwrap();
        assert_eq!(row(&world).await.options, "{");
    }

    async fn r24_who_is_named_during_a_fetch_must_have_signed_it(world: World) {
        let (world, address) = connected(world).await;
        address.now_serves(refresh::description(ENTITY, "idp.acme.example", &["idp-next"]));
        let (was_asked, go_on) = address.hold_next();
        let (cx, project, id) = (&world.gateway.cx, &world.gateway.project.id, &world.acme.connection.id);
        let name = async {
            was_asked.await.unwrap();
            pin(&world, &[certificate("other")]).await.unwrap();
            go_on.send(()).unwrap();
        };
        let source = MetadataSource::Url(address.url().to_owned());
        let actor = Actor::operator();
        let (given, ()) = tokio::join!(set_metadata(cx, &actor, &cx.egress, project, id, source), name);
        assert!(given.unwrap_err().to_string().contains("has changed meanwhile"));
        let found = row(&world).await;
        assert!(Options::of(&found).metadata_signers.len() == 1 && keys(&world).await == 1);
        assert!(signed_in(&world.log_in(&world.acme, &ADA).await), "with the key of before");
    }

    async fn r24_a_refresh_asks_for_the_signature_too(world: World) {
        let (world, address) = connected(world).await;
        pin(&world, &[certificate("other")]).await.unwrap();
        let plain = refresh::description(ENTITY, "idp.acme.example", &["idp", "idp-next"]);
        for bad in [plain, signed_by("idp", &["idp", "idp-next"])] {
            address.now_serves(bad);
            fetch_due(&world).await;
            assert!(row(&world).await.metadata_problem.is_some());
            assert_eq!(keys(&world).await, 1);
            world.gateway.clock.advance(DAY);
        }
        // Who signed it is known, wherever it comes from: a key beside the old one is not held back.
        let hold = Update { hold_metadata_changes: Some(true), ..Update::default() };
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        update(cx, &Actor::operator(), project, &world.acme.connection.id, hold).await.unwrap();
        address.now_serves(signed_by("other", &["idp", "idp-next"]));
        fetch_due(&world).await;
        let now = row(&world).await;
        assert_eq!((now.metadata_problem, now.held_metadata, keys(&world).await), (None, None, 2));
    }

    async fn a_connection_is_made_with_who_signs(world: World) {
        let (cx, project) = (&world.gateway.cx, &world.gateway.project.id);
        let organization = &world.acme.organization.id;
        let made = async |signers: &[String], document: &str| {
            let metadata_signers = signers.to_vec();
            let new =
                NewSamlConnection { metadata: Some(source(document).into()), metadata_signers, ..NewSamlConnection::default() };
            create_saml_connection(cx, &Actor::operator(), &Egress::default(), project, organization, new).await
        };
        let document = signed_by("other", &["idp"]);
        // As one file holds them during a rollover.
        let both = [format!("{}{}", certificate("idp-next"), certificate("other"))];
        assert_eq!(code(made(&both, &document).await), "ok");
        assert_eq!(code(made(&[certificate("idp-next")], &document).await), "signature_invalid");
        let rubbish = made(&["-----BEGIN CERTIFICATE-----\nAAAA\n".into()], &document).await.unwrap_err();
        assert!(rubbish.to_string().starts_with("who signs the metadata: "), "{rubbish}");
        // Whoever signs below an authority is not the authority.
        let Issued { certificate: own, authority, .. } = issued();
        let chain = made(&[own + &authority], &document).await.unwrap_err();
        assert!(chain.to_string().contains("issued another one of them"), "{chain}");
        let many = made(&[certificate("other").repeat(9)], &document).await.unwrap_err();
        assert!(many.to_string().ends_with("8 certificates at most"), "{many}");
    }
}
