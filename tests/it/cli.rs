//! The real binary: a host app is put behind the gateway by its commands alone, and what must not be served is not.

use std::{
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

/// The binary in an empty folder, with nothing of this machine's environment that concerns it.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VESTIBULE_")) {
            command.env_remove(name);
        }
        command.current_dir(self.path()).args(arguments);
        command
    }

    /// Runs a command that must succeed and returns its named values' last words.
    fn values(&self, arguments: &[&str]) -> impl Fn(&str) -> String + use<> {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        move |name| {
            let line =
                text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
            line.split_whitespace().last().unwrap().to_owned()
        }
    }

    /// Runs a command that must succeed and returns all that it prints.
    fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must succeed.
    fn done(&self, arguments: &[&str]) {
        drop(self.values(arguments));
    }

    /// The id of the one project.
    fn only_project(&self) -> String {
        let list = String::from_utf8(self.run(&["project", "list"]).stdout).unwrap();
        list.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    }

    /// Another master key, a test's, and a configuration `vestibule.toml` that names it.
    fn other_key(&self, file: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktdGVzdCE").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(self.path().join("vestibule.toml"), format!("master_key_file = '{file}'")).unwrap();
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} should fail");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn a_reader_who_has_seen_enough_breaks_nothing() {
    let machine = Machine::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = machine.command(&["version"]).stdout(writer).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_host_app_is_set_up_by_commands() {
    let machine = Machine::new();
    assert!(machine.refused(&["project", "list"]).contains("vestibule migrate"));
    machine.done(&["migrate"]);
    assert!(machine.refused(&["serve"]).contains("vestibule project create"));
    let project =
        machine.values(&["project", "create", "P", "--public-url", "https://login.example.com"])("project");
    let of = ["--project", project.as_str()];
    let client = machine.values(&[
        "client",
        "create",
        "App",
        of[0],
        of[1],
        "--redirect-uri",
        "https://app.example.com/callback",
    ]);
    assert!(client("client_id").starts_with("client_"));
    assert!(client("client_secret").starts_with("vestibule_client_"));
    let org = machine.values(&["org", "create", "Acme", of[0], of[1], "--external-id", "a"])("organization");
    let to = ["--org", org.as_str()];
    machine.done(&["domain", "add", "acme.example", of[0], of[1], to[0], to[1]]);
    let scim = machine.values(&["scim-key", "create", of[0], of[1], to[0], to[1]]);
    assert_eq!(scim("SCIM base URL"), "https://login.example.com/api/scim/v1");
    assert!(scim("bearer token").starts_with("vestibule_scim_"));
    let link = machine.values(&["setup-link", "create", &org, "--saml", "--hours", "24"]);
    assert!(link("address").starts_with("https://login.example.com/setup/vestibule_setup_"));
    let early = machine.refused(&["saml-connection", "activate", &link("connection"), of[0], of[1]]);
    assert!(early.contains("metadata"), "{early}");
    let provisioning = machine.values(&["setup-link", "create", &org, "--scim"]);
    let draft = provisioning("SCIM connection");
    assert!(machine.refused(&["setup-link", "create", &org]).contains("--scim"));
    let early = machine.refused(&["setup-link", "create", &org, "--saml", "--scim-connection", &draft]);
    assert!(early.contains("--scim"), "{early}");
    let activate = ["scim-connection", "activate", &draft, of[0], of[1], to[0], to[1]];
    let early = machine.run(&activate);
    let why = String::from_utf8(early.stderr).unwrap();
    assert!(!early.status.success() && early.stdout.is_empty(), "nothing is said before the error");
    assert!(why.contains("never checked") && why.contains("--unchecked"), "{why}");
    let enable = ["scim-connection", "update", &draft, of[0], of[1], to[0], to[1], "--enabled", "true"];
    assert!(machine.refused(&enable).contains("scim-connection activate"));
    let checked = machine.run(&["scim-check", &org, of[0], of[1], "--connection", &draft]);
    let report = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success() && report.contains("passed  okta"), "{report}");
    machine.done(&["setup-link", "revoke", &provisioning("setup link")]);
    let list = String::from_utf8(machine.run(&["setup-link", "list", &org]).stdout).unwrap();
    assert!(list.starts_with("ID ") && list.contains("revoked") && list.contains("waiting"), "{list}");
    let in_org = |arguments: &[&str]| {
        let all = [&["scim-connection"], arguments, &[of[0], of[1], to[0], to[1]]].concat();
        let output = machine.run(&all);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    in_org(&["add-client", &draft, "--name", "Entra"]);
    let listed = in_org(&["list-clients"]);
    assert!(listed.contains(&draft) && listed.contains("Entra") && listed.contains("live"), "{listed}");
    let client = listed.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    in_org(&["revoke-client", &client]);
    assert!(in_org(&["list-clients"]).contains("revoked"));
    let show = ["scim-connection", "show", &draft, of[0], of[1], to[0], to[1]];
    let mark = machine.values(&show)("mark");
    let as_shown = |mark: &str| [&activate[..], &["--as-shown", mark]].concat().join(" ");
    let changed = machine.refused(&as_shown("0").split(' ').collect::<Vec<_>>());
    assert!(changed.contains("changed after it was looked at"), "{changed}");
    let live = machine.run(&as_shown(&mark).split(' ').collect::<Vec<_>>());
    let said = String::from_utf8(live.stdout).unwrap();
    for words in ["the last check passed", "no token can use", "enabled"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let second = machine.values(&["setup-link", "create", &org, "--scim"]);
    let another = second("SCIM connection");
    let again = machine.values(&["setup-link", "create", &org, "--scim"]);
    assert_eq!((again("SCIM connection"), again("in place of")), (another.clone(), second("setup link")));
    let unchecked = ["scim-connection", "activate", &another, of[0], of[1], to[0], to[1], "--unchecked"];
    let live = machine.run(&unchecked);
    let said = String::from_utf8(live.stdout).unwrap();
    assert!(live.status.success() && said.starts_with("warning: the connection was never checked"), "{said}");
    machine.done(&["logins", &org, "--outcome", "refused"]);
    let draft = machine.values(&["saml-connection", "create", "IdP", of[0], of[1], to[0], to[1]]);
    assert_eq!(draft("status"), "draft");
    let connection = draft("connection");
    assert_eq!(draft("ACS URL"), format!("https://login.example.com/api/saml/v1/{connection}/acs"));
}

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

#[test]
fn roles_are_made_and_mapped_by_commands() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    let project =
        machine.values(&["project", "create", "P", "--public-url", "https://login.example.com"])("project");
    let org = machine.values(&["org", "create", "Acme", "--project", &project])("organization");
    let of = ["--project", project.as_str(), "--org", org.as_str()];
    let with = |start: &[&'static str], more: &[&str]| -> Vec<String> {
        [start, &of[..], more].concat().into_iter().map(str::to_owned).collect()
    };
    let words = |arguments: &[String]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = machine.run(&arguments);
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        (output.status.success(), format!("{out}{err}"))
    };
    machine.done(&["role", "create", "editor", "--project", &project, "--description", "Writes."]);
    assert!(words(&with(&["role", "create", "auditor"], &[])).0);
    let owner = words(&with(&["role", "create", "owner"], &[]));
    assert!(!owner.0 && owner.1.contains("owner is no role"), "{owner:?}");
    let (_, list) = words(&with(&["role", "list"], &[]));
    assert!(
        list.starts_with("ID ") && list.lines().next().unwrap().ends_with("DISPLAY NAME  DESCRIPTION"),
        "{list}"
    );
    assert!(
        list.contains("project  editor   editor        Writes.") && list.contains("custom   auditor"),
        "{list}"
    );
    let draft = machine.values(&[&["saml-connection", "create", "IdP"], &of[..]].concat());
    let connection = ["--connection", &draft("connection"), "--role", "editor"].map(str::to_owned);
    let map = |source: &[&str]| {
        let mut arguments = with(&["role-mapping", "create"], source);
        arguments.extend(connection.clone());
        words(&arguments)
    };
    let (made, said) = map(&["--group", "staff"]);
    assert!(made && said.contains("external_id") && said.contains("waiting for its group"), "{said}");
    assert!(map(&["--attribute", "memberOf=CN=Staff,OU=Groups"]).0);
    for (wrong, why) in [
        (&["--group", "staff"][..], "has this mapping to editor already"),
        (&["--attribute", "team"], "NAME=VALUE"),
        (&[], "--group"),
        (&["--group", "a", "--attribute", "b=c"], "cannot be used with"),
    ] {
        let (made, said) = map(wrong);
        assert!(!made && said.contains(why), "{wrong:?}: {said}");
    }
    let (_, list) = words(&with(&["role-mapping", "list"], &[]));
    assert!(list.contains("memberOf=CN=Staff,OU=Groups  editor  active"), "{list}");
    for line in list.lines().skip(1) {
        let id = line.split_whitespace().next().unwrap();
        assert!(words(&with(&["role-mapping", "resume"], &[id])).0);
        assert!(words(&with(&["role-mapping", "delete"], &[id])).0);
    }
    let nobody = ["user_0000000000000000000000009", "--role", "editor"];
    for command in [["role", "assign"], ["role", "unassign"]] {
        let (done, said) = words(&with(&command, &nobody));
        assert!(!done && said.contains("no user"), "{said}");
    }
    let (_, shown) = words(&with(&["role", "show"], &["editor"]));
    assert!(shown.contains("Writes.") && shown.contains("HAS IT BY"), "{shown}");
    let (_, nobody) = words(&["user", "list", &org, "--email", "ada"].map(str::to_owned));
    assert_eq!(nobody, "ID  EMAIL  STATE  KNOWN BY  LAST LOGIN  ROLES\n");
    assert!(words(&with(&["role", "delete"], &["auditor"])).0);
    machine.done(&["role", "delete", "editor", "--project", &project]);
}

