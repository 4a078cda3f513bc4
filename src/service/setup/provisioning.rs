//! The SCIM part of a set-up (decision 007): a token for the draft, the provider's requests as they come, and checks.

use super::{Capability, SetupError, Wizard, session::for_change};
use crate::{
    model::{
        Millis, Timestamp,
        ids::{ProjectId, ScimApiKeyId},
        secret::Secret,
    },
    service::{
        Actor, ActorKind, Context,
        provisioning::{
            BASE_PATHS,
            admin::{
                AdminError,
                check::{self, LastCheck, Target},
                keys, traces,
            },
        },
    },
    store::{Tx, organizations, scim_connections, scim_connections::ScimApiKey},
};

/// So many tokens are made with one link, one after the other (R32).
const TOKENS: usize = 20;

const DAY: Millis = 24 * 60 * 60 * 1000;

/// So many requests are shown.
const SHOWN: u16 = 50;

/// What the provider is given, so far.
#[derive(Debug, Clone)]
pub struct Provisioning {
    /// The token that this link has made and that lives.
    pub token: Option<TokenShown>,
}

/// A token, without its secret.
#[derive(Debug, Clone)]
pub struct TokenShown {
    /// Tells it from the next one.
    pub id: ScimApiKeyId,
    /// Its last characters.
    pub suffix: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it ends, if it does by itself.
    pub ends_at: Option<Timestamp>,
    /// When a provider used it last.
    pub used_at: Option<Timestamp>,
}

/// The last requests of a connection, and what had to be rewritten.
#[derive(Debug, Clone)]
pub struct LiveView {
    /// Newest first.
    pub requests: Vec<SeenRequest>,
    /// Whether there may be more.
    pub more: bool,
    /// The most frequent first.
    pub rewrites: Vec<SeenRewrite>,
    /// Now, for telling days apart.
    pub now: Timestamp,
}

/// A request, redacted.
#[derive(Debug, Clone)]
pub struct SeenRequest {
    /// When it came.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// Path and query, without what people could be told by.
    pub path: String,
    /// The status of the answer.
    pub status: i64,
    /// What was rewritten.
    pub rewrites: Vec<String>,
    /// The body, without its values.
    pub body: String,
    /// To be quoted to support.
    pub reference: String,
}

/// A rewrite that was needed.
#[derive(Debug, Clone)]
pub struct SeenRewrite {
    /// Who is known to send it, and what.
    pub text: String,
    /// How often.
    pub count: i64,
    /// When last.
    pub last_at: Timestamp,
}

/// What the provider is given, so far.
pub async fn provisioning(cx: &Context, wizard: &Wizard) -> Result<Provisioning, SetupError> {
    let (link, now) = (wizard.link.id.clone(), cx.now());
    let keys = cx.store.read(move |tx: &mut Tx<'_>| scim_connections::keys_of_link(tx, &link)).await?;
    let token = keys.into_iter().find(|key| key.is_live(now)).map(|key| TokenShown {
        id: key.id,
        suffix: key.token_suffix,
        made_at: key.created_at,
        ends_at: key.expires_at,
        used_at: key.last_used_at,
    });
    Ok(Provisioning { token })
}

/// For so many days at most a token of a link lives, where it does not live for ever.
const TOKEN_DAYS: i64 = 3650;

/// Makes a token for the draft that ends after so many days, or not by itself. It is shown this once, and the one that the
/// link has made before ends. `present` is the token that lived when the form was shown: where it is another one by now, the
/// form was sent twice, or is an old one, and none is made.
pub async fn make_token(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    present: Option<&str>,
    days: Option<i64>,
    request_id: &str,
) -> Result<Option<Secret>, SetupError> {
    if days.is_some_and(|days| !(1..=TOKEN_DAYS).contains(&days)) {
        return Err(SetupError::Invalid(format!("A token lives for 1 to {TOKEN_DAYS} days.")));
    }
    let expires_at = days.map(|days| cx.now().plus(days * DAY));
    let token = keys::new_token(cx);
    let (shown, present) = (token.clone(), present.map(str::to_owned));
    let (own, project, session, request) =
        (cx.clone(), project.clone(), session.clone(), request_id.to_owned());
    let write = move |tx: &mut Tx<'_>| {
        let wizard = for_change(tx, &own, &project, &session, Capability::ConfigureScim)?;
        let (link, connection) = (&wizard.link, wizard.scim()?);
        let actor = Actor::in_request(ActorKind::SetupLink, &link.id, request.clone());
        let before = scim_connections::keys_of_link(tx, &link.id)?;
        let lives = before.iter().find(|key| key.is_live(own.now())).map(|key| key.id.as_str());
        if lives != present.as_deref() {
            return Ok(false);
        }
        if before.len() >= TOKENS {
            let text = "Many tokens were made with this set-up link already; please ask for a new one.";
            return Err(SetupError::Invalid(text.into()));
        }
        for key in before {
            keys::end(tx, &own, &actor, &project, &link.organization_id, &key.id)?;
        }
        let organization =
            organizations::find(tx, &project, &link.organization_id)?.ok_or(SetupError::NoSession)?;
        let name = "Set-up link";
        let key = keys::row(&own, &organization.id, connection.id.clone(), name, &token, expires_at, None);
        let key = ScimApiKey { setup_link_id: Some(link.id.clone()), ..key };
        keys::add(tx, &own, &actor, &organization, &key)?;
        Ok::<_, SetupError>(true)
    };
    Ok(cx.store.write(write).await?.then_some(shown))
}

