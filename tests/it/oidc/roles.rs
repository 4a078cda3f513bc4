//! Roles and groups in tokens: by hand, by groups of SCIM, and never from elsewhere.

use serde_json::json;
use vestibule::{
    model::ids::{GroupId, ProjectId, RoleMappingId},
    service::{
        directory::DirectoryError,
        provisioning::admin::connections,
        roles::{
            Given, Holder, MappedConnection, NewRole, NewRoleMapping, Role, RoleMapping, Source, assign_role,
            create_mapping, create_role, delete_mapping, delete_role, list_mappings, list_roles,
            resume_mapping, role_holders, unassign_role,
        },
    },
    store::{
        group_members::{self, GroupMember},
        groups::{self, Group},
    },
};

use super::*;
use crate::support::on_both_databases;

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A world where Acme's provider pushes users and groups, and Ada is one of them.
struct Directory {
    world: World,
    token: String,
    connection: MappedConnection,
    ada: String,
    refresh_token: std::cell::RefCell<String>,
}

impl Directory {
    async fn start(kind: Kind) -> Self {
        let world = World::start(kind).await;
        let (cx, project, acme) = (&world.gateway.cx, &world.gateway.project.id, &world.gateway.acme.id);
        let key = directory::create_scim_api_key(cx, &Actor::operator(), project, acme, "test").await;
        let token = key.unwrap().1.expose().to_owned();
        let connection = connections::list(cx, project, acme).await.unwrap()[0].id.clone();
        let begun = world.login(&world.app, &world.ada, &[("scope", "openid groups offline_access")]).await;
        let Handoff::Code { code, .. } = &begun.handoff else { panic!("no code") };
        let tokens = world.exchange(&world.app, code, &[]).await;
        let refresh_token = tokens.json()["refresh_token"].as_str().unwrap().to_owned().into();
        let mut own = Self {
            world,
            token,
            connection: MappedConnection::Scim(connection),
            ada: String::new(),
            refresh_token,
        };
        own.ada = own
            .push("Users", json!({ "schemas": [USER], "userName": "ada@acme.example", "externalId": "1" }))
            .await;
        assert_eq!(own.ada, own.world.ada.user.id.as_str(), "the same user, adopted");
        own
    }

    async fn scim(&self, method: &str, path: &str, body: Value) -> Answer {
        let method = actix_web::http::Method::from_bytes(method.as_bytes()).unwrap();
        let request = TestRequest::with_uri(&format!("/scim/v2/{path}")).method(method);
        let request = request.insert_header((header::HOST, "localhost")).set_json(body);
        self.world
            .call(request.insert_header((header::AUTHORIZATION, format!("Bearer {}", self.token))))
            .await
    }

