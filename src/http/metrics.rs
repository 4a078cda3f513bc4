//! Prometheus metrics of one application.

use std::{fmt, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Registry, Unit},
};

use crate::service::connections::Gauges;

/// Labels of a request. The pattern, never the path: paths hold ids, and their number has no bound.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

/// The registry and the frame's own metrics.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("vestibule");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        // 0.5 ms to 8 s.
        let durations = Family::<RouteLabels, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.0005, 2.0, 15))
        });
        registry.register_with_unit(
            "http_request_duration",
            "Time to answer",
            Unit::Seconds,
            durations.clone(),
        );
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What is running", build);
        Self { registry, requests, durations }
    }

    /// Shows these gauges too.
    pub(super) fn register(&mut self, gauges: &Gauges) {
        let (certificates, ended) = (gauges.certificates.clone(), gauges.ended_metadata.clone());
        let help = "SAML connections whose last certificate ends within so many days";
        self.registry.register("saml_certificates_ending", help, certificates);
        self.registry.register("saml_metadata_ended", "SAML connections whose metadata has ended", ended);
    }

    pub(super) fn observe(&self, method: &str, route: &str, status: u16, duration: Duration) {
        let labels = RequestLabels { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        let route = RouteLabels { route: route.to_owned() };
        self.durations.get_or_create(&route).observe(duration.as_secs_f64());
    }

    pub(super) fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
