//! The authorization request: what a host app asks for, checked in two halves. Until client and redirect URI are
//! known to belong together nothing may be sent anywhere, and the person gets a page; from then on every error goes
//! back to the host app (RFC 6749 section 4.1.2.1).

use super::{CodeChallenge, HandoffFailure};
use crate::{
    model::{
        OrganizationStatus,
        ids::{OauthClientId, OrganizationId, ProjectId},
    },
    service::{Context, login::OauthRequest, roles::GROUPS_SCOPE},
    store::{StoreError, Tx, oauth_clients, organizations},
};

/// The longest values that are carried through a login, in bytes. Anybody can begin one, and each is a row (R32). An
/// address has at most 254 (RFC 5321).
const MAX_STATE: usize = 512;
const MAX_NONCE: usize = 512;
const MAX_LOGIN_HINT: usize = 254;
const MAX_SCOPE: usize = 1000;
const MAX_REDIRECT_URI: usize = 2000;

/// The parameters as they came; the caller leaves out empty and repeated ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of RFC 6749, RFC 7636 and OpenID Connect Core 3.1.2.1")]
pub struct AuthorizationRequest {
    pub client_id: Option<String>,
    pub redirect_uri: Option<String>,
    pub response_type: Option<String>,
    pub response_mode: Option<String>,
    pub scope: Option<String>,
    pub state: Option<String>,
    pub nonce: Option<String>,
    pub code_challenge: Option<String>,
    pub code_challenge_method: Option<String>,
    pub prompt: Option<String>,
    pub max_age: Option<String>,
    pub login_hint: Option<String>,
    /// An organization's id, or the host app's own id of it.
    pub organization: Option<String>,
    pub request: Option<String>,
    pub request_uri: Option<String>,
    /// Whether any parameter was sent more than once.
    pub repeated: bool,
}

/// Why a request goes no further.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// Client and redirect URI are not known to belong together: a page, never a redirect.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// The host app gets the error.
    #[error("refused: {}", .0.refusal)]
    Refused(Box<RefusedAuthorization>),
    /// Ours.
    #[error(transparent)]
    Failure(#[from] HandoffFailure),
}

/// Why the caller is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// No `client_id`, or none of this project.
    #[error("The application that sent you here is not known.")]
    Client,
    /// No `redirect_uri`, or none that the client has registered, character by character.
    #[error("The application that sent you here gave a return address that it has not registered.")]
    RedirectUri,
}

impl Untrusted {
    /// A stable name for logs and tests.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Client => "unknown_client",
            Self::RedirectUri => "unregistered_redirect_uri",
        }
    }
}

/// An error for the host app, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAuthorization {
    /// Registered by the client.
    pub redirect_uri: String,
    /// Given back as it came.
    pub state: Option<String>,
    /// What is wrong.
    pub refusal: AuthorizeRefusal,
}

/// What is wrong with a trusted client's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum AuthorizeRefusal {
    #[error("a parameter was sent more than once")]
    Repeated,
    #[error("response_type must be code")]
    ResponseType,
    #[error("response_mode must be query")]
    ResponseMode,
    #[error("request objects are not supported")]
    RequestObject,
    #[error("request_uri is not supported")]
    RequestUri,
    #[error("scope must contain openid")]
    Scope,
    #[error("code_challenge is required: the base64url of a SHA-256")]
    CodeChallenge,
    #[error("code_challenge_method must be S256")]
    CodeChallengeMethod,
    #[error("prompt=none cannot be combined with other prompts")]
    Prompt,
    #[error("the person has to sign in")]
    LoginRequired,
    #[error("max_age must be a number of seconds")]
    MaxAge,
    #[error("state, nonce, login_hint, scope or redirect_uri is too long")]
    TooLong,
}

