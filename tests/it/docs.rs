//! The documents say what the code does: reason codes, routes, events, the tests of the rules, the fields of providers. A new
//! one that nobody has described fails here, and so does a link that leads nowhere.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use vestibule::http::{private_endpoints, public_endpoints};

/// The kinds of resources that events are about.
const KINDS: &[&str] = &[
    "backend_api_key",
    "domain",
    "group",
    "identity",
    "oauth_client",
    "organization",
    "project",
    "refresh_token",
    "role",
    "role_mapping",
    "saml_connection",
    "saml_sp_key",
    "saml_test_login",
    "scim_api_key",
    "scim_connection",
    "scim_oauth_client",
    "scim_schema",
    "session",
    "setup_link",
    "signing_key",
    "user",
];

#[test]
fn every_reason_code_is_explained() {
    let documents = format!("{}{}", read("docs/OPERATIONS.md"), read("docs/API-DESIGN.md"));
    let codes: BTreeSet<String> = sources("src").iter().flat_map(|source| reason_codes(source)).collect();
    assert!(codes.len() > 150, "the codes are not found any more: {codes:?}");
    let missing: Vec<&String> =
        codes.iter().filter(|code| !documents.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "in neither document: {missing:?}");
}

#[test]
fn every_route_is_described() {
    let document = read("docs/API-DESIGN.md");
    let missing: BTreeSet<String> = [public_endpoints(), private_endpoints()]
        .concat()
        .iter()
        .map(|endpoint| format!("`{} {}`", endpoint.method, as_described(endpoint.pattern)))
        .filter(|route| !document.contains(route.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_event_is_listed() {
    let document = read("docs/API-DESIGN.md");
    let mut events = BTreeSet::new();
    for source in sources("src") {
        for kind in KINDS {
            let opening = format!("\"{kind}.");
            for (at, _) in source.match_indices(opening.as_str()) {
                let event = source[at + 1..].split('"').next().unwrap_or_default();
                if event.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.') {
                    events.insert(event.to_owned());
                }
            }
        }
    }
    let missing: Vec<&String> =
        events.iter().filter(|event| !document.contains(&format!("`{event}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_rule_is_described_and_the_tests_named_for_it_exist() {
    let document = read("docs/SECURITY.md");
    for rule in 1..=32 {
        let described = [format!("**R{rule}."), format!("**R{rule}**")];
        assert!(described.iter().any(|start| document.contains(start.as_str())), "R{rule}");
    }
    let code = [sources("src"), sources("tests/it")].concat().concat();
    let named = document.match_indices("`r").map(|(at, _)| &document[at + 1..]);
    let named: Vec<&str> =
        named.filter_map(|rest| rest.split('`').next()).filter(|name| is_test(name)).collect();
    assert!(named.len() > 80, "the names are not found any more: {named:?}");
    let missing: Vec<&&str> = named.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_guide_names_the_fields_of_its_provider() {
    for provider in ["okta", "entra", "google", "keycloak", "adfs"] {
        let guide = read(&format!("docs/guides/{provider}.md"));
        let facts = read(&format!("idp-configs/{provider}.toml"));
        let fields = facts.lines().filter_map(|line| line.trim().strip_prefix("{ name = \""));
        let fields = fields.filter_map(|rest| rest.split('"').next());
        let missing: Vec<&str> = fields.filter(|field| !guide.contains(field)).collect();
        assert!(missing.is_empty(), "{provider}: {missing:?}");
    }
}

#[test]
fn links_lead_somewhere() {
    let mut faults = Vec::new();
    let mut documents = files(&root().join("docs"), "md");
    documents.push(root().join("README.md"));
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap_or_default();
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { document.clone() } else { document.parent().unwrap().join(path) };
            let leads = file.exists() && (heading.is_empty() || headings(&file).contains(heading));
            if !target.starts_with("http") && !leads {
                faults.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What the functions named `code` of a file return: stable reason codes all of them.
fn reason_codes(source: &str) -> Vec<String> {
    let mut codes = Vec::new();
    let mut end: Option<String> = None;
    for line in source.lines() {
        if line.contains("fn code(") {
            let indent = &line[..line.len() - line.trim_start().len()];
            end = Some(format!("{indent}}}"));
        } else if end.as_deref() == Some(line) {
            end = None;
        } else if end.is_some() {
            let literal = line.split_once(" => \"").and_then(|(_, rest)| rest.split('"').next());
            codes.extend(literal.map(str::to_owned));
        }
    }
    codes
}

/// SCIM is described once, below its base.
fn as_described(pattern: &str) -> String {
    let below = pattern.strip_prefix("/api/scim/v1").or_else(|| pattern.strip_prefix("/scim/v2"));
    match below {
        Some("") => "/".to_owned(),
        below => below.unwrap_or(pattern).to_owned(),
    }
}

/// `r07_...`.
fn is_test(name: &str) -> bool {
    let name = name.as_bytes();
    name.len() > 4 && name[1].is_ascii_digit() && name[2].is_ascii_digit() && name[3] == b'_'
}

/// The headings of a document as links name them.
fn headings(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let titles = text.lines().filter(|line| line.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let anchor = |title: &str| -> String {
        let plain: String =
            title.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect();
        plain.replace(' ', "-")
    };
    titles.map(anchor).collect()
}

/// The code below a folder, file by file.
fn sources(folder: &str) -> Vec<String> {
    files(&root().join(folder), "rs").iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
