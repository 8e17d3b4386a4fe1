//! Called as `codex`: the shim, with the policy and the sink of this place.

use std::process::ExitCode;
use std::sync::Arc;

use observe::audit::AuditSink;
use observe::log::{self, LogSink};
use observe::metrics::StatsdSink;
use observe::{EnforcementPoint, Fanout, Sink};

use crate::embedded::EmbeddedProxy;
use crate::policy_source::{self, ShimSource};
use crate::settings::environment::Environment;

/// Stands in for codex. Nothing is said that codex does not say itself, but for attempts.
pub(crate) fn run(environment: &Environment) -> ExitCode {
    let ShimSource {
        settings,
        reading,
        loaded,
    } = policy_source::for_shim(environment);
    log::start_in_shim();
    let mut sinks: Vec<Arc<dyn Sink>> = vec![Arc::new(LogSink::new(std::io::stderr))];
    let audit = settings.audit_file().map(AuditSink::direct);
    sinks.extend(audit.map(|sink| Arc::new(sink) as Arc<dyn Sink>));
    let statsd = settings.statsd().map(StatsdSink::new);
    sinks.extend(statsd.map(|sink| Arc::new(sink) as Arc<dyn Sink>));
    shim::run(
        &shim::Process::current(),
        loaded.map(|loaded| loaded.policy),
        Arc::new(Fanout::new(EnforcementPoint::Shim, sinks)),
        &EmbeddedProxy { settings, reading },
    )
}
