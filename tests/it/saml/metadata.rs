//! Identity provider metadata as administrators upload it, and what they upload instead.

use time::{Duration, macros::datetime};
use vestibule::saml::{
    VerificationKey,
    dsig::{DigestAlgorithm, SignaturePolicy, sign, verify},
    issue::IdpDescription,
    metadata::{
        Candidate, LeftOut, MetadataError, Reading, SpMetadata, candidates, check_endpoint, parse, read,
    },
    names::binding,
};

use super::support::{
    ACS, IDP, Issued, NOW, SP, certificate, decryption_key, element, issued, signing_key, swap,
    verification_key,
};

const SSO: &str = "https://idp.example/sso?tenant=7";

fn good() -> String {
    let (one, two) = (verification_key("idp"), verification_key("idp-next"));
    let certificates = [one.certificate_der(), two.certificate_der()];
    IdpDescription { entity_id: IDP, sso_url: SSO, certificates: &certificates }.to_xml()
}

fn code(metadata: &str) -> &'static str {
    parse(metadata.as_bytes(), NOW).map_or_else(|e| e.code(), |_| "ok")
}

#[test]
fn a_provider_is_read() {
    let idp = parse(good().as_bytes(), NOW).unwrap();
    assert_eq!(idp.entity_id, IDP);
    assert_eq!(idp.sso_redirect(), Some(SSO));
    let fingerprints: Vec<_> = idp.signing_keys.iter().map(|k| k.fingerprint().to_owned()).collect();
    assert_eq!(
        fingerprints,
        [verification_key("idp").fingerprint(), verification_key("idp-next").fingerprint()]
    );
    assert!(!idp.want_authn_requests_signed);
}

#[test]
fn variations_are_read() {
    let post = format!(
        "<md:SingleSignOnService Binding=\"{}\" Location=\"https://idp.example/post\"/>",
        binding::POST
    );
    for metadata in [
        good().replace(" use=\"signing\"", ""),
        good().replacen("<md:KeyDescriptor use=\"signing\">", "<md:KeyDescriptor use=\"encryption\">", 1),
        good().replace("WantAuthnRequestsSigned=\"false\"", "WantAuthnRequestsSigned=\"1\""),
        swap(&good(), "<md:SingleSignOnService ", &format!("{post}<md:SingleSignOnService ")),
        swap(&good(), "<md:EntityDescriptor ", "<md:EntityDescriptor validUntil=\"2026-01-15T12:00:01Z\" "),
        format!("<?xml version=\"1.0\"?>\n<!-- by hand -->\n{}", good()),
        // Shibboleth and CAS.
        swap(
            &good(),
            "<md:EntityDescriptor ",
            "<md:EntityDescriptor xmlns:xml=\"http://www.w3.org/XML/1998/namespace\" ",
        ),
        aggregate(&[&good()]),
        aggregate(&[&good(), &service_provider()]),
        swap(&good(), "<md:IDPSSODescriptor ", "<x:Other xmlns:x=\"urn:x\"/><md:IDPSSODescriptor "),
    ] {
        assert_eq!(code(&metadata), "ok", "{metadata}");
    }
}

#[test]
fn a_key_that_cannot_be_used_is_passed_over_and_told() {
    let weak: String = certificate("weak").lines().filter(|l| !l.starts_with('-')).collect();
    let first = "<md:KeyDescriptor use=\"signing\">";
    let extra = format!(
        "{first}<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>{weak}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>{first}"
    );
    let idp = parse(swap(&good(), first, &extra).as_bytes(), NOW).unwrap();
    assert_eq!((idp.signing_keys.len(), idp.unusable_keys.len()), (2, 1));
    // Where none can be used, nothing could be verified.
    let none = ["idp", "idp-next"].iter().fold(good(), |metadata, name| {
        let usable: String = certificate(name).lines().filter(|l| !l.starts_with('-')).collect();
        swap(&metadata, &usable, &weak)
    });
    assert_eq!(code(&none), "certificate_key_too_small");
}

