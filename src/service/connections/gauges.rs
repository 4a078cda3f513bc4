//! What operators watch of connections, as this node last saw it.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
};

/// Gauges that the job which looks for ends keeps up to date. Counts, not connections: those have no bound.
#[derive(Debug, Clone, Default)]
pub struct Gauges {
    /// Connections whose last certificate ends within so many days.
    pub certificates: Family<Within, Gauge>,
    /// Connections whose metadata has ended.
    pub ended_metadata: Gauge,
}

/// A number of days.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Within {
    /// Days.
    pub days: i64,
}
