//! Called as `codex`: the shim, with the policy and the sink of this place.

use std::process::ExitCode;
use std::sync::Arc;

use lockpolicy::Problems;

use crate::companion::Companion;
use crate::env::Environment;
use crate::policy::{self, Location};
use crate::settings;
use crate::telemetry::{self, ShimSink};

/// Stands in for codex. Nothing is said that codex does not say itself, but for attempts.
pub(crate) fn run(environment: &Environment) -> ExitCode {
    let mut problems = Vec::new();
    let daemon = settings::daemon(environment, &mut problems);
    let audit = settings::audit(environment, &mut problems);
    let location = Location::choose(None, environment);
    let loaded = policy::read(&location).compile(environment);
    let policy = match loaded {
        Ok(loaded) if problems.is_empty() => Ok(loaded.policy),
        Ok(_) => Err(Problems(problems)),
        Err(Problems(found)) => {
            problems.extend(found);
            Err(Problems(problems))
        }
    };
    telemetry::start_in_shim();
    shim::run(
        &shim::Process::current(),
        policy,
        Arc::new(ShimSink::new(daemon).audited(audit)),
        &Companion,
    )
}