#[test]
fn what_is_there_is_listed_changed_and_ended_by_commands() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    let project =
        machine.values(&["project", "create", "P", "--public-url", "https://login.example.com"])("project");
    let org = machine.values(&["org", "create", "Acme", "--project", &project])("organization");
    let said = |arguments: &[&str]| {
        let output = machine.run(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        text
    };
    assert!(said(&["org", "list"]).contains(&format!("{org}  active  -            Acme")));
    let updated = said(&["org", "update", &org, "--require-mfa", "true", "--session-idle", "2"]);
    assert!(updated.contains("2 hours") && updated.contains("720 hours"), "{updated}");
    assert!(said(&["org", "disable", &org]).contains("switched off; 0 session(s) ended"));
    assert!(said(&["org", "list"]).contains("disabled"));
    assert!(said(&["org", "enable", &org]).contains("switched on"));
    machine.done(&["domain", "add", "acme.example", "--project", &project, "--org", &org]);
    assert!(said(&["domain", "list", &org]).contains("acme.example  operator"));
    machine.done(&["domain", "remove", "acme.example", "--project", &project, "--org", &org]);
    assert_eq!(said(&["domain", "list", &org]).lines().count(), 1);
    let redirect = ["--redirect-uri", "https://app.example.com/cb"];
    let client =
        machine.values(&[&["client", "create", "App", "--project", &project], &redirect[..]].concat());
    let id = client("client_id");
    let listed = said(&["client", "list"]);
    assert!(
        listed.contains(&id) && listed.contains("client_secret_basic  https://app.example.com/cb"),
        "{listed}"
    );
    let rotated = machine.values(&["client", "rotate-secret", &id]);
    assert_ne!(rotated("client_secret"), client("client_secret"));
    assert!(said(&["client", "rotate-secret", &id, "--compromised"]).contains("ended"));
    let key = machine.values(&["backend-key", "create", "Second"]);
    assert!(key("backend API key").starts_with("vestibule_backend_"));
    assert!(said(&["backend-key", "revoke", &key("key")]).contains("has ended"));
    let listed = said(&["backend-key", "list"]);
    assert!(listed.contains("First key") && listed.contains("ended") && listed.contains("live"), "{listed}");
    let nobody = "user_0000000000000000000000009";
    for command in [
        &["user", "deactivate", nobody][..],
        &["user", "activate", nobody],
        &["user", "delete", nobody],
        &["session", "list", nobody],
        &["session", "end", "--user", nobody],
    ] {
        assert!(machine.refused(command).contains("there is no user of this id"), "{command:?}");
    }
    assert!(machine.refused(&["session", "end"]).contains("--user"));
    let session = "session_0000000000000000000000009";
    assert!(machine.refused(&["session", "end", session]).contains("there is no session"));
    assert!(machine.refused(&["session", "end", session, "--org", &org]).contains("cannot be used with"));
    assert!(said(&["session", "end", "--org", &org]).contains("0 session(s) ended"));
}

