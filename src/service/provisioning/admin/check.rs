//! *Check connection*: what Okta and Entra do when a connection is set up, and a sweep over the schema, run against the
//! organization's own data and undone. And a preview: what a list of requests would change.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    AdminError,
    rehearsal::{Rehearsed, Script, Tried, rehearse},
};
use crate::{
    model::ids::{OrganizationId, ProjectId, ScimConnectionId},
    scim::schema::{Attribute, Catalog, ENTERPRISE_URN, GROUP_URN, Kind, USER_URN},
    service::{Context, provisioning::tenant::load_catalog},
    store::{
        organizations::{self, Organization},
        scim_connections::{self, ScimConnection},
    },
};

/// A preview of more requests than this is refused: everybody's writes wait for it.
const MAX_PREVIEW: usize = 1_000;

const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The provider whose habit it is, or `schema`.
    pub suite: &'static str,
    /// What was tried.
    pub name: String,
    /// The status that was expected, and the one that came.
    pub wanted: u16,
    /// The status that came.
    pub got: u16,
    /// What was said, where it went wrong.
    pub detail: Option<String>,
}

impl Checked {
    /// Whether it went as it should.
    pub fn passed(&self) -> bool {
        self.wanted == self.got
    }
}

/// What a preview shows: events by name, with the ids of the resources, and the requests that would be refused.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preview {
    /// `user.created` and the like, each with its resources.
    pub events: BTreeMap<String, Vec<String>>,
    /// Requests that would change nothing.
    pub unchanged: usize,
    /// The number of the request from 1, its status, and why.
    pub refused: Vec<(usize, u16, String)>,
}

/// A step of a check; `{id}` in the path is the id of the resource that a step before has made.
struct Step {
    name: &'static str,
    method: &'static str,
    path: String,
    body: Value,
    wanted: u16,
}

/// Runs the sequences of Okta and Entra and a sweep over the schema. Nothing of it stays.
pub async fn check(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
    connection: Option<&ScimConnectionId>,
) -> Result<Vec<Checked>, AdminError> {
    let (organization, connection, catalog) = find(cx, project, organization, connection).await?;
    let mut all = Vec::new();
    for (suite, steps) in [("okta", okta()), ("entra", entra()), ("schema", sweep(catalog))] {
        let wanted: Vec<(String, u16)> =
            steps.iter().map(|step| (step.name.to_owned(), step.wanted)).collect();
        let script = in_turn(steps);
        let tried = rehearse(cx, organization.clone(), connection.clone(), "", script).await?;
        all.extend(wanted.into_iter().zip(tried).map(|((name, wanted), tried)| Checked {
            suite,
            name,
            wanted,
            got: tried.answer.status,
            detail: tried.answer.body.as_str().map(str::to_owned),
        }));
    }
    Ok(all)
}

/// Tells what the requests would change, without changing it.
pub async fn preview(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
    connection: Option<&ScimConnectionId>,
    requests: Vec<Rehearsed>,
) -> Result<Preview, AdminError> {
    if requests.len() > MAX_PREVIEW {
        return Err(AdminError::Invalid(format!("a preview takes at most {MAX_PREVIEW} requests")));
    }
    let (organization, connection, _) = find(cx, project, organization, connection).await?;
    let script: Box<Script> = Box::new(move |tried: &[Tried]| requests.get(tried.len()).cloned());
    let mut preview = Preview::default();
    for (index, tried) in rehearse(cx, organization, connection, "", script).await?.into_iter().enumerate() {
        if tried.answer.status >= 400 {
            let why = tried.answer.body.as_str().unwrap_or_default().to_owned();
            preview.refused.push((index + 1, tried.answer.status, why));
        } else if tried.events.is_empty() {
            preview.unchanged += 1;
        }
        for (event, resource) in tried.events {
            preview.events.entry(event).or_default().push(resource);
        }
    }
    Ok(preview)
}

async fn find(
    cx: &Context,
    project: &ProjectId,
    organization: &OrganizationId,
    connection: Option<&ScimConnectionId>,
) -> Result<(Organization, ScimConnection, Catalog), AdminError> {
    let (project, organization, connection) = (project.clone(), organization.clone(), connection.cloned());
    cx.store
        .read(move |tx| {
            let organization = organizations::find(tx, &project, &organization)?
                .ok_or(AdminError::NotFound("organization"))?;
            let connection = match connection {
                Some(id) => scim_connections::find(tx, &organization.id, &id)?,
                None => scim_connections::find_default(tx, &organization.id)?,
            };
            let connection = connection.ok_or(AdminError::NotFound("SCIM connection"))?;
            let catalog = load_catalog(tx, &organization.id)?;
            Ok::<_, AdminError>((organization, connection, catalog))
        })
        .await
}

fn in_turn(steps: Vec<Step>) -> Box<Script> {
    Box::new(move |tried: &[Tried]| {
        let step = steps.get(tried.len())?;
        let ids = tried.iter().rev().filter_map(|tried| tried.answer.body.get("id")?.as_str());
        let id = ids.into_iter().next().unwrap_or("nobody");
        let text = step.body.to_string().replace("{id}", id);
        Some(Rehearsed {
            method: step.method.to_owned(),
            path: step.path.replace("{id}", id),
            body: serde_json::from_str(&text).unwrap_or_default(),
        })
    })
}

