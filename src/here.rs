//! The policy as a codex that is called here would find it, and that codex's place.

use std::sync::Arc;

use lockpolicy::{Policy, Problems};

use crate::env::Environment;
use crate::policy::{self, Loaded, Location};
use crate::settings;

/// The policy that the shim would judge by, with where it came from.
///
/// # Errors
///
/// Everything that is wrong with the policy and with the settings of the shim: it would not start.
pub(crate) fn policy(environment: &Environment) -> Result<Loaded, Problems> {
    let mut problems = Vec::new();
    settings::daemon(environment, &mut problems);
    settings::audit(environment, &mut problems);
    let location = Location::choose(None, environment);
    policy::read(&location).compile_after(problems, environment)
}

/// The same, without where it came from.
pub(crate) fn rules(environment: &Environment) -> Result<Arc<Policy>, Problems> {
    policy(environment).map(|loaded| loaded.policy)
}
