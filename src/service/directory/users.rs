//! Looking at users.

use super::DirectoryError;
use crate::{
    model::{
        Timestamp, UserStatus,
        fold::fold,
        ids::{OrganizationId, ProjectId, UserId},
    },
    service::{Context, roles},
    store::{
        Tx,
        identities::{self, Identity},
        organizations, saml_connections, scim_connections,
        users::{self, User},
    },
};

/// A user in a list.
#[derive(Debug, Clone)]
pub struct ListedUser {
    /// Who.
    pub id: UserId,
    /// Their login address.
    pub email: Option<String>,
    /// Whether they can sign in; a deactivation that is held counts.
    pub status: UserStatus,
    /// Whether they are an owner.
    pub owner: bool,
    /// What they are known by: each connection with its kind and name.
    pub known_by: Vec<String>,
    /// When they signed in last.
    pub last_login_at: Option<Timestamp>,
    /// The names of the roles that they have.
    pub roles: Vec<String>,
}

/// The organization's users whose login address contains `email`, in any case; all where it is empty. Oldest first, at
/// most `limit`.
pub async fn list_users(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
    email: &str,
    limit: i64,
) -> Result<Vec<ListedUser>, DirectoryError> {
    let (project, organization, email, now) =
        (project.clone(), organization.clone(), fold(email.trim()), cx.now());
    let list = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(DirectoryError::NotFound("organization"))?;
        let names = Names::load(tx, &organization)?;
        let found = users::list(tx, &organization, &email, limit)?;
        let ids: Vec<UserId> = found.iter().map(|user| user.id.clone()).collect();
        let links = identities::of_users(tx, &organization, &ids)?;
        let mut granted = roles::of_users(tx, &project, &organization, &ids)?;
        let mut listed = Vec::with_capacity(found.len());
        for user in found {
            let of_user: Vec<&Identity> = links.iter().filter(|link| link.user_id == user.id).collect();
            listed.push(ListedUser {
                status: user.login_status(now),
                owner: user.owner,
                known_by: names.of(&user, &of_user),
                last_login_at: of_user.iter().filter_map(|link| link.last_login_at).max(),
                roles: granted.remove(&user.id).unwrap_or_default().into_iter().collect(),
                id: user.id,
                email: user.email,
            });
        }
        Ok(listed)
    };
    cx.store.read(list).await
}

/// What the connections of an organization are called, by id.
struct Names(Vec<(String, String)>);

impl Names {
    fn load(tx: &mut Tx<'_>, organization: &OrganizationId) -> Result<Self, crate::store::StoreError> {
        let scim = scim_connections::list(tx, organization)?;
        let saml = saml_connections::of_organization(tx, organization)?;
        let scim = scim.into_iter().map(|one| (one.id.to_string(), named("SCIM", &one.display_name)));
        let saml = saml.into_iter().map(|one| (one.id.to_string(), named("SAML", &one.display_name)));
        Ok(Self(scim.chain(saml).collect()))
    }

    fn of(&self, user: &User, links: &[&Identity]) -> Vec<String> {
        let scim = user.scim_connection_id.iter().map(ToString::to_string);
        let saml = links.iter().filter_map(|link| link.saml_connection_id.as_ref()).map(ToString::to_string);
        let mut ids: Vec<String> = scim.chain(saml).collect();
        ids.dedup();
        let name = |id: &String| self.0.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
        ids.iter().filter_map(name).collect()
    }
}

/// `SCIM Okta`; a connection that is called by its kind is not called so twice.
fn named(kind: &str, name: &str) -> String {
    if name.starts_with(kind) { name.to_owned() } else { format!("{kind} {name}") }
}
