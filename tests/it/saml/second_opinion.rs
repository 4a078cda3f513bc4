//! What xmlsec1 (libxml2) thinks of our canonical forms, signatures and ciphertext; run by `tests/second-opinion/run`.

#![expect(clippy::print_stdout, reason = "who asks for a second opinion wants to read it")]

use std::{fs, path::Path, process::Command};

use vestibule::{
    model::Rng,
    saml::{
        dsig::{
            DigestAlgorithm, SignatureAlgorithm, base64,
            c14n::{Canonicalization, canonicalize},
            sign::sign_bytes,
        },
        names::{alg, ns},
        xml::{Limits, Scanned},
    },
    testing::SeededRng,
};

use super::{cases::all, support::*};

/// So many elements of a document have a Reference of their own.
const REFERENCES: usize = 100;

/// None with an ampersand: libxml2 writes it as `&#38;` in a declaration, where Canonical XML wants `&amp;`.
const URIS: [&str; 6] =
    ["urn:a", "urn:b", "http://c.example/#", "urn:a:%3C", "http://c.example/?x=1;y=2", "urn:a"];
const PREFIXES: [&str; 6] = ["", "a", "b", "c", "aa", "B"];

/// Documents in which everything varies that a canonical form must not depend on, and all that it must keep.
struct Generator(SeededRng);

impl Generator {
    fn below(&mut self, bound: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % bound.max(1) as u64).unwrap()
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    /// Declarations; what is in scope grows by them. A prefix may be bound anew, and the default given up.
    fn declarations(&mut self, scope: &mut Vec<&'static str>) -> String {
        let mut out = String::new();
        for prefix in PREFIXES {
            if self.below(5) > 0 {
                continue;
            }
            if prefix.is_empty() {
                let uri = if self.below(3) == 0 { "" } else { self.pick(&URIS) };
                out += &format!(" xmlns=\"{uri}\"");
            } else {
                out += &format!("{}xmlns:{prefix}='{}'", self.pick(&[" ", "\n ", "\t"]), self.pick(&URIS));
                scope.push(prefix);
            }
        }
        out
    }

