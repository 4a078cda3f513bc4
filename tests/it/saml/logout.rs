//! Single logout: what is sent, what is believed, and every reason for not believing it (facts 53 and 55).

use time::{Duration, OffsetDateTime};
use vestibule::saml::{
    Decryption, DecryptionKey, VerificationKey,
    binding::{
        query_signature,
        redirect::{self, Decoded, Parameter},
    },
    dsig::{DigestAlgorithm, SignaturePolicy, sign},
    issue::{Encryption, KeyPlacement},
    logout::{
        ExpectedLogout, Inbound, LogoutOutcome, LogoutRejection, LogoutRequest, LogoutResponse,
        VerifiedLogoutRequest, VerifiedLogoutResponse, claimed_request, verify_request, verify_response,
    },
    names::{name_id, status},
    response::NameId,
    xmlenc::{ContentAlgorithm, KeyTransport},
};

use super::support::*;

const SLO: &str = "https://sp.example/api/saml/v1/conn/slo";

/// A provider as logout sees it.
pub struct Provider {
    keys: Vec<VerificationKey>,
    sp_keys: Vec<DecryptionKey>,
}

impl Provider {
    pub fn new() -> Self {
        Self { keys: vec![verification_key("idp")], sp_keys: vec![decryption_key("sp")] }
    }

    pub fn expected(&self) -> ExpectedLogout<'_> {
        ExpectedLogout {
            idp_entity_id: IDP,
            keys: &self.keys,
            sp_entity_id: SP,
            slo_url: SLO,
            signatures: SignaturePolicy::default(),
            decryption: Decryption {
                keys: &self.sp_keys,
                recipient: SP,
                allow_triple_des: false,
                random: &[7; 32],
            },
            clock_skew: Duration::seconds(180),
            now: NOW,
        }
    }
}

fn ada() -> NameId {
    NameId {
        value: "ada@acme.example".into(),
        format: name_id::EMAIL.into(),
        name_qualifier: None,
        sp_name_qualifier: None,
    }
}

fn request_at(at: OffsetDateTime, sessions: &[&str]) -> String {
    let name_id = ada();
    LogoutRequest {
        id: "_logout",
        issue_instant: at,
        issuer: IDP,
        destination: SLO,
        name_id: &name_id,
        session_indexes: sessions,
        not_on_or_after: Some(at + Duration::minutes(5)),
    }
    .to_xml()
}

fn request() -> String {
    request_at(NOW, &["_session"])
}

fn response(outcome: &LogoutOutcome) -> String {
    LogoutResponse {
        id: "_answer",
        issue_instant: NOW,
        issuer: IDP,
        destination: SLO,
        in_response_to: REQUEST,
        outcome,
    }
    .to_xml()
}

fn signed(xml: &str, id: &str) -> String {
    sign(xml, id, &signing_key("idp"), DigestAlgorithm::Sha256).unwrap()
}

fn query(parameter: Parameter, xml: &str, key: &str) -> String {
    let url =
        query_signature::encode("https://x.example/slo", parameter, xml, Some("r+1"), &signing_key(key));
    url.unwrap().split_once('?').unwrap().1.to_owned()
}

fn posted(xml: &str) -> Result<VerifiedLogoutRequest, LogoutRejection> {
    verify_request(Inbound::Post(xml.as_bytes()), &Provider::new().expected())
}

fn in_url(query: &str) -> Result<VerifiedLogoutRequest, LogoutRejection> {
    let decoded: Decoded = redirect::decode(query).unwrap();
    verify_request(Inbound::Redirect(&decoded), &Provider::new().expected())
}

fn code(result: Result<VerifiedLogoutRequest, LogoutRejection>) -> &'static str {
    result.map_or_else(|rejection| rejection.code(), |_| "ok")
}