#[test]
fn wrong_files_are_recognised() {
    assert_eq!(code("  "), "metadata_empty");
    assert_eq!(code("<!DOCTYPE html><html>"), "metadata_is_html");
    assert_eq!(code("<html lang=\"en\">"), "metadata_is_html");
    assert_eq!(code("{\"issuer\": \"x\"}"), "metadata_is_json");
    assert_eq!(code(&certificate("idp")), "metadata_is_certificate");
    assert_eq!(code("-----BEGIN RSA PRIVATE KEY-----\nTEST\n"), "metadata_is_private_key");
    assert_eq!(code("<!-- saved from us -->\n<!DOCTYPE html>"), "metadata_is_html");
    assert_eq!(code("%PDF-1.7"), "metadata_is_pdf");
    assert_eq!(code("PK\u{3}\u{4}"), "metadata_is_archive");
    let bare: String = certificate("idp").lines().filter(|l| !l.starts_with('-')).collect();
    assert_eq!(code(&bare), "metadata_is_certificate");
    let der = parse(verification_key("idp").certificate_der(), NOW).unwrap_err();
    assert_eq!(der.code(), "metadata_is_certificate");
    // A key begins like that too.
    assert_eq!(parse(&[0x30, 0x82, 3, 0xff], NOW).unwrap_err().code(), "metadata_not_xml");
    assert_eq!(code("MIIEvQIBADANBgkqhkiG"), "metadata_not_xml");
    for part in [3, 2] {
        assert_eq!(code(&good()[..good().len() / 4 * part]), "metadata_breaks_off");
    }
    assert_eq!(code("hello"), "metadata_not_xml");
    assert_eq!(code("<a>"), "xml_not_well_formed");
    assert_eq!(code("<a/>"), "metadata_other_document");
    assert_eq!(code("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><x/>"), "xml_doctype");
    assert_eq!(code(&service_provider()), "metadata_of_service_provider");
}

#[test]
fn unusable_metadata_says_why() {
    let second = good().replace(IDP, "https://other.example");
    assert_eq!(code(&aggregate(&[&good(), &second])), "metadata_several_idps");
    let listed = parse(aggregate(&[&good(), &second]).as_bytes(), NOW).unwrap_err().to_string();
    assert!(listed.contains(IDP) && listed.contains("https://other.example"), "{listed}");
    assert_eq!(code(&aggregate(&[&good(), &good()])), "metadata_duplicate_entity");
    assert_eq!(code(&aggregate(&[])), "metadata_no_idp");
    assert_eq!(code(&good().replace("SAML:2.0:protocol\"", "SAML:1.1:protocol\"")), "metadata_no_idp");
    assert_eq!(code(&good().replace(IDP, "")), "metadata_entity_id");
    assert_eq!(code(&good().replace(IDP, &"i".repeat(1024))), "ok");
    assert_eq!(code(&good().replace(IDP, &"i".repeat(1025))), "metadata_entity_id");
    assert_eq!(code(&good().replace(IDP, &format!("{IDP}&#10;x"))), "metadata_entity_id", "a second line");
    // A role counts in an entity alone.
    let elsewhere = element(&good(), "md:IDPSSODescriptor");
    let elsewhere = format!("<x:Entity xmlns:x=\"urn:x\" entityID=\"{IDP}\">{elsewhere}</x:Entity>");
    assert_eq!(code(&aggregate(&[&elsewhere])), "metadata_no_idp");
    let role = element(&good(), "md:IDPSSODescriptor");
    assert_eq!(code(&swap(&good(), &role, &role.repeat(2))), "metadata_several_roles");
    assert_eq!(code(&good().replace("use=\"signing\"", "use=\"encryption\"")), "metadata_no_signing_key");
    // LemonLDAP::NG where it was given a key and no certificate.
    let bare = good().replace("X509Data>", "KeyValue>").replace("X509Certificate>", "RSAKeyValue>");
    assert_eq!(code(&bare), "metadata_key_without_certificate");
    let expired =
        swap(&good(), "<md:EntityDescriptor ", "<md:EntityDescriptor validUntil=\"2026-01-15T11:57:00Z\" ");
    assert_eq!(code(&expired), "metadata_expired");
    assert_eq!(code(&expired.replace("2026-01-15T11:57:00Z", "soon")), "metadata_valid_until");
    assert_eq!(code(&good().replace("HTTP-Redirect", "SOAP")), "metadata_no_sso_endpoint");
    assert_eq!(code(&"<a/>".repeat(2 << 20)), "xml_too_large");
    let data = "<ds:X509Data xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Certificate>AAAA\
                </ds:X509Certificate></ds:X509Data>";
    let descriptor = format!("<md:KeyDescriptor>{data}</md:KeyDescriptor>").repeat(32);
    let crowded = swap(&good(), "<md:KeyDescriptor", &format!("{descriptor}<md:KeyDescriptor"));
    assert_eq!(code(&crowded), "metadata_too_many_keys");
    // The same one again and again costs as much to read.
    let descriptor = element(&good(), "md:KeyDescriptor");
    let repeated = |n: usize| swap(&good(), &descriptor, &descriptor.repeat(n));
    assert_eq!(code(&repeated(31)), "ok");
    assert_eq!(parse(repeated(31).as_bytes(), NOW).unwrap().signing_keys.len(), 2);
    assert_eq!(code(&repeated(32)), "metadata_too_many_keys");
}

