//! Where a login goes that no app began: to the host app, which begins one of its own (R9, OpenID Connect Core section 4).
//! No code is minted on the strength of a message that nobody asked for. The person has just signed in; with the address as
//! `login_hint` the app's login goes straight back to the provider.

use serde_json::{Value, json};
use url::Url;

use crate::{
    model::ids::ProjectId,
    store::{
        StoreError, Tx,
        login_flows::{self, LoginFlow},
        oauth_clients, projects,
    },
};

/// A longer one is no deep link, in bytes.
const MAX_DEEP_LINK: usize = 2048;

/// Where a login goes whose deep link belongs to none of the apps, or that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Otherwise {
    /// To the first app that can be begun at: the person came from a tile at the provider, and wants into some app.
    First,
    /// To the one app that can be begun at. Nowhere if there are several: nothing says which.
    Only,
}

/// What may be a deep link of an app: whose, is asked when it is used.
pub fn deep_link(text: Option<String>) -> Option<String> {
    text.filter(|text| text.len() <= MAX_DEEP_LINK && Url::parse(text).is_ok_and(|url| is_web(&url)))
}

/// Keeps a deep link in a flow that no app began, until its end.
pub fn keep_deep_link(tx: &mut Tx<'_>, flow: &mut LoginFlow, link: &str) -> Result<(), StoreError> {
    flow.pending = Some(json!({ "deepLink": link }).to_string());
    login_flows::update(tx, flow)
}

/// The address at the client that the flow's deep link belongs to, else at another one.
pub(super) fn location(
    tx: &mut Tx<'_>,
    flow: &LoginFlow,
    login_hint: Option<&str>,
    otherwise: Otherwise,
) -> Result<Option<String>, StoreError> {
    let Some(issuer) = issuer(tx, &flow.project_id)? else { return Ok(None) };
    let pending = flow.pending.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let deep_link = pending.as_ref().and_then(|pending| pending["deepLink"].as_str());
    let mut others = Vec::new();
    for client in oauth_clients::initiable(tx, &flow.project_id)? {
        let Some(uri) = client.initiate_login_uri.clone() else { continue };
        if let Some(link) = deep_link
            && belongs(link, &oauth_clients::redirect_uris(tx, &flow.project_id, &client.id)?)
        {
            return Ok(with_parameters(&uri, &issuer, Some(link), login_hint));
        }
        others.push(uri);
    }
    let other = match (others.as_slice(), otherwise) {
        ([only], _) => only,
        ([first, ..], Otherwise::First) => first,
        _ => return Ok(None),
    };
    Ok(with_parameters(other, &issuer, None, login_hint))
}

fn issuer(tx: &mut Tx<'_>, project: &ProjectId) -> Result<Option<String>, StoreError> {
    Ok(projects::find(tx, project)?.map(|project| project.public_url))
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http")
}

/// Whether a deep link leads into the app that registered these addresses: the same origin as one of them, https or
/// loopback as they are, and nothing that a browser would run.
fn belongs(link: &str, registered: &[String]) -> bool {
    let Ok(url) = Url::parse(link) else { return false };
    // A backslash is a slash to browsers and to us, but not to every reader in the app.
    let odd = |c: char| c.is_control() || c == '\\';
    let plain = url.username().is_empty() && url.password().is_none() && !link.contains(odd);
    let origin = |text: &String| Url::parse(text).ok().map(|url| url.origin());
    plain && is_web(&url) && registered.iter().filter_map(origin).any(|o| o.is_tuple() && o == url.origin())
}

fn with_parameters(
    uri: &str,
    issuer: &str,
    deep_link: Option<&str>,
    login_hint: Option<&str>,
) -> Option<String> {
    let mut url = Url::parse(uri).ok()?;
    url.query_pairs_mut().append_pair("iss", issuer);
    for (name, value) in [("target_link_uri", deep_link), ("login_hint", login_hint)] {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r09_a_deep_link_belongs_to_the_app_or_is_left_out() {
        let registered = ["https://app.example/callback".to_owned(), "com.example.app:/cb".to_owned()];
        for good in ["https://app.example/reports/7?x=1#y", "https://APP.example:443/"] {
            assert!(belongs(good, &registered), "{good}");
        }
        for bad in [
            "",
            "/reports",
            "https://evil.example/",
            "https://app.example.evil.example/",
            "http://app.example/",
            "https://app.example:8443/",
            "https://u@app.example/",
            "https://app.example\\@evil.example/",
            "javascript:alert(1)//https://app.example",
            "com.example.app:/cb",
            "https://app.example/\r\nSet-Cookie: a=b",
        ] {
            assert!(!belongs(bad, &registered), "{bad}");
        }
    }
}
