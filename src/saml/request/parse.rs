//! Reading an AuthnRequest, as an identity provider does.

use time::OffsetDateTime;

use crate::saml::{
    names::ns,
    xml::{Element, Limits, ReadError, Scanned, XmlError, instant, tree},
};

/// A request as received. Nothing about it is verified: an identity provider answers to registered URLs only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// To be named in InResponseTo.
    pub id: String,
    /// When it was made.
    pub issue_instant: OffsetDateTime,
    /// The service provider's entity ID.
    pub issuer: String,
    /// The endpoint that it was meant for.
    pub destination: Option<String>,
    /// Where the answer should go.
    pub acs_url: Option<String>,
    /// Whether the user must be asked again.
    pub force_authn: bool,
    /// Whether the user must not be asked at all.
    pub is_passive: bool,
    /// The NameID format that is insisted on.
    pub name_id_format: Option<String>,
    /// The authentication contexts of which one is insisted on.
    pub authn_contexts: Vec<String>,
    /// Who is expected to sign in.
    pub login_hint: Option<String>,
}

/// Why a request cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not XML, or too much of it.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// An element that cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Another message.
    #[error("the message is <{0}>, not an AuthnRequest")]
    NotARequest(String),
    /// Another version of SAML.
    #[error("the version of the request is not 2.0")]
    Version,
    /// Something required is missing or malformed.
    #[error("the request has no valid {0}")]
    Missing(&'static str),
}

/// Reads a request.
///
/// # Errors
/// See [`RequestError`].
pub fn parse(bytes: &[u8]) -> Result<ReceivedRequest, RequestError> {
    let text = Scanned::scan(bytes, &Limits::MESSAGE)?;
    let doc = text.tree()?;
    let root = doc.root_element();
    if !tree::is(root, ns::PROTOCOL, "AuthnRequest") {
        return Err(RequestError::NotARequest(tree::name(root)));
    }
    let attribute = |name| tree::attribute(root, name);
    let owned = |name| attribute(name).map(str::to_owned);
    let flag = |name| matches!(attribute(name), Some("true" | "1"));
    if attribute("Version") != Some("2.0") {
        return Err(RequestError::Version);
    }
    let issuer = tree::only_child(root, ns::ASSERTION, "Issuer")?.ok_or(RequestError::Missing("Issuer"))?;
    let policy = tree::only_child(root, ns::PROTOCOL, "NameIDPolicy")?;
    let name_id = match tree::only_child(root, ns::ASSERTION, "Subject")? {
        Some(subject) => tree::only_child(subject, ns::ASSERTION, "NameID")?,
        None => None,
    };
    Ok(ReceivedRequest {
        id: owned("ID").filter(|id| !id.is_empty()).ok_or(RequestError::Missing("ID"))?,
        issue_instant: attribute("IssueInstant")
            .and_then(instant::parse)
            .ok_or(RequestError::Missing("IssueInstant"))?,
        issuer: tree::text(issuer)?.trim().to_owned(),
        destination: owned("Destination"),
        acs_url: owned("AssertionConsumerServiceURL"),
        force_authn: flag("ForceAuthn"),
        is_passive: flag("IsPassive"),
        name_id_format: policy.and_then(|p| tree::attribute(p, "Format")).map(str::to_owned),
        authn_contexts: contexts(root)?,
        login_hint: name_id.map(tree::text).transpose()?.map(|hint| hint.into_owned()),
    })
}

fn contexts(root: Element<'_, '_>) -> Result<Vec<String>, RequestError> {
    let Some(wanted) = tree::only_child(root, ns::PROTOCOL, "RequestedAuthnContext")? else {
        return Ok(Vec::new());
    };
    let classes = tree::children(wanted, ns::ASSERTION, "AuthnContextClassRef");
    Ok(classes.map(|class| Ok(tree::text(class)?.trim().to_owned())).collect::<Result<_, ReadError>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::request::{AuthnRequest, message_id};
    use time::macros::datetime;

    #[test]
    fn reads_what_we_build() {
        let id = message_id(&[1; 20]);
        let request = AuthnRequest {
            id: &id,
            issue_instant: datetime!(2026-01-02 03:04:05 UTC),
            issuer: "https://sp.example/<&>",
            destination: "https://idp.example/sso",
            acs_url: "https://sp.example/acs",
            force_authn: true,
            is_passive: false,
            name_id_format: None,
            allow_create: true,
            authn_contexts: &[],
            login_hint: Some("ada@acme.example"),
        };
        let received = parse(request.to_xml().as_bytes()).unwrap();
        assert_eq!(received.id, id);
        assert_eq!(received.issuer, "https://sp.example/<&>");
        assert_eq!(received.acs_url.as_deref(), Some("https://sp.example/acs"));
        assert_eq!(received.login_hint.as_deref(), Some("ada@acme.example"));
        assert!(received.force_authn && !received.is_passive);
    }

    #[test]
    fn refuses_other_messages() {
        let refused = |xml: &str| parse(xml.as_bytes()).unwrap_err();
        assert_eq!(refused("<a/>"), RequestError::NotARequest("a".into()));
        let other = format!("<AuthnRequest xmlns='{}' Version='1.1' ID='a'/>", ns::PROTOCOL);
        assert_eq!(refused(&other), RequestError::Version);
        let bare = format!("<AuthnRequest xmlns='{}' Version='2.0' ID='a'/>", ns::PROTOCOL);
        assert_eq!(refused(&bare), RequestError::Missing("Issuer"));
    }
}
