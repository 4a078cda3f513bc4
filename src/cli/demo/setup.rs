//! What the demo makes: a project, Acme with its domain, connections, tokens and people, and an OAuth client.

use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Args;
use crate::{
    cli::Failure,
    config::Config,
    devidp::{ACCOUNTS, DevIdp},
    model::{
        SigningAlgorithm, TokenEndpointAuthMethod,
        ids::{OrganizationId, ProjectId, SamlConnectionId},
        secret::Secret,
    },
    service::{
        Actor, Context,
        connections::{self, MetadataSource, NewSamlConnection},
        directory::{self, NewClient, NewOrganization, NewProject},
        egress::Egress,
        provisioning::{self, Caller, Users},
    },
};

/// The demo's ids and secrets, kept in its folder so that the next start can print them again. They are a demo's:
/// `serve` refuses the database that they open.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Demo {
    pub(super) issuer: String,
    pub(super) project: String,
    pub(super) organization: String,
    pub(super) saml_connection: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) scim_token: String,
    pub(super) backend_api_key: String,
    /// The SCIM id of the person whom the guide signs in.
    pub(super) user: String,
}

/// Makes everything at the first start. At every start, tells the connection the development provider's new key.
pub(super) async fn set_up(
    cx: &Context,
    config: &Config,
    args: &Args,
    idp: &DevIdp,
) -> Result<Demo, Failure> {
    let file = args.folder.join("demo.json");
    let demo = match std::fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?,
        Err(_) => {
            let demo = make(cx, config, args, idp).await?;
            write_private(&file, &serde_json::to_string_pretty(&demo)?)?;
            demo
        }
    };
    refresh_provider(cx, &demo, idp).await?;
    // Data of before may know the app at another port.
    let (project, client) = (demo.project.parse()?, demo.client_id.parse()?);
    let actor = Actor::operator();
    directory::add_redirect_uri(cx, &actor, &project, &client, &args.app_callback()).await?;
    Ok(demo)
}

async fn make(cx: &Context, config: &Config, args: &Args, idp: &DevIdp) -> Result<Demo, Failure> {
    let actor = Actor::operator();
    let issuer = format!("http://localhost:{}", config.listen.port());
    let new = NewProject { display_name: "Demo".into(), public_url: issuer.clone() };
    let project = directory::create_project(cx, &actor, new).await?;
    let new = NewOrganization { display_name: "Acme".into(), external_id: Some("acme".into()) };
    let acme = directory::create_organization(cx, &actor, &project.id, new).await?;
    directory::add_domain(cx, &actor, &project.id, &acme.id, "acme.example").await?;
    let connection = connect_provider(cx, &project.id, &acme.id, idp).await?;
    let (_, scim_token) = directory::create_scim_api_key(cx, &actor, &project.id, &acme.id, "Demo").await?;
    let (_, backend_api_key) = directory::create_backend_api_key(cx, &actor, &project.id, "Demo").await?;
    let new = NewClient {
        display_name: "Rocket Notes".into(),
        redirect_uris: vec![args.app_callback()],
        initiate_login_uri: None,
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
        id_token_alg: SigningAlgorithm::Rs256,
    };
    let (client, client_secret) = directory::create_client(cx, &actor, &project.id, new).await?;
    let user = provision_people(cx, &project.id, &scim_token).await?;
    Ok(Demo {
        issuer,
        project: project.id.to_string(),
        organization: acme.id.to_string(),
        saml_connection: connection.to_string(),
        client_id: client.id.to_string(),
        client_secret: client_secret.map(|secret| secret.expose().to_owned()).unwrap_or_default(),
        scim_token: scim_token.expose().to_owned(),
        backend_api_key: backend_api_key.expose().to_owned(),
        user,
    })
}

async fn connect_provider(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
    idp: &DevIdp,
) -> Result<SamlConnectionId, Failure> {
    let new = NewSamlConnection {
        display_name: "Development provider".into(),
        metadata: Some(MetadataSource::Document(idp.metadata().into_bytes()).into()),
        ..NewSamlConnection::default()
    };
    let (actor, egress) = (Actor::operator(), Egress::default());
    let made = connections::create_saml_connection(cx, &actor, &egress, project, organization, new);
    Ok(made.await?.id)
}

/// The provider's key is made at each start; a customer's administrator would upload the new metadata.
async fn refresh_provider(cx: &Context, demo: &Demo, idp: &DevIdp) -> Result<(), Failure> {
    let (project, connection) = (demo.project.parse()?, demo.saml_connection.parse()?);
    let source = MetadataSource::Document(idp.metadata().into_bytes());
    let actor = Actor::operator();
    connections::set_metadata(cx, &actor, &Egress::default(), &project, &connection, source).await?;
    Ok(())
}

/// Pushes the provider's people as its SCIM client would. Returns the id of the first.
async fn provision_people(cx: &Context, project: &ProjectId, token: &Secret) -> Result<String, Failure> {
    let caller = Caller { request_id: "demo", base: "", provider: None };
    let tenant = provisioning::authenticate(cx, project, token, caller).await?;
    let mut first = None;
    for account in ACCOUNTS {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": account.email,
            "name": { "givenName": account.first_name, "familyName": account.last_name },
            "emails": [{ "value": account.email, "type": "work", "primary": true }],
            "active": true,
        });
        let created = provisioning::create::<Users>(cx, &tenant, body, &Default::default()).await?;
        first.get_or_insert(created.shown.id);
    }
    Ok(first.unwrap_or_default())
}

impl Demo {
    /// What the demo app must know, as a shell reads it.
    pub(super) fn write_app_environment(&self, args: &Args) -> Result<PathBuf, Failure> {
        let file = args.folder.join("demo-app.env");
        let text = format!(
            "ISSUER={}\nCLIENT_ID={}\nCLIENT_SECRET={}\nPORT={}\n",
            self.issuer, self.client_id, self.client_secret, args.app_port
        );
        write_private(&file, &text)?;
        Ok(file)
    }
}

fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| format!("{}: {error}", path.display());
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(())
}
