//! Gives each event to every sink, and lists the sinks: a new one is one file and one more element here.

use std::sync::Arc;

use lockpolicy::{Event, Observer, RequestContext};

use crate::audit::{AuditFile, AuditSink};
use crate::log::{LogQueue, LogSink};
use crate::metrics::{Metrics, StatsdSink, StatsdTarget};
use crate::record::EnforcementPoint;
use crate::sink::{Observation, Sink};

/// The observer that an enforcement point reports to.
#[derive(Debug)]
pub struct Fanout {
    point: EnforcementPoint,
    sinks: Vec<Arc<dyn Sink>>,
}

impl Fanout {
    /// Gives the events of an enforcement point to these sinks, in this order.
    pub fn new(point: EnforcementPoint, sinks: Vec<Arc<dyn Sink>>) -> Self {
        Self { point, sinks }
    }
}

impl Observer for Fanout {
    fn observe(&self, event: Event<'_>, context: &RequestContext<'_>) {
        let observation = Observation::new(self.point, event, context);
        for sink in &self.sinks {
            sink.observe(&observation);
        }
    }
}

/// Returns the observer of a proxy, with all its sinks.
pub fn proxy_observer(
    metrics: &Arc<Metrics>,
    queue: &LogQueue,
    audit: Option<Arc<AuditSink>>,
    dashboard: Option<Arc<dyn Sink>>,
) -> Arc<Fanout> {
    let counted: Arc<dyn Sink> = Arc::clone(metrics) as _;
    let mut sinks = vec![counted, Arc::new(LogSink::new(queue.clone()))];
    sinks.extend(audit.map(|audit| audit as Arc<dyn Sink>));
    sinks.extend(dashboard);
    Arc::new(Fanout::new(EnforcementPoint::Proxy, sinks))
}

/// Returns the observer of the shim, with all its sinks. Each writes before the call returns, since the shim
/// becomes codex.
pub fn shim_observer(statsd: Option<StatsdTarget>, audit: Option<AuditFile>) -> Arc<Fanout> {
    let mut sinks: Vec<Arc<dyn Sink>> = vec![Arc::new(LogSink::new(std::io::stderr))];
    let audit = audit.map(AuditSink::direct);
    sinks.extend(audit.map(|sink| Arc::new(sink) as Arc<dyn Sink>));
    let statsd = statsd.map(StatsdSink::new);
    sinks.extend(statsd.map(|sink| Arc::new(sink) as Arc<dyn Sink>));
    Arc::new(Fanout::new(EnforcementPoint::Shim, sinks))
}
