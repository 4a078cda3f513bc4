//! `vestibule saml-connection show`

use super::{Failure, output};
use crate::{
    model::ids::{ProjectId, SamlConnectionId, ScimConnectionId},
    service::{
        Context,
        connections::{self, AttributeMap, Options, SpUrls},
        directory,
        setup::{self, ReviewedSaml},
    },
};

/// Prints all that there is to know about a connection.
pub(super) async fn show(cx: &Context, project: &ProjectId, id: &SamlConnectionId) -> Result<(), Failure> {
    let project = directory::find_project(cx, project).await?;
    let reviewed = setup::review_saml(cx, &project.id, id).await?;
    let lines = [
        who(&reviewed),
        addresses(&reviewed, &project.public_url),
        switches(&reviewed),
        mapped(&reviewed),
        from_metadata(&reviewed),
        held(cx, &project.id, id).await?,
        trust(&reviewed),
    ]
    .concat();
    output::values(&lines.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
    Ok(())
}

type Line = (&'static str, String);

fn who(reviewed: &ReviewedSaml) -> Vec<Line> {
    let row = &reviewed.connection;
    vec![
        ("connection", row.id.to_string()),
        ("name", row.display_name.clone()),
        ("provider", row.provider.clone()),
        ("status", row.status.to_string()),
        ("identity provider", row.idp_entity_id.clone()),
    ]
}

fn addresses(reviewed: &ReviewedSaml, public_url: &str) -> Vec<Line> {
    let row = &reviewed.connection;
    let urls = SpUrls::new(public_url, &row.id);
    vec![
        ("entity ID (audience)", urls.entity_id),
        ("ACS URL (reply URL)", urls.acs_url),
        ("logout URL", urls.slo_url),
        ("our metadata", urls.metadata_url),
    ]
}

/// Named as the flags of `update` are.
fn switches(reviewed: &ReviewedSaml) -> Vec<Line> {
    let row = &reviewed.connection;
    let options = Options::of(row);
    let list = |all: &[String]| if all.is_empty() { "-".to_owned() } else { all.join(" ") };
    let jit =
        row.jit_provisioning.map_or_else(|| "where no SCIM connection is live".into(), |jit| jit.to_string());
    let stale = options.stale_metadata_days.map_or_else(|| "-".into(), |days| days.to_string());
    vec![
        ("subject attribute", or_dash(row.subject_attribute.as_deref())),
        (
            "paired SCIM connection",
            or_dash(row.paired_scim_connection_id.as_ref().map(ScimConnectionId::as_str)),
        ),
        ("paired attribute", or_dash(row.paired_attribute.as_deref())),
        ("clock skew", format!("{} s", row.clock_skew_ms / 1000)),
        ("IdP-initiated", row.allow_idp_initiated.to_string()),
        ("dummy InResponseTo", options.dummy_in_response_to.to_string()),
        ("JIT", jit),
        ("force authn", row.force_authn.to_string()),
        ("sign requests", options.sign_requests.to_string()),
        ("sign metadata", options.sign_metadata.to_string()),
        ("publish encryption", options.publishes_encryption(row).to_string()),
        ("prefer POST", options.prefer_post.to_string()),
        ("NameID format", or_dash(options.name_id_format.as_deref())),
        ("forbid create", options.forbid_create.to_string()),
        ("login_hint as subject", options.login_hint_as_subject.to_string()),
        ("authn contexts", list(&options.authn_contexts)),
        ("MFA contexts", list(&options.mfa_contexts)),
        ("inclusive C14N", row.inclusive_c14n.to_string()),
        ("SHA-1", row.allow_sha1.to_string()),
        ("Triple DES", row.allow_triple_des.to_string()),
        ("hold metadata changes", options.hold_metadata_changes.to_string()),
        ("stale metadata days", stale),
    ]
}

/// As `update --map` takes it, one a line: the name of an attribute may have blanks.
fn mapped(reviewed: &ReviewedSaml) -> Vec<Line> {
    let map = AttributeMap::of(&reviewed.connection);
    map.iter().map(|(what, attribute)| ("map", format!("{what}={attribute}"))).collect()
}

fn from_metadata(reviewed: &ReviewedSaml) -> Vec<Line> {
    let row = &reviewed.connection;
    let mut lines = vec![
        ("metadata address", or_dash(row.metadata_url.as_deref())),
        ("metadata problem", or_dash(row.metadata_problem.as_deref())),
        ("sign-in by redirect", or_dash(row.idp_sso_redirect_url.as_deref())),
        ("sign-in by form", or_dash(row.idp_sso_post_url.as_deref())),
        ("logout", or_dash(row.idp_slo_url.as_deref())),
        ("wants signed requests", row.idp_wants_signed_requests.to_string()),
    ];
    lines.extend(row.metadata_valid_until.map(|end| ("metadata ends", end.to_string())));
    let signers = connections::signer_fingerprints(row);
    let signed =
        if Options::of(row).metadata_was_signed { "" } else { "; the present metadata was not checked" };
    lines.extend(signers.into_iter().map(|one| ("metadata signed by", format!("SHA-256 {one}{signed}"))));
    lines
}

async fn held(cx: &Context, project: &ProjectId, id: &SamlConnectionId) -> Result<Vec<Line>, Failure> {
    let held = match connections::held_metadata(cx, project, id).await {
        Ok(Some(held)) => held,
        Ok(None) => return Ok(vec![("metadata held back", "-".into())]),
        // It is no less held back, and the rest is wanted all the same.
        Err(error) => return Ok(vec![("metadata held back", format!("cannot be used: {error}"))]),
    };
    let mut lines: Vec<Line> = held.sign_in.into_iter().map(|url| ("held back: sign-in", url)).collect();
    lines.extend(held.logout.into_iter().map(|url| ("held back: logout", url)));
    let certificates = held.certificates.into_iter();
    lines.extend(certificates.map(|one| ("held back: certificate", format!("SHA-256 {one}"))));
    lines.push(("held back: mark (accept-metadata --as-shown)", held.mark));
    Ok(lines)
}

fn trust(reviewed: &ReviewedSaml) -> Vec<Line> {
    let tried = reviewed.tried();
    let tried = tried.map_or_else(|not| not.to_string(), |at| format!("a test sign-in passed, at {at}"));
    let mut lines = vec![("test", tried)];
    lines.extend(reviewed.keys.iter().map(|key| {
        ("certificate", format!("SHA-256 {} until {}", key.fingerprint_in_pairs(), key.not_after))
    }));
    let options = Options::of(&reviewed.connection);
    lines.extend(options.unusable_certificates.into_iter().map(|why| ("certificate not used", why)));
    lines.extend(options.left_out.into_iter().map(|why| ("not taken over", why)));
    lines.push(("mark (activate --as-shown)", reviewed.mark()));
    lines
}

fn or_dash(value: Option<&str>) -> String {
    value.unwrap_or("-").to_owned()
}
