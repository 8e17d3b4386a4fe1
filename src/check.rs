//! `model-lock check`: the policy that holds here, or everything that is wrong.

use std::path::Path;
use std::process::ExitCode;

use lockpolicy::Problems;

use crate::cli::Serve;
use crate::env::Environment;
use crate::policy::{self, Location};
use crate::report;
use crate::settings::Settings;

/// Prints the policy, its hash and where it came from. The variables of `serve` are looked at too:
/// what would stop it is told here.
pub(crate) fn check(policy: Option<&Path>, environment: &Environment) -> ExitCode {
    let mut problems = Vec::new();
    Settings::read(&Serve::default(), environment, &mut problems);
    let location = Location::choose(policy, environment);
    match policy::read(&location).compile(environment) {
        Ok(loaded) if problems.is_empty() => report::result(&format!(
            "{}hash = {}\nfrom = {}\n",
            loaded.policy.describe(),
            loaded.policy.hash(),
            loaded.origin
        )),
        Ok(_) => report::problems(&problems),
        Err(Problems(found)) => {
            problems.extend(found);
            report::problems(&problems)
        }
    }
}
