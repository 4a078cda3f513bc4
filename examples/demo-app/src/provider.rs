//! OpenID Connect, all of it that an app needs: begin a sign-in, finish it, and ask whether it still stands. The crate
//! `openidconnect` does the protocol; here are only the claims that Vestibule adds.

use openidconnect::{
    AccessToken, AdditionalClaims, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse, UserInfoClaims,
    UserInfoError,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
    reqwest,
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{config::Config, sessions::Session};

/// What Vestibule says beyond the standard claims: the tenant, and what the user may do there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VestibuleClaims {
    /// The key for everything that the app stores.
    pub organization_id: String,
    /// For showing.
    pub organization: Organization,
    /// The names of the user's roles: what an app asks before it lets somebody do something.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// The customer that the user belongs to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Organization {
    /// Equal to `organization_id`.
    pub id: String,
    /// Its name.
    pub display_name: String,
}

impl AdditionalClaims for VestibuleClaims {}

/// The answer of the userinfo endpoint.
pub type UserInfo = UserInfoClaims<VestibuleClaims, CoreGenderClaim>;

type Tokens = StandardTokenResponse<
    IdTokenFields<
        VestibuleClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type VestibuleClient = Client<
    VestibuleClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The gateway, as this app's provider.
pub struct Provider {
    config: Config,
    http: reqwest::Client,
}

/// A sign-in on its way: what the answer is checked against.
pub struct Pending {
    /// Comes back in the query.
    pub state: String,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// Whether a session still counts at the gateway.
pub enum Standing {
    /// Yes, and this is the user now.
    Live(Box<UserInfo>),
    /// It was ended: signed out, deactivated, or expired.
    Ended,
}

impl Provider {
    /// Does not reach for the gateway yet: both may start at the same time.
    pub fn new(config: Config) -> Result<Self, String> {
        // Following redirects would let a provider send our secrets elsewhere.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        Ok(Self { config, http: http.map_err(explain)? })
    }

    /// Who must have issued everything.
    pub fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// The address to send the browser to. `email` spares the user typing it; `organization` is the only one that the
    /// sign-in may then end in.
    pub async fn begin(
        &self,
        email: Option<&str>,
        organization: Option<&str>,
    ) -> Result<(Url, Pending), String> {
        let client = self.client().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge);
        if let Some(email) = email {
            request = request.add_extra_param("login_hint", email.to_owned());
        }
        if let Some(organization) = organization {
            request = request.add_extra_param("organization", organization.to_owned());
        }
        let (url, state, nonce) = request.url();
        Ok((url, Pending { state: state.into_secret(), nonce, verifier }))
    }

    /// Exchanges the code and verifies the ID token: signature, issuer, audience, expiry and nonce.
    pub async fn finish(&self, code: String, pending: Pending) -> Result<Session, String> {
        let client = self.client().await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(explain)?
            .set_pkce_verifier(pending.verifier)
            .request_async(&self.http)
            .await
            .map_err(explain)?;
        let id_token = tokens.id_token().ok_or("the provider sent no ID token")?;
        let claims = id_token.claims(&client.id_token_verifier(), &pending.nonce).map_err(explain)?;
        Ok(Session { claims: claims.clone(), access_token: tokens.access_token().clone() })
    }

    /// Asks the userinfo endpoint, which asks for the session's row each time.
    pub async fn standing(&self, session: &Session) -> Result<Standing, String> {
        let client = self.client().await?;
        let subject: SubjectIdentifier = session.claims.subject().clone();
        let token: AccessToken = session.access_token.clone();
        let request = client.user_info(token, Some(subject)).map_err(explain)?;
        match request.request_async(&self.http).await {
            Ok(userinfo) => Ok(Standing::Live(Box::new(userinfo))),
            Err(UserInfoError::Response(status, ..)) if status.as_u16() == 401 => Ok(Standing::Ended),
            Err(error) => Err(explain(error)),
        }
    }

    /// The client with the provider's present addresses and keys. An app under load would keep it for an hour; the keys
    /// may be cached that long.
    async fn client(&self) -> Result<VestibuleClient, String> {
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(explain)?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &self.http).await.map_err(explain)?;
        let redirect_uri = RedirectUrl::new(self.config.redirect_uri()).map_err(explain)?;
        let id = ClientId::new(self.config.client_id.clone());
        let secret = self.config.client_secret.clone().map(ClientSecret::new);
        Ok(Client::from_provider_metadata(metadata, id, secret).set_redirect_uri(redirect_uri))
    }
}

/// An error with its causes.
fn explain(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
