//! The dependency rule of `src/lib.rs`, as data, enforced.

use std::{collections::BTreeSet, fs, path::Path};

/// What each module may import of ours. `testing` is for tests and stands outside of the product.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("saml", &[]),
    ("scim", &[]),
    ("jose", &[]),
    ("model", &[]),
    ("store", &["model", "scim::filter"]),
    ("service", &["store", "model", "saml", "scim", "jose"]),
    ("devidp", &["saml", "model"]),
    ("http", &["service", "devidp", "model", "saml", "scim", "jose"]),
    ("jobs", &["service", "model"]),
    ("cli", &["service", "model", "devidp", "http", "jobs", "config", "telemetry"]),
    ("config", &[]),
    ("telemetry", &[]),
    ("testing", &["model", "saml", "devidp"]),
];

/// Crates that belong to one module: the database to `store`, the web server to `http`.
const ONLY_IN: &[(&str, &[&str])] =
    &[("diesel", &["store"]), ("actix_web", &["http"]), ("reqwest", &["service"]), ("clap", &["cli"])];

#[test]
fn imports_point_one_way() {
    let mut faults = Vec::new();
    for (module, allowed) in MAY_IMPORT {
        for file in rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module)) {
            let text = fs::read_to_string(&file).unwrap();
            // Tests stand last in a file and may use what they need.
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for import in crate_paths(text) {
                let own = import == *module || import.starts_with(&format!("{module}::"));
                let permitted = allowed.iter().any(|a| import == *a || import.starts_with(&format!("{a}::")));
                if !own && !permitted {
                    faults.push(format!("{}: {module} must not import crate::{import}", file.display()));
                }
            }
            for (krate, homes) in ONLY_IN {
                let used = text.lines().map(code_of).any(|line| line.contains(&format!("{krate}::")));
                if used && !homes.contains(module) {
                    faults.push(format!("{}: {krate} belongs to {homes:?}", file.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders: BTreeSet<_> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let table: BTreeSet<_> = MAY_IMPORT.iter().map(|(module, _)| (*module).to_owned()).collect();
    assert_eq!(folders, table);
}

/// The store repeats a transaction that lost a race, and finds that out by walking the causes of the error that came
/// back: a transparent error hides the one it wraps.
#[test]
fn no_error_hides_the_one_of_the_store() {
    let mut faults = Vec::new();
    for file in rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/service")) {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for (at, pair) in lines.windows(2).enumerate() {
            let hidden = pair[0] == "#[error(transparent)]" && pair[1].contains("StoreError)");
            let lost = pair[0].starts_with("#[error(") && pair[1].ends_with("(StoreError),");
            if hidden || lost {
                faults.push(format!("{}:{}: {}", file.display(), at + 2, pair[1]));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The first two segments of every `crate::a::b` in the code, `use crate::{a::b, c}` included.
fn crate_paths(text: &str) -> Vec<String> {
    let code: String = text.lines().map(code_of).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(group_members(group).iter().map(|member| two_segments(member)));
        } else {
            found.push(two_segments(rest));
        }
    }
    found
}

/// The members of `{a::b, c::{d, e}}`, the text after its opening brace given.
fn group_members(group: &str) -> Vec<String> {
    let (mut members, mut depth, mut member) = (Vec::new(), 0, String::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => members.push(std::mem::take(&mut member)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                member.push(c);
            }
        }
    }
    members.push(member);
    members.into_iter().map(|m| m.trim().to_owned()).filter(|m| !m.is_empty()).collect()
}

fn two_segments(path: &str) -> String {
    let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(path.len());
    path[..end].split("::").filter(|s| !s.is_empty()).take(2).collect::<Vec<_>>().join("::")
}

/// The line without its comment.
fn code_of(line: &str) -> &str {
    let trimmed = line.trim_start();
    if trimmed.starts_with("//") { "" } else { line.split(" // ").next().unwrap_or(line) }
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}
