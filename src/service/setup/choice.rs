//! Metadata of several identity providers, as federations publish it: kept until the administrator has said which one
//! of them it is.

use std::sync::Arc;

use super::{
    Capability, SetupError,
    draft::{Understood, write_metadata},
    session::{for_change, load},
};
use crate::{
    model::{ids::ProjectId, secret::Secret},
    saml::metadata::{Candidate, candidates},
    service::{
        Context,
        connections::{Signers, read_metadata},
    },
    store::{
        Tx,
        setup_metadata::{self, SetupMetadata},
    },
};

/// So many are shown at once; a search narrows the list.
const SHOWN: usize = 50;

/// The identity providers of the document that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// How many there are.
    pub all: usize,
    /// How many the search found.
    pub found: usize,
    /// The first of those.
    pub shown: Vec<Candidate>,
}

/// Keeps a document until one of its providers is chosen.
pub(super) async fn keep(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    document: Vec<u8>,
    url: Option<String>,
) -> Result<(), SetupError> {
    // It was read as XML before, which is UTF-8.
    let document = String::from_utf8(document).map_err(|error| SetupError::Internal(error.to_string()))?;
    let (own, project, session) = (cx.clone(), project.clone(), session.clone());
    let write = move |tx: &mut Tx<'_>| {
        let wizard = for_change(tx, &own, &project, &session, Capability::ConfigureSaml)?;
        let row = SetupMetadata {
            setup_link_id: wizard.link.id,
            organization_id: wizard.link.organization_id,
            document: document.clone(),
            metadata_url: url.clone(),
            created_at: own.now(),
        };
        setup_metadata::put(tx, &row)?;
        Ok::<_, SetupError>(())
    };
    cx.store.write(write).await
}

/// The providers whose name or entity ID contains `search`, whatever its case; none where no document waits.
pub async fn choices(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    search: &str,
) -> Result<Option<Choices>, SetupError> {
    let (own, project, session, search) =
        (cx.clone(), project.clone(), session.clone(), search.trim().to_lowercase());
    let find = move |tx: &mut Tx<'_>| {
        let wizard = load(tx, &own, &project, &session)?;
        Ok::<_, SetupError>(setup_metadata::find(tx, &wizard.link.id)?)
    };
    let Some(row) = cx.store.read(find).await? else { return Ok(None) };
    // Reading a large document is work for a thread of its own, which holds no connection meanwhile.
    let list = tokio::task::spawn_blocking(move || {
        let all = candidates(row.document.as_bytes()).map_err(|error| SetupError::fetched(&error))?;
        Ok(Some(narrow(all, &search)))
    });
    list.await.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
}

fn narrow(all: Vec<Candidate>, search: &str) -> Choices {
    let matches = |text: &str| text.to_lowercase().contains(search);
    let count = all.len();
    let mut found: Vec<Candidate> = all
        .into_iter()
        .filter(|one| matches(&one.entity_id) || one.display_name.as_deref().is_some_and(matches))
        .collect();
    let matched = found.len();
    found.truncate(SHOWN);
    Choices { all: count, found: matched, shown: found }
}

/// Takes one of them into the draft.
pub async fn choose(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    entity_id: &str,
    request_id: &str,
) -> Result<(), SetupError> {
    let (own, of, by, wanted) = (cx.clone(), project.clone(), session.clone(), entity_id.to_owned());
    let pick = move |tx: &mut Tx<'_>| {
        let wizard = load(tx, &own, &of, &by)?;
        let row = setup_metadata::find(tx, &wizard.link.id)?
            .ok_or(SetupError::NotReady("Please hand over your provider\u{2019}s metadata first."))?;
        Ok::<_, SetupError>((row, Signers::of(wizard.saml()?)))
    };
    let (row, signers) = cx.store.read(pick).await?;
    let url = row.metadata_url;
    let idp = read_metadata(cx, Arc::new(row.document.into_bytes()), Some(wanted), &signers).await;
    let idp = idp.map_err(|error| match &url {
        Some(_) => SetupError::fetched(&error),
        None => SetupError::uploaded(&error),
    })?;
    write_metadata(cx, project, session, request_id, Understood { idp, url, signers }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_looks_at_names_and_entity_ids() {
        let one = |number: usize| Candidate {
            entity_id: format!("https://idp{number}.example"),
            display_name: number.is_multiple_of(2).then(|| format!("Universit\u{e9} {number}")),
        };
        let all = || (0..3_000).map(one).collect::<Vec<_>>();
        let none = narrow(all(), "");
        assert_eq!((none.all, none.found, none.shown.len()), (3_000, 3_000, SHOWN));
        assert_eq!(narrow(all(), "idp2999").shown, [one(2_999)]);
        assert_eq!(narrow(all(), "universit\u{e9} 42").found, 6);
        assert_eq!(narrow(all(), "nobody").found, 0);
    }
}
