//! A mutating driver: messages, metadata, queries and ciphertext, broken at random in the ways that parsers get wrong, from
//! a fixed seed. Nothing panics, and nothing accepted says anything else than the provider signed. `VESTIBULE_MUTATIONS`
//! multiplies the number of attempts.

use std::sync::atomic::{AtomicUsize, Ordering};

use time::Duration;
use vestibule::{
    model::Rng,
    saml::{
        Decryption, VerifiedAssertion,
        binding::{post, query_signature, redirect},
        dsig::{
            SignaturePolicy,
            c14n::{Canonicalization, canonicalize},
        },
        issue::{Encryption, KeyPlacement},
        logout::{ExpectedLogout, Inbound, verify_request, verify_response},
        metadata::{self, Reading},
        request, validate,
        xml::{Limits, Scanned},
        xmlenc::{ContentAlgorithm, KeyTransport},
    },
    testing::SeededRng,
};

use super::{
    cases::all,
    support::{
        ACS, IDP, NOW, Profile, SP, base, decryption_key, element, fixtures, sign_assertion, signing_key,
        swap, verification_key,
    },
};

/// What breaks parsers, put in where it does not belong.
const TOKENS: &[&str] = &[
    "<!-- -->",
    "<?x?>",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE x>",
    "&#0;",
    "&#xD;",
    "&amp;",
    "&lt;",
    "\"",
    "'",
    "<",
    ">",
    "/>",
    "</saml:Assertion>",
    "<saml:Assertion ID=\"_evil\">",
    "<saml:NameID>eve@acme.example</saml:NameID>",
    " ID=\"_assertion\"",
    " xml:id=\"_assertion\"",
    " xmlns=\"\"",
    " xmlns:saml=\"urn:x\"",
    " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
    "</ds:Signature>",
    "<ds:Object>",
    "#_response",
    "eve@",
    "\u{e9}",
    "\u{feff}",
    "\0",
    "\r",
    "\r\n",
    "%2B",
    "+",
    "=",
    "==",
    "&SAMLRequest=",
    "9999-12-31T23:59:59Z",
];

struct Mutator(SeededRng);

impl Mutator {
    fn below(&mut self, bound: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % bound.max(1) as u64).unwrap()
    }

    /// One to three changes, the second source being what may be spliced in.
    fn mutate(&mut self, source: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = source.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len() + 1);
            let end = (at + 1 + self.below(200)).min(bytes.len());
            match self.below(8) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 => drop(bytes.splice(at.min(end)..end, [])),
                2 => {
                    let copy = bytes[at.min(end)..end].to_vec();
                    let to = self.below(bytes.len() + 1);
                    drop(bytes.splice(to..to, copy));
                }
                3 | 4 => {
                    let token = TOKENS[self.below(TOKENS.len())];
                    drop(bytes.splice(at..at, token.bytes()));
                }
                5 => {
                    let start = self.below(other.len());
                    let part = other[start..(start + self.below(4_000)).min(other.len())].to_vec();
                    drop(bytes.splice(at..at, part));
                }
                6 => bytes.truncate(at),
                _ => self.duplicate_element(&mut bytes),
            }
        }
        bytes
    }

    /// A whole element once more, somewhere else: what wrapping attacks are made of.
    fn duplicate_element(&mut self, bytes: &mut Vec<u8>) {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let Ok(doc) = roxmltree::Document::parse(text) else { return };
        let elements: Vec<_> = doc.descendants().filter(roxmltree::Node::is_element).collect();
        let copy = text[elements[self.below(elements.len())].range()].as_bytes().to_vec();
        let place = elements[self.below(elements.len())].range();
        let (from, to) =
            if self.below(3) == 0 { (place.start, place.end) } else { (place.start, place.start) };
        bytes.splice(from..to, copy);
    }
}

fn attempts(count: usize) -> usize {
    let times = std::env::var("VESTIBULE_MUTATIONS").ok().and_then(|n| n.parse().ok());
    count * times.unwrap_or(1)
}

/// What a login would make of an assertion.
fn identity(assertion: &VerifiedAssertion) -> String {
    format!(
        "{} {} {:?} {:?} {:?}",
        assertion.id(),
        assertion.issuer(),
        assertion.name_id(),
        assertion.session_index(),
        assertion.attributes().iter().map(|a| (&a.name, &a.values)).collect::<Vec<_>>()
    )
}

