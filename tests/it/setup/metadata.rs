//! Handing metadata over: the ways that work, and what people hand over instead.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

use openssl::{pkey::PKey, rsa::Rsa};
use vestibule::{
    model::fingerprint::in_pairs,
    saml::{
        VerificationKey,
        dsig::{DigestAlgorithm, sign},
        metadata::SpMetadata,
    },
    service::connections::{Update, update},
    store::{Tx, saml_connections},
};

use super::*;
use crate::{
    saml::support::{Issued, certificate, issued, signing_key, verification_key},
    support::on_both_databases,
};

/// Answers the next requests with this body, on the loopback.
fn serve(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        if let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4096]);
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    format!("http://{address}/metadata")
}

/// The metadata of so many providers in one document, each like Acme's and with a name of its own.
fn federation(admin: &Admin, count: usize) -> String {
    let one = admin.metadata();
    let one = one.split_once("?>").map_or(one.as_str(), |(_, rest)| rest);
    let own = admin.world.acme.entity_id;
    let many = (0..count).map(|number| {
        one.replacen(
            &format!("entityID=\"{own}\""),
            &format!("entityID=\"https://idp{number}.example/&quot;&lt;\""),
            1,
        )
    });
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}</md:EntitiesDescriptor>",
        many.collect::<String>()
    )
}

/// Whose provider the draft is for, and the attribute that its people are known by.
async fn known_by(admin: &Admin) -> (String, Option<String>) {
    let (project, id) = (admin.world.gateway.project.id.clone(), admin.connection.clone());
    let find = move |tx: &mut Tx<'_>| saml_connections::find_in_project(tx, &project, &id);
    let row = admin.world.read(find).await.unwrap();
    (row.provider, row.subject_attribute)
}

