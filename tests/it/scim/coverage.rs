//! Every numbered requirement of SCIM that is built has a test that names it: `scim_043_...`, `scim_028_029_...`.

use std::{collections::BTreeSet, fs, path::Path};

/// Requirements 1 to 81, 85 and 86. 82 to 84 (asynchronous requests and security events) are not built.
fn wanted() -> BTreeSet<u32> {
    (1..=81).chain([85, 86]).collect()
}

#[test]
fn every_requirement_has_a_test_that_names_it() {
    let mut named = BTreeSet::new();
    for folder in ["src/scim", "tests/it/scim", "tests/it/provisioning"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut named);
    }
    let missing: Vec<_> = wanted().difference(&named).copied().collect();
    assert!(missing.is_empty(), "requirements without a test: {missing:?}");
}

fn collect(folder: &Path, named: &mut BTreeSet<u32>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, named);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            for (at, _) in text.match_indices("fn scim_") {
                let name = text[at + "fn scim_".len()..].split('(').next().unwrap_or_default();
                named.extend(name.split('_').map_while(|part| part.parse::<u32>().ok()));
            }
        }
    }
}