    async fn push(&self, collection: &str, body: Value) -> String {
        let answer = self.scim("POST", collection, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    async fn group(&self, name: &str, external_id: Option<&str>, members: &[&str]) -> String {
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        let body =
            json!({ "schemas": [GROUP], "displayName": name, "externalId": external_id, "members": members });
        self.push("Groups", body).await
    }

    async fn patch(&self, path: &str, operation: Value) {
        let answer = self.scim("PATCH", path, json!({ "schemas": [PATCH], "Operations": [operation] })).await;
        assert!(answer.status.is_success(), "{}", answer.body);
    }

    async fn role(&self, name: &str) -> Role {
        self.role_of(name, None).await.unwrap()
    }

    async fn role_of(&self, name: &str, organization: Option<&Organization>) -> Result<Role, DirectoryError> {
        let new = NewRole {
            name: name.into(),
            display_name: None,
            description: String::new(),
            organization: organization.map(|organization| organization.id.clone()),
        };
        let (cx, project) = (&self.world.gateway.cx, &self.world.gateway.project.id);
        create_role(cx, &Actor::operator(), project, new).await
    }

    async fn map(&self, group: &str, role: &str) -> Result<RoleMapping, DirectoryError> {
        self.map_of(&self.world.gateway.acme, self.connection.clone(), group, role).await
    }

    async fn map_of(
        &self,
        organization: &Organization,
        connection: MappedConnection,
        group: &str,
        role: &str,
    ) -> Result<RoleMapping, DirectoryError> {
        let new = NewRoleMapping { connection, source: Source::Group(group.into()), role: role.into() };
        let (cx, project) = (&self.world.gateway.cx, &self.world.gateway.project.id);
        create_mapping(cx, &Actor::operator(), project, &organization.id, new).await
    }

    async fn mappings(&self) -> Vec<RoleMapping> {
        let gateway = &self.world.gateway;
        let found = list_mappings(&gateway.cx, &gateway.project.id, &gateway.acme.id).await.unwrap();
        found.into_iter().map(|listed| listed.mapping).collect()
    }

    async fn resume(&self, id: &RoleMappingId) -> Result<RoleMapping, DirectoryError> {
        let gateway = &self.world.gateway;
        resume_mapping(&gateway.cx, &Actor::operator(), &gateway.project.id, &gateway.acme.id, id).await
    }

    /// The next tokens of Ada's session; ID token and userinfo agree.
    async fn refreshed(&self) -> Value {
        let token = self.refresh_token.borrow().clone();
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str()),
            ("code", ""),
            ("redirect_uri", ""),
            ("code_verifier", ""),
        ];
        let answer = self.world.exchange(&self.world.app, &Secret::new("none"), &form).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let json = answer.json();
        *self.refresh_token.borrow_mut() = json["refresh_token"].as_str().unwrap().to_owned();
        let payload = json["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
        let id: Value = serde_json::from_slice(&vestibule::jose::base64url_decode(payload).unwrap()).unwrap();
        let info = self.world.userinfo(json["access_token"].as_str().unwrap()).await.json();
        for claim in ["roles", "groups", "groups_omitted"] {
            assert_eq!(id.get(claim), info.get(claim), "{claim}");
        }
        id
    }

    async fn roles(&self) -> Value {
        self.refreshed().await["roles"].clone()
    }
}

fn is_unknown<T: std::fmt::Debug>(outcome: Result<T, DirectoryError>) -> bool {
    matches!(outcome, Err(DirectoryError::NotFound(_) | DirectoryError::NoneNamed { .. }))
}

on_both_databases! {
    async fn a_member_that_comes_and_goes_has_and_lacks_the_role(d: Directory) {
        d.role("editor").await;
        let group = d.group("Editors", Some("e-1"), &[]).await;
        d.map("e-1", "editor").await.unwrap();
        assert_eq!(d.roles().await, json!([]));
        let path = format!("Groups/{group}");
        d.patch(&path, json!({ "op": "add", "path": "members", "value": [{ "value": d.ada }] })).await;
        assert_eq!(d.roles().await, json!(["editor"]));
        d.patch(&path, json!({ "op": "remove", "path": format!("members[value eq \"{}\"]", d.ada) })).await;
        assert_eq!(d.roles().await, json!([]));
    }

    async fn groups_within_groups_give_their_roles(d: Directory) {
        d.role("staff").await;
        let inner = d.group("Inner", None, &[&d.ada]).await;
        let middle = d.group("Middle", None, &[&inner]).await;
        let outer = d.group("Outer", None, &[&middle]).await;
        d.map(&outer, "staff").await.unwrap();
        let claims = d.refreshed().await;
        assert_eq!((&claims["roles"], &claims["groups"]), (&json!(["staff"]), &json!(["Inner", "Middle", "Outer"])));
        d.patch(&format!("Groups/{outer}"), json!({ "op": "remove", "path": "members" })).await;
        assert_eq!(d.roles().await, json!([]));
    }

    async fn roles_by_hand_and_by_several_mappings_are_named_once(d: Directory) {
        let (gateway, operator) = (&d.world.gateway, Actor::operator());
        let (cx, project, acme, ada) = (&gateway.cx, &gateway.project.id, &gateway.acme.id, &d.world.ada.user.id);
        let editor = d.role("editor").await;
        d.role_of("auditor", Some(&gateway.acme)).await.unwrap();
        for name in ["One", "Two"] {
            let group = d.group(name, None, &[&d.ada]).await;
            d.map(&group, "editor").await.unwrap();
        }
        assign_role(cx, &operator, project, acme, ada, "editor".into()).await.unwrap();
        assign_role(cx, &operator, project, acme, ada, "auditor".into()).await.unwrap();
        let twice = assign_role(cx, &operator, project, acme, ada, editor.id.as_str().into()).await;
        assert!(matches!(twice, Err(DirectoryError::Exists(_))), "{twice:?}");
        assert_eq!(d.roles().await, json!(["auditor", "editor"]));
        unassign_role(cx, &operator, project, acme, ada, "editor".into()).await.unwrap();
        let again = unassign_role(cx, &operator, project, acme, ada, "editor".into()).await;
        assert!(again.unwrap_err().to_string().contains("was not given the role editor by hand"));
        assert_eq!(d.roles().await, json!(["auditor", "editor"]), "the mappings still give it");
        delete_role(cx, &operator, project, None, "editor".into()).await.unwrap();
        assert_eq!(d.roles().await, json!(["auditor"]));
        assert!(d.mappings().await.is_empty());
        delete_role(cx, &operator, project, Some(acme), "auditor".into()).await.unwrap();
        assert_eq!(d.roles().await, json!([]));
        let events = gateway.events(d.world.ada.user.id.as_str()).await;
        assert!(events.iter().any(|event| event == "user.role_assigned"));
        assert!(events.iter().any(|event| event == "user.role_unassigned"));
    }

    async fn r05_a_rename_suspends_a_mapping_by_name(d: Directory) {
        d.role("admin").await;
        let group = d.group("Admins", None, &[&d.ada]).await;
        let path = format!("Groups/{group}");
        let mapping = d.map("ADMINS", "admin").await.unwrap();
        assert_eq!(mapping.matched_by.as_str(), "display_name");
        assert_eq!(d.roles().await, json!(["admin"]));
        // Only its case: the name is the same to everybody.
        d.patch(&path, json!({ "op": "replace", "path": "displayName", "value": "admins" })).await;
        assert_eq!(d.roles().await, json!(["admin"]));
        d.patch(&path, json!({ "op": "replace", "path": "displayName", "value": "Everybody" })).await;
        assert_eq!(d.roles().await, json!([]));
        // Another group under the old name gains nothing by it, and going back does not resume.
        let other = d.group("Admins", None, &[&d.ada]).await;
        assert_eq!(d.roles().await, json!([]));
        assert_eq!(d.scim("DELETE", &format!("Groups/{other}"), json!({})).await.status, StatusCode::NO_CONTENT);
        d.patch(&path, json!({ "op": "replace", "path": "displayName", "value": "Admins" })).await;
        assert_eq!(d.roles().await, json!([]));
        d.patch(&path, json!({ "op": "replace", "path": "displayName", "value": "Operators" })).await;
        assert_eq!(d.resume(&mapping.id).await.unwrap().group_key, "operators");
        assert_eq!(d.roles().await, json!(["admin"]));
        let wanted = ["role_mapping.created", "role_mapping.suspended", "role_mapping.resumed"];
        assert_eq!(d.world.gateway.events(mapping.id.as_str()).await, wanted);
    }

    async fn r05_a_mapping_by_a_stable_id_outlives_a_rename(d: Directory) {
        d.role("admin").await;
        d.role("reader").await;
        let group = d.group("Admins", Some("g-1"), &[&d.ada]).await;
        let path = format!("Groups/{group}");
        let by_external_id = d.map("g-1", "admin").await.unwrap();
        d.map(&group, "reader").await.unwrap();
        d.patch(&path, json!({ "op": "replace", "path": "displayName", "value": "Renamed" })).await;
        assert_eq!(d.roles().await, json!(["admin", "reader"]));
        // The provider's id is what one of them is keyed by: with another it is another group.
        d.patch(&path, json!({ "op": "replace", "path": "externalId", "value": "g-2" })).await;
        assert_eq!(d.roles().await, json!(["reader"]));
        assert_eq!(d.resume(&by_external_id.id).await.unwrap().group_key, "g-2");
        assert_eq!(d.roles().await, json!(["admin", "reader"]));
    }

    async fn r05_owner_is_no_role_and_no_mapping_makes_one(d: Directory) {
        for name in ["owner", "Owner", "OWNER "] {
            assert!(matches!(d.role_of(name, None).await, Err(DirectoryError::Invalid(_))), "{name}");
        }
        let group = d.group("Owners", None, &[&d.ada]).await;
        assert!(is_unknown(d.map(&group, "owner").await));
        d.role("owner-like").await;
        d.map(&group, "owner-like").await.unwrap();
        assert_eq!(d.roles().await, json!(["owner-like"]));
        let (acme, id) = (d.world.gateway.acme.id.clone(), d.world.ada.user.id.clone());
        let ada = d.world.write(move |tx| users::find(tx, &acme, &id)).await.unwrap();
        assert!(!ada.owner);
    }

    async fn r05_a_deleted_group_takes_its_mapping_away(d: Directory) {
        d.role("admin").await;
        let group = d.group("Admins", Some("g-1"), &[&d.ada]).await;
        let mapping = d.map("g-1", "admin").await.unwrap();
        assert_eq!(d.scim("DELETE", &format!("Groups/{group}"), json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(d.roles().await, json!([]));
        d.group("Admins", Some("g-1"), &[&d.ada]).await;
        assert_eq!(d.roles().await, json!([]), "one of the same id later has none");
        assert!(d.mappings().await.is_empty());
        let wanted = ["role_mapping.created", "role_mapping.deleted"];
        assert_eq!(d.world.gateway.events(mapping.id.as_str()).await, wanted);
    }

    async fn who_has_a_role_is_shown_with_what_gives_it(d: Directory) {
        let (gateway, operator) = (&d.world.gateway, Actor::operator());
        let (cx, project, acme) = (&gateway.cx, &gateway.project.id, &gateway.acme.id);
        d.role("editor").await;
        let bob = d.push("Users", json!({ "schemas": [USER], "userName": "bob@acme.example" })).await;
        let inner = d.group("Inner", None, &[&bob]).await;
        d.group("Outer", None, &[&inner, &d.ada]).await;
        let mapping = d.map("Outer", "editor").await.unwrap();
        assign_role(cx, &operator, project, acme, &d.world.ada.user.id, "editor".into()).await.unwrap();
        assign_role(cx, &operator, project, &gateway.globex.id, &d.world.gus.user.id, "editor".into()).await.unwrap();
        let shown = async |organization| {
            let (role, holders) = role_holders(cx, project, organization, "editor".into()).await.unwrap();
            assert_eq!(role.name, "editor");
            let line = |holder: &Holder| (holder.email.clone().unwrap(), holder.by.iter().cloned().collect::<Vec<_>>());
            let mut lines: Vec<_> = holders.iter().map(line).collect();
            lines.sort();
            lines
        };
        let group = Given::Group("Outer".into());
        let ada = ("ada@acme.example".to_owned(), vec![Given::ByHand, group.clone()]);
        let bob = ("bob@acme.example".to_owned(), vec![group]);
        assert_eq!(shown(Some(acme)).await, [ada.clone(), bob.clone()]);
        assert_eq!(shown(None).await, [ada, bob, (d.world.gus.user.email.clone().unwrap(), vec![Given::ByHand])]);
        let listed = list_mappings(cx, project, acme).await.unwrap();
        assert_eq!((listed[0].source(), listed[0].role.as_str()), ("Outer".into(), "editor"), "not as it is compared");
        let id = listed[0].mapping.group_id.clone().unwrap();
        d.patch(&format!("Groups/{id}"), json!({ "op": "replace", "path": "displayName", "value": "Other" })).await;
        assert_eq!(list_mappings(cx, project, acme).await.unwrap()[0].source(), "Other (outer)", "suspended");
        assert_eq!(shown(Some(acme)).await.len(), 1);
        delete_mapping(cx, &operator, project, acme, &mapping.id).await.unwrap();
        let foreign = d.role_of("globex-only", Some(&gateway.globex)).await.unwrap();
        assert!(is_unknown(role_holders(cx, project, Some(acme), foreign.id.as_str().into()).await));
    }

    async fn users_are_listed_with_what_they_are_known_by(d: Directory) {
        let gateway = &d.world.gateway;
        let (cx, project, acme) = (&gateway.cx, &gateway.project.id, &gateway.acme.id);
        d.role("editor").await;
        let group = d.group("Editors", None, &[&d.ada]).await;
        d.map(&group, "editor").await.unwrap();
        d.push("Users", json!({ "schemas": [USER], "userName": "50%@acme.example", "active": false })).await;
        let (link, user, now) = (d.world.ada.identity.clone(), d.world.ada.user.id.clone(), gateway.now());
        d.world.write(move |tx| identities::touch(tx, &link, &user, now)).await;
        let list = async |email: &str| directory::list_users(cx, project, acme, email, 10).await.unwrap();
        let by_hand = async |role: &str| {
            assign_role(cx, &Actor::operator(), project, acme, &d.world.ada.user.id, role.into()).await.unwrap();
        };
        d.role("auditor").await;
        by_hand("auditor").await;
        by_hand("editor").await;
        let all = list("").await;
        let ada = all.iter().find(|user| user.id.as_str() == d.ada).unwrap();
        assert_eq!(ada.roles, ["auditor", "editor"]);
        assert!(all.iter().all(|user| user.id == ada.id || user.roles.is_empty()));
        assert_eq!(ada.known_by.len(), 2, "{:?}", ada.known_by);
        assert!(ada.known_by[0].starts_with("SCIM") && ada.known_by[1].starts_with("SAML"), "{:?}", ada.known_by);
        assert_eq!(ada.last_login_at, Some(gateway.now()));
        assert_eq!(list("ADA@").await.iter().map(|user| &user.id).collect::<Vec<_>>(), [&ada.id]);
        let inactive = list("%").await;
        assert_eq!(inactive.len(), 1, "a percent sign stands for itself");
        assert_eq!((inactive[0].status.as_str(), inactive[0].last_login_at), ("inactive", None));
        assert!(list("gus@").await.is_empty());
        assert!(is_unknown(directory::list_users(cx, &ProjectId::from_u128(1), acme, "", 10).await));
    }

    async fn r21_what_scim_says_of_roles_gives_none(d: Directory) {
        d.role("admin").await;
        let path = format!("Users/{}", d.ada);
        for attribute in ["roles", "entitlements"] {
            d.patch(&path, json!({ "op": "add", "path": attribute, "value": [{ "value": "admin", "primary": true }] })).await;
        }
        let shown = d.scim("GET", &path, json!({})).await;
        assert_eq!(shown.json()["roles"][0]["value"], "admin", "kept as it was pushed");
        assert_eq!(d.roles().await, json!([]));
        let (gateway, source) =
            (&d.world.gateway, Source::Attribute { name: "roles".into(), value: "admin".into() });
        let new = NewRoleMapping { connection: d.connection.clone(), source, role: "admin".into() };
        let made = create_mapping(&gateway.cx, &Actor::operator(), &gateway.project.id, &gateway.acme.id, new).await;
        assert!(matches!(made, Err(DirectoryError::Invalid(_))), "{made:?}");
    }

    async fn r04_foreign_roles_groups_and_connections_are_as_unknown_as_none(d: Directory) {
        let (gateway, operator) = (&d.world.gateway, Actor::operator());
        let (cx, project) = (&gateway.cx, &gateway.project.id);
        let foreign = d.role_of("globex-only", Some(&gateway.globex)).await.unwrap();
        d.role("editor").await;
        let group = d.group("Editors", Some("g-1"), &[&d.ada]).await;
        for role in [foreign.id.as_str(), "globex-only", "nobody", "role_0000000000000000000000009"] {
            assert!(is_unknown(d.map(&group, role).await), "{role}");
            let user = &d.world.ada.user.id;
            assert!(is_unknown(assign_role(cx, &operator, project, &gateway.acme.id, user, role.into()).await));
        }
        let gus = &d.world.gus.user.id;
        assert!(is_unknown(assign_role(cx, &operator, project, &gateway.acme.id, gus, "editor".into()).await));
        let saml = |person: &Person| MappedConnection::Saml(person.connection.id.clone());
        assert!(is_unknown(d.map_of(&gateway.acme, saml(&d.world.gus), "g-1", "editor").await));
        assert!(is_unknown(d.map_of(&gateway.globex, d.connection.clone(), &group, "editor").await));
        // Acme's own SAML connection does not hold the group that SCIM pushed, nor Globex's Acme's.
        assert!(is_unknown(d.map_of(&gateway.acme, saml(&d.world.ada), &group, "editor").await));
        assert!(is_unknown(d.map_of(&gateway.globex, saml(&d.world.gus), &group, "editor").await));
        let mapping = d.map(&group, "editor").await.unwrap();
        let globex = &gateway.globex.id;
        assert!(is_unknown(delete_mapping(cx, &operator, project, globex, &mapping.id).await));
        assert!(is_unknown(resume_mapping(cx, &operator, project, globex, &mapping.id).await));
        assert!(is_unknown(delete_role(cx, &operator, project, Some(&gateway.acme.id), "globex-only".into()).await));
        let seen = list_roles(cx, project, Some(&gateway.acme.id)).await.unwrap();
        assert_eq!(seen.iter().map(|role| role.name.as_str()).collect::<Vec<_>>(), ["editor"]);
        let new = directory::NewProject { display_name: "O".into(), public_url: "https://other.example".into() };
        let other = directory::create_project(cx, &operator, new).await.unwrap();
        assert!(is_unknown(delete_role(cx, &operator, &other.id, None, "editor".into()).await));
        assert!(is_unknown(list_mappings(cx, &other.id, &gateway.acme.id).await));
        assert_eq!(d.roles().await, json!(["editor"]));
    }

    async fn names_that_could_meet_in_a_token_are_unique(d: Directory) {
        let (acme, globex) = (&d.world.gateway.acme, &d.world.gateway.globex);
        let taken = |outcome| matches!(outcome, Err(DirectoryError::Exists(_)));
        d.role("editor").await;
        assert!(taken(d.role_of("editor", None).await));
        assert!(taken(d.role_of("editor", Some(acme)).await), "it would read like the project's");
        d.role_of("special", Some(acme)).await.unwrap();
        d.role_of("special", Some(globex)).await.unwrap();
        assert!(taken(d.role_of("special", Some(acme)).await));
        assert!(taken(d.role_of("special", None).await));
    }

    async fn numbers_are_bounded(d: Directory) {
        for n in 0..100 {
            d.role(&format!("role-{n}")).await;
        }
        assert!(matches!(d.role_of("one-more", None).await, Err(DirectoryError::Invalid(_))));
        assert!(d.role_of("one-more", Some(&d.world.gateway.acme)).await.is_ok(), "an organization has its own");
    }

    async fn groups_are_told_where_asked_and_all_or_none(d: Directory) {
        let (code, _) = d.world.code(&d.world.app, &d.world.ada).await;
        d.group("Team", None, &[&d.ada]).await;
        let answer = d.world.exchange(&d.world.app, &code, &[]).await;
        let info = d.world.userinfo(answer.json()["access_token"].as_str().unwrap()).await.json();
        assert_eq!((info.get("groups"), info.get("groups_omitted")), (None, None), "not asked for");
        let told = d.refreshed().await;
        assert_eq!((&told["groups"], told.get("groups_omitted")), (&json!(["Team"]), None));
        for n in 0..200 {
            d.group(&format!("Group {n}"), None, &[&d.ada]).await;
        }
        let told = d.refreshed().await;
        assert_eq!((told.get("groups"), &told["groups_omitted"]), (None, &json!(true)));
    }

    async fn of_a_user_in_too_many_groups_the_direct_ones_give_roles(d: Directory) {
        d.role("direct").await;
        d.role("nested").await;
        let within = d.group("Within", Some("within"), &[&d.ada]).await;
        d.group("Around", Some("around"), &[&within]).await;
        d.map("within", "direct").await.unwrap();
        d.map("around", "nested").await.unwrap();
        assert_eq!(d.refreshed().await["roles"], json!(["direct", "nested"]));
        let (ada, now) = (d.world.ada.user.clone(), d.world.gateway.now());
        let MappedConnection::Scim(connection) = d.connection.clone() else { panic!("SAML") };
        let fill = move |tx: &mut Tx<'_>| {
            let rows = (0..1_998).map(|n| Group {
                id: GroupId::from_u128((1 << 100) + n),
                organization_id: ada.organization_id.clone(),
                scim_connection_id: Some(connection.clone()),
                saml_connection_id: None,
                external_id: None,
                display_name: format!("Group {n}"),
                display_name_folded: format!("group {n}"),
                scim_attributes: None,
                version: 1,
                created_at: now,
                updated_at: now,
            });
            for group in rows {
                groups::insert(tx, &group)?;
                let member = GroupMember {
                    group_id: group.id,
                    member_id: ada.id.to_string(),
                    organization_id: ada.organization_id.clone(),
                    member_user_id: Some(ada.id.clone()),
                    member_group_id: None,
                    created_at: now,
                };
                group_members::add(tx, &[member])?;
            }
            Ok::<_, StoreError>(())
        };
        d.world.gateway.cx.store.write(fill).await.unwrap();
        // Two thousand memberships, all of which are followed; one more, and no group within another counts.
        assert_eq!(d.refreshed().await["roles"], json!(["direct", "nested"]));
        d.group("One more", None, &[&d.ada]).await;
        let told = d.refreshed().await;
        assert_eq!(told["roles"], json!(["direct"]));
        assert_eq!((told.get("groups"), &told["groups_omitted"]), (None, &json!(true)));
    }

    async fn a_scim_deactivation_ends_refresh_tokens_and_a_restored_user_has_no_old_roles(d: Directory) {
        let (gateway, operator) = (&d.world.gateway, Actor::operator());
        let (cx, project, acme, ada) = (&gateway.cx, &gateway.project.id, &gateway.acme.id, &d.world.ada.user.id);
        d.role("editor").await;
        assign_role(cx, &operator, project, acme, ada, "editor".into()).await.unwrap();
        assert_eq!(d.roles().await, json!(["editor"]));
        let token = d.refresh_token.borrow().clone();
        d.patch(&format!("Users/{}", d.ada), json!({ "op": "replace", "path": "active", "value": false })).await;
        let form = [
            ("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("code", ""), ("redirect_uri", ""),
            ("code_verifier", ""),
        ];
        let none = Secret::new("none");
        let refresh = || d.world.exchange(&d.world.app, &none, &form);
        let refused = refresh().await.json();
        assert_eq!(refused["error"], "invalid_grant");
        assert!(refused["error_description"].as_str().unwrap().starts_with("the user is not active"));
        let restored = d.push("Users", json!({ "schemas": [USER], "userName": "ada@acme.example", "externalId": "1" })).await;
        assert_eq!(restored, d.ada);
        let refused = refresh().await.json();
        assert!(refused["error_description"].as_str().unwrap().starts_with("the session has ended"), "{refused}");
        let (token, _) = d.world.access_token(&d.world.ada).await;
        assert_eq!(d.world.userinfo(&token).await.json()["roles"], json!([]));
    }
}