#[test]
fn one_of_thousands_is_chosen() {
    let others: Vec<String> = (0..4_000)
        .map(|n| {
            format!(
                "<md:EntityDescriptor entityID=\"https://idp{n}.example\"><md:IDPSSODescriptor \
                 protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><md:Extensions>\
                 <mdui:UIInfo xmlns:mdui=\"urn:oasis:names:tc:SAML:metadata:ui\"><mdui:DisplayName \
                 xml:lang=\"de\">Nummer {n}</mdui:DisplayName><mdui:DisplayName xml:lang=\"en\">Number {n}\
                 </mdui:DisplayName></mdui:UIInfo></md:Extensions></md:IDPSSODescriptor></md:EntityDescriptor>"
            )
        })
        .collect();
    let mut entities: Vec<&str> = others.iter().map(String::as_str).collect();
    let (wanted, sp) = (good(), service_provider());
    entities.insert(2_000, &wanted);
    entities.push(&sp);
    let federation = aggregate(&entities);
    let list = candidates(federation.as_bytes()).unwrap();
    assert_eq!(list.len(), 4_001);
    assert_eq!(list[3].display_name.as_deref(), Some("Number 3"));
    assert_eq!(list[2_000], Candidate { entity_id: IDP.into(), display_name: None });
    let chosen = |id: &str| read(federation.as_bytes(), &Reading { entity_id: Some(id), ..Reading::at(NOW) });
    assert_eq!(chosen(IDP).unwrap().sso_redirect(), Some(SSO));
    assert_eq!(chosen("https://idp7.example").unwrap_err().code(), "metadata_no_sso_endpoint");
    assert_eq!(chosen(SP).unwrap_err().code(), "metadata_idp_not_listed");
    assert_eq!(chosen("https://unknown.example").unwrap_err().code(), "metadata_idp_not_listed");
    assert!(matches!(parse(federation.as_bytes(), NOW), Err(MetadataError::Several { count: 4_001, .. })));
    let twice = aggregate(&[&wanted, &wanted, &others[0]]);
    let twice = read(twice.as_bytes(), &Reading { entity_id: Some(IDP), ..Reading::at(NOW) });
    assert_eq!(twice.unwrap_err().code(), "metadata_duplicate_entity");
    assert!(candidates(b"<a/>").is_err());
}