/// The outcome of the request, changed and then signed, by form and by URL: it must be the same.
fn sent(from: &str, to: &str) -> &'static str {
    let xml = swap(&request(), from, to);
    let by_url = code(in_url(&query(Parameter::Request, &xml, "idp")));
    let id = if xml.contains("ID=\"_logout\"") { "_logout" } else { return by_url };
    let by_form = code(posted(&signed(&xml, id)));
    assert_eq!(by_form, by_url);
    by_form
}

#[test]
fn a_request_is_believed_over_both_bindings() {
    for got in [posted(&signed(&request(), "_logout")), in_url(&query(Parameter::Request, &request(), "idp"))]
    {
        let got = got.unwrap();
        assert_eq!(got.id(), "_logout");
        assert_eq!(got.name_id(), &ada());
        assert_eq!(got.session_indexes(), ["_session"]);
        assert_eq!(got.replay_until(), NOW + Duration::minutes(13));
    }
}

#[test]
fn sessions_are_several_or_all() {
    let sessions = |list: &[&str]| {
        posted(&signed(&request_at(NOW, list), "_logout")).unwrap().session_indexes().to_vec()
    };
    assert_eq!(sessions(&["a", "b"]), ["a", "b"]);
    assert!(sessions(&[]).is_empty());
    let many: Vec<String> = (0..65).map(|n| format!("s{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(code(posted(&signed(&request_at(NOW, &many), "_logout"))), "logout_too_many_sessions");
    assert_eq!(code(posted(&signed(&request_at(NOW, &many[1..]), "_logout"))), "ok");
    assert_eq!(sent(">_session<", "><"), "logout_session_index");
    assert_eq!(sent(">_session<", &format!(">{}<", "s".repeat(1024))), "ok");
    assert_eq!(sent(">_session<", &format!(">{}<", "s".repeat(1025))), "logout_session_index");
    assert_eq!(sent(">_session<", ">_ses<!-- -->sion<"), "comment_in_text");
}

#[test]
fn nothing_unsigned_is_believed() {
    assert_eq!(code(posted(&request())), "logout_unsigned");
    let url = redirect::encode("https://x.example/slo", Parameter::Request, &request(), None).unwrap();
    assert_eq!(code(in_url(url.split_once('?').unwrap().1)), "logout_unsigned");
    let other = sign(&request(), "_logout", &signing_key("other"), DigestAlgorithm::Sha256).unwrap();
    assert_eq!(code(posted(&other)), "signature_invalid");
    assert_eq!(code(in_url(&query(Parameter::Request, &request(), "other"))), "signature_invalid");
    let edited = signed(&request(), "_logout").replace(">ada@", ">eve@");
    assert_eq!(code(posted(&edited)), "signature_digest");
    let both = query(Parameter::Request, &signed(&request(), "_logout"), "idp");
    assert_eq!(code(in_url(&both)), "logout_signature_inside");
    // A signature inside does not make up for the one that the query lacks.
    let inside = signed(&request(), "_logout");
    let url = redirect::encode("https://x.example/slo", Parameter::Request, &inside, None).unwrap();
    assert_eq!(code(in_url(url.split_once('?').unwrap().1)), "logout_signature_inside");
}

#[test]
fn without_keys_nothing_is_believed() {
    let provider = Provider::new();
    let expected = ExpectedLogout { keys: &[], ..provider.expected() };
    let xml = signed(&request(), "_logout");
    assert_eq!(code(verify_request(Inbound::Post(xml.as_bytes()), &expected)), "no_signing_keys");
    let decoded = redirect::decode(&query(Parameter::Request, &request(), "idp")).unwrap();
    assert_eq!(code(verify_request(Inbound::Redirect(&decoded), &expected)), "no_signing_keys");
}

#[test]
fn a_query_counts_as_it_was_sent() {
    let good = query(Parameter::Request, &request(), "idp");
    assert_eq!(code(in_url(&good)), "ok");
    let reversed: Vec<&str> = good.split('&').rev().collect();
    assert_eq!(code(in_url(&reversed.join("&"))), "ok", "the order is the verifier's");
    for (from, to, wanted) in [
        ("%2B1", "%2b1", "signature_invalid"),
        ("r%2B1", "r%2B2", "signature_invalid"),
        ("&RelayState=r%2B1", "", "signature_invalid"),
        ("rsa%2Dsha256", "rsa%2Dsha512", "signature_invalid"),
        ("rsa%2Dsha256", "rsa%2Dsha1", "signature_weak_algorithm"),
        ("rsa%2Dsha256", "hmac%2Dsha256", "signature_weak_algorithm"),
        ("rsa%2Dsha256", "other", "signature_algorithm"),
        ("rsa%2Dsha256", "ecdsa%2Dsha256", "signature_key_kind"),
        ("&Signature=", "&Signature=%2A", "signature_base64"),
    ] {
        assert_eq!(code(in_url(&swap(&good, from, to))), wanted, "{from} to {to}");
    }
    let start = good.find("&Signature=").unwrap();
    assert_eq!(code(in_url(&(good[..start].to_owned() + "&Signature="))), "signature_base64");
    assert!(redirect::decode(&good[..start]).is_err(), "SigAlg without Signature");
    let relay = swap(&good, "&SigAlg=", "&RelayState=x&SigAlg=");
    assert_eq!(redirect::decode(&relay).unwrap_err().code(), "message_parameter_repeated");
}

#[test]
fn who_and_where_and_when() {
    assert_eq!(sent(&format!(">{IDP}<"), ">https://other.example<"), "issuer_mismatch");
    assert_eq!(sent(&format!("<saml:Issuer>{IDP}</saml:Issuer>"), ""), "issuer_missing");
    assert_eq!(sent("<saml:Issuer>", "<saml:Issuer Format=\"urn:x\">"), "issuer_format");
    assert_eq!(sent(SLO, "https://other.example/slo"), "logout_destination_mismatch");
    assert_eq!(sent(&format!(" Destination=\"{SLO}\""), ""), "logout_destination_missing");
    assert_eq!(sent("Version=\"2.0\"", "Version=\"1.1\""), "version");
    assert_eq!(sent(" ID=\"_logout\"", ""), "id_missing");
    let named = |length: usize| sent("ID=\"_logout\"", &format!("ID=\"{}\"", "i".repeat(length)));
    assert_eq!((named(1024), named(1025)), ("ok", "value_too_long"));
    assert_eq!(
        sent("NotOnOrAfter=\"2026-01-15T12:05:00Z\"", "NotOnOrAfter=\"2026-01-15T11:57:00Z\""),
        "logout_expired"
    );
    assert_eq!(sent("NotOnOrAfter=\"2026-01-15T12:05:00Z\"", "NotOnOrAfter=\"2026-01-15T11:57:01Z\""), "ok");
    assert_eq!(sent(" NotOnOrAfter=\"2026-01-15T12:05:00Z\"", ""), "ok");
    assert_eq!(sent("NotOnOrAfter=\"2026-01-15T12:05:00Z\"", "NotOnOrAfter=\"soon\""), "instant_malformed");
    let at = |at| code(posted(&signed(&request_at(at, &[]), "_logout")));
    assert_eq!(at(NOW + Duration::seconds(181)), "issued_in_future");
    assert_eq!(at(NOW + Duration::seconds(180)), "ok");
    let old = |seconds| {
        let xml = request_at(NOW - Duration::seconds(seconds), &[]);
        let start = xml.find(" NotOnOrAfter").unwrap();
        let end = &xml[start..start + " NotOnOrAfter=\"2026-01-15T12:05:00Z\"".len()];
        code(posted(&signed(&swap(&xml, end, ""), "_logout")))
    };
    assert_eq!(old(779), "ok");
    assert_eq!(old(780), "logout_stale");
}

#[test]
fn the_name_is_read_as_strictly_as_at_login() {
    let name = element(&request(), "saml:NameID");
    assert_eq!(sent(&name, ""), "logout_name_id_missing");
    assert_eq!(sent(&name, "<saml:BaseID/>"), "logout_name_id_missing");
    assert_eq!(sent(&name, &format!("{name}{name}")), "element_repeated");
    assert_eq!(sent(&name, "<saml:NameID> </saml:NameID>"), "name_id_invalid");
    assert_eq!(sent(">ada@", ">ada<!-- -->@"), "comment_in_text");
    assert_eq!(
        sent("<saml:NameID ", "<saml:NameID SPNameQualifier=\"urn:x\" "),
        "sp_name_qualifier_mismatch"
    );
    assert_eq!(sent("<saml:NameID ", &format!("<saml:NameID SPNameQualifier=\"{SP}\" ")), "ok");
    let how = Encryption {
        content: ContentAlgorithm::Aes128Cbc,
        transport: KeyTransport::OAEP_SHA1,
        certificate: decryption_key("sp").certificate_der(),
        recipient: None,
        placement: KeyPlacement::Inside,
        random: &[3; 32],
    }
    .encrypt("saml:EncryptedID", &name)
    .unwrap();
    assert_eq!(sent(&name, &how), "ok");
    let xml = swap(&request(), &name, &how);
    assert_eq!(posted(&signed(&xml, "_logout")).unwrap().name_id(), &ada());
    assert_eq!(in_url(&query(Parameter::Request, &xml, "idp")).unwrap().name_id(), &ada());
    assert_eq!(sent(&name, &how.replace("aes128-cbc", "tripledes-cbc")), "encryption_triple_des");
}

#[test]
fn nothing_hides_in_a_request() {
    assert_eq!(sent("<saml:NameID ", "text<saml:NameID "), "unexpected_text");
    assert_eq!(sent("<saml:NameID ", "<saml:Assertion/><saml:NameID "), "unexpected_element");
    assert_eq!(sent("<saml:NameID ", "<samlp:Status/><saml:NameID "), "unexpected_element");
    let foreign = "<x:Extensions xmlns:x=\"urn:x\"/><saml:NameID ";
    assert_eq!(sent("<saml:NameID ", foreign), "unexpected_element");
    let extensions = "<samlp:Extensions><x xmlns=\"urn:x\"/></samlp:Extensions><saml:NameID ";
    assert_eq!(sent("<saml:NameID ", extensions), "ok");
    assert_eq!(sent("<saml:NameID ", "<saml:NameID xml:id=\"_logout\" "), "id_repeated");
    let good = signed(&request(), "_logout");
    let signature = element(&good, "ds:Signature");
    let moved = swap(
        &swap(&good, &signature, ""),
        "<saml:NameID ",
        &format!("<samlp:Extensions>{signature}</samlp:Extensions><saml:NameID "),
    );
    assert_eq!(code(posted(&moved)), "signature_misplaced");
    let twice = swap(&good, &signature, &format!("{signature}{signature}"));
    assert_eq!(code(posted(&twice)), "signature_repeated");
    // The genuine request inside of an evil one.
    let evil = swap(&request(), "_logout", "_evil").replace(
        "</samlp:LogoutRequest>",
        &format!("<samlp:Extensions>{good}</samlp:Extensions></samlp:LogoutRequest>"),
    );
    assert_eq!(code(posted(&evil)), "signature_misplaced");
    let wrong = |xml: &str| code(posted(xml));
    assert_eq!(wrong(&sign_response(&base())), "logout_other_message");
    assert_eq!(wrong(&response(&LogoutOutcome::Complete)), "logout_other_message");
    assert_eq!(wrong("<!DOCTYPE x><x/>"), "xml_doctype");
    assert_eq!(wrong("<x"), "xml_not_well_formed");
}

#[test]
fn a_response_tells_what_came_of_it() {
    let failed = LogoutOutcome::Failed {
        code: status::RESPONDER.into(),
        subcode: Some("urn:oasis:names:tc:SAML:2.0:status:RequestDenied".into()),
        message: None,
    };
    for outcome in [LogoutOutcome::Complete, LogoutOutcome::Partial, failed] {
        let xml = response(&outcome);
        assert_eq!(answered(&signed(&xml, "_answer"), REQUEST).unwrap().outcome(), &outcome);
        let decoded = redirect::decode(&query(Parameter::Response, &xml, "idp")).unwrap();
        let got = verify_response(Inbound::Redirect(&decoded), REQUEST, &Provider::new().expected());
        assert_eq!(got.unwrap().outcome(), &outcome);
    }
    let responder = response(&LogoutOutcome::Partial).replacen("status:Success", "status:Responder", 1);
    assert_eq!(answered(&signed(&responder, "_answer"), REQUEST).unwrap().outcome(), &LogoutOutcome::Partial);
    assert_eq!(claimed_request(responder.as_bytes()).unwrap().as_deref(), Some(REQUEST));
}

fn answered(xml: &str, request: &str) -> Result<VerifiedLogoutResponse, LogoutRejection> {
    verify_response(Inbound::Post(xml.as_bytes()), request, &Provider::new().expected())
}

#[test]
fn a_response_answers_the_request_that_was_made() {
    let good = response(&LogoutOutcome::Complete);
    let refused = |xml: &str| answered(&signed(xml, "_answer"), REQUEST).unwrap_err().code();
    assert_eq!(
        answered(&signed(&good, "_answer"), "_other").unwrap_err().code(),
        "logout_in_response_to_mismatch"
    );
    assert_eq!(
        refused(&swap(&good, &format!(" InResponseTo=\"{REQUEST}\""), "")),
        "logout_in_response_to_mismatch"
    );
    assert_eq!(refused(&swap(&good, &element(&good, "samlp:Status"), "")), "status_malformed");
    assert_eq!(refused(&swap(&good, IDP, "https://other.example")), "issuer_mismatch");
    assert_eq!(answered(&good, REQUEST).unwrap_err().code(), "logout_unsigned");
    assert_eq!(answered(&signed(&request(), "_logout"), REQUEST).unwrap_err().code(), "logout_other_message");
    let failed = signed(&good, "_answer").replace("status:Success", "status:Partial");
    assert_eq!(answered(&failed, REQUEST).unwrap_err().code(), "signature_digest");
}

#[test]
fn what_we_send_is_in_the_order_of_the_schema() {
    insta::assert_snapshot!(request(), @r#"<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_logout" Version="2.0" IssueInstant="2026-01-15T12:00:00Z" Destination="https://sp.example/api/saml/v1/conn/slo" NotOnOrAfter="2026-01-15T12:05:00Z"><saml:Issuer>https://idp.example/metadata</saml:Issuer><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">ada@acme.example</saml:NameID><samlp:SessionIndex>_session</samlp:SessionIndex></samlp:LogoutRequest>"#);
    insta::assert_snapshot!(response(&LogoutOutcome::Partial), @r#"<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_answer" Version="2.0" IssueInstant="2026-01-15T12:00:00Z" Destination="https://sp.example/api/saml/v1/conn/slo" InResponseTo="_f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed"><saml:Issuer>https://idp.example/metadata</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:PartialLogout"></samlp:StatusCode></samlp:StatusCode></samlp:Status></samlp:LogoutResponse>"#);
    let name_id = ada();
    let signed = LogoutRequest {
        id: "_logout",
        issue_instant: NOW,
        issuer: IDP,
        destination: SLO,
        name_id: &name_id,
        session_indexes: &[],
        not_on_or_after: None,
    }
    .to_signed_xml(&signing_key("idp"))
    .unwrap();
    assert_eq!(code(posted(&signed)), "ok");
}
