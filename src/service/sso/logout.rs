//! Single logout (Profiles 4.4), both ways. A provider's request ends the sessions that it names, here and for the host
//! apps, and is answered whatever became of it; ours goes out when a person signs out of a session that came by SAML.

use std::sync::Arc;

use time::Duration;

use super::{
    consume::decryption_keys,
    refusal::SsoError,
    session_key::{self, Between},
    start::Carrier,
};
use crate::{
    model::{
        ConnectionStatus, Millis, Timestamp,
        ids::{ProjectId, SamlConnectionId},
    },
    saml::{
        SigningKey,
        binding::{
            post, query_signature,
            redirect::{Decoded, Parameter},
        },
        dsig::{SignError, SignaturePolicy},
        logout::{
            self, ExpectedLogout, Inbound, LogoutOutcome, LogoutRejection, LogoutRequest, LogoutResponse,
            VerifiedLogoutRequest,
        },
        request::message_id,
        xmlenc::{self, Decryption, DecryptionKey},
    },
    service::{
        Actor, ActorKind, Context,
        connections::{Options, SpUrls, sp_keys},
        sessions,
    },
    store::{
        StoreError, Tx,
        saml_assertion_replays::{self, SamlAssertionReplay},
        saml_connections::{self, SamlConnection, SamlIdpKey},
        saml_logouts::{self, SamlLogoutRequest},
        sessions::{self as session_rows, Session},
    },
};

/// For how long an ended session is remembered; an assertion that is older may be of one that is not, and signs nobody in. What
/// is compared are the provider's own times, of its LogoutRequest and of its assertions, so its clock may differ from ours.
pub(super) const ENDED_KEPT: Millis = 24 * 60 * 60 * 1000;
/// How long a person may take from us to the provider and back.
const REQUEST_LIFETIME: Millis = 10 * 60 * 1000;

/// A message as it arrived.
#[derive(Debug, Clone)]
pub enum LogoutMessage {
    /// In a URL.
    Redirect(Decoded),
    /// In a form.
    Post {
        /// Request or response.
        parameter: Parameter,
        /// The XML, decoded.
        xml: Vec<u8>,
        /// Given back as it came.
        relay_state: Option<String>,
    },
}

/// What comes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedOut {
    /// A request was carried out: the answer for the provider.
    Answer(Carrier),
    /// The provider has answered our request.
    Done {
        /// Whether the person is signed out everywhere.
        everywhere: bool,
    },
}

/// Why a logout message has no effect.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    /// There is no such connection in this project, or it is not in use.
    #[error("there is no such connection")]
    NotFound,
    /// A check failed.
    #[error("the logout message is refused: {0}")]
    Rejected(#[from] LogoutRejection),
    /// The message was used before.
    #[error("the logout message was used before")]
    Replayed,
    /// The response answers no request of ours.
    #[error("the response answers no request of ours")]
    RequestUnknown,
    /// Ours.
    #[error("the logout failed")]
    Failure(#[from] SsoError),
    /// The database.
    #[error("database")]
    Store(#[from] StoreError),
}

impl LogoutError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Rejected(rejection) => rejection.code(),
            Self::Replayed => "logout_replayed",
            Self::RequestUnknown => "logout_request_unknown",
            Self::Failure(_) | Self::Store(_) => "server_error",
        }
    }
}

impl LogoutMessage {
    fn parameter(&self) -> Parameter {
        match self {
            Self::Redirect(decoded) => decoded.parameter,
            Self::Post { parameter, .. } => *parameter,
        }
    }

    fn xml(&self) -> &[u8] {
        match self {
            Self::Redirect(decoded) => &decoded.xml,
            Self::Post { xml, .. } => xml,
        }
    }

    fn relay_state(&self) -> Option<&str> {
        match self {
            Self::Redirect(decoded) => decoded.relay_state.as_deref(),
            Self::Post { relay_state, .. } => relay_state.as_deref(),
        }
    }

    fn inbound(&self) -> Inbound<'_> {
        match self {
            Self::Redirect(decoded) => Inbound::Redirect(decoded),
            Self::Post { xml, .. } => Inbound::Post(xml),
        }
    }
}

/// Takes in what a browser brings from a provider.
pub async fn consume_logout(
    cx: &Context,
    project: &ProjectId,
    origin: &str,
    connection: &str,
    message: LogoutMessage,
    request_id: &str,
) -> Result<LoggedOut, LogoutError> {
    let id = SamlConnectionId::parse(connection).map_err(|_| LogoutError::NotFound)?;
    let (urls, message) = (SpUrls::new(origin, &id), Arc::new(message));
    let Arrived { connection, verified } = read(cx, project, id, &urls, &message).await?;
    let request = match verified {
        Verified::Request(request) => request,
        Verified::Response { claimed, everywhere } => {
            return answered(cx, &connection, claimed, everywhere).await;
        }
    };
    end_sessions(cx, project, &connection, &urls.entity_id, &request, request_id).await?;
    let key = our_key(cx, project).await?;
    let answer = LogoutResponse {
        id: &message_id(&cx.rng.bytes::<20>()),
        issue_instant: cx.now().to_datetime(),
        issuer: &urls.entity_id,
        destination: &response_url(&connection),
        in_response_to: request.id(),
        outcome: &LogoutOutcome::Complete,
    };
    let outgoing = Outgoing {
        connection: &connection,
        destination: answer.destination,
        parameter: Parameter::Response,
        relay_state: message.relay_state(),
    };
    let carried = outgoing.carry(&key, &answer.to_xml(), |key| answer.to_signed_xml(key));
    Ok(LoggedOut::Answer(carried.map_err(SsoError::Sign)?))
}