#[test]
fn a_pin_demands_its_signature() {
    let pinned = [verification_key("other")];
    let pinned_to = |metadata: &str, keys: &[VerificationKey]| {
        let reading = Reading { pinned: keys, entity_id: Some(IDP), ..Reading::at(NOW) };
        read(metadata.as_bytes(), &reading).map_or_else(|e| e.code(), |_| "ok")
    };
    let with_id = |xml: &str, name: &str, id: &str| {
        swap(xml, &format!("<md:{name} "), &format!("<md:{name} ID=\"{id}\" "))
    };
    let by =
        |xml: &str, id: &str, key: &str| sign(xml, id, &signing_key(key), DigestAlgorithm::Sha256).unwrap();
    let entity = by(&with_id(&good(), "EntityDescriptor", "_e"), "_e", "other");
    assert_eq!(pinned_to(&good(), &pinned), "metadata_unsigned");
    assert_eq!(pinned_to(&entity, &pinned), "ok");
    assert_eq!(pinned_to(&entity, &[verification_key("idp")]), "signature_invalid");
    assert_eq!(pinned_to(&entity.replace("tenant=7", "tenant=8"), &pinned), "signature_digest");
    assert_eq!(pinned_to(&aggregate(&[&entity]), &pinned), "ok", "the entity's own signature covers it");

    let federation = with_id(&aggregate(&[&good(), &service_provider()]), "EntitiesDescriptor", "_f");
    let federation = by(&federation, "_f", "other");
    assert_eq!(pinned_to(&federation, &pinned), "ok");
    assert_eq!(pinned_to(&federation.replace("tenant=7", "tenant=8"), &pinned), "signature_digest");
    let added = federation.replacen(
        "</md:EntitiesDescriptor>",
        "<md:EntityDescriptor entityID=\"x\"/></md:EntitiesDescriptor>",
        1,
    );
    assert_eq!(pinned_to(&added, &pinned), "signature_digest");
    // What is put into a signature is left out of its digest: it is covered by nothing, and no entity of the document.
    let stranger = good().replace("tenant=7", "tenant=666");
    let stranger = stranger.split_once("?>").map_or(stranger.as_str(), |(_, rest)| rest);
    let wrapped = |signed: &str, inside: &str| {
        let key_info = format!("</ds:SignatureValue><ds:KeyInfo>{inside}</ds:KeyInfo>");
        let (before, rest) = signed.split_once("</ds:SignatureValue>").unwrap();
        let rest = rest.split_once("</ds:KeyInfo>").map_or(rest, |(_, rest)| rest);
        format!("{before}{key_info}{rest}")
    };
    let provider = by(&with_id(&service_provider(), "EntityDescriptor", "_s"), "_s", "other");
    assert_eq!(
        pinned_to(&wrapped(&provider, ""), &pinned),
        "metadata_of_service_provider",
        "the wrapping itself verifies"
    );
    assert_eq!(pinned_to(&wrapped(&provider, stranger), &pinned), "metadata_of_service_provider");
    let mut feed = aggregate(&[&service_provider(), &service_provider()]);
    feed = by(&with_id(&feed, "EntitiesDescriptor", "_f"), "_f", "other");
    for inside in [stranger.to_owned(), format!("<md:EntitiesDescriptor>{stranger}</md:EntitiesDescriptor>")]
    {
        assert_eq!(pinned_to(&wrapped(&feed, &inside), &pinned), "metadata_of_service_provider");
    }
    assert_eq!(pinned_to(&wrapped(&entity, stranger), &pinned), "ok", "of the entity that signed");
    let read_entity = read(
        wrapped(&entity, stranger).as_bytes(),
        &Reading { pinned: &pinned, entity_id: Some(IDP), ..Reading::at(NOW) },
    );
    assert_eq!(read_entity.unwrap().sso_redirect(), Some(SSO));
    let extended = swap(
        &service_provider(),
        "<md:SPSSODescriptor",
        &format!("<md:Extensions>{stranger}</md:Extensions><md:SPSSODescriptor"),
    );
    assert_eq!(code(&extended), "metadata_of_service_provider", "an extension describes nobody");
    // The signature of another entity covers only that one.
    let neighbour = by(&with_id(&service_provider(), "EntityDescriptor", "_n"), "_n", "other");
    assert_eq!(pinned_to(&aggregate(&[&good(), &neighbour]), &pinned), "metadata_unsigned");
    let inside_signed_by_a_stranger = by(
        &with_id(
            &aggregate(&[&by(&with_id(&good(), "EntityDescriptor", "_e"), "_e", "idp")]),
            "EntitiesDescriptor",
            "_f",
        ),
        "_f",
        "other",
    );
    assert_eq!(pinned_to(&inside_signed_by_a_stranger, &pinned), "ok");
    // An unpinned reader does not look at the signature, be it false.
    assert_eq!(code(&entity.replace("tenant=7", "tenant=8")), "ok");
}

#[test]
fn lifetimes_are_the_shortest() {
    let with = |entity: &str, role: &str| {
        let xml = swap(&good(), "<md:EntityDescriptor ", &format!("<md:EntityDescriptor {entity} "));
        swap(&xml, "<md:IDPSSODescriptor ", &format!("<md:IDPSSODescriptor {role} "))
    };
    let xml = with(
        "validUntil=\"2026-02-01T00:00:00Z\" cacheDuration=\"PT6H\"",
        "validUntil=\"2026-01-20T00:00:00Z\" cacheDuration=\"P1D\"",
    );
    let idp = parse(xml.as_bytes(), NOW).unwrap();
    assert_eq!(idp.valid_until, Some(datetime!(2026-01-20 00:00 UTC)));
    assert_eq!(idp.cache_duration, Some(Duration::hours(6)));
    // When to fetch again is a wish; until when it counts is not.
    let idp = parse(with("cacheDuration=\"often\"", "cacheDuration=\"P1D\"").as_bytes(), NOW).unwrap();
    assert_eq!(idp.left_out, [LeftOut::CacheDuration("often".into())]);
    assert_eq!(idp.cache_duration, Some(Duration::days(1)));
    assert_eq!(code(&with("validUntil=\"often\"", "")), "metadata_valid_until");
    assert_eq!(code(&with("", "validUntil=\"2026-01-15T11:00:00Z\"")), "metadata_expired");
    let end = "validUntil=\"2026-01-15T11:00:00Z\"";
    let aggregate =
        swap(&aggregate(&[&good()]), "<md:EntitiesDescriptor ", &format!("<md:EntitiesDescriptor {end} "));
    assert_eq!(code(&aggregate), "metadata_expired");
    assert_eq!(code(&format!("\u{feff}{}", good())), "ok", "with a byte order mark");
    let utf16: Vec<u8> = good().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(parse(&[&[0xff, 0xfe][..], &utf16].concat(), NOW).unwrap_err().code(), "xml_encoding");
}