/// A user whom no organization has: the name is reserved (RFC 2606), the domain not provable.
const NAME: &str = "vestibule-check@check.invalid";

fn person() -> Value {
    json!({
        "schemas": [USER_URN], "userName": NAME, "externalId": "vestibule-check", "active": true, "locale": "en-US",
        "name": { "givenName": "Check", "familyName": "Connection" }, "groups": [], "password": "not kept",
        "emails": [{ "primary": true, "value": NAME, "type": "work" }], "displayName": "Check Connection"
    })
}

fn step(name: &'static str, method: &'static str, path: &str, body: Value, wanted: u16) -> Step {
    Step { name, method, path: path.to_owned(), body, wanted }
}

fn patch(operations: &Value) -> Value {
    json!({ "schemas": [PATCH_URN], "Operations": operations })
}

/// An app of the catalogue, from the probe to the re-hire.
fn okta() -> Vec<Step> {
    let none = Value::Null;
    let off = patch(&json!([{ "op": "replace", "value": { "active": false } }]));
    let lookup = format!("/Users?filter=userName eq \"{NAME}\"&startIndex=1&count=100");
    vec![
        step("probe on save", "GET", "/Users?startIndex=1&count=2", none.clone(), 200),
        step("does the user exist", "GET", &lookup, none.clone(), 200),
        step("create", "POST", "/Users", person(), 201),
        step("create again", "POST", "/Users", person(), 409),
        step("read", "GET", "/Users/{id}", none.clone(), 200),
        step("profile by PUT", "PUT", "/Users/{id}", person(), 200),
        step("deactivate", "PATCH", "/Users/{id}", off, 200),
        step("re-hire", "POST", "/Users", person(), 201),
        step("delete", "DELETE", "/Users/{id}", none, 204),
    ]
}

/// The default dialect: capital operations, booleans as texts, members in the value.
fn entra() -> Vec<Step> {
    let none = Value::Null;
    let lookup = "/Users?filter=externalId eq 7f0b1c5e-check".to_owned();
    let group = json!({
        "schemas": [GROUP_URN, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "displayName": "vestibule-check", "externalId": "vestibule-check"
    });
    let update = patch(&json!([
        { "op": "Replace", "path": "active", "value": "True" },
        { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1" },
        { "op": "Add", "path": format!("{ENTERPRISE_URN}:department"), "value": "Check" }
    ]));
    vec![
        step("test connection", "GET", &lookup, none.clone(), 200),
        step("create", "POST", "/Users", person(), 201),
        step("update", "PATCH", "/Users/{id}", update, 200),
        step(
            "disable",
            "PATCH",
            "/Users/{id}",
            patch(&json!([{ "op": "Replace", "path": "active", "value": "False" }])),
            200,
        ),
        step("hard delete", "DELETE", "/Users/{id}", none.clone(), 204),
        step("read the deleted", "GET", "/Users/{id}", none.clone(), 404),
        step("create a group", "POST", "/Groups", group, 201),
        step(
            "rename the group",
            "PATCH",
            "/Groups/{id}",
            patch(&json!([{ "op": "Replace", "path": "displayName", "value": "vestibule-check 2" }])),
            200,
        ),
        step(
            "remove nobody",
            "PATCH",
            "/Groups/{id}",
            patch(
                &json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "nobody" }] }]),
            ),
            200,
        ),
        step(
            "find the group",
            "GET",
            "/Groups?excludedAttributes=members&filter=displayName eq \"vestibule-check 2\"",
            none.clone(),
            200,
        ),
        step("delete the group", "DELETE", "/Groups/{id}", none, 204),
    ]
}

/// A user with a value for every attribute that discovery promises, those of registered schemas included.
fn sweep(catalog: Catalog) -> Vec<Step> {
    let mut body = person();
    let mut steps = Vec::new();
    if let Value::Object(attributes) = &mut body {
        for attribute in catalog.user.schema.attributes.iter().filter(|a| a.advertised && a.is_writable()) {
            attributes.entry(attribute.name).or_insert_with(|| sample(attribute));
        }
        for schema in catalog.user.extensions {
            let parts = schema.attributes.iter().filter(|a| a.is_writable());
            let parts = parts.map(|attribute| (attribute.name.to_owned(), sample(attribute))).collect();
            attributes.insert(schema.id.to_owned(), Value::Object(parts));
        }
    }
    steps.push(step("create with every attribute", "POST", "/Users", body.clone(), 201));
    steps.push(step("replace with every attribute", "PUT", "/Users/{id}", body, 200));
    steps.push(step("delete", "DELETE", "/Users/{id}", Value::Null, 204));
    steps
}

/// A value of the attribute's type.
fn sample(attribute: &Attribute) -> Value {
    let one = match attribute.kind {
        Kind::String => {
            json!(attribute.canonical_values.first().copied().unwrap_or("check"))
        }
        Kind::Boolean => json!(true),
        Kind::Decimal => json!(1.5),
        Kind::Integer => json!(1),
        Kind::DateTime => json!("2026-01-01T00:00:00Z"),
        Kind::Binary => json!("Y2hlY2s="),
        Kind::Reference => json!("https://check.invalid/"),
        Kind::Complex => {
            let parts = attribute.sub_attributes.iter().filter(|sub| sub.is_writable());
            Value::Object(parts.map(|sub| (sub.name.to_owned(), sample(sub))).collect())
        }
    };
    if attribute.multi_valued { json!([one]) } else { one }
}