impl AuthorizeRefusal {
    /// The registered error (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6).
    pub const fn error(self) -> &'static str {
        match self {
            Self::ResponseType => "unsupported_response_type",
            Self::RequestObject => "request_not_supported",
            Self::RequestUri => "request_uri_not_supported",
            Self::Scope => "invalid_scope",
            Self::LoginRequired => "login_required",
            _ => "invalid_request",
        }
    }
}

/// Checks a request against the project's clients and organizations.
pub async fn check(
    cx: &Context,
    project: &ProjectId,
    request: AuthorizationRequest,
) -> Result<OauthRequest, AuthorizeError> {
    let client_id = request.client_id.as_deref().and_then(|text| OauthClientId::parse(text).ok());
    let client_id = client_id.ok_or(Untrusted::Client)?;
    let (project, organization) = (project.clone(), request.organization.clone());
    let (id, uri) = (client_id.clone(), request.redirect_uri.clone());
    let known = move |tx: &mut Tx<'_>| load(tx, &project, &id, uri.as_deref(), organization.as_deref());
    let unfresh = || OrganizationId::new(&*cx.clock, &*cx.rng);
    let known = cx.store.read(known).await.map_err(HandoffFailure::Store)?;
    let organization = match known.map_err(AuthorizeError::Untrusted)? {
        Asked::Nothing => None,
        Asked::Usable(organization) => Some(organization),
        // The login goes on as if nothing had been asked, and can only end in a mismatch (R10), since no organization
        // has this id. Unknown and switched-off organizations, and those without a connection, thus look alike (R12).
        // What a stranger can tell apart is one with a connection: the login goes straight there.
        Asked::Unusable => Some(unfresh()),
    };
    let redirect_uri = request.redirect_uri.clone().ok_or(Untrusted::RedirectUri)?;
    let state = request.state.clone();
    check_parameters(request, client_id, organization).map_err(|refusal| {
        AuthorizeError::Refused(Box::new(RefusedAuthorization { redirect_uri, state, refusal }))
    })
}

enum Asked {
    Nothing,
    Usable(OrganizationId),
    Unusable,
}

fn load(
    tx: &mut Tx<'_>,
    project: &ProjectId,
    client: &OauthClientId,
    uri: Option<&str>,
    organization: Option<&str>,
) -> Result<Result<Asked, Untrusted>, StoreError> {
    if oauth_clients::find(tx, project, client)?.is_none() {
        return Ok(Err(Untrusted::Client));
    }
    match uri {
        Some(uri) if oauth_clients::has_redirect_uri(tx, client, "redirect", uri)? => {}
        _ => return Ok(Err(Untrusted::RedirectUri)),
    }
    let Some(wanted) = organization else { return Ok(Ok(Asked::Nothing)) };
    let found = match OrganizationId::parse(wanted) {
        Ok(id) => organizations::find(tx, project, &id)?,
        Err(_) => None,
    };
    let found = match found {
        Some(found) => Some(found),
        None => organizations::find_by_external_id(tx, project, wanted)?,
    };
    Ok(Ok(match found {
        Some(found) if found.status == OrganizationStatus::Active => Asked::Usable(found.id),
        _ => Asked::Unusable,
    }))
}