#[test]
fn mistakes_are_named() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    let project =
        machine.values(&["project", "create", "P", "--public-url", "https://login.example.com"])("project");
    let taken = machine.refused(&["project", "create", "Q", "--public-url", "https://login.example.com"]);
    assert!(taken.contains("a project has the host login.example.com already"), "{taken}");
    let bare = machine.refused(&["project", "create", "Q", "--public-url", "login.example.org"]);
    assert!(bare.contains("needs its scheme: https://login.example.org"), "{bare}");
    let http = machine.refused(&["project", "create", "Q", "--public-url", "http://login.example.org"]);
    assert!(http.contains("https"), "{http}");
    let of = ["--project", project.as_str()];
    let script =
        machine.refused(&["client", "create", "App", of[0], of[1], "--redirect-uri", "javascript:alert(1)"]);
    assert!(script.contains("redirect URI"), "{script}");
    let other = "project_0000000000000000000000000";
    let missing = machine.refused(&["org", "create", "Acme", "--project", other]);
    assert!(missing.contains("no project"), "{missing}");
    assert!(machine.refused(&["--config", "none.toml", "migrate"]).contains("none.toml"));
    let wrong = machine.refused(&["org", "create", "Acme", "--project", "org_0000000000000000000000000"]);
    assert!(wrong.contains("not an identifier of this kind, which is project_ and 25 digits"), "{wrong}");
    let org = machine.values(&["org", "create", "Acme", of[0], of[1], "--external-id", "a"])("organization");
    let twice = machine.refused(&["org", "create", "Acme", of[0], of[1], "--external-id", "a"]);
    assert!(twice.contains("an organization has the external id a already"), "{twice}");
    let add = ["domain", "add", "acme.example", of[0], of[1], "--org", &org];
    machine.done(&add);
    assert!(machine.refused(&add).contains(&format!("{org} has the domain acme.example already")));
    let role = machine.refused(&["role", "delete", "editr", of[0], of[1]]);
    assert!(role.contains(&format!("no role of the name or id \"editr\" in {project}")), "{role}");
    let connection = ["--connection", "idp_1", "--group", "g", "--role", "r", "--org", &org];
    let connection = machine.refused(&[&["role-mapping", "create", of[0], of[1]], &connection[..]].concat());
    assert!(connection.contains("saml_connection_ or scim_connection_"), "{connection}");
}

