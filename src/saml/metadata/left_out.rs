//! What was not taken over from what a provider was described by, and is no reason to refuse the rest.

/// What was left out, in a sentence for an administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    /// A chain is no list of keys: whoever has the key of an authority signs as everybody.
    #[error(
        "the certificate with the SHA-256 fingerprint {0} issued another one that was given with it, so it is none that signs \
         sign-ins"
    )]
    Issuer(String),
    /// Nobody is sent there, and what comes from the provider is not expected either.
    #[error("the single logout endpoint {0:?} is not an https address")]
    LogoutEndpoint(String),
    /// There is single logout, and none that we speak.
    #[error("its single logout takes neither HTTP-Redirect nor HTTP-POST")]
    LogoutBinding,
    /// When to fetch again is then for us to say.
    #[error("its cacheDuration {0:?} is not a duration such as PT6H")]
    CacheDuration(String),
}

/// What a document says, short enough for a sentence.
pub(super) fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
