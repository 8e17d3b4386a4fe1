//! Called as `codex`: the shim, with the policy and the sink of this place.

use std::process::ExitCode;
use std::sync::Arc;

use crate::embedded::Companion;
use crate::policy_source::{self, Location};
use crate::settings::Settings;
use crate::settings::environment::Environment;
use crate::telemetry::{self, ShimSink};

/// Stands in for codex. Nothing is said that codex does not say itself, but for attempts.
pub(crate) fn run(environment: &Environment) -> ExitCode {
    let mut problems = Vec::new();
    let settings = Settings::shared(environment, &mut problems);
    let location = Location::choose(None, environment);
    let loaded = policy_source::read(&location).compile_after(problems, environment);
    telemetry::start_in_shim();
    shim::run(
        &shim::Process::current(),
        loaded.map(|loaded| loaded.policy),
        Arc::new(ShimSink::new(settings.statsd()).audited(settings.audit_file())),
        &Companion,
    )
}
