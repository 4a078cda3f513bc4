//! Asks samael, and with it libxml2, xmlsec and quick-xml, what it makes of each message of `fixtures/saml`. Where we
//! accept and it refuses, the reason must be one that is known; where we refuse and it accepts, we say why we refuse.
//! Each message has a process of its own: samael opens what a Reference names, and can be kept busy for long.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use samael::{metadata::EntityDescriptor, service_provider::ServiceProviderBuilder};
use serde_json::Value;

const REQUEST: &str = "_f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed";
const PATIENCE: Duration = Duration::from_secs(10);

/// Why samael refuses what we accept: a part of the file's name, a part of what samael says, and the reason.
const KNOWN: &[(&str, &str, &str)] = &[
    ("encrypted-", "MethodUnsupported", "it does not know the algorithm"),
    ("encrypted-", "oaep decoding error", "it takes the digest of OAEP for that of its mask"),
    ("encrypted-", "FailedToValidateSignature", "it wants a signature around what is encrypted"),
    ("key-beside-one-of-another-kind", "FailedToValidateSignature", "it tries one kind of key"),
    ("targeted-id", "FailedToParseSamlAssertion", "it expects text where eduPersonTargetedID has a NameID"),
];

fn main() -> ExitCode {
    match env::args().collect::<Vec<_>>().as_slice() {
        [_, file, connection] => one(Path::new(file), connection),
        _ => all(),
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/saml")
}

/// Exit code 0 if samael accepts the message; otherwise its reason is on the standard output.
fn one(file: &Path, connection: &str) -> ExitCode {
    let message = fs::read(file).expect("the message");
    let Ok(text) = String::from_utf8(message) else {
        println!("not UTF-8");
        return ExitCode::FAILURE;
    };
    let key = fs::read(fixtures().join("keys/sp.key")).expect("the test key");
    // The messages are of January 2026; whether they are in time is not what is asked here.
    let age = chrono::Duration::days(36_500);
    let provider = ServiceProviderBuilder::default()
        .entity_id("https://sp.example/api/saml/v1/conn".to_owned())
        .acs_url("https://sp.example/api/saml/v1/conn/acs".to_owned())
        .idp_metadata(metadata(connection))
        .key(openssl::pkey::PKey::private_key_from_pem(&key).expect("the test key"))
        .allow_idp_initiated(connection.starts_with("unsolicited"))
        .max_issue_delay(age)
        .max_clock_skew(age)
        .build()
        .expect("a service provider");
    match provider.parse_xml_response(&text, Some(&[REQUEST])) {
        Ok(assertion) => {
            let name = assertion.subject.and_then(|s| s.name_id).map(|name| name.value);
            println!("{}", name.unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(fault) => {
            println!("{fault:?}");
            ExitCode::FAILURE
        }
    }
}

/// The provider's metadata with the keys that the connection of that name trusts; see `Profile` in `tests/it/saml`.
fn metadata(connection: &str) -> EntityDescriptor {
    let keys: &[&str] = match connection {
        "no-keys" => &[],
        "rollover" => &["idp-next", "idp"],
        "p256" => &["p256"],
        "ec-and-rsa" => &["p256", "idp"],
        _ => &["idp"],
    };
    let descriptors: String = keys
        .iter()
        .map(|key| {
            let pem = fs::read_to_string(fixtures().join(format!("keys/{key}.crt"))).expect("the test key");
            let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            format!(
                "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{body}\
                 </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            )
        })
        .collect();
    let xml = format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" entityID=\"https://idp.example/metadata\">\
         <md:IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{descriptors}\
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
         Location=\"https://idp.example/sso\"/></md:IDPSSODescriptor></md:EntityDescriptor>"
    );
    xml.parse().expect("metadata")
}

/// What became of a message.
enum Outcome {
    Accepted(String),
    Refused(String),
    /// It crashed, or took too long.
    Lost(String),
}

fn ask(file: &Path, connection: &str) -> Outcome {
    let own = env::current_exe().expect("this program");
    let mut child = Command::new(own)
        .args([file.as_os_str(), connection.as_ref()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a process") {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().and_then(|()| child.wait()).expect("a process");
            return Outcome::Lost(format!("took more than {PATIENCE:?}"));
        }
        thread::sleep(Duration::from_millis(2));
    };
    let output = child.wait_with_output().expect("a process").stdout;
    let said = String::from_utf8_lossy(&output).trim().to_owned();
    match status.code() {
        Some(0) => Outcome::Accepted(said),
        Some(1) => Outcome::Refused(said),
        _ => Outcome::Lost(status.to_string()),
    }
}

fn all() -> ExitCode {
    let manifest = fs::read(fixtures().join("manifest.json")).expect("the manifest");
    let manifest: Value = serde_json::from_slice(&manifest).expect("the manifest");
    let (mut both_accept, mut both_refuse, mut unknown) = (0, 0, 0);
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut accepted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut lost = Vec::new();
    for message in manifest["messages"].as_array().expect("messages") {
        let field = |name: &str| message[name].as_str().expect("text").to_owned();
        let (file, connection, ours) = (field("file"), field("connection"), field("outcome"));
        let accept = ours == "accept";
        match ask(&fixtures().join(&file), &connection) {
            Outcome::Accepted(name) if accept && matches!(name.as_str(), "" | "ada@acme.example") => {
                both_accept += 1
            }
            Outcome::Accepted(name) if accept => {
                println!("{file}: to samael it is about {name:?}");
                unknown += 1;
            }
            Outcome::Accepted(name) => accepted.entry(ours).or_default().push(format!("{file} as {name:?}")),
            Outcome::Refused(said) if accept => {
                let known = KNOWN.iter().find(|(name, part, _)| file.contains(name) && said.contains(part));
                unknown += usize::from(known.is_none());
                let why = known.map_or_else(|| format!("NOT KNOWN: {said}"), |(_, _, why)| (*why).to_owned());
                refused.entry(why).or_default().push(file);
            }
            Outcome::Refused(_) => both_refuse += 1,
            Outcome::Lost(how) => lost.push(format!("{file}: {how}")),
        }
    }
    print("We accept and samael refuses, because", &refused);
    print("We refuse and samael accepts, although", &accepted);
    if !lost.is_empty() {
        println!("samael was lost:\n  {}", lost.join("\n  "));
    }
    println!(
        "both accept {both_accept} messages and refuse {both_refuse}; {unknown} differ for no known reason"
    );
    if unknown == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(title: &str, differences: &BTreeMap<String, Vec<String>>) {
    println!("{title}:");
    for (reason, files) in differences {
        println!("  {reason} ({}):\n    {}", files.len(), files.join("\n    "));
    }
}
