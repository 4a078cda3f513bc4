//! Signing in through a SAML identity provider: the browser is sent there with a request ([`start()`]), and what comes back
//! becomes a session ([`consume()`]).

mod attributes;
mod consume;
mod groups;
mod matching;
mod refusal;
mod start;
mod subject;
mod trace;

pub use consume::{Consumed, Posted, consume};
pub use refusal::{Refusal, SsoError};
pub use start::{Departure, start};
pub use trace::refused;

use crate::{
    model::ids::{ProjectId, SamlConnectionId},
    service::{Context, connections::SpUrls},
    store::{StoreError, saml_connections},
};

/// The addresses of a connection, if the project has it: for our metadata.
pub async fn sp_urls(
    cx: &Context,
    project: &ProjectId,
    origin: &str,
    connection: &str,
) -> Result<Option<SpUrls>, StoreError> {
    let Ok(id) = SamlConnectionId::parse(connection) else { return Ok(None) };
    let (project, wanted) = (project.clone(), id.clone());
    let found = cx.store.read(move |tx| saml_connections::find_in_project(tx, &project, &wanted)).await;
    let found: Option<_> = found.map_err(|error: StoreError| error)?;
    Ok(found.map(|_| SpUrls::new(origin, &id)))
}