#[test]
fn doctor_finds_what_would_fail_later() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    machine.done(&["project", "create", "P", "--public-url", "https://login.example.com"]);
    let doctor = |config: &str, authorities: &str| {
        std::fs::write(machine.path().join("vestibule.toml"), config).unwrap();
        let mut command = machine.command(&["--config", "vestibule.toml", "doctor"]);
        let output = command.env("SSL_CERT_FILE", machine.path().join(authorities)).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let certificate = crate::saml::support::certificate("idp");
    std::fs::write(machine.path().join("one.pem"), certificate).unwrap();
    let text = doctor("", "one.pem");
    assert!(text.contains("ok       configuration") && text.contains("1 authorities in"), "{text}");
    for config in ["trusted_proxies = ['somewhere']", "allowed_egress = ['somewhere']"] {
        let text = doctor(config, "one.pem");
        assert!(text.contains(&format!("FAILED   configuration: {}", &config[..14])), "{text}");
    }
    std::fs::write(machine.path().join("empty.pem"), "").unwrap();
    let text = doctor("", "empty.pem");
    assert!(text.contains("FAILED   outgoing TLS"), "{text}");
    // A clock that went back, or another node's that goes ahead.
    let path = machine.path().join("data/vestibule.db");
    let mut connection =
        <diesel::SqliteConnection as diesel::Connection>::establish(path.to_str().unwrap()).unwrap();
    diesel::connection::SimpleConnection::batch_execute(
        &mut connection,
        "INSERT INTO audit_log_events SELECT 'z' || id, project_id, organization_id, actor_kind, actor_id, event_name, \
         resource_kind, resource_id, before_state, after_state, request_id, occurred_at + 3600000 FROM audit_log_events LIMIT 1",
    )
    .unwrap();
    let text = doctor("", "one.pem");
    assert!(text.contains("FAILED   clock: the newest event of the database is 35"), "{text}");
}

