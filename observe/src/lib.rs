//! Records what happened, and decides nothing: log, metrics, audit file and dashboard.
//!
//! ```text
//! verdict → lockpolicy::report → fanout → metrics, log, audit, dashboard → record
//! ```

use std::sync::Arc;

use audit::{AuditFile, AuditSink};
use log::{LogQueue, LogSink};
use metrics::{Metrics, StatsdSink, StatsdTarget};

pub mod audit;
mod clock;
pub mod dashboard;
mod fanout;
pub mod log;
pub mod metrics;
mod process_state;
mod queue;
pub mod record;
mod sink;

pub use fanout::Fanout;
pub use process_state::{PolicyProvenance, ProcessState, StatsdState};
pub use record::{EnforcementPoint, Record, Reload};
pub use sink::{Observation, Sink};

/// Returns the observer of a proxy, with all its sinks. A new sink is one file and one more element here.
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
