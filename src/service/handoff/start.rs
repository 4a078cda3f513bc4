//! The beginning of a login: the flow is written down and, where the request already says whose login it is, its
//! destination is found.

use crate::{
    model::{EmailAddress, ids::ProjectId, secret::Secret},
    service::{
        Context,
        login::{self, Destination, OauthRequest},
    },
    store::{StoreError, Tx, login_flows::LoginFlow},
};

/// Begins a login for a checked request. The destination is the requested organization's, else the one of the
/// `login_hint`'s domain; without one the person is asked.
pub async fn start(
    cx: &Context,
    project: &ProjectId,
    nonce: &Secret,
    request: OauthRequest,
) -> Result<(LoginFlow, Option<Destination>), StoreError> {
    let (own, project, nonce) = (cx.clone(), project.clone(), nonce.clone());
    let begin = move |tx: &mut Tx<'_>| {
        let flow = login::begin(tx, &own, &project, &nonce, Some(request.clone()))?;
        let hint = request.login_hint.as_deref().and_then(|hint| EmailAddress::parse(hint).ok());
        let destination = match (&request.organization_id, hint) {
            (Some(organization), _) => login::organization_destination(tx, &project, organization)?.ok(),
            (None, Some(email)) => login::discover(tx, &project, &email)?.ok(),
            (None, None) => None,
        };
        Ok::<_, StoreError>((flow, destination))
    };
    cx.store.write(begin).await
}
