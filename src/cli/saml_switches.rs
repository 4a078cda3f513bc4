//! The flags of `vestibule saml-connection update`.

use super::{Failure, saml_files::read_all};
use crate::{
    model::ids::ScimConnectionId,
    service::connections::{Pairing, Update},
};

/// Each flag that is given is set; the others stay as they are.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Switches {
    /// The name, for people.
    #[arg(long)]
    name: Option<String>,
    /// Accept logins that begin at the provider; the person is asked to continue.
    #[arg(long, value_name = "BOOL")]
    idp_initiated: Option<bool>,
    /// The provider puts a made-up InResponseTo into such logins.
    #[arg(long, value_name = "BOOL")]
    dummy_in_response_to: Option<bool>,
    /// Accept SHA-1 signatures.
    #[arg(long, value_name = "BOOL")]
    allow_sha1: Option<bool>,
    /// Accept Triple DES inside of signed responses.
    #[arg(long, value_name = "BOOL")]
    allow_triple_des: Option<bool>,
    /// Accept inclusive canonicalisation.
    #[arg(long, value_name = "BOOL")]
    inclusive_c14n: Option<bool>,
    /// By how many seconds clocks may differ.
    #[arg(long, value_name = "SECONDS")]
    clock_skew: Option<u32>,
    /// Ask for a new sign-in each time.
    #[arg(long, value_name = "BOOL")]
    force_authn: Option<bool>,
    /// Sign requests even where the provider does not ask for it.
    #[arg(long, value_name = "BOOL")]
    sign_requests: Option<bool>,
    /// Sign our metadata, at its address and in the file.
    #[arg(long, value_name = "BOOL")]
    sign_metadata: Option<bool>,
    /// Name a certificate to encrypt to in our metadata; without this, for all but AD FS.
    #[arg(long, value_name = "BOOL")]
    publish_encryption: Option<bool>,
    /// Send requests in a form where the provider takes both.
    #[arg(long, value_name = "BOOL")]
    prefer_post: Option<bool>,
    /// The NameID format to insist on; empty for none.
    #[arg(long, value_name = "URI")]
    name_id_format: Option<String>,
    /// With a format: the provider must know the person already.
    #[arg(long, value_name = "BOOL")]
    forbid_create: Option<bool>,
    /// Pass login_hint on as the request's Subject, where the organization has proved its domain.
    #[arg(long, value_name = "BOOL")]
    login_hint_as_subject: Option<bool>,
    /// Authentication contexts to insist on, separated by blanks; empty for none.
    #[arg(long, value_name = "URIS")]
    authn_contexts: Option<String>,
    /// Authentication contexts that count as a second factor, separated by blanks; empty for none.
    #[arg(long, value_name = "URIS")]
    mfa_contexts: Option<String>,
    /// Hold back metadata with a new host, all keys new, or a new key that another host than the provider's publishes,
    /// until it is accepted.
    #[arg(long, value_name = "BOOL")]
    hold_metadata_changes: Option<bool>,
    /// The certificates, PEM, of which one must have signed all metadata from now on; may be given several times, and
    /// empty for none.
    #[arg(long, value_name = "FILE")]
    metadata_signer: Option<Vec<String>>,
    /// For how many days after its metadata has ended a provider is still believed.
    #[arg(long, value_name = "DAYS")]
    stale_metadata_days: Option<u32>,
    /// The attribute that people are known by; empty for the NameID.
    #[arg(long, value_name = "NAME")]
    subject_attribute: Option<String>,
    /// Which attribute says who a person is: email, firstName, lastName, displayName or groups; may be given several times.
    /// Without an attribute, as in `email=`, the names that are known count again.
    #[arg(long, value_name = "WHAT=ATTRIBUTE")]
    map: Vec<String>,
    /// Find people by the externalId that this SCIM connection of the organization has for them; empty ends it.
    #[arg(long, value_name = "SCIM_CONNECTION")]
    pair_scim: Option<String>,
    /// The attribute that has the externalId.
    #[arg(long, value_name = "NAME", requires = "pair_scim")]
    pair_attribute: Option<String>,
    /// Make unknown people of a proved domain users at their first login.
    #[arg(long, value_name = "BOOL")]
    jit: Option<bool>,
}

impl Switches {
    pub(super) fn into_update(self) -> Result<Update, Failure> {
        let list = |text: Option<String>| {
            text.map(|text| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        let or_none = |text: Option<String>| text.map(|text| Some(text).filter(|text| !text.is_empty()));
        Ok(Update {
            display_name: self.name,
            allow_idp_initiated: self.idp_initiated,
            dummy_in_response_to: self.dummy_in_response_to,
            allow_sha1: self.allow_sha1,
            allow_triple_des: self.allow_triple_des,
            inclusive_c14n: self.inclusive_c14n,
            clock_skew_s: self.clock_skew,
            force_authn: self.force_authn,
            sign_requests: self.sign_requests,
            sign_metadata: self.sign_metadata,
            publish_encryption: self.publish_encryption,
            prefer_post: self.prefer_post,
            name_id_format: or_none(self.name_id_format),
            forbid_create: self.forbid_create,
            login_hint_as_subject: self.login_hint_as_subject,
            authn_contexts: list(self.authn_contexts),
            mfa_contexts: list(self.mfa_contexts),
            hold_metadata_changes: self.hold_metadata_changes,
            metadata_signers: self.metadata_signer.as_deref().map(signers).transpose()?,
            stale_metadata_days: self.stale_metadata_days,
            subject_attribute: or_none(self.subject_attribute),
            jit_provisioning: self.jit,
            attribute_map: mapped(&self.map)?,
            pairing: pairing(self.pair_scim.as_deref(), self.pair_attribute)?,
        })
    }
}

fn pairing(
    scim_connection: Option<&str>,
    attribute: Option<String>,
) -> Result<Option<Option<Pairing>>, Failure> {
    match (scim_connection, attribute) {
        (None, _) => Ok(None),
        (Some(""), None) => Ok(Some(None)),
        (Some(id), Some(attribute)) if !id.is_empty() => {
            Ok(Some(Some(Pairing { scim_connection: ScimConnectionId::parse(id)?, attribute })))
        }
        _ => Err("--pair-scim and --pair-attribute go together".into()),
    }
}

fn mapped(pairs: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let split = |pair: &String| match pair.split_once('=') {
        Some((what, attribute)) => Ok((what.to_owned(), attribute.to_owned())),
        None => Err(Failure::from(format!("{pair}: WHAT=ATTRIBUTE is wanted, as in email=mail"))),
    };
    pairs.iter().map(split).collect()
}

/// An empty name alone is for none.
fn signers(names: &[String]) -> Result<Vec<String>, Failure> {
    match names {
        [only] if only.is_empty() => Ok(Vec::new()),
        named => read_all(named),
    }
}
