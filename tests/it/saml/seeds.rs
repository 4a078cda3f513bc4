//! What the fuzzers start from, beside the fixtures: written by `tests/fuzz/run`.

use std::{fs, path::PathBuf};

use vestibule::saml::{
    binding::{
        post, query_signature,
        redirect::{self, Parameter},
    },
    dsig::{DigestAlgorithm, sign},
    logout::{LogoutOutcome, LogoutRequest, LogoutResponse},
    response::NameId,
};

use super::{
    cases::all,
    mutations::metadata_sources,
    support::{IDP, NOW, REQUEST, element, signing_key},
};

const SLO: &str = "https://sp.example/slo";

#[test]
#[ignore = "writes the seeds of the fuzzers: tests/fuzz/run"]
fn for_the_fuzzers() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let write = |target: &str, seeds: Vec<Vec<u8>>| {
        let folder = folder.join(target);
        fs::create_dir_all(&folder).unwrap();
        for (n, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{n:03}")), seed).unwrap();
        }
    };
    write("metadata", metadata_sources());
    write("logout", logouts());
    write("redirect", queries());
    write("plaintext", assertions());
}

fn logouts() -> Vec<Vec<u8>> {
    let signed = |xml: &str, id: &str| sign(xml, id, &signing_key("idp"), DigestAlgorithm::Sha256).unwrap();
    let (request, response) = (request(), response());
    let mut seeds = vec![
        signed(&request, "_logout").into_bytes(),
        signed(&response, "_answer").into_bytes(),
        request.into_bytes(),
        response.into_bytes(),
    ];
    seeds.extend(queries());
    seeds
}

fn request() -> String {
    let name_id = NameId {
        value: "ada@acme.example".into(),
        format: vestibule::saml::names::name_id::EMAIL.into(),
        name_qualifier: None,
        sp_name_qualifier: None,
    };
    LogoutRequest {
        id: "_logout",
        issue_instant: NOW,
        issuer: IDP,
        destination: SLO,
        name_id: &name_id,
        session_indexes: &["_one", "_two"],
        not_on_or_after: None,
    }
    .to_xml()
}

fn response() -> String {
    LogoutResponse {
        id: "_answer",
        issue_instant: NOW,
        issuer: IDP,
        destination: SLO,
        in_response_to: REQUEST,
        outcome: &LogoutOutcome::Complete,
    }
    .to_xml()
}

fn queries() -> Vec<Vec<u8>> {
    let query = |url: &str| url.split_once('?').unwrap().1.as_bytes().to_vec();
    let signed = |parameter, xml: &str, relay| {
        query(&query_signature::encode(SLO, parameter, xml, relay, &signing_key("idp")).unwrap())
    };
    vec![
        signed(Parameter::Request, &request(), Some("r")),
        signed(Parameter::Response, &response(), None),
        query(&redirect::encode(SLO, Parameter::Request, &request(), Some("r")).unwrap()),
        post::encode(&request()).into_bytes(),
    ]
}

/// The assertions of what is accepted, as they would be encrypted.
fn assertions() -> Vec<Vec<u8>> {
    let plain = all().iter().filter(|c| c.outcome == "accept" && c.kept).filter_map(|case| {
        let text = String::from_utf8(case.message.clone()).ok()?;
        text.contains("<saml:Assertion ").then(|| element(&text, "saml:Assertion").into_bytes())
    });
    plain.collect()
}
