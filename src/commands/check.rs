//! `model-lock check`: the policy that holds here, or everything that is wrong.

use std::path::Path;
use std::process::ExitCode;

use lockpolicy::Problems;

use crate::output;
use crate::policy_source::{self, Location};
use crate::settings::Settings;
use crate::settings::environment::Environment;
use crate::settings::flags::Flags;

/// Prints the policy, its hash and where it came from, and where a pin is not put in. The variables of `serve` are looked at too:
/// what would stop it is told here.
pub(crate) fn check(policy: Option<&Path>, environment: &Environment) -> ExitCode {
    let mut problems = Vec::new();
    let settings = Settings::read(&Flags::default(), environment, &mut problems);
    settings.config(&mut problems);
    let location = Location::choose(policy, environment);
    match policy_source::read(&location).compile_after(problems, environment) {
        Ok(loaded) => {
            let unheld = settings.unheld(&loaded.policy).into_iter();
            let warnings = unheld.map(|unheld| format!("warning = {unheld}\n"));
            output::result(&format!(
                "{}hash = {}\nfrom = {}\n{}",
                loaded.policy.describe(),
                loaded.policy.hash(),
                loaded.origin,
                warnings.collect::<String>()
            ))
        }
        Err(Problems(problems)) => output::problems(&problems),
    }
}
