//! The state of one gateway's HTTP frame. Everything in it belongs to the application: two gateways in one process
//! share nothing.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::web;

use super::{metrics::Metrics, request::TrustedProxies, sites::Sites};

/// Fills a buffer with random bytes: the generator of the gateway, or a seeded one in tests.
pub type FillRandom = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The answer to "can this node work?": the reason when it cannot.
pub type Readiness = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Registers the state of the handlers (`web::Data<...>`) with an application.
pub type Register = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;

/// What the middleware and the operators' endpoints need.
pub struct Frame {
    pub(super) sites: Sites,
    pub(super) trusted_proxies: TrustedProxies,
    pub(super) random: FillRandom,
    pub(super) metrics: Metrics,
    ready: Arc<dyn Fn() -> Readiness + Send + Sync>,
    register: Register,
}

impl Frame {
    /// A frame that answers for these sites. It trusts no proxy, is always ready and holds no further state.
    pub fn new(sites: Sites, random: FillRandom) -> Self {
        Self {
            sites,
            trusted_proxies: TrustedProxies::default(),
            random,
            metrics: Metrics::new(),
            ready: Arc::new(|| Box::pin(std::future::ready(Ok(())))),
            register: Arc::new(|_| {}),
        }
    }

    /// Believes `X-Forwarded-For` from these peers (R28).
    pub fn trusting(mut self, proxies: TrustedProxies) -> Self {
        self.trusted_proxies = proxies;
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

    pub(super) fn ready(&self) -> Readiness {
        (self.ready)()
    }

    pub(super) fn services(&self) -> impl FnOnce(&mut web::ServiceConfig) {
        let register = self.register.clone();
        move |config| register(config)
    }

    /// A new request id: never taken from outside, so that nobody can forge a line in the log.
    pub(super) fn request_id(&self) -> String {
        let mut bytes = [0_u8; 12];
        (self.random)(&mut bytes);
        let mut id = String::with_capacity(28);
        id.push_str("req_");
        for byte in bytes {
            id.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            id.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
        id
    }
}
