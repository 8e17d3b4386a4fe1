//! Called as `codex`: the shim, with the policy and the sink of this place.

use std::process::ExitCode;

use observe::log;

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
    let observer = observe::shim_observer(settings.statsd(), settings.audit_file());
    shim::run(
        &shim::Process::current(),
        loaded.map(|loaded| loaded.policy),
        observer,
        &EmbeddedProxy { settings, reading },
    )
}
