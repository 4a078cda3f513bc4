//! Connections are made and changed by commands.

use super::Machine;
use crate::saml::support::{Issued, issued};

/// A certificate of the test keys.
fn test_certificate(name: &str) -> String {
    format!("{}/fixtures/saml/keys/{name}.crt", env!("CARGO_MANIFEST_DIR"))
}

/// A draft of an organization with a SCIM connection: project, organization, draft, SCIM connection.
fn draft_on(machine: &Machine) -> [String; 4] {
    machine.done(&["migrate"]);
    machine.done(&["project", "create", "P", "--public-url", "https://login.example.com"]);
    let project = machine.only_project();
    let org = machine.values(&["org", "create", "Acme", "--project", &project])("organization");
    let to = ["--project", project.as_str(), "--org", org.as_str()];
    let draft = machine.values(&[&["saml-connection", "create", "IdP"], &to[..]].concat())("connection");
    machine.done(&[&["scim-key", "create"], &to[..]].concat());
    let list = machine.said(&[&["scim-connection", "list"], &to[..]].concat());
    let scim = list.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    [project, org, draft, scim]
}

#[test]
fn each_flag_of_a_connection_sets_its_own_switch_and_no_other() {
    let machine = Machine::new();
    let [project, org, draft, scim] = draft_on(&machine);
    let signer = test_certificate("other");
    let of = [draft.as_str(), "--project", project.as_str()];
    // What stays out: the mark is another one after every change.
    let shown = |text: String| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("mark "));
        lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let help = machine.said(&["saml-connection", "update", "--help"]);
    let mut known: Vec<&str> = help
        .split_whitespace()
        .filter(|word| word.starts_with("--"))
        .filter(|flag| !["--project", "--config", "--help", "--version"].contains(flag))
        .collect();
    known.sort_unstable();
    known.dedup();
    let cases: &[(&[&str], &[&str])] = &[
        (&["--name", "Acme"], &["name Acme"]),
        (&["--idp-initiated", "true"], &["IdP-initiated true"]),
        (&["--dummy-in-response-to", "true"], &["dummy InResponseTo true"]),
        (&["--allow-sha1", "true"], &["SHA-1 true"]),
        (&["--allow-triple-des", "true"], &["Triple DES true"]),
        (&["--inclusive-c14n", "true"], &["inclusive C14N true"]),
        (&["--clock-skew", "77"], &["clock skew 77 s"]),
        (&["--force-authn", "true"], &["force authn true"]),
        (&["--sign-requests", "true"], &["sign requests true"]),
        (&["--sign-metadata", "true"], &["sign metadata true"]),
        (&["--publish-encryption", "false"], &["publish encryption false"]),
        (&["--prefer-post", "true"], &["prefer POST true"]),
        (&["--name-id-format", "urn:f"], &["NameID format urn:f"]),
        (&["--forbid-create", "true"], &["forbid create true"]),
        (&["--login-hint-as-subject", "true"], &["login_hint as subject true"]),
        (&["--authn-contexts", "urn:a urn:b"], &["authn contexts urn:a urn:b"]),
        (&["--mfa-contexts", "urn:m"], &["MFA contexts urn:m"]),
        (&["--hold-metadata-changes", "true"], &["hold metadata changes true"]),
        (&["--metadata-signer", &signer], &["metadata signed by SHA-256 "]),
        (&["--stale-metadata-days", "9"], &["stale metadata days 9"]),
        (&["--subject-attribute", "uid"], &["subject attribute uid"]),
        (&["--map", "email=post", "--map", "groups=my teams"], &["map email=post", "map groups=my teams"]),
        (
            &["--pair-scim", &scim, "--pair-attribute", "employee"],
            &[&format!("paired SCIM connection {scim}"), "paired attribute employee"],
        ),
        (&["--jit", "true"], &["JIT true"]),
    ];
    let mut tried: Vec<&str> = cases
        .iter()
        .flat_map(|(flags, _)| flags.iter().copied().filter(|flag| flag.starts_with("--")))
        .collect();
    tried.sort_unstable();
    tried.dedup();
    assert_eq!(tried, known, "a flag that is not tried");
    let mut before = shown(machine.said(&[&["saml-connection", "show"], &of[..]].concat()));
    for (flags, wanted) in cases {
        let after = shown(machine.said(&[&["saml-connection", "update"], &of[..], flags].concat()));
        let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
        assert_eq!(new.len(), wanted.len(), "{flags:?}: {new:?}");
        assert!(new.iter().zip(*wanted).all(|(new, wanted)| new.starts_with(wanted)), "{flags:?}: {new:?}");
        before = after;
    }
    for (flags, gone) in [
        (&["--map", "email="][..], "map email=post"),
        (&["--pair-scim", ""], "paired attribute employee"),
        (&["--metadata-signer", ""], "metadata signed by"),
        (&["--name-id-format", ""], "NameID format urn:f"),
    ] {
        let after = shown(machine.said(&[&["saml-connection", "update"], &of[..], flags].concat()));
        assert!(before.iter().any(|line| line.starts_with(gone)), "{flags:?}: {before:?}");
        assert!(!after.iter().any(|line| line.starts_with(gone)), "{flags:?}: {after:?}");
        before = after;
    }
    let empty = machine.path().join("empty.pem").to_str().unwrap().to_owned();
    std::fs::write(&empty, "\n").unwrap();
    let nobodys = "scim_connection_0000000000000000000000009";
    for (flags, why) in [
        (&["--map", "mail=mail"][..], "email, firstName, lastName, displayName, groups can"),
        (&["--map", "email"], "WHAT=ATTRIBUTE"),
        (&["--metadata-signer", &empty], "is empty"),
        (&["--metadata-signer", &signer, "--metadata-signer", ""], "No such file"),
        (&["--pair-scim", &scim], "go together"),
        (&["--pair-scim", "", "--pair-attribute", "x"], "go together"),
        (&["--pair-attribute", "x"], "--pair-scim"),
        (&["--pair-scim", nobodys, "--pair-attribute", "x"], "no SCIM connection of this id"),
        (&["--clock-skew", "601"], "600 s at most"),
    ] {
        let said = machine.refused(&[&["saml-connection", "update"], &of[..], flags].concat());
        assert!(said.contains(why), "{flags:?}: {said}");
    }
    let last = shown(machine.said(&[&["saml-connection", "show"], &of[..]].concat()));
    assert_eq!(last, before, "what was refused has changed nothing in {org}");
}

