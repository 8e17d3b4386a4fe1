//! `model-lock check`: the policy that holds here, or everything that is wrong.

use std::path::Path;
use std::process::ExitCode;

use lockpolicy::Problems;

use crate::output;
use crate::policy_source::{self, Location, user_namespace};
use crate::settings::environment::Environment;
use crate::settings::flags::Flags;

/// Prints the policy, its hash and where it came from, where a pin is not put in, what the dialects take from each
/// other, and what is allowed although a model runs there. The variables of `serve` are looked at too: what would stop
/// it is told here.
pub(crate) fn check(policy: Option<&Path>, environment: &Environment) -> ExitCode {
    let mut problems = Vec::new();
    let reading = policy_source::read(&Location::choose(policy, environment));
    let (effective, ignored) = reading.effective(environment);
    let flags = Flags::default();
    let settings = reading.settings(&flags, (environment, &effective), &mut problems);
    settings.config(&mut problems);
    match reading.compile_after(problems, environment) {
        Ok(loaded) => {
            let (unheld, overlaps, allowed) = settings.dialect_notes(&loaded.policy);
            let ignored = ignored
                .iter()
                .map(|name| format!("{name} is ignored: only the policy file or a flag sets that"));
            let namespace =
                user_namespace::is_private().then(|| user_namespace::WARNING.to_string());
            let warnings = texts(&unheld)
                .chain(texts(&overlaps))
                .chain(texts(&allowed))
                .chain(ignored)
                .chain(namespace)
                .map(|text| format!("warning = {text}\n"));
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

fn texts<T: ToString>(all: &[T]) -> impl Iterator<Item = String> {
    all.iter().map(ToString::to_string)
}
