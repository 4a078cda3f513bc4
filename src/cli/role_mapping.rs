//! `vestibule role-mapping`

use clap::{Args, Subcommand};

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId, RoleMappingId},
    service::{
        Actor,
        roles::{self, MappedConnection, NewRoleMapping, RoleMapping, Source},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Give a role to the members of a group, or to whom a SAML attribute says. Being an owner is no role.
    Create {
        #[command(flatten)]
        of: Of,
        /// The SAML or SCIM connection that the group or attribute comes from.
        #[arg(long)]
        connection: MappedConnection,
        #[command(flatten)]
        source: From,
        /// The role, by name or id.
        #[arg(long)]
        role: String,
    },
    /// List an organization's mappings.
    List {
        #[command(flatten)]
        of: Of,
    },
    /// Remove a mapping: who had the role by it has it no more.
    Delete {
        /// The mapping.
        id: RoleMappingId,
        #[command(flatten)]
        of: Of,
    },
    /// Let a mapping go on that was suspended because its group was renamed.
    Resume {
        /// The mapping.
        id: RoleMappingId,
        #[command(flatten)]
        of: Of,
    },
}

/// Whose mapping.
#[derive(Args)]
pub(super) struct Of {
    /// The project.
    #[arg(long)]
    project: ProjectId,
    /// The organization.
    #[arg(long)]
    org: OrganizationId,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct From {
    /// The group: its id here, its id at the provider (the name, for SAML), or its display name.
    #[arg(long, value_name = "ID|NAME")]
    group: Option<String>,
    /// An attribute of SAML and the value that it must have.
    #[arg(long, value_name = "NAME=VALUE")]
    attribute: Option<String>,
}

impl From {
    fn source(self) -> Result<Source, Failure> {
        match (self.group, self.attribute) {
            (Some(group), _) => Ok(Source::Group(group)),
            (None, Some(attribute)) => {
                // Values hold equals signs (CN=Admins,OU=Groups); names do not.
                let (name, value) = attribute.split_once('=').ok_or("--attribute is NAME=VALUE")?;
                Ok(Source::Attribute { name: name.to_owned(), value: value.to_owned() })
            }
            (None, None) => Err("give --group or --attribute".into()),
        }
    }
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (cx, actor) = (context::open(config)?, Actor::operator());
    context::block_on(async {
        match command {
            Command::Create { of, connection, source, role } => {
                let new = NewRoleMapping { connection, source: source.source()?, role: role.as_str().into() };
                let mapping = roles::create_mapping(&cx, &actor, &of.project, &of.org, new).await?;
                output::values(&[
                    ("role mapping", mapping.id.as_str()),
                    ("matched by", mapping.matched_by.as_str()),
                    ("state", state(&mapping)),
                ]);
            }
            Command::List { of } => {
                let listed = roles::list_mappings(&cx, &of.project, &of.org).await?;
                let rows = listed.iter().map(|one| {
                    let (mapping, source) = (&one.mapping, one.source());
                    let (by, state) = (&mapping.matched_by, state(mapping));
                    Row::of([&mapping.id, &mapping.connection_id, by, &source, &one.role, &state])
                });
                output::table(
                    ["id", "connection", "matched by", "group or attribute", "role", "state"],
                    rows,
                );
            }
            Command::Delete { id, of } => {
                roles::delete_mapping(&cx, &actor, &of.project, &of.org, &id).await?;
                output::line("deleted");
            }
            Command::Resume { id, of } => {
                let mapping = roles::resume_mapping(&cx, &actor, &of.project, &of.org, &id).await?;
                output::values(&[("role mapping", mapping.id.as_str()), ("state", state(&mapping))]);
            }
        }
        Ok(())
    })
}

fn state(mapping: &RoleMapping) -> &'static str {
    match (&mapping.suspended_at, &mapping.attribute_name, &mapping.group_id) {
        (Some(_), ..) => "suspended",
        (None, None, None) => "waiting for its group",
        _ => "active",
    }
}
