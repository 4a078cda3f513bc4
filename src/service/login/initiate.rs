//! Where a login goes that no app began: to the host app, which begins one of its own (R9, OpenID Connect Core section 4).
//! No code is minted on the strength of a message that nobody asked for. The person has just signed in; with the address as
//! `login_hint` the app's login goes straight back to the provider.

use url::Url;

use crate::{
    model::ids::ProjectId,
    store::{StoreError, Tx, oauth_clients, projects},
};

/// The address at the client that the deep link belongs to, else at the project's first client that can be begun at.
pub(super) fn location(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    deep_link: Option<&str>,
    login_hint: Option<&str>,
) -> Result<Option<String>, StoreError> {
    let Some(issuer) = issuer(tx, project)? else { return Ok(None) };
    let mut first = None;
    for client in oauth_clients::initiable(tx, project)? {
        let Some(uri) = client.initiate_login_uri.clone() else { continue };
        let registered = oauth_clients::redirect_uris(tx, project, &client.id)?;
        if let Some(link) = deep_link.filter(|link| belongs(link, &registered)) {
            return Ok(with_parameters(&uri, &issuer, Some(link), login_hint));
        }
        first.get_or_insert(uri);
    }
    Ok(first.and_then(|uri| with_parameters(&uri, &issuer, None, login_hint)))
}

/// The address at the project's one client that can be begun at. `None` where there are several: nothing says which.
pub(super) fn only_location(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    login_hint: Option<&str>,
) -> Result<Option<String>, StoreError> {
    let clients = oauth_clients::initiable(tx, project)?;
    let [client] = clients.as_slice() else { return Ok(None) };
    let (Some(uri), Some(issuer)) = (&client.initiate_login_uri, issuer(tx, project)?) else {
        return Ok(None);
    };
    Ok(with_parameters(uri, &issuer, None, login_hint))
}

fn issuer(tx: &mut Tx<'_>, project: &ProjectId) -> Result<Option<String>, StoreError> {
    Ok(projects::find(tx, project)?.map(|project| project.public_url))
}

/// Whether a deep link leads into the app that registered these addresses: the same origin as one of them, https or
/// loopback as they are, and nothing that a browser would run.
fn belongs(link: &str, registered: &[String]) -> bool {
    let Ok(url) = Url::parse(link) else { return false };
    // A backslash is a slash to browsers and to us, but not to every reader in the app.
    let odd = |c: char| c.is_control() || c == '\\';
    let plain = url.username().is_empty() && url.password().is_none() && !link.contains(odd);
    let origin = |text: &String| Url::parse(text).ok().map(|url| url.origin());
    plain
        && matches!(url.scheme(), "https" | "http")
        && registered.iter().filter_map(origin).any(|o| o.is_tuple() && o == url.origin())
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
