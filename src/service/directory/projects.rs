//! Projects.

use serde_json::json;
use url::Url;

use super::{DirectoryError, display_name, exists};
use crate::{
    jose::Algorithm,
    model::ids::ProjectId,
    service::{Actor, Change, Context, new_id, record::record, signing},
    store::{
        projects::{self, Project, ProjectHost},
        signing_keys,
    },
};

/// A project to be.
#[derive(Debug, Clone)]
pub struct NewProject {
    /// For people.
    pub display_name: String,
    /// Where browsers and identity providers reach it: `https://login.example.com`, no path; `http` on loopback.
    pub public_url: String,
}

/// A day idle and thirty days in all: what the project begins with; organizations may shorten both.
const SESSION_IDLE: i64 = 24 * 60 * 60 * 1000;
const SESSION_ABSOLUTE: i64 = 30 * SESSION_IDLE;

/// Makes a project with its host name and first signing keys.
pub async fn create_project(cx: &Context, actor: &Actor, new: NewProject) -> Result<Project, DirectoryError> {
    let (public_url, host) = origin(&new.public_url)?;
    let now = cx.now();
    let project = Project {
        id: new_id!(cx, ProjectId),
        display_name: display_name(&new.display_name)?,
        public_url,
        dev_mode: false,
        shared_domains: false,
        session_idle_ms: SESSION_IDLE,
        session_absolute_ms: SESSION_ABSOLUTE,
        created_at: now,
        updated_at: now,
    };
    let keys = signing::prepare_first_keys(cx, &project.id)?;
    let (context, actor) = (cx.clone(), actor.clone());
    cx.store
        .write(move |tx| {
            projects::insert(tx, &project)?;
            let row = ProjectHost { host: host.clone(), project_id: project.id.clone(), created_at: now };
            projects::insert_host(tx, &row).map_err(exists(format!("a project has the host {host}")))?;
            for key in &keys {
                signing_keys::insert(tx, key)?;
            }
            let change = Change {
                project: &project.id,
                organization: None,
                event: "project.created",
                resource: project.id.as_str(),
                before: None,
                after: Some(json!({
                    "id": project.id, "displayName": project.display_name, "publicUrl": project.public_url,
                })),
            };
            record(tx, &context, &actor, &change)?;
            Ok(project.clone())
        })
        .await
}

/// The project of this id.
pub async fn find_project(cx: &Context, id: &ProjectId) -> Result<Project, DirectoryError> {
    let id = id.clone();
    let found = cx.store.read(move |tx| projects::find(tx, &id)).await?;
    found.ok_or(DirectoryError::NotFound("project"))
}

/// Whether the project's signing keys open with the master key and can sign.
pub async fn check_signing_keys(cx: &Context, id: &ProjectId) -> Result<(), DirectoryError> {
    let (context, id) = (cx.clone(), id.clone());
    let keyring = cx.store.read(move |tx| signing::Keyring::load(tx, &context, &id)).await?;
    for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
        keyring.signer(cx, algorithm)?;
    }
    Ok(())
}

/// Every project of the installation.
pub async fn list_projects(cx: &Context) -> Result<Vec<Project>, DirectoryError> {
    Ok(cx.store.read(projects::list).await?)
}

/// The origin and the host name of a public address.
fn origin(text: &str) -> Result<(String, String), DirectoryError> {
    let invalid = |why: &str| DirectoryError::Invalid(format!("the public URL {why}"));
    // Without a scheme, `login.example.com:8443` would be a URL whose scheme is the host.
    let with_scheme = |scheme: &str| Url::parse(&format!("{scheme}://{text}")).ok();
    if !text.contains("://") {
        let scheme = if with_scheme("http").as_ref().is_some_and(is_loopback) { "http" } else { "https" };
        return Err(match with_scheme(scheme) {
            Some(url) => invalid(&format!("needs its scheme: {}", url.origin().ascii_serialization())),
            None => invalid("is not a URL; it looks like https://login.example.com"),
        });
    }
    let url =
        Url::parse(text).map_err(|_| invalid("is not a URL; it looks like https://login.example.com"))?;
    let host = url.host_str().ok_or_else(|| invalid("has no host"))?.to_owned();
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("must be an origin, such as https://login.example.com"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err(invalid("must be https, except on loopback")),
    }
    Ok((url.origin().ascii_serialization(), host))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_are_public_urls() {
        assert_eq!(
            origin("https://Login.Example.com/").unwrap(),
            ("https://login.example.com".into(), "login.example.com".into())
        );
        assert_eq!(origin("http://localhost:8080").unwrap().0, "http://localhost:8080");
        for bad in
            ["", "login.example.com", "http://login.example.com", "https://a.example/x", "ftp://a.example"]
        {
            assert!(matches!(origin(bad), Err(DirectoryError::Invalid(_))), "{bad}");
        }
    }

    #[test]
    fn a_missing_scheme_is_suggested() {
        for (text, suggested) in [
            ("login.example.com", "https://login.example.com"),
            ("login.example.com:8443/", "https://login.example.com:8443"),
            ("localhost:8080", "http://localhost:8080"),
        ] {
            let why = origin(text).unwrap_err().to_string();
            assert!(why.ends_with(&format!(": {suggested}")), "{why}");
        }
    }
}