#[test]
fn no_mutation_of_a_response_changes_who_it_is_about() {
    let sources: Vec<_> =
        all().iter().filter(|c| c.outcome == "accept" && c.message.len() < 20_000).collect();
    let accepted = AtomicUsize::new(0);
    let mut mutator = Mutator(SeededRng::new(1));
    for _ in 0..attempts(3_000) {
        let source = sources[mutator.below(sources.len())];
        let other = sources[mutator.below(sources.len())];
        let mutant = mutator.mutate(&source.message, &other.message);
        let profile = Profile::named(source.profile);
        let Ok(got) = validate(&mutant, &profile.expected()) else { continue };
        accepted.fetch_add(1, Ordering::Relaxed);
        let wanted = validate(&source.message, &profile.expected()).unwrap();
        // A splice may have put one genuine message in the place of another; both name ada.
        let spliced = validate(&other.message, &profile.expected()).ok();
        let genuine = [Some(&wanted), spliced.as_ref()].into_iter().flatten().map(identity);
        assert!(
            genuine.into_iter().any(|one| one == identity(&got)),
            "{}: {}",
            source.name,
            String::from_utf8_lossy(&mutant)
        );
    }
    // What does no harm (a space in a tag, a comment between elements) is accepted: the driver does reach the end.
    assert!(accepted.into_inner() > 0);
}

#[test]
fn no_mutation_of_ciphertext_is_read() {
    let sources: Vec<_> = all()
        .iter()
        .filter(|c| c.outcome == "accept" && c.name.contains("gcm") && c.name.contains("assertion-signed"))
        .collect();
    let mut mutator = Mutator(SeededRng::new(2));
    for _ in 0..attempts(300) {
        let source = sources[mutator.below(sources.len())];
        let mut mutant = source.message.clone();
        let text = String::from_utf8(source.message.clone()).unwrap();
        // Another letter inside a ciphertext, so that base64 stays base64.
        let open = text.rfind("<xenc:CipherValue>").unwrap() + "<xenc:CipherValue>".len();
        let at = open + mutator.below(text[open..].find('=').or(text[open..].find('<')).unwrap() - 4);
        let letter = b"ABCDEFGHabcdefgh01234567"[mutator.below(24)];
        if mutant[at] == letter {
            continue;
        }
        mutant[at] = letter;
        let profile = Profile::named(source.profile);
        let refused = validate(&mutant, &profile.expected()).unwrap_err();
        assert_eq!(refused.code(), "decryption_failed", "{}", source.name);
    }
}

/// Whoever has read our metadata can encrypt to us: what was encrypted is as hostile as what was not.
#[test]
fn no_mutation_of_what_is_encrypted_changes_who_it_is_about() {
    let sp = decryption_key("sp");
    let how = Encryption {
        content: ContentAlgorithm::Aes128Gcm,
        transport: KeyTransport::OAEP_SHA1,
        certificate: sp.certificate_der(),
        recipient: None,
        placement: KeyPlacement::Inside,
        random: &[5; 32],
    };
    let xml = sign_assertion(&base());
    let assertion = element(&xml, "saml:Assertion");
    let profile = Profile::named("default");
    let wanted = identity(&validate(xml.as_bytes(), &profile.expected()).unwrap());
    let mut accepted = 0;
    let mut mutator = Mutator(SeededRng::new(7));
    for _ in 0..attempts(500) {
        let mutant = mutator.mutate(assertion.as_bytes(), xml.as_bytes());
        let Ok(content) = std::str::from_utf8(&mutant) else { continue };
        let holder = how.encrypt("saml:EncryptedAssertion", content).unwrap();
        let message = swap(&xml, &assertion, &holder);
        if let Ok(got) = validate(message.as_bytes(), &profile.expected()) {
            assert_eq!(identity(&got), wanted, "{content}");
            accepted += 1;
        }
    }
    assert!(accepted > 0);
}

#[test]
fn no_mutation_of_metadata_panics() {
    let federation = metadata_sources();
    let pinned = [verification_key("other")];
    let mut mutator = Mutator(SeededRng::new(3));
    for _ in 0..attempts(1_500) {
        let source = &federation[mutator.below(federation.len())];
        let other = &federation[mutator.below(federation.len())];
        let mutant = mutator.mutate(source, other);
        let _ = metadata::parse(&mutant, NOW);
        let _ = metadata::candidates(&mutant);
        let reading = Reading { pinned: &pinned, entity_id: Some(IDP), ..Reading::at(NOW) };
        assert!(metadata::read(&mutant, &reading).is_err(), "nothing here is signed by the pinned key");
    }
}