#[test]
fn r29_doctor_complains_of_a_key_beside_the_database() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    machine.done(&["project", "create", "P", "--public-url", "https://login.example.com"]);
    let output = machine.run(&["doctor"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("warning  master key"), "{text}");
    assert!(text.contains("ok       signing keys"), "{text}");
    assert!(text.contains("ok       keys for SAML"), "{text}");
    // Makes them.
    let project = machine.only_project();
    let said = machine.run(&["keys", "rotate", "saml", "--project", &project]).stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(
        said.contains("published beside the old one") && said.contains("--finish"),
        "what to do next: {said}"
    );
    machine.other_key("elsewhere/master.key");
    let output = machine.run(&["--config", "vestibule.toml", "doctor"]);
    let text = String::from_utf8(output.stdout).unwrap();
    // The new key is not the one that sealed them.
    assert!(
        text.contains("FAILED   master key: the master key in elsewhere/master.key is not the one"),
        "{text}"
    );
    assert!(!text.contains("ok       master key"), "{text}");
    assert!(text.contains("FAILED   signing keys"), "{text}");
    assert!(
        text.contains("FAILED   keys for SAML") && text.contains("is this the right master key?"),
        "{text}"
    );
    assert!(!output.status.success());
}

#[test]
fn doctor_names_connections_that_accept_sha1() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    machine.done(&["project", "create", "P", "--public-url", "https://login.example.com"]);
    let project = machine.only_project();
    let organization = machine.values(&["org", "create", "Acme", "--project", &project])("organization");
    let connection = machine.values(&["setup-link", "create", &organization, "--saml"])("connection");
    let switch = |on: &str| {
        machine.done(&["saml-connection", "update", &connection, "--allow-sha1", on, "--project", &project]);
    };
    let says = || String::from_utf8(machine.run(&["doctor"]).stdout).unwrap();
    assert!(!says().contains("SHA-1"));
    switch("true");
    let said = says();
    let line = said.lines().find(|line| line.contains("SHA-1")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.starts_with("warning  signatures: ") && line.contains(&connection), "{line}");
    switch("false");
    assert!(!says().contains("SHA-1"));
}

#[test]
fn a_master_key_is_made_for_a_new_database_alone() {
    let machine = Machine::new();
    let key = machine.path().join("data/master.key");
    assert!(machine.refused(&["project", "list"]).contains("vestibule migrate"));
    assert!(!key.exists());
    let said = String::from_utf8(machine.run(&["migrate"]).stdout).unwrap();
    assert!(said.contains("Made a master key in data/master.key"), "{said}");
    std::fs::remove_file(&key).unwrap();
    // Nothing is sealed yet: the next start makes another one.
    let early = machine.refused(&["project", "list"]);
    assert!(
        early.contains("there is no master key") && early.contains("`vestibule migrate` makes one"),
        "{early}"
    );
    assert!(!key.exists());
    assert!(machine.refused(&["serve"]).contains("vestibule project create"));
    machine.done(&["project", "create", "P", "--public-url", "https://login.example.com"]);
    std::fs::rename(&key, machine.path().join("kept.key")).unwrap();
    for command in [
        &["project", "list"][..],
        &["serve"],
        &["keys", "list", "--project", "project_0000000000000000000000000"],
    ] {
        let why = machine.refused(command);
        assert!(why.contains("there is no master key") && why.contains("data/master.key"), "{why}");
    }
    let said = String::from_utf8(machine.run(&["migrate"]).stdout).unwrap();
    assert!(said.contains("up to date") && said.contains("warning: there is no master key"), "{said}");
    let text = String::from_utf8(machine.run(&["doctor"]).stdout).unwrap();
    assert!(text.contains("FAILED   database: there is no master key"), "{text}");
    assert!(text.contains("warning  master key: data/master.key is not there"), "{text}");
    assert!(!key.exists(), "nobody made one that opens nothing");
    std::fs::rename(machine.path().join("kept.key"), &key).unwrap();
    machine.done(&["project", "list"]);
}

