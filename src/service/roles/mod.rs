//! Roles: named by the host app's own team, given to users directly or by mappings of their groups and attributes.
//!
//! What a user has is computed when a token is made (`granted`), so that every change counts at the next refresh. A role
//! is of a project or custom to one organization. Being an owner is no role, and nothing here grants it (R5).

mod assign;
mod follow;
mod granted;
mod holders;
mod manage;
mod mappings;

pub use assign::{assign_role, unassign_role};
pub(in crate::service) use follow::{group_appeared, group_changed, group_deleted};
pub use granted::Granted;
pub(in crate::service) use granted::{GROUPS_SCOPE, of_user, of_users};
pub use holders::{Given, Holder, role_holders};
pub use manage::{NewRole, RoleRef, create_role, delete_role, list_roles};
pub use mappings::{
    ListedMapping, MappedConnection, NewRoleMapping, Source, create_mapping, delete_mapping, list_mappings,
    resume_mapping,
};

pub use crate::store::{role_mappings::RoleMapping, roles::Role};
