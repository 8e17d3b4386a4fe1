//! Variables that are misspelled: they look like the program's own, and nothing reads them.

use std::ffi::OsStr;

use lockpolicy::{Problem, nearest_names, policy_variables, renamed_policy_variables};

use super::environment::Environment;
use super::table::{RENAMED, SHIM, Setting, TABLE};

/// What the images and scripts of `deploy/` read.
const DEPLOYMENT: [&str; 3] = ["MODEL_LOCK_HOME", "MODEL_LOCK_IMAGE", "MODEL_LOCK_WAIT"];

/// What only this program reads starts with one of these.
const OWN: [&str; 2] = ["MODEL_LOCK_", "OPENCLAW_MODEL"];

/// What `OpenClaw` reads as well.
const SHARED: &str = "OPENCLAW_";

/// The fewest words by which a name that `OpenClaw` could read as well is taken for one of ours.
const TELLING_WORDS: usize = 3;

/// Returns a problem for each variable that nothing reads although it looks like the program's own: it would be taken
/// to hold.
pub(super) fn unknown_variables(environment: &Environment) -> Vec<Problem> {
    let names = environment.names().filter_map(OsStr::to_str);
    let is_known = |name: &str| known().any(|own| own == name) || DEPLOYMENT.contains(&name);
    let unknown = names.filter(|name| !is_of_service(name) && !is_known(name));
    unknown.filter_map(problem).collect()
}

/// Returns every name that the program reads, or that another check reports.
fn known() -> impl Iterator<Item = &'static str> {
    let settings = TABLE.iter().flat_map(Setting::variables);
    let shim = SHIM.iter().map(|(name, ..)| *name);
    let policy = policy_variables().map(|(name, _)| name);
    let old = RENAMED.iter().map(|(old, _)| *old);
    let old = old.chain(renamed_policy_variables());
    settings.chain(shim).chain(policy).chain(old)
}

fn problem(name: &str) -> Option<Problem> {
    let near = nearest_names(known(), name);
    let words = name.split('_').count();
    let is_own = OWN.iter().any(|start| name.starts_with(start));
    let is_close = !near.is_empty() || words >= TELLING_WORDS;
    let shorter: Vec<&str> = known().filter(|own| is_short_for(name, own)).collect();
    let mut meant: Vec<&str> = near.into_iter().chain(shorter).collect();
    meant.dedup();
    let what = match meant.as_slice() {
        [] if is_own => "no such variable: unset it, or see docs/reference/settings.md".to_owned(),
        [_, ..] if is_own || (is_close && name.starts_with(SHARED)) => {
            let meant = meant.join(" or ");
            format!("no such variable: {meant} expected, or unset it")
        }
        _ => return None,
    };
    Some(Problem::new(name, what))
}

/// Returns true if a name leaves out words of another one, and ends like it: `OPENCLAW_MODE`.
fn is_short_for(name: &str, own: &str) -> bool {
    let mut words = own.split('_');
    let in_order = name.split('_').all(|word| words.any(|own| own == word));
    in_order && words.next().is_none()
}

/// Returns true for what Kubernetes adds to the environment of each container, for each Service.
fn is_of_service(name: &str) -> bool {
    let is_port = name.ends_with("_PORT") || name.contains("_PORT_");
    name.ends_with("_SERVICE_HOST") || is_port
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn problems(names: &[&str]) -> Vec<String> {
        let environment = names.iter().map(|name| (*name, "1")).collect();
        let problems = unknown_variables(&environment);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_known_variable_and_those_of_others_pass() {
        let known: Vec<&str> = known().chain(DEPLOYMENT).collect();
        assert_eq!(problems(&known), [""; 0]);
        let others = [
            "PATH",
            "STATSD_HOTS",
            "OPENCLAW_STATE_DIR",
            "OPENCLAW_GATEWAY_TOKEN",
            "OPENCLAW_CODEX_VOLUME_NAME",
            "MODEL_LOCK_SERVICE_HOST",
            "MODEL_LOCK_SERVICE_PORT",
            "MODEL_LOCK_SERVICE_PORT_HTTP",
            "MODEL_LOCK_PORT",
            "MODEL_LOCK_PORT_8383_TCP_ADDR",
        ];
        assert_eq!(problems(&others), [""; 0]);
    }

    #[test]
    fn every_variable_that_what_is_deployed_names_is_known() {
        let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
        let mut names = BTreeSet::new();
        add_names(&deploy, &mut names);
        assert!(
            DEPLOYMENT.iter().all(|own| names.contains(*own)),
            "{names:?}"
        );
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(problems(&names), [""; 0]);
    }

    /// Adds the names in the files of a directory that look like the program's own.
    fn add_names(directory: &Path, names: &mut BTreeSet<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add_names(&path, names);
                continue;
            }
            let text = String::from_utf8(fs::read(path).unwrap()).unwrap_or_default();
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let own = words.filter(|word| OWN.iter().any(|start| word.starts_with(start)));
            names.extend(own.map(str::to_owned));
        }
    }

    #[test]
    fn misspelled_variable_is_a_problem_that_names_the_nearest_one() {
        for (name, nearest) in [
            ("MODEL_LOCK_DIALECTS", "MODEL_LOCK_DIALECT"),
            ("OPENCLAW_MODELS", "OPENCLAW_MODEL"),
            ("OPENCLAW_MODEL_LOCK_MOED", "OPENCLAW_MODEL_LOCK_MODE"),
            ("OPENCLAW_EMBEDING_MODEL", "OPENCLAW_EMBEDDING_MODEL"),
            ("OPENCLAW_SERVICE_TEIR", "OPENCLAW_SERVICE_TIER"),
        ] {
            let wanted = format!("{name}: no such variable: {nearest} expected, or unset it");
            assert_eq!(problems(&[name]), [wanted]);
        }
        let what = "no such variable: unset it, or see docs/reference/settings.md";
        let far = "MODEL_LOCK_STRICTNESS";
        assert_eq!(problems(&[far]), [format!("{far}: {what}")]);
    }

    #[test]
    fn variable_that_is_short_for_the_mode_is_a_problem_that_names_the_mode() {
        for (name, meant) in [
            (
                "OPENCLAW_MODE",
                "OPENCLAW_MODEL or OPENCLAW_MODEL_LOCK_MODE",
            ),
            ("OPENCLAW_LOCK_MODE", "OPENCLAW_MODEL_LOCK_MODE"),
            ("MODEL_LOCK_MODE", "OPENCLAW_MODEL_LOCK_MODE"),
        ] {
            let wanted = format!("{name}: no such variable: {meant} expected, or unset it");
            assert_eq!(problems(&[name]), [wanted]);
        }
    }
}