#[test]
fn a_wrong_master_key_is_refused_until_everything_is_replaced() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    machine.done(&["project", "create", "P", "--public-url", "https://login.example.com"]);
    machine.done(&["project", "create", "Q", "--public-url", "https://login.example.org"]);
    let list = String::from_utf8(machine.run(&["project", "list"]).stdout).unwrap();
    let projects: Vec<String> =
        list.lines().skip(1).filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    let [p, q] = &projects[..] else { panic!("{list}") };
    machine.other_key("other/master.key");
    let other = ["--config", "vestibule.toml"];
    for command in [
        &["serve"][..],
        &["project", "create", "R", "--public-url", "https://login.example.net"],
        &["org", "create", "Acme", "--project", p],
        &["keys", "rotate", "tokens", "--project", p],
        // A typing mistake must not become the key of the next secrets.
        &["keys", "rotate", "tokens", "--project", p, "--compromised"],
        &["keys", "rotate", "saml", "--project", p, "--compromised"],
        &["keys", "rotate", "saml", "--project", p, "--finish"],
    ] {
        let why = machine.refused(&[&other[..], command].concat());
        assert!(why.contains("other/master.key is not the one that this database was sealed under"), "{why}");
    }
    let said = String::from_utf8(machine.run(&[&other[..], &["migrate"]].concat()).stdout).unwrap();
    assert!(said.contains("up to date") && said.contains("warning: the master key in other"), "{said}");
    // How the master key is replaced: one project after the other, under the new one.
    machine.done(&[&other[..], &["project", "list"]].concat());
    let replace = |kind: &str, project: &str| {
        let command = ["keys", "rotate", kind, "--compromised", "--new-master-key", "--project", project];
        machine.done(&[&other[..], &command].concat());
    };
    replace("saml", p);
    replace("tokens", p);
    machine.done(&[&other[..], &["org", "create", "Acme", "--project", p]].concat());
    replace("tokens", q);
    replace("saml", q);
    let doctor = machine.run(&[&other[..], &["doctor"]].concat());
    let text = String::from_utf8(doctor.stdout).unwrap();
    assert!(text.contains("ok       master key") && !text.contains("does not open"), "{text}");
    // The old one is the wrong one now.
    assert!(machine.refused(&["org", "list", "--project", p]).contains("data/master.key is not the one"));
}

#[test]
fn r29_a_demo_database_is_not_served() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    let path = machine.path().join("data/vestibule.db");
    let mut connection =
        <diesel::SqliteConnection as diesel::Connection>::establish(path.to_str().unwrap()).unwrap();
    diesel::connection::SimpleConnection::batch_execute(
        &mut connection,
        "INSERT INTO settings (name, value) VALUES ('environment', 'demo')",
    )
    .unwrap();
    machine.done(&["project", "create", "P", "--public-url", "https://login.example.com"]);
    let refused = machine.refused(&["serve"]);
    assert!(refused.contains("vestibule demo"), "{refused}");
}

#[test]
fn secrets_are_stored_hashed_or_sealed() {
    let machine = Machine::new();
    machine.done(&["migrate"]);
    let made = machine.values(&["project", "create", "P", "--public-url", "https://login.example.com"]);
    let secret = made("backend API key");
    let project = made("project");
    let client = machine.values(&[
        "client",
        "create",
        "App",
        "--project",
        &project,
        "--redirect-uri",
        "https://app.example.com/cb",
    ]);
    for file in ["data/vestibule.db", "data/vestibule.db-wal"] {
        let bytes = std::fs::read(machine.path().join(file)).unwrap_or_default();
        for secret in [secret.as_bytes(), client("client_secret").as_bytes(), b"PRIVATE KEY"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "a secret is in {file}");
        }
    }
}
