//! The state of one gateway's HTTP frame. Everything in it belongs to the application: two gateways in one process
//! share nothing.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use actix_web::web;

use super::{
    HttpError, RequestContext,
    metrics::Metrics,
    pace::Pace,
    request::TrustedProxies,
    sites::{Site, Sites},
};
use crate::{
    model::{Clock, Rng, ids::RequestId},
    service::connections::Gauges,
};

/// How often at most the projects are read again because of an unknown host name.
const RELOAD_EVERY: Duration = Duration::from_secs(5);

/// The sites as they are now, or why they cannot be told.
pub type Reload = Pin<Box<dyn Future<Output = Result<Sites, String>> + Send>>;

/// The answer to "can this node work?": the reason when it cannot.
pub type Readiness = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Registers the state of the handlers (`web::Data<...>`) with an application.
pub type Register = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;

/// What the middleware and the operators' endpoints need.
pub struct Frame {
    pub(super) trusted_proxies: TrustedProxies,
    pub(super) metrics: Metrics,
    pace: Pace,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    sites: RwLock<Sites>,
    reload: Option<Arc<dyn Fn() -> Reload + Send + Sync>>,
    reloaded: Mutex<Option<Instant>>,
    ready: Arc<dyn Fn() -> Readiness + Send + Sync>,
    register: Register,
}

impl Frame {
    /// A frame that answers for these sites. It trusts no proxy, is always ready and holds no further state.
    pub fn new(sites: Sites, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self {
            trusted_proxies: TrustedProxies::default(),
            metrics: Metrics::new(),
            pace: Pace::default(),
            clock,
            rng,
            sites: RwLock::new(sites),
            reload: None,
            reloaded: Mutex::new(None),
            ready: Arc::new(|| Box::pin(std::future::ready(Ok(())))),
            register: Arc::new(|_| {}),
        }
    }

    /// Believes `X-Forwarded-For` from these peers (R28).
    pub fn trusting(mut self, proxies: TrustedProxies) -> Self {
        self.trusted_proxies = proxies;
        self
    }

    /// Shows these gauges among its metrics.
    pub fn measuring(mut self, gauges: &Gauges) -> Self {
        self.metrics.register(gauges);
        self
    }

    /// Asks this for the sites when a host name is unknown.
    pub fn reloading(mut self, reload: impl Fn() -> Reload + Send + Sync + 'static) -> Self {
        self.reload = Some(Arc::new(reload));
        self
    }

    /// Asks this before it calls itself ready: database reachable, migrations applied.
    pub fn ready_when(mut self, ready: impl Fn() -> Readiness + Send + Sync + 'static) -> Self {
        self.ready = Arc::new(ready);
        self
    }

    /// Gives handlers a state of their own, extracted as `web::Data<T>`.
    pub fn with<T: Send + Sync + 'static>(mut self, state: Arc<T>) -> Self {
        let (before, data) = (self.register, web::Data::from(state));
        self.register = Arc::new(move |config| {
            before(config);
            config.app_data(data.clone());
        });
        self
    }

    /// Lets the caller begin a login, or do what may begin one, or says that its address has begun too many (R32).
    pub(super) fn admit_login(&self, caller: &RequestContext) -> Result<(), HttpError> {
        self.pace.admit(caller.address(), self.clock.now())
    }

    pub(super) fn ready(&self) -> Readiness {
        (self.ready)()
    }

    pub(super) fn services(&self) -> impl FnOnce(&mut web::ServiceConfig) {
        let register = self.register.clone();
        move |config| register(config)
    }

    /// A new request id: never taken from outside, so that nobody can forge a line in the log.
    pub(super) fn request_id(&self) -> RequestId {
        RequestId::new(&*self.clock, &*self.rng)
    }

    /// The site of a Host header. An unknown name may be a project that was made after the start: the list is read
    /// again, but not for every stranger who asks (R32).
    pub(super) async fn site(&self, host: &str) -> Option<Arc<Site>> {
        if let Some(site) = self.known(host) {
            return Some(site);
        }
        let reload = self.reload.as_ref()?;
        if !self.may_reload() {
            return None;
        }
        match reload().await {
            Ok(sites) => *self.sites.write().unwrap_or_else(PoisonError::into_inner) = sites,
            Err(error) => tracing::error!(error, "the projects cannot be read"),
        }
        self.known(host)
    }

    fn known(&self, host: &str) -> Option<Arc<Site>> {
        self.sites.read().unwrap_or_else(PoisonError::into_inner).find(host)
    }

    fn may_reload(&self) -> bool {
        let mut last = self.reloaded.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| last.elapsed() >= RELOAD_EVERY);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}