on_both_databases! {
    async fn every_way_leads_to_the_same_draft(admin: Admin) {
        let mut admin = admin.opened().await;
        let metadata = admin.metadata();
        let url = serve("200 OK", metadata.clone());
        let certificate = certificate("idp");
        let fields: [(&str, &[u8]); 3] = [
            ("sso_url", b"https://idp.acme.example/sso"),
            ("entity_id", b"https://idp.acme.example"),
            ("certificate", certificate.as_bytes()),
        ];
        let ways: [&[(&str, &[u8])]; 4] =
            [&[("file", metadata.as_bytes())], &[("metadata", metadata.as_bytes())], &[("url", url.as_bytes())], &fields];
        for way in ways {
            let answer = admin.upload(way).await;
            assert_eq!(answer.header("location"), "/setup/review", "{}: {}", way[0].0, answer.body);
            let page = admin.get("/setup/review").await;
            for text in ["https://idp.acme.example/sso", "SHA-256 ", "SHA-1 thumbprint ", "Valid"] {
                assert!(page.body.contains(text), "{text}: {}", page.body);
            }
        }
        let events = admin.world.gateway.events(admin.connection.as_str()).await;
        assert_eq!(events.len(), 5, "each change is recorded: {events:?}");
    }

    async fn what_was_refused_gives_way_to_what_is_given_next(admin: Admin) {
        let mut admin = admin.opened().await;
        let metadata = admin.metadata();
        let bad = b"http://127.0.0.1:9/nobody";
        let refused_as = |answer: &Answer| {
            let (_, rest) = answer.body.split_once("name=\"refused\" value=\"").expect("what was refused is marked");
            rest.split('"').next().unwrap().to_owned()
        };
        let first = admin.upload(&[("url", bad)]).await;
        refused(&first, StatusCode::BAD_REQUEST, "cannot be reached");
        let mark = refused_as(&first);
        // The page fills the address in again; the file that is chosen now is what is meant.
        let way = [("url", &bad[..]), ("refused", mark.as_bytes()), ("file", metadata.as_bytes())];
        assert_eq!(admin.upload(&way).await.header("location"), "/setup/review");
        let way = [("url", &bad[..]), ("refused", mark.as_bytes()), ("metadata", metadata.as_bytes())];
        assert_eq!(admin.upload(&way).await.header("location"), "/setup/review");
        // What is wrong then takes the address off the page, or it would come first the time after.
        let way = [("url", &bad[..]), ("refused", mark.as_bytes()), ("metadata", b"<a/>")];
        let second = admin.upload(&way).await;
        refused(&second, StatusCode::BAD_REQUEST, "not SAML metadata");
        assert!(!second.body.contains("127.0.0.1:9"), "{}", second.body);
        // An address that was corrected counts again.
        let url = serve("200 OK", metadata.clone());
        let way = [("url", url.as_bytes()), ("refused", mark.as_bytes()), ("metadata", b"<a/>")];
        assert_eq!(admin.upload(&way).await.header("location"), "/setup/review");
        // And what was refused is tried again where there is nothing else.
        let again = admin.upload(&[("url", bad), ("refused", mark.as_bytes())]).await;
        refused(&again, StatusCode::BAD_REQUEST, "cannot be reached");
    }

    async fn every_way_is_on_the_page_whoever_the_provider_is(admin: Admin) {
        let mut admin = admin.opened().await;
        for (provider, best) in [("google", false), ("entra", true)] {
            admin.post("/setup/provider", &[("provider", provider)]).await;
            let page = admin.get("/setup/metadata").await.body;
            for field in ["name=\"url\"", "name=\"file\"", "name=\"metadata\"", "name=\"sso_url\""] {
                assert!(page.contains(field), "{provider}: {field}");
            }
            assert_eq!(page.contains("The best way"), best, "{provider}");
        }
    }

    async fn fields_hold_a_second_certificate_and_a_logout_url(admin: Admin) {
        let mut admin = admin.opened().await;
        let (now, next) = (certificate("idp"), certificate("idp-next"));
        let fields = |slo_url: &'static [u8]| -> [(&str, Vec<u8>); 5] {
            [
                ("sso_url", b"https://idp.acme.example/sso".to_vec()),
                ("entity_id", b"https://idp.acme.example".to_vec()),
                ("certificate", now.clone().into_bytes()),
                ("next_certificate", next.clone().into_bytes()),
                ("slo_url", slo_url.to_vec()),
            ]
        };
        let wrong = fields(b"http://idp.acme.example/<slo>");
        let answer = admin.upload(&wrong.each_ref().map(|(name, value)| (*name, value.as_slice()))).await;
        refused(&answer, StatusCode::BAD_REQUEST, "The logout URL must be an https address.");
        assert!(answer.body.contains("http://idp.acme.example/&#60;slo&#62;"), "it is shown again: {}", answer.body);
        assert_eq!(answer.body.matches("-----BEGIN CERTIFICATE-----\n").count(), 2, "both are: {}", answer.body);
        let right = fields(b"https://idp.acme.example/slo");
        let answer = admin.upload(&right.each_ref().map(|(name, value)| (*name, value.as_slice()))).await;
        assert_eq!(answer.header("location"), "/setup/review", "{}", answer.body);
        let page = admin.get("/setup/review").await;
        assert!(page.body.contains("https://idp.acme.example/slo"), "{}", page.body);
        for name in ["idp", "idp-next"] {
            let fingerprint = in_pairs(verification_key(name).fingerprint());
            assert!(page.body.contains(&fingerprint), "{name}: {}", page.body);
        }
        // With which keys the draft says who signs in, before and after, is on record.
        let audit = admin.world.gateway.audit(admin.connection.as_str()).await;
        let last = audit.last().unwrap();
        let (before, after) = (last.before_state.as_ref().unwrap(), last.after_state.as_ref().unwrap());
        assert!(before.contains("\"certificates\":[]"), "{before}");
        assert!(after.contains(verification_key("idp-next").fingerprint()), "{after}");
    }

    async fn a_certificate_that_cannot_be_used_is_shown_at_the_review(admin: Admin) {
        let mut admin = admin.opened().await;
        let key = &admin.world.acme.key;
        let weak = openssl::x509::X509::from_pem(certificate("weak").as_bytes()).unwrap().to_der().unwrap();
        let certificates = [key.certificate_der(), &weak];
        let (entity_id, sso_url) = (admin.world.acme.entity_id, "https://idp.acme.example/sso");
        let metadata = IdpDescription { entity_id, sso_url, certificates: &certificates }.to_xml();
        admin.upload(&[("file", metadata.as_bytes())]).await;
        let page = admin.get("/setup/review").await;
        let notice = "A certificate in the metadata cannot be used: the RSA key has 1024 bits; at least 2048 are needed.";
        assert!(page.body.contains(notice), "{}", page.body);
    }

    async fn what_is_left_out_is_shown_at_the_review(admin: Admin) {
        let mut admin = admin.opened().await;
        let Issued { certificate, authority, .. } = issued();
        let chain = certificate + &authority;
        let fields: [(&str, &[u8]); 3] = [
            ("sso_url", b"https://idp.acme.example/sso"),
            ("entity_id", b"https://idp.acme.example"),
            ("certificate", chain.as_bytes()),
        ];
        assert_eq!(admin.upload(&fields).await.header("location"), "/setup/review");
        let page = admin.get("/setup/review").await.body;
        let above = in_pairs(VerificationKey::from_text(&authority).unwrap().fingerprint());
        let notice = format!("Not everything was taken over: the certificate with the SHA-256 fingerprint {above} issued another");
        assert!(page.contains(&notice), "{page}");
        assert_eq!(page.matches("SHA-1 thumbprint ").count(), 1, "{page}");
    }

    async fn a_draft_whose_metadata_must_be_signed_takes_no_other(admin: Admin) {
        let mut admin = admin.opened().await;
        let (cx, project) = (&admin.world.gateway.cx, &admin.world.gateway.project.id);
        let pin = Update { metadata_signers: Some(vec![certificate("other")]), ..Update::default() };
        update(cx, &Actor::operator(), project, &admin.connection, pin).await.unwrap();
        let plain = admin.metadata();
        let url = serve("200 OK", plain.clone());
        let certificate = certificate("idp");
        let fields: [(&str, &[u8]); 3] = [
            ("sso_url", b"https://idp.acme.example/sso"),
            ("entity_id", b"https://idp.acme.example"),
            ("certificate", certificate.as_bytes()),
        ];
        let ways: [&[(&str, &[u8])]; 3] = [&[("file", plain.as_bytes())], &[("url", url.as_bytes())], &fields];
        for way in ways {
            refused(&admin.upload(way).await, StatusCode::BAD_REQUEST, "signed");
        }
        let with_id = plain.replacen("<md:EntityDescriptor ", "<md:EntityDescriptor ID=\"_e\" ", 1);
        let signed = sign(&with_id, "_e", &signing_key("other"), DigestAlgorithm::Sha256).unwrap();
        let answer = admin.upload(&[("file", signed.as_bytes())]).await;
        assert_eq!(answer.header("location"), "/setup/review", "{}", answer.body);
    }

    async fn wrong_files_get_a_sentence_that_helps(admin: Admin) {
        let mut admin = admin.opened().await;
        let sp = SpMetadata { entity_id: "https://x", acs_url: "https://x/acs", ..SpMetadata::default() }.to_xml();
        let certificate = certificate("idp");
        for (file, sentence) in [
            (&b"<!doctype html><html><body>Sign in</body></html>"[..], "web page"),
            (sp.as_bytes(), "service provider"),
            (b"{\"issuer\": \"https://x\"}", "SAML metadata is XML"),
            (certificate.as_bytes(), "certificate"),
            (b"hello", "not XML"),
            (b"\0\0\0", "not XML"),
            (b"<a/>", "not SAML metadata"),
        ] {
            refused(&admin.upload(&[("file", file)]).await, StatusCode::BAD_REQUEST, sentence);
        }
        for (file, sentence) in [
            (&b"%PDF-1.7 x"[..], "This is a PDF"),
            (b"PK\x03\x04x", "an archive"),
            (b"\xff\xfe<\0a\0/\0>\0", "save it as UTF-8"),
            (&admin.metadata().into_bytes()[..600], "copy the whole"),
        ] {
            refused(&admin.upload(&[("file", file)]).await, StatusCode::BAD_REQUEST, sentence);
        }
        refused(&admin.upload(&[("file", b"")]).await, StatusCode::BAD_REQUEST, "The file that you chose is empty");
        refused(&admin.upload(&[("url", b"")]).await, StatusCode::BAD_REQUEST, "one of the four");
        let large = vec![b'x'; 50 * 1024 * 1024];
        refused(&admin.upload(&[("file", &large)]).await, StatusCode::PAYLOAD_TOO_LARGE, "too large");
        let fields: [(&str, &[u8]); 3] = [("sso_url", b"javascript:alert(1)"), ("entity_id", b"x"), ("certificate", b"x")];
        let answer = admin.upload(&fields).await;
        refused(&answer, StatusCode::BAD_REQUEST, "https address");
        assert_eq!(answer.body.matches("aria-invalid").count(), 1, "the field that is wrong: {}", answer.body);
        let fields: [(&str, &[u8]); 3] = [("sso_url", b"https://x/sso"), ("entity_id", b"x"), ("certificate", b"<x>")];
        let answer = admin.upload(&fields).await;
        refused(&answer, StatusCode::BAD_REQUEST, "BEGIN CERTIFICATE");
        assert!(answer.body.contains("&#60;x&#62;"), "what was typed is shown again, escaped");
    }

    async fn our_own_values_are_recognised_where_they_come_back(admin: Admin) {
        let mut admin = admin.opened().await;
        let of_ours = format!("http://localhost/api/saml/v1/{}", admin.connection);
        let own = admin.get(&format!("/api/saml/v1/{}/metadata", admin.connection)).await.body;
        let acs = format!("{of_ours}/acs");
        let certificate = certificate("idp");
        let fields: [(&str, &[u8]); 3] =
            [("sso_url", acs.as_bytes()), ("entity_id", b"x"), ("certificate", certificate.as_bytes())];
        let address = format!("{of_ours}/metadata");
        let ways: [&[(&str, &[u8])]; 3] = [&[("file", own.as_bytes())], &[("url", address.as_bytes())], &fields];
        for way in ways {
            refused(&admin.upload(way).await, StatusCode::BAD_REQUEST, "belongs into your identity provider");
        }
    }

    async fn an_address_of_the_provider_may_name_us(admin: Admin) {
        let mut admin = admin.opened().await;
        // As PingFederate's does.
        let url = format!("{}?PartnerSpId=http://localhost/api/saml/v1/{}", serve("200 OK", admin.metadata()), admin.connection);
        let answer = admin.upload(&[("url", url.as_bytes())]).await;
        assert_eq!(answer.header("location"), "/setup/review", "{}", answer.body);
        let certificate = certificate("idp");
        let entity = format!("http://localhost/api/saml/v1/{}", admin.connection);
        let fields: [(&str, &[u8]); 3] =
            [("sso_url", b"https://x.example/sso"), ("entity_id", entity.as_bytes()), ("certificate", certificate.as_bytes())];
        refused(&admin.upload(&fields).await, StatusCode::BAD_REQUEST, "belongs into your identity provider");
    }

    async fn a_private_key_is_told_and_never_shown_again(admin: Admin) {
        let mut admin = admin.opened().await;
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let pem = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap() + &certificate("idp");
        let der = key.private_key_to_der().unwrap();
        for name in ["certificate_file", "certificate"] {
            let fields: [(&str, &[u8]); 3] =
                [("sso_url", b"https://x.example/sso"), ("entity_id", b"x"), (name, pem.as_bytes())];
            refused(&admin.upload(&fields).await, StatusCode::BAD_REQUEST, "holds a private key");
        }
        let fields: [(&str, &[u8]); 3] =
            [("sso_url", b"https://x.example/sso"), ("entity_id", b"x"), ("certificate_file", &der)];
        let answer = admin.upload(&fields).await;
        refused(&answer, StatusCode::BAD_REQUEST, "BEGIN CERTIFICATE");
        assert!(!answer.body.contains("MII"), "{}", answer.body);
        let answer = admin.upload(&[("file", &der)]).await;
        assert!(!answer.body.contains("This is a certificate"), "{}", answer.body);
    }

    async fn a_certificate_may_be_a_file_or_one_line(admin: Admin) {
        let mut admin = admin.opened().await;
        let pem = certificate("idp");
        let der = openssl::x509::X509::from_pem(pem.as_bytes()).unwrap().to_der().unwrap();
        let line = pem.replace('\n', " ");
        let ways: [(&str, &[u8]); 4] = [
            ("certificate_file", &der), ("certificate_file", pem.as_bytes()), ("certificate_file", line.as_bytes()),
            ("certificate", line.as_bytes()),
        ];
        for (name, certificate) in ways {
            let fields: [(&str, &[u8]); 3] =
                [("sso_url", b"https://x.example/sso"), ("entity_id", b"x"), (name, certificate)];
            let answer = admin.upload(&fields).await;
            assert_eq!(answer.header("location"), "/setup/review", "{name}: {}", answer.body);
        }
    }

    async fn r25_what_is_fetched_is_never_shown(admin: Admin) {
        let mut admin = admin.opened().await;
        for (status, body) in [
            ("200 OK", "<secret-of-the-inside/>"),
            ("200 OK", "{\"secret-of-the-inside\": 1}"),
            ("500 No", "secret-of-the-inside"),
            ("302 Found", "secret-of-the-inside"),
        ] {
            let url = serve(status, body.to_owned());
            let answer = admin.upload(&[("url", url.as_bytes())]).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            assert!(!answer.body.contains("secret-of-the-inside"), "{}", answer.body);
        }
        // What is inside of the network cannot be told from what is not there.
        let mut sentences = Vec::new();
        for url in ["https://10.0.0.1/", "https://no-such-host.invalid/", "https://[fd00::1]/"] {
            let answer = admin.upload(&[("url", url.as_bytes())]).await;
            let problem = answer.body.split("role=\"alert\">").nth(1).unwrap().split("</p>").next().unwrap();
            sentences.push(problem.to_owned());
        }
        sentences.dedup();
        assert_eq!(sentences.len(), 1, "{sentences:?}");
    }

    async fn metadata_of_another_provider_than_the_chosen_one_is_told(admin: Admin) {
        let mut admin = admin.opened().await;
        admin.post("/setup/provider", &[("provider", "okta")]).await;
        let idp = &admin.world.acme;
        let certificates = [idp.key.certificate_der()];
        let entra = IdpDescription {
            entity_id: "https://sts.windows.net/3f2504e0-4f89-11d3-9a0c-0305e82c3301/",
            sso_url: "https://login.microsoftonline.com/3f2504e0-4f89-11d3-9a0c-0305e82c3301/saml2",
            certificates: &certificates,
        }
        .to_xml();
        assert_eq!(admin.upload(&[("file", entra.as_bytes())]).await.header("location"), "/setup/review");
        let warning = "You chose Okta, and this looks like metadata of Microsoft Entra ID";
        let page = admin.get("/setup/review").await.body;
        assert!(page.contains(warning) && page.contains("I use Microsoft Entra ID"), "{page}");
        assert!(page.contains("href=\"/setup/test\""), "one may go on: {page}");
        // The right file says nothing of its provider: the choice counts, and nothing of the wrong file stays.
        let right = admin.metadata();
        let by_entra = known_by(&admin).await;
        assert!(by_entra.1.unwrap().ends_with("/objectidentifier"));
        admin.upload(&[("file", right.as_bytes())]).await;
        assert!(!admin.get("/setup/review").await.body.contains("You chose"));
        let now = known_by(&admin).await;
        assert_eq!(now.0, "okta");
        assert!(!now.1.unwrap_or_default().ends_with("/objectidentifier"));
        admin.upload(&[("file", entra.as_bytes())]).await;
        admin.post("/setup/provider", &[("provider", "entra")]).await;
        assert!(!admin.get("/setup/review").await.body.contains("You chose"));
        admin.post("/setup/provider", &[("provider", "okta")]).await;
        assert!(admin.get("/setup/review").await.body.contains(warning), "also where the choice comes after");
        admin.post("/setup/provider", &[("provider", "generic")]).await;
        assert!(!admin.get("/setup/review").await.body.contains("You chose"));
    }

    async fn of_several_providers_one_is_chosen_from_a_list(admin: Admin) {
        let mut admin = admin.opened().await;
        let url = serve("200 OK", federation(&admin, 3));
        for way in [("file", federation(&admin, 120)), ("metadata", federation(&admin, 60)), ("url", url)] {
            let answer = admin.upload(&[(way.0, way.1.as_bytes())]).await;
            assert_eq!(answer.header("location"), "/setup/metadata/choice", "{}", answer.body);
            let page = admin.get("/setup/metadata/choice").await;
            assert!(page.body.contains("https://idp0.example/&#34;&#60;"), "escaped: {}", page.body);
            assert!(page.body.matches("name=\"entity_id\"").count() <= 50);
            let found = admin.get("/setup/metadata/choice?q=IDP2.example").await;
            assert_eq!(found.body.matches("name=\"entity_id\"").count(), 1, "{}", found.body);
            assert!(admin.get("/setup/metadata/choice?q=nobody").await.body.contains("None of them matches"));
            let unknown = admin.post("/setup/metadata/choice", &[("entity_id", "https://elsewhere.example")]).await;
            assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{}", unknown.body);
            let chosen = [("entity_id", "https://idp2.example/\"<")];
            let answer = admin.post("/setup/metadata/choice", &chosen).await;
            assert_eq!(answer.header("location"), "/setup/review", "{}", answer.body);
            assert!(admin.get("/setup/review").await.body.contains("https://idp2.example/&#34;&#60;"));
            // What was chosen from is forgotten.
            assert_eq!(admin.get("/setup/metadata/choice").await.header("location"), "/setup/metadata");
            refused(&admin.post("/setup/metadata/choice", &chosen).await, StatusCode::CONFLICT, "metadata first");
        }
    }

    async fn r25_a_link_fetches_metadata_so_often_and_no_more(admin: Admin) {
        let mut admin = admin.opened().await;
        for number in 0..31 {
            let answer = admin.upload(&[("url", b"http://127.0.0.1:9/nobody")]).await;
            let sentence = if number < 30 { "cannot be reached" } else { "often enough" };
            refused(&answer, StatusCode::BAD_REQUEST, sentence);
        }
        let metadata = admin.metadata();
        assert_eq!(admin.upload(&[("file", metadata.as_bytes())]).await.header("location"), "/setup/review");
    }

    async fn the_values_carry_the_names_of_the_provider(admin: Admin) {
        let mut admin = admin.opened().await;
        let connection = admin.connection.clone();
        for (provider, name) in [("okta", "Audience URI (SP Entity ID)"), ("entra", "Identifier (Entity ID)"), ("google", "ACS URL")] {
            assert_eq!(admin.post("/setup/provider", &[("provider", provider)]).await.header("location"), "/setup/values");
            let page = admin.get("/setup/values").await;
            assert!(page.body.contains(name), "{provider}");
            assert!(page.body.contains(&format!("http://localhost/api/saml/v1/{connection}/acs")));
        }
        admin.post("/setup/provider", &[("provider", "auth0")]).await;
        let page = admin.get("/setup/values").await.body;
        let recipient = format!("&#34;recipient&#34;: &#34;http://localhost/api/saml/v1/{connection}/acs&#34;");
        assert!(page.contains(&recipient) && page.contains("rsa-sha256") && !page.contains("{acs_url}"), "{page}");
        refused(&admin.post("/setup/provider", &[("provider", "nobody")]).await, StatusCode::BAD_REQUEST, "from the list");
    }
}