#[test]
fn logout_endpoints_are_read() {
    let slo = |location: &str, answers: &str| {
        let service = format!(
            "<md:SingleLogoutService Binding=\"{}\" Location=\"{location}\" ResponseLocation=\"{answers}\"/>",
            binding::POST
        );
        swap(&good(), "<md:NameIDFormat>", &format!("{service}<md:NameIDFormat>"))
    };
    let idp = parse(slo("https://idp.example/slo", "https://idp.example/slo/done").as_bytes(), NOW).unwrap();
    assert_eq!(idp.slo[0].location, "https://idp.example/slo");
    assert_eq!(idp.slo[0].response_location.as_deref(), Some("https://idp.example/slo/done"));
    assert!(idp.left_out.is_empty());
    let spare = parse(slo("https://idp.example/slo", " ").as_bytes(), NOW).unwrap();
    assert_eq!((spare.slo[0].response_location.clone(), spare.left_out), (None, Vec::new()));
    for (location, answers, bad) in [
        ("javascript:alert(1)", "", "javascript:alert(1)"),
        ("/slo", "", "/slo"),
        ("http://idp.example/slo", "", "http://idp.example/slo"),
        // Answers would go where nobody takes them.
        ("https://idp.example/slo", "javascript:alert(1)", "javascript:alert(1)"),
        ("https://idp.example/slo", "http://idp.example/", "http://idp.example/"),
    ] {
        let idp = parse(slo(location, answers).as_bytes(), NOW).unwrap();
        assert_eq!(
            (idp.slo, idp.left_out),
            (Vec::new(), vec![LeftOut::LogoutEndpoint(bad.into())]),
            "{location}"
        );
    }
    let soap = slo("https://idp.example/slo", "")
        .replace(binding::POST, "urn:oasis:names:tc:SAML:2.0:bindings:SOAP");
    let idp = parse(soap.as_bytes(), NOW).unwrap();
    assert_eq!((idp.slo, idp.left_out), (Vec::new(), vec![LeftOut::LogoutBinding]));
    // One that can be used stays, whatever stands beside it.
    let beside = swap(
        &slo("https://idp.example/slo", ""),
        "<md:SingleLogoutService ",
        &format!(
            "<md:SingleLogoutService Binding=\"{}\" Location=\"slo\"/><md:SingleLogoutService ",
            binding::REDIRECT
        ),
    );
    let idp = parse(beside.as_bytes(), NOW).unwrap();
    assert_eq!((idp.slo[0].location.as_str(), idp.slo.len()), ("https://idp.example/slo", 1));
    assert_eq!(idp.left_out, [LeftOut::LogoutEndpoint("slo".into())]);
    // Where people are sent to sign in is another matter.
    assert_eq!(code(&swap(&good(), SSO, "http://idp.example/sso")), "metadata_endpoint");
}

