//! What is new in a provider's metadata, and telling of it.

use serde_json::json;
use url::Url;

use super::{
    Options, Signers,
    metadata::{Loaded, apply},
};
use crate::{
    model::ids::ProjectId,
    saml::metadata::IdpMetadata,
    service::{Actor, Change, Context, record::record},
    store::{
        StoreError, Tx,
        saml_connections::{self, SamlConnection},
    },
};

/// What is different.
pub(super) struct Difference {
    pub(super) changed: bool,
    pub(super) new_host: bool,
    pub(super) all_keys_new: bool,
    /// A key counts again that was retired: an old document may have been kept, for the key in it that somebody has by now.
    pub(super) retired_key_back: bool,
    /// The provider's own endpoints are not where the metadata comes from, and nobody has signed it for us.
    pub(super) published_elsewhere: bool,
    /// The fingerprints of the keys that are new.
    pub(super) added: Vec<String>,
    /// Those of the keys that are not in it any more.
    pub(super) gone: Vec<String>,
}

impl Difference {
    /// Between a connection and metadata of the address that it has.
    pub(super) fn between(
        tx: &mut Tx<'_>,
        connection: &SamlConnection,
        idp: &IdpMetadata,
    ) -> Result<Self, StoreError> {
        let known = saml_connections::keys(tx, &connection.id)?;
        let is_known = |fingerprint: &str| known.iter().any(|key| key.fingerprint == fingerprint);
        let added: Vec<String> = idp
            .signing_keys
            .iter()
            .filter(|key| !is_known(key.fingerprint()))
            .map(|key| key.fingerprint().to_owned())
            .collect();
        let gone: Vec<String> = known
            .iter()
            .filter(|row| !idp.signing_keys.iter().any(|key| key.fingerprint() == row.fingerprint))
            .map(|row| row.fingerprint.clone())
            .collect();
        let hosts = hosts_of(connection);
        let answers = idp.slo.iter().filter_map(|e| e.response_location.as_ref());
        let after = idp.sso.iter().chain(&idp.slo).map(|e| &e.location).chain(answers);
        // One endpoint that nobody uses is easily put anywhere.
        let is_elsewhere =
            |url: &str| hosts.is_empty() || hosts.iter().any(|one| Some(one) != host(url).as_ref());
        Ok(Self {
            changed: is_changed(connection, idp) || !added.is_empty() || !gone.is_empty(),
            new_host: after.filter_map(|url| host(url)).any(|host| !hosts.contains(&host)),
            all_keys_new: !known.is_empty() && gone.len() == known.len(),
            retired_key_back: saml_connections::any_retired(tx, &connection.id, &added)?,
            published_elsewhere: !Signers::of(connection).any()
                && connection.metadata_url.as_deref().is_some_and(is_elsewhere),
            added,
            gone,
        })
    }

    /// Whether other keys count from now on.
    pub(super) fn has_other_keys(&self) -> bool {
        !(self.added.is_empty() && self.gone.is_empty())
    }

    /// Tells of it.
    pub(super) fn note(
        &self,
        tx: &mut Tx<'_>,
        cx: &Context,
        actor: &Actor,
        project: &ProjectId,
        connection: &SamlConnection,
        event: &'static str,
    ) -> Result<(), StoreError> {
        let after = json!({
            "id": connection.id, "added": self.added, "removed": self.gone,
            "newHost": self.new_host, "allKeysNew": self.all_keys_new,
            "publishedElsewhere": self.published_elsewhere, "retiredKeyBack": self.retired_key_back,
        });
        let change = Change {
            project,
            organization: Some(&connection.organization_id),
            event,
            resource: connection.id.as_str(),
            before: None,
            after: Some(after),
        };
        record(tx, cx, actor, &change)
    }
}

fn host(url: &str) -> Option<String> {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned))
}

fn hosts_of(connection: &SamlConnection) -> Vec<String> {
    let answers = Options::of(connection).slo_response_url;
    let urls =
        [&connection.idp_sso_redirect_url, &connection.idp_sso_post_url, &connection.idp_slo_url, &answers];
    urls.into_iter().flatten().filter_map(|url| host(url)).collect()
}

/// Whether anything but times would be written.
fn is_changed(connection: &SamlConnection, idp: &IdpMetadata) -> bool {
    let mut after = connection.clone();
    let loaded = Loaded { idp: idp.clone(), url: connection.metadata_url.clone() };
    apply(&mut after, &loaded, connection.updated_at);
    after.metadata_fetched_at = connection.metadata_fetched_at;
    after.metadata_valid_until = connection.metadata_valid_until;
    // By what they say: a version that knows one more writes them otherwise.
    let now = Options::of(connection);
    if (Options { metadata_was_signed: now.metadata_was_signed, ..Options::of(&after) }) == now {
        after.options.clone_from(&connection.options);
    }
    after != *connection
}