#[test]
fn a_provider_is_described_by_metadata_or_by_fields() {
    use vestibule::saml::issue::IdpDescription;
    let machine = Machine::new();
    let [project, org, draft, _] = draft_on(&machine);
    let der = |name: &str| {
        let pem = std::fs::read(test_certificate(name)).unwrap();
        openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap()
    };
    let (good, weak) = (der("idp"), der("weak"));
    let one = |entity_id: &str| {
        let certificates = [good.as_slice(), &weak];
        IdpDescription { entity_id, sso_url: "https://idp.example/sso", certificates: &certificates }.to_xml()
    };
    let body =
        |entity_id: &str| one(entity_id).split_once("?>").map_or(one(entity_id), |(_, rest)| rest.to_owned());
    let both = format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}{}</md:EntitiesDescriptor>",
        body("https://a.example"),
        body("https://b.example"),
    );
    std::fs::write(machine.path().join("both.xml"), both).unwrap();
    let to = ["--project", project.as_str(), "--org", org.as_str()];
    let set = ["saml-connection", "set-metadata", draft.as_str(), "--project", project.as_str()];
    let several = machine.refused(&[&set[..], &["--metadata", "both.xml"]].concat());
    assert!(several.contains("contains 2 identity providers"), "{several}");
    let said = machine.said(&[&set[..], &["--metadata", "both.xml", "--idp", "https://b.example"]].concat());
    let warning = "the RSA key has 1024 bits; at least 2048 are needed";
    assert!(said.contains("https://b.example"), "{said}");
    assert!(
        said.contains(&format!("warning: a certificate in the metadata cannot be used: {warning}")),
        "{said}"
    );
    let shown = machine.said(&["saml-connection", "show", &draft, "--project", &project]);
    assert!(
        shown.lines().any(|line| line.starts_with("certificate not used") && line.ends_with(warning)),
        "{shown}"
    );
    let Issued { certificate: own, authority, .. } = issued();
    std::fs::write(machine.path().join("chain.pem"), own + &authority).unwrap();
    let chain = [
        "--sso-url",
        "https://idp.example/sso",
        "--entity-id",
        "https://idp.example",
        "--certificate",
        "chain.pem",
    ];
    let said = machine.said(&[&set[..], &chain].concat());
    assert!(
        said.contains("warning: not everything was taken over: the certificate with the SHA-256"),
        "{said}"
    );
    let shown = machine.said(&["saml-connection", "show", &draft, "--project", &project]);
    assert_eq!(shown.lines().filter(|line| line.starts_with("certificate  ")).count(), 1, "{shown}");
    assert!(shown.lines().any(|line| line.starts_with("not taken over")), "{shown}");
    let (certificate, next) = (test_certificate("idp"), test_certificate("idp-next"));
    let fields = [
        "--sso-url",
        "https://idp.example/sso",
        "--entity-id",
        "https://idp.example",
        "--certificate",
        &certificate,
    ];
    let more = ["--certificate", &next, "--slo-url", "https://idp.example/slo"];
    let made = machine.values(&[&["saml-connection", "create", "Plain"], &to[..], &fields, &more].concat());
    assert_eq!((made("status"), made("identity provider")), ("enabled".into(), "https://idp.example".into()));
    let shown = machine.said(&["saml-connection", "show", &made("connection"), "--project", &project]);
    assert_eq!(shown.lines().filter(|line| line.starts_with("certificate  ")).count(), 2, "{shown}");
    assert!(shown.contains("https://idp.example/slo"), "{shown}");
    let said = machine.said(&[&set[..], &fields].concat());
    assert!(said.contains("https://idp.example") && !said.contains("warning"), "{said}");
    for (flags, why) in [
        (&[][..], "give --metadata, or --sso-url"),
        (&["--idp", "x"], "--metadata"),
        (&["--sso-url", "https://idp.example/sso"], "--entity-id"),
        (&["--slo-url", "https://idp.example/slo"], "--sso-url"),
        (&[&fields[..], &["--metadata", "both.xml"]].concat(), "cannot be used with"),
        (&[&fields[..], &["--slo-url", "ftp://x"]].concat(), "the logout URL must be an https address"),
    ] {
        let said = machine.refused(&[&set[..], flags].concat());
        assert!(said.contains(why), "{flags:?}: {said}");
    }
}