#[test]
fn the_certificates_of_one_x509data_are_one_chain() {
    let Issued { certificate: own, authority, .. } = issued();
    let body = |pem: &str| pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let keys = |certificates: &[&str]| {
        let each = certificates.iter().map(|one| format!("<ds:X509Certificate>{one}</ds:X509Certificate>"));
        let given = body(&certificate("idp"));
        let one = format!("<ds:X509Certificate>{given}</ds:X509Certificate>");
        let metadata = swap(&good(), &one, &each.collect::<String>());
        let idp = parse(metadata.as_bytes(), NOW).unwrap();
        assert!(idp.left_out.is_empty() && idp.unusable_keys.is_empty(), "{:?}", idp.unusable_keys);
        idp.signing_keys.iter().map(|key| key.fingerprint().to_owned()).collect::<Vec<_>>()
    };
    let fingerprint = |pem: &str| VerificationKey::from_text(pem).unwrap().fingerprint().to_owned();
    let (next, idp, other) = (certificate("idp-next"), certificate("idp"), certificate("other"));
    let with_next = |pem: &str| [fingerprint(pem), fingerprint(&next)];
    assert_eq!(keys(&[&body(&own), &body(&authority)]), with_next(&own));
    assert_eq!(keys(&[&body(&authority), &body(&own)]), with_next(&own));
    assert_eq!(keys(&[&body(&idp), &body(&other)]), with_next(&idp), "no chain: the first");
    assert_eq!(keys(&[&body(&idp), &body(&certificate("weak"))]), with_next(&idp));
}

#[test]
fn ours_names_every_key_and_endpoint() {
    let (signing, encryption, next) = (signing_key("idp"), decryption_key("sp"), decryption_key("sp-next"));
    let metadata = SpMetadata {
        entity_id: SP,
        acs_url: ACS,
        slo_url: Some("https://sp.example/slo"),
        requests_signed: true,
        signing_certificates: &[signing.certificate_der()],
        encryption_certificates: &[next.certificate_der(), encryption.certificate_der()],
        name_id_formats: None,
        valid_until: Some(NOW + Duration::days(7)),
    };
    let xml = metadata.to_signed_xml("_sp", &signing).unwrap();
    let doc = roxmltree::Document::parse(&xml).unwrap();
    let count = |name: &str| doc.descendants().filter(|n| n.tag_name().name() == name).count();
    assert_eq!((count("KeyDescriptor"), count("SingleLogoutService"), count("Signature")), (3, 2, 1));
    assert!(count("EncryptionMethod") > 2);
    let signed = |xml: &str| xml.contains("AuthnRequestsSigned=\"true\"");
    assert!(signed(&xml) && !signed(&SpMetadata { requests_signed: false, ..metadata }.to_xml()));
    assert_eq!(doc.root_element().attribute("validUntil"), Some("2026-01-22T12:00:00Z"));
    assert_eq!(doc.root_element().first_element_child().unwrap().tag_name().name(), "Signature");
    let signature = doc.root_element().first_element_child().unwrap();
    let keys = [verification_key("idp")];
    assert!(verify(doc.root_element(), signature, &keys, SignaturePolicy::default()).is_ok());
    let children: Vec<_> = doc
        .descendants()
        .find(|n| n.tag_name().name() == "SPSSODescriptor")
        .unwrap()
        .children()
        .map(|n| n.tag_name().name())
        .collect();
    assert_eq!(
        children,
        [
            "KeyDescriptor",
            "KeyDescriptor",
            "KeyDescriptor",
            "SingleLogoutService",
            "SingleLogoutService",
            "NameIDFormat",
            "NameIDFormat",
            "NameIDFormat",
            "AssertionConsumerService"
        ],
        "the order of the schema"
    );
}

#[test]
fn browsers_are_sent_to_https_only() {
    for good in ["https://idp.example/x", "http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]/x"] {
        assert!(check_endpoint(good).is_ok(), "{good}");
    }
    for bad in [
        "http://idp.example/x",
        "http://127.0.0.1.evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/hostname",
        "ftp://idp.example/",
        "/relative",
        "",
    ] {
        assert!(check_endpoint(bad).is_err(), "{bad}");
        assert_eq!(code(&good().replace(SSO, bad)), "metadata_endpoint", "{bad}");
    }
    // Readers of URLs leave out line breaks, so what is shown would not be what is gone to.
    for bad in ["https://idp.example/\nx", "https://idp.example/\tx", "https://idp\r.example/"] {
        assert!(check_endpoint(bad).is_err(), "{bad:?}");
    }
    let long =
        |bytes: usize| format!("https://idp.example/{}", "x".repeat(bytes - "https://idp.example/".len()));
    assert!(check_endpoint(&long(2048)).is_ok() && check_endpoint(&long(2049)).is_err());
}

fn aggregate(entities: &[&str]) -> String {
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}</md:EntitiesDescriptor>",
        entities.concat()
    )
}

fn service_provider() -> String {
    let xml = SpMetadata { entity_id: SP, acs_url: ACS, ..SpMetadata::default() }.to_xml();
    xml.split_once("?>\n").unwrap().1.to_owned()
}
