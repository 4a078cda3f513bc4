//! What a sync would bring. A set-up link sees no users (R23): whether somebody is there already, and what would become
//! of that user, is the operator's to see. So a user who would be made, restored, adopted or refused as taken is all the
//! same here: one who would arrive. What is told is what is wrong with the list itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    SetupError,
    people::{self, Arriving},
    provisioning::admit_check,
};
use crate::{
    model::{ids::ProjectId, secret::Secret},
    service::{
        Context,
        provisioning::admin::rehearsal::{Answer, Rehearsed, rehearse_all},
    },
    store::{Tx, domains},
};

/// What would arrive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// Users.
    pub users: usize,
    /// Of them, those who could not sign in: they are switched off, or their domain is not proved.
    pub barred: usize,
    /// Of these, those who are switched off.
    pub inactive: usize,
    /// Domains of login addresses that the organization has not proved, and how many people of the list have one. Signing in
    /// through SAML finds nobody by such an address (R1).
    pub unproved: BTreeMap<String, usize>,
    /// Groups.
    pub groups: usize,
    /// Entries that would be refused: where they stand, and why.
    pub refused: Vec<(usize, String)>,
}

/// Tells what the list would bring, without bringing it.
pub async fn preview(
    cx: &Context,
    project: &ProjectId,
    session: &Secret,
    list: &str,
) -> Result<Arrivals, SetupError> {
    let arriving = people::read(list)?;
    let target = admit_check(cx, project, session).await?;
    let (fresh, repeated) = told_apart(arriving);
    let answers = rehearse_all(cx, &target, fresh.iter().map(request).collect()).await?;
    let organization = target.organization.id.clone();
    let proved = cx.store.read(move |tx: &mut Tx<'_>| domains::list(tx, &organization)).await?;
    let proved: HashSet<String> =
        proved.into_iter().filter(|domain| domain.verified_at.is_some()).map(|domain| domain.name).collect();
    let mut arrivals = Arrivals::default();
    for (one, answer) in fresh.iter().zip(&answers) {
        arrivals.count(one, answer, &proved);
    }
    arrivals.refused.extend(repeated);
    arrivals.refused.sort_unstable();
    Ok(arrivals)
}

impl Arrivals {
    fn count(&mut self, one: &Arriving, answer: &Answer, proved: &HashSet<String>) {
        match answer.status {
            // 409: somebody has the name, and who that is nobody with a link is told.
            200 | 201 | 409 if one.is_user => {
                self.users += 1;
                let is_off = one.resource.get("active") == Some(&false.into());
                let unproved = one.login_domain().filter(|domain| !proved.contains(domain));
                self.inactive += usize::from(is_off);
                self.barred += usize::from(is_off || unproved.is_some());
                if let Some(domain) = unproved {
                    *self.unproved.entry(domain).or_default() += 1;
                }
            }
            200 | 201 => self.groups += 1,
            _ => {
                let why = answer.body.as_str().unwrap_or("it cannot be used");
                self.refused.push((one.number, super::capitalised(why)));
            }
        }
    }
}

/// A group goes without its members: whether one of them was really made would tell who has an account already (R23).
fn request(one: &Arriving) -> Rehearsed {
    let mut body = one.resource.clone();
    if let Some(parts) = body.as_object_mut().filter(|_| !one.is_user) {
        parts.retain(|name, _| {
            !name.rsplit(':').next().is_some_and(|last| last.eq_ignore_ascii_case("members"))
        });
    }
    Rehearsed { method: "POST".into(), path: if one.is_user { "/Users" } else { "/Groups" }.into(), body }
}

/// The entries, and those that repeat one before.
fn told_apart(arriving: Vec<Arriving>) -> (Vec<Arriving>, Vec<(usize, String)>) {
    let (mut seen, mut fresh, mut repeated) = (HashMap::new(), Vec::new(), Vec::new());
    for one in arriving {
        let key = (one.is_user, one.key.clone());
        if let Some(first) = seen.get(&key).filter(|_| !one.key.is_empty()) {
            repeated.push((one.number, format!("The same name as in line {first}.")));
        } else {
            seen.insert(key, one.number);
            fresh.push(one);
        }
    }
    (fresh, repeated)
}
