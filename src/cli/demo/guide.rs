//! What the demo prints: what it made, and what to do with it.

use std::path::Path;

use super::{Args, setup::Demo};
use crate::{cli::output, service::provisioning::BASE_PATH};

/// Prints the guide. `environment` is the file that the demo app reads.
pub(super) fn print(demo: &Demo, args: &Args, environment: &Path) {
    let Demo { issuer, organization, user, scim_token, backend_api_key, .. } = demo;
    output::line(format!(
        "
Vestibule demo. Everything listens on this machine only and is kept in {folder}/.

  gateway                 {issuer}
  development provider    {idp}   (signs in anyone; never in `serve`)
  organization            Acme, {organization}, acme.example
  SAML connection         {connection}
  SCIM base URL           {issuer}{BASE_PATH}
  OAuth client            {client}

Try it:

  1. The demo app is a program of its own. `make run` starts it as well; beside `vestibule demo`, from the source:
     (set -a; . {environment}; cargo run --manifest-path examples/demo-app/Cargo.toml)
     Then open it:        http://localhost:{app}
  2. Press Sign in, type  user@acme.example
  3. Choose Uma Sherman at the development provider.
     You land in the app, which shows organization_id, the user and the claims that it verified.

Provision somebody, as an identity provider would:

  curl -s {issuer}{BASE_PATH}/Users \\
    -H 'Authorization: Bearer {scim_token}' \\
    -H 'Content-Type: application/scim+json' \\
    -d '{{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"new@acme.example\",\"name\":{{\"givenName\":\"New\",\"familyName\":\"Person\"}},\"emails\":[{{\"value\":\"new@acme.example\",\"primary\":true}}],\"active\":true}}'

Deactivate user@acme.example. The app's next request is refused. With \"value\":true the same brings the user back:

  curl -s -X PATCH {issuer}{BASE_PATH}/Users/{user} \\
    -H 'Authorization: Bearer {scim_token}' \\
    -H 'Content-Type: application/scim+json' \\
    -d '{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{{\"op\":\"replace\",\"path\":\"active\",\"value\":false}}]}}'

See what happened:

  curl -s {issuer}/v1/events -H 'Authorization: Bearer {backend_api_key}'
",
        folder = args.folder.display(),
        idp = args.idp_origin(),
        connection = demo.saml_connection,
        client = demo.client_id,
        app = args.app_port,
        environment = environment.display(),
    ));
}