/// The way to the provider of a session that has just ended here, if it takes logouts and the session came by it.
pub async fn begin_logout(
    cx: &Context,
    project: &ProjectId,
    origin: &str,
    session: &Session,
) -> Result<Option<Carrier>, SsoError> {
    let Some(id) = session.saml_connection_id.clone() else { return Ok(None) };
    let Some(name_id) = session.saml_name_id.as_deref().and_then(session_key::name_of) else {
        return Ok(None);
    };
    let (of, wanted) = (project.clone(), id.clone());
    let find = move |tx: &mut Tx<'_>| saml_connections::find_in_project(tx, &of, &wanted);
    let found: Option<SamlConnection> = cx.store.read(find).await.map_err(SsoError::Store)?;
    let Some(connection) = found.filter(|c| c.status == ConnectionStatus::Enabled) else { return Ok(None) };
    let Some(destination) = connection.idp_slo_url.clone() else { return Ok(None) };
    let (now, request_id) = (cx.now(), message_id(&cx.rng.bytes::<20>()));
    let pending = SamlLogoutRequest {
        id: request_id.clone(),
        organization_id: connection.organization_id.clone(),
        saml_connection_id: id.clone(),
        created_at: now,
        expires_at: now.plus(REQUEST_LIFETIME),
    };
    let note = move |tx: &mut Tx<'_>| saml_logouts::insert_request(tx, &pending);
    cx.store.write(note).await.map_err(SsoError::Store)?;
    let indexes: Vec<&str> = session.saml_session_index.as_deref().into_iter().collect();
    let request = LogoutRequest {
        id: &request_id,
        issue_instant: now.to_datetime(),
        issuer: &SpUrls::new(origin, &id).entity_id,
        destination: &destination,
        name_id: &name_id,
        session_indexes: &indexes,
        not_on_or_after: Some(now.plus(REQUEST_LIFETIME).to_datetime()),
    };
    let key = our_key(cx, project).await?;
    let outgoing = Outgoing {
        connection: &connection,
        destination: &destination,
        parameter: Parameter::Request,
        relay_state: None,
    };
    Ok(Some(outgoing.carry(&key, &request.to_xml(), |key| request.to_signed_xml(key))?))
}

/// A message that has passed its checks, and the connection that it came on.
struct Arrived {
    connection: SamlConnection,
    verified: Verified,
}

enum Verified {
    /// The provider ends sessions.
    Request(VerifiedLogoutRequest),
    /// The provider answers a request of ours.
    Response { claimed: String, everywhere: bool },
}

/// Finding the connection and checking the message are one piece of work off the async workers, as for a login: those
/// serve everybody, and a hostile message may take milliseconds.
async fn read(
    cx: &Context,
    project: &ProjectId,
    id: SamlConnectionId,
    urls: &SpUrls,
    message: &Arc<LogoutMessage>,
) -> Result<Arrived, LogoutError> {
    let (own, of, urls, message) = (cx.clone(), project.clone(), urls.clone(), Arc::clone(message));
    let work = move |tx: &mut Tx<'_>| {
        let connection = saml_connections::find_in_project(tx, &of, &id)?.ok_or(LogoutError::NotFound)?;
        if connection.status != ConnectionStatus::Enabled || connection.idp_slo_url.is_none() {
            return Err(LogoutError::NotFound);
        }
        let keys = saml_connections::keys(tx, &id)?;
        let own_keys = decryption_keys(tx, &own, &id, xmlenc::may_be_in(message.xml()))?;
        let verified = verify(&own, &connection, &keys, &own_keys, &urls, &message)?;
        Ok(Arrived { connection, verified })
    };
    cx.store.read(work).await
}