pub fn metadata_sources() -> Vec<Vec<u8>> {
    use vestibule::saml::{issue::IdpDescription, metadata::SpMetadata};
    let key = verification_key("idp");
    let certificates = [key.certificate_der()];
    let sso_url = "https://idp.example/sso";
    let idp = IdpDescription { entity_id: IDP, sso_url, certificates: &certificates }.to_xml();
    let sp = SpMetadata { entity_id: SP, acs_url: ACS, ..SpMetadata::default() }.to_xml();
    let aggregate = format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" validUntil=\"2027-01-01T00:00:00Z\" cacheDuration=\"PT6H\">{idp}</md:EntitiesDescriptor>"
    );
    let json = fixtures().join("manifest.json");
    vec![
        idp.into_bytes(),
        sp.into_bytes(),
        aggregate.into_bytes(),
        std::fs::read(json).unwrap()[..2_000].to_vec(),
    ]
}

#[test]
fn no_mutation_of_a_logout_message_changes_whom_it_ends() {
    let (keys, sp_keys) = ([verification_key("idp")], [decryption_key("sp")]);
    let expected = ExpectedLogout {
        idp_entity_id: IDP,
        keys: &keys,
        sp_entity_id: SP,
        slo_url: "https://sp.example/slo",
        signatures: SignaturePolicy::default(),
        decryption: Decryption { keys: &sp_keys, recipient: SP, allow_triple_des: false, random: &[7; 32] },
        clock_skew: Duration::seconds(180),
        now: NOW,
    };
    let name = all().iter().find(|c| c.name == "assertion-signed").unwrap();
    let name = validate(&name.message, &Profile::named("default").expected()).unwrap();
    let request = vestibule::saml::logout::LogoutRequest {
        id: "_logout",
        issue_instant: NOW,
        issuer: IDP,
        destination: "https://sp.example/slo",
        name_id: name.name_id().unwrap(),
        session_indexes: &["_one", "_two"],
        not_on_or_after: None,
    };
    let key = signing_key("idp");
    let signed = request.to_signed_xml(&key).unwrap();
    let parameter = redirect::Parameter::Request;
    let url =
        query_signature::encode("https://sp.example/slo", parameter, &request.to_xml(), Some("r"), &key);
    let url = url.unwrap();
    let query = url.split_once('?').unwrap().1;
    let mut mutator = Mutator(SeededRng::new(4));
    for _ in 0..attempts(2_000) {
        let mutant = mutator.mutate(signed.as_bytes(), query.as_bytes());
        let _ = verify_response(Inbound::Post(&mutant), "_x", &expected);
        let by_form = verify_request(Inbound::Post(&mutant), &expected);
        let mutant =
            String::from_utf8_lossy(&mutator.mutate(query.as_bytes(), signed.as_bytes())).into_owned();
        let decoded = redirect::decode(&mutant);
        let by_url = decoded.ok().map(|decoded| verify_request(Inbound::Redirect(&decoded), &expected));
        for got in [Some(by_form), by_url].into_iter().flatten().filter_map(Result::ok) {
            assert_eq!((got.id(), got.name_id()), ("_logout", name.name_id().unwrap()));
            assert_eq!(got.session_indexes(), ["_one", "_two"]);
        }
    }
}

#[test]
fn no_mutation_of_a_transport_panics() {
    let message = post::encode("<a>some message, long enough to be cut</a>");
    let url =
        redirect::encode("https://x.example/", redirect::Parameter::Response, "<a/>", Some("x")).unwrap();
    let query = url.split_once('?').unwrap().1;
    let mut mutator = Mutator(SeededRng::new(5));
    for _ in 0..attempts(3_000) {
        let text =
            String::from_utf8_lossy(&mutator.mutate(message.as_bytes(), query.as_bytes())).into_owned();
        let _ = post::decode(&text);
        let text =
            String::from_utf8_lossy(&mutator.mutate(query.as_bytes(), message.as_bytes())).into_owned();
        let _ = redirect::decode(&text);
    }
}

/// Whatever parses has a canonical form that is its own canonical form, or an error; and requests are read or refused.
#[test]
fn c14n_of_mutants_is_stable() {
    let sources: Vec<_> = all().iter().filter(|c| c.kept && c.message.len() < 20_000).collect();
    let mut mutator = Mutator(SeededRng::new(6));
    let form = Canonicalization::Exclusive { inclusive_prefixes: vec!["xs".into(), String::new()] };
    for _ in 0..attempts(1_500) {
        let source = sources[mutator.below(sources.len())];
        let mutant = mutator.mutate(&source.message, &source.message);
        let _ = request::parse(&mutant);
        let Ok(text) = Scanned::scan(&mutant, &Limits::MESSAGE) else { continue };
        let Ok(doc) = text.tree() else { continue };
        for form in [&form, &Canonicalization::Inclusive] {
            let Ok(once) = canonicalize(doc.root_element(), None, form) else { continue };
            let again = roxmltree::Document::parse(&once).unwrap();
            assert_eq!(canonicalize(again.root_element(), None, form).as_ref(), Ok(&once), "{}", source.name);
        }
    }
}
