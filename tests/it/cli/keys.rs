//! The master key, and what it seals.

use super::Machine;

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
