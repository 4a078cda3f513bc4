//! The route table: every endpoint is a row, and the applications are configured from the rows alone. The tenancy
//! matrix of the tests reads the same rows, so a route that nobody thought about fails the suite.

use std::{collections::BTreeMap, sync::Arc};

use actix_web::{
    App, Error, Route,
    body::BoxBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    guard,
    http::Method,
    middleware::from_fn,
    web,
};

use super::{body, error::HttpError, health, middleware, state::Frame};

/// One endpoint: method, pattern, and the handler as an actix route that takes any method.
#[derive(Clone)]
pub struct Endpoint {
    /// The method it answers.
    pub method: Method,
    /// The pattern as actix matches it and as logs and metrics name it.
    pub pattern: &'static str,
    /// Whether it answers HEAD as well, without the body.
    pub answers_head: bool,
    route: fn() -> Route,
}

impl Endpoint {
    /// A GET endpoint: `Endpoint::get("/healthz", || web::to(healthz))`.
    pub const fn get(pattern: &'static str, route: fn() -> Route) -> Self {
        Self::new(Method::GET, pattern, route)
    }

    /// A GET endpoint that answers HEAD too (RFC 9110 section 9.3.2). Not for pages: what looks at a link before a person
    /// does must not use it up.
    pub const fn read(pattern: &'static str, route: fn() -> Route) -> Self {
        Self { method: Method::GET, pattern, answers_head: true, route }
    }

    /// A POST endpoint.
    pub const fn post(pattern: &'static str, route: fn() -> Route) -> Self {
        Self::new(Method::POST, pattern, route)
    }

    /// A PUT endpoint.
    pub const fn put(pattern: &'static str, route: fn() -> Route) -> Self {
        Self::new(Method::PUT, pattern, route)
    }

    /// A PATCH endpoint.
    pub const fn patch(pattern: &'static str, route: fn() -> Route) -> Self {
        Self::new(Method::PATCH, pattern, route)
    }

    /// A DELETE endpoint.
    pub const fn delete(pattern: &'static str, route: fn() -> Route) -> Self {
        Self::new(Method::DELETE, pattern, route)
    }

    const fn new(method: Method, pattern: &'static str, route: fn() -> Route) -> Self {
        Self { method, pattern, answers_head: false, route }
    }

    /// The methods as they are told in `Allow`.
    fn allowed(&self) -> String {
        if self.answers_head { format!("{}, HEAD", self.method) } else { self.method.to_string() }
    }

    fn mounted(&self) -> Route {
        let route = (self.route)();
        if self.answers_head {
            route.guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            route.method(self.method.clone())
        }
    }
}

/// The service behind an application: a name for what actix leaves without one.
pub trait AppFactory:
    ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >
{
}

impl<T> AppFactory for T where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<BoxBody>,
            Error = Error,
            InitError = (),
        >
{
}

/// Every endpoint of the public listener.
pub fn public_endpoints() -> Vec<Endpoint> {
    [
        // One area a line.
        super::health::ENDPOINTS,
        super::pages::ENDPOINTS,
        super::oidc::ENDPOINTS,
        super::login::ENDPOINTS,
        super::saml::ENDPOINTS,
        super::backend_api::ENDPOINTS,
        super::setup::ENDPOINTS,
        &super::scim::endpoints(),
    ]
    .concat()
}

/// Every endpoint of the private listener.
pub fn private_endpoints() -> Vec<Endpoint> {
    [health::ENDPOINTS, health::PRIVATE_ENDPOINTS].concat()
}

/// The application of the public listener: only configured hosts are answered.
pub fn public_app(frame: &web::Data<Frame>) -> App<impl AppFactory + use<>> {
    app(frame, &public_endpoints()).app_data(middleware::HostPolicy::Configured)
}

/// The application of the private listener: operators and probes, reached by any name.
pub fn private_app(frame: &web::Data<Frame>) -> App<impl AppFactory + use<>> {
    app(frame, &private_endpoints()).app_data(middleware::HostPolicy::Any)
}

/// An application of the given endpoints inside the frame: request ids, logs, metrics, headers, error forms.
pub fn app(frame: &web::Data<Frame>, endpoints: &[Endpoint]) -> App<impl AppFactory + use<>> {
    App::new()
        .app_data(frame.clone())
        .app_data(web::PayloadConfig::new(body::DEFAULT_LIMIT))
        .app_data(web::FormConfig::default().limit(body::DEFAULT_LIMIT))
        .app_data(web::JsonConfig::default().limit(body::DEFAULT_LIMIT))
        .configure(|config| mount(config, endpoints))
        .configure(frame.services())
        .default_service(web::to(not_found))
        .wrap(from_fn(super::scim::spell))
        .wrap(from_fn(middleware::frame))
}

/// One actix resource per pattern, so that a known path with a wrong method is 405 and names what is allowed.
fn mount(config: &mut web::ServiceConfig, endpoints: &[Endpoint]) {
    let mut patterns: Vec<&str> = Vec::new();
    let mut by_pattern: BTreeMap<&str, Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in endpoints {
        if !by_pattern.contains_key(endpoint.pattern) {
            patterns.push(endpoint.pattern);
        }
        by_pattern.entry(endpoint.pattern).or_default().push(endpoint);
    }
    for pattern in patterns {
        let rows = &by_pattern[pattern];
        let allow: Arc<str> = rows.iter().map(|row| row.allowed()).collect::<Vec<_>>().join(", ").into();
        let mut resource = web::resource(pattern);
        for row in rows {
            resource = resource.route(row.mounted());
        }
        config.service(
            resource
                .default_service(web::to(move || {
                    let allow = allow.clone();
                    async move { Err::<&str, _>(HttpError::method_not_allowed(&allow)) }
                }))
                .wrap(from_fn(middleware::catch_panic)),
        );
    }
}

async fn not_found() -> Result<&'static str, HttpError> {
    Err(HttpError::not_found("There is nothing at this address."))
}