    fn attributes(&mut self, scope: &[&'static str]) -> String {
        let mut out = String::new();
        let mut seen: Vec<&str> = Vec::new();
        for _ in 0..self.below(5) {
            let name = self.pick(&["z", "y", "x", "A", "aa", "b-c", "\u{e9}"]);
            // Two prefixes may share a namespace, so a local name occurs once.
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let prefix =
                if scope.is_empty() || self.below(2) == 0 { "" } else { scope[self.below(scope.len())] };
            let colon = if prefix.is_empty() { "" } else { ":" };
            let value = self.pick(&[
                "",
                "1",
                " two  words ",
                "&lt;&gt;&amp;&quot;&apos;",
                "&#9;&#10;&#13;",
                "a\tb\nc",
                "\u{e9}\u{1f642}",
                ">",
            ]);
            out += &format!("{}{prefix}{colon}{name} = \"{value}\"", self.pick(&[" ", "\n", "  "]));
        }
        for (name, value) in [("xml:lang", "de"), ("xml:space", "preserve")] {
            if self.below(6) == 0 {
                out += &format!(" {name}=\"{value}\"");
            }
        }
        out
    }

    fn element(&mut self, depth: usize, scope: &[&'static str], out: &mut String) {
        let mut scope = scope.to_vec();
        let declared = self.declarations(&mut scope);
        let prefix = if scope.is_empty() || self.below(2) == 0 { "" } else { scope[self.below(scope.len())] };
        let local = self.pick(&["e", "Element", "f-1", "_g"]);
        let tag = if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") };
        let attributes = self.attributes(&scope);
        let (first, second) =
            if self.below(2) == 0 { (declared, attributes) } else { (attributes, declared) };
        *out += &format!("<{tag}{first}{second}");
        if self.below(4) == 0 {
            *out += self.pick(&["/>", " />"]);
            return;
        }
        *out += self.pick(&[">", "\n>"]);
        for _ in 0..self.below(5) {
            match self.below(6) {
                0 | 1 if depth > 0 => self.element(depth - 1, &scope, out),
                2 => *out += self.pick(&["<!-- c -->", "<!---->", "<?p?>", "<?pi  some data ?>"]),
                3 => *out += self.pick(&["<![CDATA[<&>]]>", "<![CDATA[]]>", "<![CDATA[\r\n\"]]>"]),
                _ => {
                    *out += self.pick(&[
                        "text",
                        " ",
                        "\n  ",
                        "\r\n",
                        "\r",
                        "&#13;",
                        "&lt;&gt;&amp;&quot;'\"",
                        "\u{e9}\u{1f642}",
                        "&#x20AC;",
                        "]]&gt;",
                    ]);
                }
            }
        }
        *out += &format!("</{tag}{}>", self.pick(&["", " ", "\n"]));
    }

    /// A document of targets, at different depths and under different scopes.
    fn document(&mut self) -> String {
        let mut out = String::from("<root xmlns:a='urn:root' xml:base='http://base.example/'>");
        for n in 0..REFERENCES {
            let mut scope = vec!["a"];
            let mut closing = String::new();
            for level in 0..self.below(3) {
                let declared = self.declarations(&mut scope);
                let lang = if self.below(4) == 0 { " xml:lang='en'" } else { "" };
                out += &format!("<level{level}{declared}{lang}>");
                closing = format!("</level{level}>{closing}");
            }
            let declared = self.declarations(&mut scope);
            out += &format!("<t:target xmlns:t='urn:t' Id='d{n}'{declared}>");
            for _ in 0..=self.below(3) {
                self.element(3, &scope, &mut out);
            }
            out += &format!("</t:target>{closing}\n");
        }
        out + "@signature</root>"
    }
}

/// One Signature with a Reference to each target, digested by us over the form chosen for it.
fn signed(document: &str, generator: &mut Generator) -> String {
    let plain = document.replace("@signature", "");
    let text = Scanned::scan(plain.as_bytes(), &Limits::METADATA).unwrap();
    let doc = text.tree().unwrap();
    let targets = doc.descendants().filter(|n| n.tag_name().name() == "target");
    let references: String = targets
        .map(|target| {
            let list = generator.pick(&["", "", "#default", "a b", "a #default none", "aa B c", "t xml"]);
            let form = match generator.below(3) {
                0 => Canonicalization::Inclusive,
                _ => Canonicalization::Exclusive {
                    inclusive_prefixes: list
                        .split(' ')
                        .filter(|p| !p.is_empty())
                        .map(|p| p.replace("#default", ""))
                        .collect(),
                },
            };
            let canonical = canonicalize(target, None, &form).unwrap();
            let digest = base64::encode(&DigestAlgorithm::Sha256.digest(canonical.as_bytes()));
            reference(target.attribute("Id").unwrap(), &form, list, &digest)
        })
        .collect();
    let info = format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{}\"/><ds:SignatureMethod Algorithm=\"{}\"/>{references}</ds:SignedInfo>",
        alg::EXC_C14N,
        alg::RSA_SHA256
    );
    let with = |value: &str| {
        let signature = format!(
            "<ds:Signature xmlns:ds=\"{}\">{info}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>",
            ns::DSIG
        );
        document.replace("@signature", &signature)
    };
    let draft = with("AAAA");
    let doc = roxmltree::Document::parse(&draft).unwrap();
    let info = doc.descendants().find(|n| n.tag_name().name() == "SignedInfo").unwrap();
    let form = Canonicalization::Exclusive { inclusive_prefixes: Vec::new() };
    let info = canonicalize(info, None, &form).unwrap();
    let value = sign_bytes(&signing_key("idp"), SignatureAlgorithm::RSA_SHA256, info.as_bytes()).unwrap();
    with(&base64::encode(&value))
}

fn reference(id: &str, form: &Canonicalization, list: &str, digest: &str) -> String {
    let transform = match form {
        Canonicalization::Inclusive => format!("<ds:Transform Algorithm=\"{}\"/>", alg::C14N),
        Canonicalization::Exclusive { .. } if list.is_empty() => {
            format!("<ds:Transform Algorithm=\"{}\"/>", alg::EXC_C14N)
        }
        Canonicalization::Exclusive { .. } => format!(
            "<ds:Transform Algorithm=\"{0}\"><ec:InclusiveNamespaces xmlns:ec=\"{0}\" PrefixList=\"{list}\"/></ds:Transform>",
            alg::EXC_C14N
        ),
    };
    format!(
        "<ds:Reference URI=\"#{id}\"><ds:Transforms>{transform}</ds:Transforms><ds:DigestMethod Algorithm=\"{}\"/><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>",
        alg::SHA256
    )
}

/// What xmlsec1 says of the n-th signature of a file, under the test provider's key.
fn verifies(file: &Path, n: usize, key: &str) -> Result<(), String> {
    let certificate = fixtures().join("keys").join(format!("{key}.crt"));
    let output = Command::new("xmlsec1")
        .arg("--verify")
        .args(["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:protocol:Response"])
        .args(["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"])
        .args(["--id-attr:Id", "urn:t:target"])
        .args([
            "--node-xpath",
            &format!("(//*[local-name()='Signature' and namespace-uri()='{}'])[{n}]", ns::DSIG),
        ])
        .args(["--enabled-key-data", "key-name", "--pubkey-cert-pem"])
        .args([&certificate, file])
        .output()
        .expect("xmlsec1 is installed");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[test]
#[ignore = "needs xmlsec1: tests/second-opinion/run"]
fn c14n_is_that_of_libxml2() {
    let count: u64 = std::env::var("VESTIBULE_DOCUMENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..count {
        let mut generator = Generator(SeededRng::new(seed));
        let document = generator.document();
        let xml = signed(&document, &mut generator);
        let file = folder.path().join(format!("{seed}.xml"));
        fs::write(&file, &xml).unwrap();
        if let Err(said) = verifies(&file, 1, "idp") {
            let kept = std::env::temp_dir().join(format!("vestibule-c14n-{seed}.xml"));
            fs::copy(&file, &kept).unwrap();
            panic!("seed {seed}, see {}: {said}", kept.display());
        }
    }
    println!("{} canonical forms agree", count as usize * REFERENCES);
}

#[test]
#[ignore = "needs xmlsec1: tests/second-opinion/run"]
fn signatures_are_those_of_xmlsec1() {
    let (mut agreed, mut differ) = (0, Vec::new());
    for case in all().iter().filter(|case| case.kept) {
        let changed = matches!(case.outcome, "signature_digest" | "signature_invalid");
        let xml = String::from_utf8_lossy(&case.message);
        let count = xml.matches("SignatureValue>").count() / 2;
        if !(case.outcome == "accept" || changed) || count == 0 {
            continue;
        }
        let key = match (case.name.as_str(), case.profile) {
            ("rollover-new-key", _) => "idp-next",
            (_, "p256") => "p256",
            _ => "idp",
        };
        let folder = if case.outcome == "accept" { "accept" } else { "reject" };
        let file = fixtures().join(folder).join(format!("{}.xml", case.name));
        let all_good = (1..=count).all(|n| verifies(&file, n, key).is_ok());
        if all_good == changed {
            differ.push((case.name.clone(), case.outcome));
        } else {
            agreed += 1;
        }
    }
    println!("{agreed} messages agree");
    assert!(differ.is_empty(), "{differ:?}");
}

#[test]
#[ignore = "needs xmlsec1: tests/second-opinion/run"]
fn ciphertext_is_that_of_xmlsec1() {
    let key = fixtures().join("keys/sp.key");
    let mut agreed = 0;
    // It knows RSA-OAEP with SHA-1 only.
    let encrypted =
        |name: &str| name.starts_with("encrypted-") && name.ends_with("-oaep-sha1-response-signed");
    for case in all().iter().filter(|case| case.outcome == "accept" && encrypted(&case.name)) {
        let file = fixtures().join("accept").join(format!("{}.xml", case.name));
        let output = Command::new("xmlsec1")
            .args(["--decrypt", "--privkey-pem"])
            .args([&key, &file])
            .output()
            .expect("xmlsec1 is installed");
        let plain = String::from_utf8_lossy(&output.stdout);
        assert!(
            plain.contains(">ada@acme.example<"),
            "{}: {}",
            case.name,
            String::from_utf8_lossy(&output.stderr)
        );
        agreed += 1;
    }
    println!("{agreed} ciphertexts agree");
    assert!(agreed > 0);
}
