//! What `doctor` finds.

use super::Machine;

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