fn check_parameters(
    request: AuthorizationRequest,
    client_id: OauthClientId,
    organization: Option<OrganizationId>,
) -> Result<OauthRequest, AuthorizeRefusal> {
    if request.repeated {
        return Err(AuthorizeRefusal::Repeated);
    }
    if request.request.is_some() {
        return Err(AuthorizeRefusal::RequestObject);
    }
    if request.request_uri.is_some() {
        return Err(AuthorizeRefusal::RequestUri);
    }
    if request.response_type.as_deref() != Some("code") {
        return Err(AuthorizeRefusal::ResponseType);
    }
    if request.response_mode.as_deref().is_some_and(|mode| mode != "query") {
        return Err(AuthorizeRefusal::ResponseMode);
    }
    check_lengths(&request)?;
    let scope = granted(request.scope.as_deref().unwrap_or("")).ok_or(AuthorizeRefusal::Scope)?;
    if request.code_challenge_method.as_deref() != Some("S256") {
        return Err(AuthorizeRefusal::CodeChallengeMethod);
    }
    let code_challenge = CodeChallenge::parse(request.code_challenge.as_deref().unwrap_or(""))
        .map_err(|_| AuthorizeRefusal::CodeChallenge)?;
    let prompt = prompt(request.prompt.as_deref().unwrap_or(""))?;
    let max_age_s = max_age(request.max_age.as_deref())?;
    Ok(OauthRequest {
        client_id,
        redirect_uri: request.redirect_uri.unwrap_or_default(),
        state: request.state,
        nonce: request.nonce,
        code_challenge: code_challenge.as_str().to_owned(),
        scope,
        login_hint: request.login_hint,
        organization_id: organization,
        force_authn: prompt == Prompt::Login,
        passive: prompt == Prompt::None,
        max_age_s,
    })
}

fn check_lengths(request: &AuthorizationRequest) -> Result<(), AuthorizeRefusal> {
    let too_long = [
        (&request.state, MAX_STATE),
        (&request.nonce, MAX_NONCE),
        (&request.login_hint, MAX_LOGIN_HINT),
        (&request.scope, MAX_SCOPE),
        (&request.redirect_uri, MAX_REDIRECT_URI),
    ]
    .into_iter()
    .any(|(value, max)| value.as_ref().is_some_and(|text| text.len() > max));
    if too_long { Err(AuthorizeRefusal::TooLong) } else { Ok(()) }
}

/// The scopes that mean something here. Roles are told without asking.
pub const SCOPES: [&str; 5] = ["openid", "email", "profile", GROUPS_SCOPE, OFFLINE_ACCESS];

/// The scope that asks for a refresh token (OpenID Connect Core section 11).
pub(super) const OFFLINE_ACCESS: &str = "offline_access";

/// The scopes that we know among those asked for; others are left out (OpenID Connect Core section 3.1.2.1).
fn granted(asked: &str) -> Option<String> {
    let asked: Vec<&str> = asked.split(' ').collect();
    let granted: Vec<&str> = SCOPES.into_iter().filter(|scope| asked.contains(scope)).collect();
    granted.contains(&"openid").then(|| granted.join(" "))
}

/// What a request may ask of the provider (OpenID Connect Core section 3.1.2.1).
#[derive(PartialEq)]
enum Prompt {
    /// Whatever it takes.
    Any,
    /// A new sign-in.
    Login,
    /// No question to anybody.
    None,
}

fn prompt(text: &str) -> Result<Prompt, AuthorizeRefusal> {
    let prompts: Vec<&str> = text.split(' ').filter(|text| !text.is_empty()).collect();
    match prompts.as_slice() {
        ["none"] => Ok(Prompt::None),
        several if several.contains(&"none") => Err(AuthorizeRefusal::Prompt),
        others if others.contains(&"login") => Ok(Prompt::Login),
        _ => Ok(Prompt::Any),
    }
}