#[test]
fn what_shuts_people_out_is_said_where_it_is_done() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    machine.done(&["project", "create", "P", "--public-url", "https://login.example.com"]);
    let project = machine.only_project();
    let org = machine.values(&["org", "create", "Acme", "--project", &project])("organization");
    let of = ["--project", project.as_str(), "--org", org.as_str()];
    let certificate = crate::saml::support::verification_key("idp");
    let metadata = vestibule::saml::issue::IdpDescription {
        entity_id: "https://idp.example",
        sso_url: "https://idp.example/sso",
        certificates: &[certificate.certificate_der()],
    };
    std::fs::write(machine.path().join("idp.xml"), metadata.to_xml()).unwrap();
    let create = [&["saml-connection", "create", "IdP", "--metadata", "idp.xml"], &of[..]].concat();
    let connection = machine.values(&create)("connection");
    let said = |arguments: &[&str]| {
        let output = machine.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let mfa = ["org", "update", &org, "--require-mfa", "true"];
    assert!(said(&mfa).contains("warning: nobody can sign in through IdP"));
    let contexts = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken";
    said(&["saml-connection", "update", &connection, "--project", &project, "--mfa-contexts", contexts]);
    assert!(!said(&mfa).contains("warning"));
    let key = [&["scim-key", "create"], &of[..]].concat();
    assert!(said(&key).contains("must have come by SCIM from now on"));
    said(&["saml-connection", "update", &connection, "--project", &project, "--jit", "true"]);
    assert!(!said(&key).contains("must have come"));
}

#[test]
fn each_connection_has_an_encryption_key_that_is_rolled_over_alone() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    machine.done(&["project", "create", "P", "--public-url", "https://login.example.com"]);
    let project = machine.only_project();
    let of = ["--project", project.as_str()];
    let org = machine.values(&["org", "create", "Acme", of[0], of[1]])("organization");
    let draft =
        || machine.values(&["saml-connection", "create", "IdP", of[0], of[1], "--org", &org])("connection");
    let (one, other) = (draft(), draft());
    let rotate = |more: &[&str]| {
        let output = machine.run(&[&["keys", "rotate", "encryption"], more, &of].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = rotate(&[&one]);
    assert_eq!(
        listed.lines().next().unwrap().split_whitespace().collect::<Vec<_>>(),
        ["ID", "PURPOSE", "CONNECTION", "ENDS"]
    );
    assert_eq!((listed.matches(one.as_str()).count(), listed.matches(other.as_str()).count()), (1, 0));
    rotate(&[&other]);
    let listed = rotate(&["--all"]);
    assert_eq!((listed.matches(one.as_str()).count(), listed.matches(other.as_str()).count()), (2, 2));
    let listed = rotate(&[&one, "--finish"]);
    assert_eq!((listed.matches(one.as_str()).count(), listed.matches(other.as_str()).count()), (1, 2));
    let listed = rotate(&["--all", "--compromised"]);
    assert_eq!((listed.matches(one.as_str()).count(), listed.matches(other.as_str()).count()), (1, 1));
    let neither = machine.refused(&["keys", "rotate", "encryption", of[0], of[1]]);
    assert!(neither.contains("<CONNECTION|--all>"), "{neither}");
    let nobodys = "saml_connection_0000000000000000000000009";
    let missing = machine.refused(&["keys", "rotate", "encryption", nobodys, of[0], of[1]]);
    assert!(missing.contains("no SAML connection of this id"), "{missing}");
}