/// What the provider has asked, up to now.
pub async fn live_view(cx: &Context, wizard: &Wizard) -> Result<LiveView, SetupError> {
    let connection = wizard.scim()?;
    if !wizard.allows(Capability::TestScim) {
        return Err(SetupError::NotAllowed);
    }
    // What this node remembers is written down every few seconds; whoever looks wants to see it now.
    cx.provisioning.flush(cx).await?;
    // What a live connection is asked is of real people, and none of a link's business (R23).
    let seen = match wizard.is_scim_draft() {
        true => traces::last(cx, &wizard.link.organization_id, Some(&connection.id), SHOWN).await?,
        false => Vec::new(),
    };
    let mut rewrites = traces::rewrites(cx, &connection.id).await?;
    rewrites.sort_by_key(|rewrite| std::cmp::Reverse(rewrite.count));
    let more = seen.len() == usize::from(SHOWN);
    let requests = seen.into_iter().map(|trace| SeenRequest {
        at: trace.created_at,
        method: trace.method,
        path: below_base(&trace.path),
        status: trace.status,
        rewrites: trace.rewrites.split_whitespace().map(traces::explained).collect(),
        body: trace.body,
        reference: trace.reference_id,
    });
    let rewrites = rewrites.into_iter().map(|rewrite| SeenRewrite {
        text: traces::explained(&rewrite.rewrite),
        count: rewrite.count,
        last_at: rewrite.last_at,
    });
    Ok(LiveView { requests: requests.collect(), more, rewrites: rewrites.collect(), now: cx.now() })
}

/// The path below the address of the SCIM server, which is the same in every request.
fn below_base(path: &str) -> String {
    let below = BASE_PATHS.into_iter().find_map(|base| path.strip_prefix(base));
    below.filter(|below| !below.is_empty()).unwrap_or(path).to_owned()
}

/// The draft, for a check or a preview that this browser may run now.
pub async fn admit_check(cx: &Context, project: &ProjectId, session: &Secret) -> Result<Target, SetupError> {
    let (own, of, by) = (cx.clone(), project.clone(), session.clone());
    let admit = move |tx: &mut Tx<'_>| {
        let wizard = for_change(tx, &own, &of, &by, Capability::TestScim)?;
        let connection = wizard.scim()?;
        if !check::may_begin(tx, &own, connection)? {
            return Err(SetupError::NotReady("The last check was a moment ago. Please wait ten seconds."));
        }
        Ok::<_, SetupError>((wizard.link.organization_id.clone(), connection.id.clone()))
    };
    let (organization, connection) = cx.store.write(admit).await?;
    Ok(check::find(cx, project, &organization, Some(&connection)).await?)
}

/// The last check of the connection.
pub async fn last_check(cx: &Context, wizard: &Wizard) -> Result<Option<LastCheck>, SetupError> {
    Ok(check::last(cx, &wizard.scim()?.id).await?)
}

impl From<AdminError> for SetupError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Store(error) => Self::Store(error),
            AdminError::Invalid(text) => Self::Invalid(text),
            other => Self::Internal(other.to_string()),
        }
    }
}
