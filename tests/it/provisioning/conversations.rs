//! Whole conversations of real providers, as data: `fixtures/scim/<provider>/*.json`. Each step is a request and
//! what its answer must hold; at the end the directory must be exactly what the file says, and the sessions of those who
//! signed in on the way.
//!
//! In the expected bodies `"*"` stands for any value, `null` for none, and what is not named is not looked at. What
//! `keep` names is put in for `{{name}}` later on.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde::Deserialize;
use serde_json::Value;
use vestibule::service::provisioning::admin::connections;

use super::support::Scim;
use crate::support::Kind;

#[derive(Deserialize)]
struct Conversation {
    about: String,
    /// Headers of every request: what the provider calls itself, and its media type.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Whom the connection takes it for in the end.
    provider: Option<String>,
    steps: Vec<Step>,
    leaves: Leaves,
}

#[derive(Deserialize)]
struct Leaves {
    /// How many live sessions each has of those who signed in, by the names that `keep` gave them.
    #[serde(default)]
    sessions: BTreeMap<String, usize>,
    #[serde(flatten)]
    directory: Value,
}

#[derive(Deserialize)]
struct Step {
    name: String,
    /// Who signs in before it, by the names that `keep` gave them.
    #[serde(default)]
    sign_in: Vec<String>,
    request: Request,
    expect: Expected,
    #[serde(default)]
    keep: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    body: Option<Value>,
}

#[derive(Deserialize)]
struct Expected {
    status: u16,
    #[serde(default)]
    body: Value,
}

async fn replay(kind: Kind, file: &Path) {
    let conversation: Conversation = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let place = format!("{}: {}", file.display(), conversation.about);
    let scim = Scim::start(kind).await;
    let (mut kept, mut signed_in) = (BTreeMap::<String, String>::new(), BTreeSet::new());
    for step in conversation.steps {
        for name in step.sign_in {
            scim.sign_in(&kept[&name]).await;
            signed_in.insert(name);
        }
        let path = filled(&step.request.path, &kept);
        let body =
            step.request.body.map(|body| serde_json::from_str(&filled(&body.to_string(), &kept)).unwrap());
        let request = scim.request(&scim.acme, &step.request.method, &path, body.as_ref());
        let request = conversation
            .headers
            .iter()
            .fold(request, |request, (name, value)| request.insert_header((name.as_str(), value.as_str())));
        let answer = scim.send(request).await;
        let at = format!("{place}, step {:?}", step.name);
        assert_eq!(answer.status, step.expect.status, "{at}: {}", answer.body);
        let wanted: Value = serde_json::from_str(&filled(&step.expect.body.to_string(), &kept)).unwrap();
        assert!(
            wanted.is_null() || holds(&wanted, &answer.body),
            "{at}: {:#} does not hold {wanted:#}",
            answer.body
        );
        assert!(
            answer.body.is_null() || !answer.body.to_string().contains("null"),
            "{at}: a null in an answer"
        );
        for (name, pointer) in step.keep {
            kept.insert(name, answer.body.pointer(&pointer).and_then(Value::as_str).expect(&at).to_owned());
        }
    }
    let Leaves { sessions, directory } = conversation.leaves;
    let directory: Value = serde_json::from_str(&filled(&directory.to_string(), &kept)).unwrap();
    assert_eq!(scim.directory().await, directory, "{place}");
    if let Some(provider) = conversation.provider {
        let gateway = &scim.gateway;
        let known = connections::list(&gateway.cx, &gateway.project.id, &gateway.acme.id).await.unwrap();
        assert_eq!(known[0].provider, provider, "{place}");
    }
    let mut live = BTreeMap::new();
    for name in signed_in {
        let sessions = scim.live_sessions(&kept[&name]).await;
        live.insert(name, sessions);
    }
    assert_eq!(live, sessions, "{place}: sessions");
}

fn filled(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

fn holds(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::String(any), found) if any == "*" => !found.is_null(),
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(name, value)| holds(value, found.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found).all(|(wanted, found)| holds(wanted, found))
        }
        (wanted, found) => wanted == found,
    }
}

async fn replay_all(kind: Kind, provider: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scim").join(provider);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    assert!(!files.is_empty());
    for file in files {
        replay(kind, &file).await;
    }
}

macro_rules! conversations {
    ($($provider:ident),*) => {$(
        mod $provider {
            #[actix_web::test]
            async fn sqlite() {
                super::replay_all(super::Kind::Sqlite, stringify!($provider)).await;
            }

            #[actix_web::test]
            async fn postgres() {
                super::replay_all(super::Kind::Postgres, stringify!($provider)).await;
            }
        }
    )*};
}

conversations!(
    authentik,
    cas,
    entra,
    exclamationlabs,
    google,
    jumpcloud,
    keycloak,
    midpoint,
    okta,
    onelogin,
    ping,
    rippling,
    sailpoint,
    syncope,
    wso2
);

#[test]
fn every_provider_with_fixtures_is_replayed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scim");
    let mut providers: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    providers.sort_unstable();
    let replayed = [
        "authentik",
        "cas",
        "entra",
        "exclamationlabs",
        "google",
        "jumpcloud",
        "keycloak",
        "midpoint",
        "okta",
        "onelogin",
        "ping",
        "rippling",
        "sailpoint",
        "syncope",
        "wso2",
    ];
    assert_eq!(providers, replayed);
}
