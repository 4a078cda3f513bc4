//! Mail domains that the operator vouches for. Proof by DNS is the owner's way and comes with self-service.

use serde_json::{Value, json};

use super::{DirectoryError, exists};
use crate::{
    model::{
        DomainMethod,
        fold::fold,
        ids::{DomainId, OrganizationId, ProjectId},
        secret::Secret,
    },
    service::{Actor, Change, Context, new_id, record::record},
    store::{
        Tx,
        domains::{self, Domain},
        organizations, projects,
    },
};

/// Domains where strangers share the right to have an address; nobody can prove one (R19).
const NEVER_PROVED: &[&str] = &[
    "aol.com",
    "fastmail.com",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "onmicrosoft.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "web.de",
    "yahoo.com",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
    "163.com",
];

/// Adds a domain to an organization, proved by the operator's word (R19).
pub async fn add_domain(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    name: &str,
) -> Result<Domain, DirectoryError> {
    let name = domain_name(name)?;
    let (project, organization) = (project.clone(), organization.clone());
    let (context, actor) = (cx.clone(), actor.clone());
    cx.store
        .write(move |tx| {
            let project = projects::find(tx, &project)?.ok_or(DirectoryError::NotFound("project"))?;
            organizations::find(tx, &project.id, &organization)?
                .ok_or(DirectoryError::NotFound("organization"))?;
            let now = context.now();
            let holders = domains::proved_by(tx, &project.id, &name)?;
            let domain = Domain {
                id: new_id!(context, DomainId),
                project_id: project.id.clone(),
                organization_id: organization.clone(),
                name: name.clone(),
                txt_value: Secret::random("vestibule-domain-", &*context.rng).expose().to_owned(),
                method: DomainMethod::Operator,
                shared: project.shared_domains,
                verified_at: Some(now),
                last_checked_at: None,
                failing_since: None,
                created_at: now,
            };
            domains::insert(tx, &domain).map_err(exists(held(&holders, &organization, &name)))?;
            let change = Change {
                project: &project.id,
                organization: Some(&organization),
                event: "domain.created",
                resource: domain.id.as_str(),
                before: None,
                after: Some(view(&domain)),
            };
            record(tx, &context, &actor, &change)?;
            Ok(domain)
        })
        .await
}

/// The domains of an organization, by name.
pub async fn list_domains(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
) -> Result<Vec<Domain>, DirectoryError> {
    let (project, organization) = (project.clone(), organization.clone());
    let list = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(DirectoryError::NotFound("organization"))?;
        Ok(domains::list(tx, &organization)?)
    };
    cx.store.read(list).await
}

/// Takes a domain from an organization. Nobody is led to its connection by address any more, linked by address, or made
/// at a login; whoever is known stays, and nobody is deactivated (R19).
pub async fn remove_domain(
    cx: &Context,
    actor: &Actor,
    project: &ProjectId,
    organization: &OrganizationId,
    name: &str,
) -> Result<Domain, DirectoryError> {
    let (own, actor, project, organization) =
        (cx.clone(), actor.clone(), project.clone(), organization.clone());
    let folded = fold(name.trim().trim_end_matches('.'));
    let write = move |tx: &mut Tx<'_>| {
        organizations::find(tx, &project, &organization)?.ok_or(DirectoryError::NotFound("organization"))?;
        let found = domains::list(tx, &organization)?.into_iter().find(|domain| domain.name == folded);
        let domain = found.ok_or_else(|| DirectoryError::NoneNamed {
            what: "domain",
            named: folded.clone(),
            within: organization.to_string(),
        })?;
        domains::delete(tx, &organization, &domain.id)?;
        let change = Change {
            project: &project,
            organization: Some(&organization),
            event: "domain.deleted",
            resource: domain.id.as_str(),
            before: Some(view(&domain)),
            after: None,
        };
        record(tx, &own, &actor, &change)?;
        Ok(domain)
    };
    cx.store.write(write).await
}

fn view(domain: &Domain) -> Value {
    json!({ "id": domain.id, "name": domain.name, "method": domain.method.as_str() })
}

/// Whose the domain is, in the operator's words.
fn held(holders: &[OrganizationId], organization: &OrganizationId, name: &str) -> String {
    let other = holders.iter().find(|holder| *holder != organization).unwrap_or(organization);
    format!("{other} has the domain {name}")
}

/// A folded name with at least two labels that strangers do not share.
fn domain_name(text: &str) -> Result<String, DirectoryError> {
    let name = fold(text.trim().trim_end_matches('.'));
    let label_is_fine = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    if name.len() > 253 || name.split('.').count() < 2 || !name.split('.').all(label_is_fine) {
        return Err(DirectoryError::Invalid("a domain looks like acme.example".into()));
    }
    let shared = |entry: &&str| name == **entry || name.ends_with(&format!(".{entry}"));
    if NEVER_PROVED.iter().any(shared) {
        return Err(DirectoryError::Invalid(format!("{name} belongs to everybody; nobody can prove it")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r19_free_mail_domains_are_refused() {
        for name in ["gmail.com", "GMAIL.com.", "contoso.onmicrosoft.com"] {
            assert!(domain_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn names_are_folded_and_checked() {
        assert_eq!(domain_name(" Acme.Example. ").unwrap(), "acme.example");
        for name in ["", "acme", "a..b", "-a.b", "a b.c", "a@b.c", ".a.b"] {
            assert!(domain_name(name).is_err(), "{name}");
        }
    }
}
