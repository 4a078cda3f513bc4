//! A gateway with two organizations, so that every test can try the neighbour's door.

use std::sync::Arc;

use actix_web::web;
use vestibule::{
    http::{Frame, Sites},
    model::{Clock as _, Rng},
    service::{
        Actor, Context,
        directory::{self, NewOrganization, NewProject},
    },
    store::{StoreError, audit_log_events, organizations::Organization, projects::Project, seal::MasterKey},
    testing::{MockClock, SeededRng},
};

use super::{Kind, TestDatabase};

/// A gateway on a database of its own: project `http://localhost`, Acme with `acme.example`, Globex with
/// `globex.example`. The clock stands at 2026-01-01 until a test turns it.
pub struct Gateway {
    pub cx: Context,
    pub clock: Arc<MockClock>,
    pub project: Project,
    pub acme: Organization,
    pub globex: Organization,
    // Last, so that the store closes its connections before the database goes.
    pub database: TestDatabase,
}

impl Gateway {
    pub async fn start(kind: Kind) -> Self {
        let database = TestDatabase::start(kind).await;
        let clock = Arc::new(MockClock::new());
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(7));
        let master_key = MasterKey::random(&*rng);
        let cx = Context::new(database.store(), master_key, clock.clone(), rng);
        let project = directory::create_project(
            &cx,
            &Actor::operator(),
            NewProject { display_name: "Demo".into(), public_url: "http://localhost".into() },
        )
        .await
        .unwrap();
        let acme = organization(&cx, &project, "Acme", "acme.example").await;
        let globex = organization(&cx, &project, "Globex", "globex.example").await;
        Self { cx, clock, project, acme, globex, database }
    }

    /// The frame for `public_app` and `private_app`, with the context as the handlers' state.
    pub fn frame(&self) -> web::Data<Frame> {
        let mut sites = Sites::default();
        sites.add(&self.project.id, &self.project.public_url).unwrap();
        let frame = Frame::new(sites, self.cx.clock.clone(), self.cx.rng.clone()).measuring(&self.cx.gauges);
        web::Data::new(frame.with(Arc::new(self.cx.clone())))
    }

    /// What the audit log of Acme says about a resource, oldest first.
    pub async fn events(&self, resource: &str) -> Vec<String> {
        self.audit(resource).await.into_iter().map(|event| event.event_name).collect()
    }

    /// The same, whole.
    pub async fn audit(&self, resource: &str) -> Vec<audit_log_events::AuditLogEvent> {
        let (organization, resource) = (self.acme.id.clone(), resource.to_owned());
        let events =
            self.cx.store.read(move |tx| audit_log_events::of_resource(tx, &organization, &resource));
        events.await.unwrap_or_else(|e: StoreError| panic!("{e}"))
    }

    pub fn now(&self) -> vestibule::model::Timestamp {
        self.clock.now()
    }
}

async fn organization(cx: &Context, project: &Project, name: &str, domain: &str) -> Organization {
    let actor = Actor::operator();
    let new = NewOrganization { display_name: name.into(), external_id: Some(name.to_lowercase()) };
    let organization = directory::create_organization(cx, &actor, &project.id, new).await.unwrap();
    directory::add_domain(cx, &actor, &project.id, &organization.id, domain).await.unwrap();
    organization
}
