//! Identity provider metadata as administrators upload it, and what they upload instead.

use vestibule::saml::{
    issue::IdpDescription,
    metadata::{SpMetadata, check_endpoint, parse},
    names::binding,
};

use super::support::{ACS, IDP, NOW, SP, certificate, swap, verification_key};

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
}

#[test]
fn wrong_files_are_recognised() {
    assert_eq!(code("  "), "metadata_empty");
    assert_eq!(code("<!DOCTYPE html><html>"), "metadata_is_html");
    assert_eq!(code("<html lang=\"en\">"), "metadata_is_html");
    assert_eq!(code("{\"issuer\": \"x\"}"), "metadata_is_json");
    assert_eq!(code(&certificate("idp")), "metadata_is_certificate");
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
    assert_eq!(code(&aggregate(&[&good(), &good()])), "metadata_several_idps");
    assert_eq!(code(&aggregate(&[])), "metadata_no_idp");
    assert_eq!(code(&good().replace("SAML:2.0:protocol\"", "SAML:1.1:protocol\"")), "metadata_no_idp");
    assert_eq!(code(&good().replace(IDP, "")), "metadata_entity_id");
    assert_eq!(code(&good().replace("use=\"signing\"", "use=\"encryption\"")), "metadata_no_signing_key");
    let expired =
        swap(&good(), "<md:EntityDescriptor ", "<md:EntityDescriptor validUntil=\"2026-01-15T11:57:00Z\" ");
    assert_eq!(code(&expired), "metadata_expired");
    assert_eq!(code(&expired.replace("2026-01-15T11:57:00Z", "soon")), "metadata_valid_until");
    assert_eq!(code(&good().replace("HTTP-Redirect", "SOAP")), "metadata_no_sso_endpoint");
    assert_eq!(code(&"<a/>".repeat(2 << 20)), "xml_too_large");
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
}

fn aggregate(entities: &[&str]) -> String {
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}</md:EntitiesDescriptor>",
        entities.concat()
    )
}

fn service_provider() -> String {
    let xml = SpMetadata { entity_id: SP, acs_url: ACS, signing_certificates: &[] }.to_xml();
    xml.split_once("?>\n").unwrap().1.to_owned()
}