fn verify(
    cx: &Context,
    connection: &SamlConnection,
    keys: &[SamlIdpKey],
    own_keys: &[DecryptionKey],
    urls: &SpUrls,
    message: &LogoutMessage,
) -> Result<Verified, LogoutError> {
    let unreadable = || StoreError::Damaged("a stored certificate of the connection".into());
    let keys: Result<Vec<_>, _> = keys.iter().map(|key| cx.idp_keys.key(key)).collect();
    let keys = keys.map_err(|_| unreadable())?;
    let expected = ExpectedLogout {
        idp_entity_id: &connection.idp_entity_id,
        keys: &keys,
        sp_entity_id: &urls.entity_id,
        slo_url: &urls.slo_url,
        signatures: SignaturePolicy {
            allow_inclusive_c14n: connection.inclusive_c14n,
            allow_sha1: connection.allow_sha1,
        },
        decryption: Decryption {
            keys: own_keys,
            recipient: &urls.entity_id,
            allow_triple_des: connection.allow_triple_des,
            random: &cx.rng.bytes::<32>(),
        },
        clock_skew: Duration::milliseconds(connection.clock_skew_ms),
        now: cx.now().to_datetime(),
    };
    if message.parameter() == Parameter::Request {
        return Ok(Verified::Request(logout::verify_request(message.inbound(), &expected)?));
    }
    let claimed = logout::claimed_request(message.xml())?.ok_or(LogoutError::RequestUnknown)?;
    let verified = logout::verify_response(message.inbound(), &claimed, &expected)?;
    let everywhere = *verified.outcome() == LogoutOutcome::Complete;
    Ok(Verified::Response { claimed, everywhere })
}

/// Ends what a verified request names: the sessions of these indexes, or every session of the person. What is not there
/// any more, or belongs to somebody else, is none of the request's.
async fn end_sessions(
    cx: &Context,
    project: &ProjectId,
    connection: &SamlConnection,
    sp_entity_id: &str,
    request: &VerifiedLogoutRequest,
    request_id: &str,
) -> Result<(), LogoutError> {
    let (now, ended_at) = (cx.now(), Timestamp::from(request.issue_instant()));
    let between = Between { provider: &connection.idp_entity_id, sp: sp_entity_id };
    let indexes = request.session_indexes().to_vec();
    let ended = session_key::ended(request.name_id(), &indexes, between);
    let person = request.name_id().value.clone();
    let names = session_key::spellings(request.name_id(), between);
    let names: Vec<String> = names.iter().map(session_key::of_name).collect();
    let seen = SamlAssertionReplay {
        saml_connection_id: connection.id.clone(),
        assertion_id: request.id().to_owned(),
        organization_id: connection.organization_id.clone(),
        keep_until: Timestamp::from(request.replay_until()),
    };
    let actor = Actor::in_request(ActorKind::SamlConnection, &connection.id, request_id);
    // By our clock, of which the provider's may be ahead.
    let kept = now.plus(ENDED_KEPT + connection.clock_skew_ms);
    let (own, project, connection) = (cx.clone(), project.clone(), connection.clone());
    let work = move |tx: &mut Tx<'_>| {
        if !saml_assertion_replays::insert_once(tx, &seen)? {
            return Err(LogoutError::Replayed);
        }
        let (id, organization) = (&connection.id, &connection.organization_id);
        saml_logouts::end_sessions(tx, id, organization, &person, &ended, ended_at, kept)?;
        for session in session_rows::of_saml(tx, &project, &connection.id, &names)? {
            // One that came without an index may be any that the provider means.
            let index = session.saml_session_index.as_ref();
            if indexes.is_empty() || index.is_none_or(|index| indexes.contains(index)) {
                sessions::end(tx, &own, &actor, &session, "saml_logout")?;
            }
        }
        Ok(())
    };
    cx.store.write(work).await
}

/// The provider's answer to a request of ours, which is used up by it.
async fn answered(
    cx: &Context,
    connection: &SamlConnection,
    claimed: String,
    everywhere: bool,
) -> Result<LoggedOut, LogoutError> {
    let (connection, now) = (connection.id.clone(), cx.now());
    let take = move |tx: &mut Tx<'_>| saml_logouts::take_request(tx, &connection, &claimed, now);
    if cx.store.write(take).await? {
        Ok(LoggedOut::Done { everywhere })
    } else {
        Err(LogoutError::RequestUnknown)
    }
}

async fn our_key(cx: &Context, project: &ProjectId) -> Result<SigningKey, SsoError> {
    Ok(sp_keys(cx, project).await?.signing_key(cx)?)
}

fn response_url(connection: &SamlConnection) -> String {
    let own = Options::of(connection).slo_response_url;
    own.or_else(|| connection.idp_slo_url.clone()).unwrap_or_default()
}

/// A message on its way to the provider's logout endpoint, always signed.
struct Outgoing<'a> {
    connection: &'a SamlConnection,
    destination: &'a str,
    parameter: Parameter,
    relay_state: Option<&'a str>,
}

impl Outgoing<'_> {
    fn carry(
        &self,
        key: &SigningKey,
        unsigned: &str,
        signed: impl FnOnce(&SigningKey) -> Result<String, SignError>,
    ) -> Result<Carrier, SignError> {
        if Options::of(self.connection).slo_by_post {
            return Ok(Carrier::Post {
                action: self.destination.to_owned(),
                field: self.parameter.name(),
                message: post::encode(&signed(key)?),
                relay_state: self.relay_state.map(str::to_owned),
            });
        }
        let url = query_signature::encode(self.destination, self.parameter, unsigned, self.relay_state, key)?;
        Ok(Carrier::Redirect(url))
    }
}
