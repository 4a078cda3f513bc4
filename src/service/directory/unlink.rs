//! Forgetting under which identifier a user signs in on a connection.

use serde_json::json;

use super::DirectoryError;
use crate::{
    model::ids::{ProjectId, SamlConnectionId, UserId},
    service::{Actor, Change, Context, record::record, sessions as live},
    store::{Tx, identities, saml_connections, sessions, users},
};

/// Forgets what a user is known by on a SAML connection, and ends the sessions that came through it. The next login with
/// the user's address links anew, under the rules for a first one (R1). Returns how many links there were.
pub async fn unlink_user(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    user: &UserId,
    connection: &SamlConnectionId,
) -> Result<usize, DirectoryError> {
    let (own, actor, project) = (cx.clone(), actor.clone(), project.clone());
    let (user, connection) = (user.clone(), connection.clone());
    let write = move |tx: &mut Tx<'_>| {
        let unknown = || DirectoryError::NotFound("user");
        let organization = users::organization_of(tx, &project, &user)?.ok_or_else(unknown)?;
        users::lock(tx, &organization, &user)?.ok_or_else(unknown)?;
        saml_connections::find_in_project(tx, &project, &connection)?
            .filter(|found| found.organization_id == organization)
            .ok_or(DirectoryError::NotFound("connection"))?;
        let links = identities::of_user_on_saml(tx, &connection, &user)?;
        for session in sessions::standing_on_saml(tx, &organization, &user, &connection, own.now())? {
            live::end(tx, &own, &actor, &session, "ended_by_operator")?;
        }
        for link in &links {
            identities::delete(tx, &organization, &link.id)?;
            let before = json!({
                "id": link.id, "userId": link.user_id, "samlConnectionId": connection,
                "subjectKind": link.subject_kind.as_str(),
            });
            let change = Change {
                project: &project,
                organization: Some(&organization),
                event: "identity.deleted",
                resource: link.id.as_str(),
                before: Some(before),
                after: None,
            };
            record(tx, &own, &actor, &change)?;
        }
        Ok::<_, DirectoryError>(links.len())
    };
    cx.store.write(write).await
}
