//! The real binary: a host app is put behind the gateway by its commands alone, and what must not be served is not.

use std::{
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

mod connections;
mod doctor;
mod keys;

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
    let unknown = machine.run(&["logins", &org, "--outcome", "failed"]);
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert!(
        !unknown.status.success() && said.contains("consent_asked"),
        "no good news of a typing error: {said}"
    );
    let draft = machine.values(&["saml-connection", "create", "IdP", of[0], of[1], to[0], to[1]]);
    assert_eq!(draft("status"), "draft");
    let connection = draft("connection");
    assert_eq!(draft("ACS URL"), format!("https://login.example.com/api/saml/v1/{connection}/acs"));
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
