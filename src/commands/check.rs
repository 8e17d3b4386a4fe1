//! `model-lock check`: the policy that holds here, or everything that is wrong.

use std::path::Path;
use std::process::ExitCode;

use lockpolicy::Problems;

use crate::output;
use crate::policy_source::{self, Location, user_namespace};
use crate::settings::Settings;
use crate::settings::environment::Environment;
use crate::settings::flags::Flags;

/// Prints the policy, its hash and where it came from, and where a pin is not put in. The variables of `serve` are looked at too:
/// what would stop it is told here.
pub(crate) fn check(policy: Option<&Path>, environment: &Environment) -> ExitCode {
    let mut problems = Vec::new();
    let reading = policy_source::read(&Location::choose(policy, environment));
    let (effective, ignored) = reading.effective(environment);
    let settings = Settings::read(&Flags::default(), &effective, &mut problems);
    settings.config(&mut problems);
    match reading.compile_after(problems, environment) {
        Ok(loaded) => {
            let unheld = settings.unheld(&loaded.policy).into_iter();
            let unheld = unheld.map(|unheld| format!("warning = {unheld}\n"));
            let ignored = ignored.iter().map(|name| {
                format!("warning = {name} is ignored: only the policy file or a flag sets that\n")
            });
            let namespace = user_namespace::is_private();
            let namespace = namespace.then(|| format!("warning = {}\n", user_namespace::WARNING));
            let warnings = unheld.chain(ignored).chain(namespace);
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
