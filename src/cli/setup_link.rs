//! `vestibule setup-link`

use clap::{Args, Subcommand};

use super::{
    Failure, context,
    output::{self, Row},
};
use crate::{
    config::Config,
    model::ids::{OrganizationId, ProjectId, SamlConnectionId, ScimConnectionId, SetupLinkId},
    service::{
        Actor, Context,
        setup::{self, LinkState, MadeLink, NewSetupLink, Part, SetupLink},
    },
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a link with which a customer's administrator, who needs no account, sets up sign-in, provisioning, or both.
    /// It changes drafts alone: make them live with `saml-connection activate` and `scim-connection activate`.
    Create(Create),
    /// List the links of an organization, newest first.
    List {
        /// The organization.
        org: OrganizationId,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
    },
    /// End a link at once, with the SCIM tokens that were made with it as long as their connection is not live.
    Revoke {
        /// The link.
        link: SetupLinkId,
        /// The project; not needed where there is one only.
        #[arg(long)]
        project: Option<ProjectId>,
    },
}

#[derive(Args)]
pub(super) struct Create {
    /// The organization.
    org: OrganizationId,
    /// The project; not needed where there is one only.
    #[arg(long)]
    project: Option<ProjectId>,
    #[command(flatten)]
    kinds: Kinds,
    /// The draft SAML connection to set up; a new one if left out.
    #[arg(long, value_name = "ID", requires = "saml")]
    connection: Option<SamlConnectionId>,
    /// The draft SCIM connection to set up; a new one if left out.
    #[arg(long, value_name = "ID", requires = "scim")]
    scim_connection: Option<ScimConnectionId>,
    /// For how many hours the link opens, at most 168 (seven days).
    #[arg(long, default_value_t = 168, value_parser = clap::value_parser!(i64).range(1..=168))]
    hours: i64,
}

/// What is set up: at least one of them.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Kinds {
    /// Set up sign-in through SAML.
    #[arg(long)]
    saml: bool,
    /// Set up provisioning through SCIM.
    #[arg(long)]
    scim: bool,
}

pub(super) fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let cx = context::open(config)?;
    context::block_on(async {
        match command {
            Command::Create(new) => create(&cx, new).await,
            Command::List { org, project } => list(&cx, &org, project.as_ref()).await,
            Command::Revoke { link, project } => revoke(&cx, &link, project.as_ref()).await,
        }
    })
}

async fn create(cx: &Context, new: Create) -> Result<(), Failure> {
    let project = context::project(cx, new.project.as_ref()).await?;
    let link = NewSetupLink {
        saml: Part::of(new.kinds.saml, new.connection),
        scim: Part::of(new.kinds.scim, new.scim_connection),
        lifetime: Some(new.hours * 60 * 60 * 1000),
        capabilities: Vec::new(),
    };
    let made = setup::create_setup_link(cx, &Actor::operator(), &project.id, &new.org, link).await?;
    let MadeLink { link, token, in_place_of } = made;
    let (until, address) =
        (link.expires_at.to_string(), format!("{}/setup/{}", project.public_url, token.expose()));
    let mut values = vec![("setup link", link.id.as_str())];
    values.extend(link.saml_connection_id.as_ref().map(|id| ("connection", id.as_str())));
    values.extend(link.scim_connection_id.as_ref().map(|id| ("SCIM connection", id.as_str())));
    values.extend([("good until", until.as_str()), ("address (shown once)", address.as_str())]);
    values.extend(in_place_of.iter().map(|ended| ("in place of, ended", ended.as_str())));
    output::values(&values);
    for begun in begun(cx, &project.id, &link).await? {
        output::line(begun);
    }
    Ok(())
}

/// Where somebody has begun a draft with an earlier link, the new one is for another, and that may not be what is wanted.
async fn begun(cx: &Context, project: &ProjectId, made: &SetupLink) -> Result<Vec<String>, Failure> {
    let org = &made.organization_id;
    let found = setup::setup_progress(cx, project, org).await?;
    let earlier = found.iter().filter(|one| one.link.id != made.id && one.link.exchanged_at.is_some());
    let notes = earlier.filter_map(|one| {
        let saml = one.saml_draft.as_ref().filter(|_| made.saml_connection_id.is_some());
        let scim = one.scim_draft.as_ref().filter(|_| made.scim_connection_id.is_some());
        let saml = saml.filter(|id| made.saml_connection_id.as_ref() != Some(*id));
        let scim = scim.filter(|id| made.scim_connection_id.as_ref() != Some(*id));
        let saml = saml.map(|id| format!(" --saml --connection {id}"));
        let scim = scim.map(|id| format!(" --scim --scim-connection {id}"));
        let drafts: String = saml.into_iter().chain(scim).collect();
        let (id, how_far) = (&one.link.id, one.in_words());
        (!drafts.is_empty()).then(|| {
            format!(
                "note: a draft was begun with {id} ({how_far}), and this link is for another. For a link to that one:\n    \
                 vestibule setup-link create {org}{drafts}"
            )
        })
    });
    Ok(notes.collect())
}

async fn list(cx: &Context, org: &OrganizationId, project: Option<&ProjectId>) -> Result<(), Failure> {
    let project = context::project(cx, project).await?;
    let found = setup::setup_progress(cx, &project.id, org).await?;
    let rows = found.iter().map(|one| {
        let (link, progress) = (&one.link, one.in_words());
        let saml = output::or_empty(link.saml_connection_id.as_ref());
        let scim = output::or_empty(link.scim_connection_id.as_ref());
        let state = LinkState::of(link, cx.now()).as_str();
        Row::of([&link.id, &state, &progress, &link.created_at, &link.expires_at, &saml, &scim])
    });
    let columns = ["id", "state", "progress", "made", "good until", "saml connection", "scim connection"];
    output::table(columns, rows);
    Ok(())
}

async fn revoke(cx: &Context, link: &SetupLinkId, project: Option<&ProjectId>) -> Result<(), Failure> {
    let project = context::project(cx, project).await?;
    let (link, tokens) = setup::revoke_setup_link(cx, &Actor::operator(), &project.id, link).await?;
    output::line("the link has ended");
    match (tokens, &link.scim_connection_id) {
        (0, None) => {}
        (0, Some(_)) => output::line(
            "no SCIM token ended with it; those of a live connection are ended with `scim-key revoke`",
        ),
        (count, _) => output::line(format!("and {count} SCIM token(s) that were made with it")),
    }
    Ok(())
}