fn max_age(text: Option<&str>) -> Result<Option<i64>, AuthorizeRefusal> {
    let Some(text) = text else { return Ok(None) };
    // A million days are as good as no limit, and keep sums far from overflow.
    let seconds: u64 = text.parse().map_err(|_| AuthorizeRefusal::MaxAge)?;
    Ok(Some(i64::try_from(seconds.min(86_400_000_000)).map_err(|_| AuthorizeRefusal::MaxAge)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> AuthorizationRequest {
        let text = |text: &str| Some(text.to_owned());
        AuthorizationRequest {
            redirect_uri: text("https://app.example/callback"),
            response_type: text("code"),
            scope: text("openid email"),
            code_challenge: text("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            code_challenge_method: text("S256"),
            ..AuthorizationRequest::default()
        }
    }

    fn check(edit: impl FnOnce(&mut AuthorizationRequest)) -> Result<OauthRequest, AuthorizeRefusal> {
        let mut request = request();
        edit(&mut request);
        check_parameters(request, OauthClientId::from_u128(1), None)
    }

    #[test]
    fn every_fault_has_its_refusal() {
        use AuthorizeRefusal as R;
        type Edit = fn(&mut AuthorizationRequest);
        let faults: &[(Edit, R, &str)] = &[
            (|r| r.repeated = true, R::Repeated, "invalid_request"),
            (|r| r.request = Some("x".into()), R::RequestObject, "request_not_supported"),
            (|r| r.request_uri = Some("x".into()), R::RequestUri, "request_uri_not_supported"),
            (|r| r.response_type = None, R::ResponseType, "unsupported_response_type"),
            (|r| r.response_type = Some("token".into()), R::ResponseType, "unsupported_response_type"),
            (
                |r| r.response_type = Some("code id_token".into()),
                R::ResponseType,
                "unsupported_response_type",
            ),
            (|r| r.response_mode = Some("fragment".into()), R::ResponseMode, "invalid_request"),
            (|r| r.scope = None, R::Scope, "invalid_scope"),
            (|r| r.scope = Some("email openid2".into()), R::Scope, "invalid_scope"),
            (|r| r.code_challenge = None, R::CodeChallenge, "invalid_request"),
            (|r| r.code_challenge = Some("short".into()), R::CodeChallenge, "invalid_request"),
            (|r| r.code_challenge_method = None, R::CodeChallengeMethod, "invalid_request"),
            (|r| r.code_challenge_method = Some("plain".into()), R::CodeChallengeMethod, "invalid_request"),
            (|r| r.prompt = Some("none login".into()), R::Prompt, "invalid_request"),
            (|r| r.max_age = Some("-1".into()), R::MaxAge, "invalid_request"),
            (|r| r.max_age = Some("soon".into()), R::MaxAge, "invalid_request"),
            (|r| r.state = Some("x".repeat(513)), R::TooLong, "invalid_request"),
            (|r| r.nonce = Some("x".repeat(513)), R::TooLong, "invalid_request"),
            (|r| r.login_hint = Some("x".repeat(255)), R::TooLong, "invalid_request"),
            (|r| r.scope = Some(format!("openid {}", "x".repeat(994))), R::TooLong, "invalid_request"),
            (|r| r.redirect_uri = Some("x".repeat(2001)), R::TooLong, "invalid_request"),
        ];
        for (edit, refusal, error) in faults {
            assert_eq!(check(edit).unwrap_err(), *refusal);
            assert_eq!(refusal.error(), *error);
        }
    }

    #[test]
    fn r32_the_longest_values_are_carried() {
        let carried = check(|r| {
            (r.state, r.nonce) = (Some("x".repeat(512)), Some("x".repeat(512)));
            (r.login_hint, r.redirect_uri) = (Some("x".repeat(254)), Some("x".repeat(2000)));
            r.scope = Some(format!("openid {}", "x".repeat(993)));
        });
        assert_eq!(carried.unwrap().scope, "openid");
    }

    #[test]
    fn r11_prompt_and_max_age_are_carried_into_the_login() {
        assert!(!check(|_| ()).unwrap().force_authn);
        assert!(check(|r| r.prompt = Some("login".into())).unwrap().force_authn);
        assert!(!check(|r| r.prompt = Some("consent".into())).unwrap().force_authn);
        let silent = check(|r| r.prompt = Some("none".into())).unwrap();
        assert!(silent.passive && !silent.force_authn);
        let aged = check(|r| r.max_age = Some("18446744073709551615".into())).unwrap();
        assert_eq!((aged.force_authn, aged.max_age_s), (false, Some(86_400_000_000)));
    }

    #[test]
    fn unknown_scopes_are_left_out() {
        let scope = check(|r| r.scope = Some("address openid  profile".into())).unwrap().scope;
        assert_eq!(scope, "openid profile");
    }
}
