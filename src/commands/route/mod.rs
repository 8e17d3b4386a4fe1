//! `model-lock route codex`: codex's own root-owned files, so that its model traffic goes to the proxy.
//!
//! ```text
//! /etc/codex/managed_config.toml   pin, provider and base URL, above `-c` and every config file
//! /etc/codex/requirements.toml     the provider, above what a client names too (codex 0.169)
//! ```
//!
//! Both are written for every codex: versions before 0.169 read the second and heed nothing in it.

mod diff;
pub(crate) mod edit;
mod file;

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lockpolicy::{Problem, Problems};
use proxy::Upstream;

use crate::output::{self, WriteError};
use crate::policy_source;
use crate::settings::environment::Environment;
use edit::{EditError, Keys};

/// The file of codex's managed configuration, below the root of the file system.
pub(crate) const MANAGED: &str = "etc/codex/managed_config.toml";
/// The file of codex 0.169's requirements, which nobody may override.
pub(crate) const REQUIREMENTS: &str = "etc/codex/requirements.toml";

/// Describes whose traffic is routed.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Route {
    /// The real codex, however it is started
    Codex(Codex),
}

/// The flags of `route codex`.
#[derive(clap::Args, Debug)]
pub(crate) struct Codex {
    /// The proxy, as codex reaches it; `/v1` is added where the URL has no path
    ///
    /// If codex is logged in with a subscription, end it with `/backend-api/codex`.
    #[arg(long, value_name = "URL", required_unless_present = "remove")]
    proxy: Option<String>,
    /// Take out what was written, and give back what stood there
    #[arg(long, conflicts_with = "proxy")]
    remove: bool,
    #[command(flatten)]
    consent: Consent,
    /// Also pin the profile that codex up to 0.125 obeys; from 0.154 on, codex does not start with it
    #[arg(long)]
    legacy_profile: bool,
    /// Write below another root
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
}

/// The flags that say if it may be written.
#[derive(clap::Args, Debug)]
struct Consent {
    /// Write without asking
    #[arg(long)]
    yes: bool,
    /// Show the difference and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// The reason why nothing was written, or not everything.
#[derive(Debug, thiserror::Error)]
enum RouteError {
    #[error("{0} is left as it is")]
    Edit(PathBuf, #[source] EditError),
    #[error("cannot read {0}")]
    Read(PathBuf, #[source] io::Error),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("nothing was written: standard input is no terminal to ask at; say --yes")]
    NobodyToAsk,
    #[error("cannot ask")]
    Ask(#[source] io::Error),
}

/// A file as it is and as it shall be.
struct Change {
    path: PathBuf,
    before: Option<String>,
    after: Option<String>,
}

/// Writes the route, or takes it out.
pub(crate) fn route(route: &Route, environment: &Environment) -> ExitCode {
    let Route::Codex(options) = route;
    let wanted = match wanted(options, environment) {
        Ok(wanted) => wanted,
        Err(Problems(problems)) => return output::problems(&problems),
    };
    match changes(&options.root, wanted).and_then(|changes| carry_out(options, &changes)) {
        Ok(text) => output::result(&text),
        Err(error) => output::failure(&error),
    }
}

/// The files with what shall stand in each; `None` is nothing of ours.
type ModelChoice = [(&'static str, Option<Keys>); 2];

fn wanted(options: &Codex, environment: &Environment) -> Result<ModelChoice, Problems> {
    let Some(proxy) = &options.proxy else {
        return Ok([(MANAGED, None), (REQUIREMENTS, None)]);
    };
    let base = base_url(proxy).map_err(|problem| Problems(vec![problem]))?;
    let policy = policy_source::for_shim(environment)
        .loaded
        .map(|loaded| loaded.policy)?;
    let managed = managed(policy.pin(), &base, options.legacy_profile);
    Ok([(MANAGED, Some(managed)), (REQUIREMENTS, Some(required()))])
}

/// Returns the keys that pin the model and the base URL of codex's own provider.
fn managed(pin: &str, base: &str, legacy_profile: bool) -> Keys {
    let text = str::to_owned;
    let mut top = vec![
        ("model", text(pin)),
        ("review_model", text(pin)),
        ("model_provider", text(PROVIDER)),
        ("openai_base_url", text(base)),
    ];
    let mut tables = Vec::new();
    if legacy_profile {
        top.push(("profile", text("model-lock")));
        let keys = vec![("model", text(pin)), ("model_provider", text(PROVIDER))];
        tables.push(("profiles.model-lock", keys));
    }
    Keys { top, tables }
}

/// Returns the keys that no client may override.
fn required() -> Keys {
    Keys {
        top: vec![("model_provider", PROVIDER.to_owned())],
        tables: Vec::new(),
    }
}

/// The provider that is codex's own: nobody can define it anew, and its base URL is pinned.
pub(crate) const PROVIDER: &str = "openai";

fn base_url(proxy: &str) -> Result<String, Problem> {
    let problem = |what: String| Problem::new("--proxy", what);
    if proxy.starts_with('/') {
        return Err(problem("a URL expected".to_owned()));
    }
    Upstream::parse(proxy).map_err(|error| problem(error.to_string()))?;
    let bare = proxy.trim_end_matches('/');
    let (_, behind) = bare.split_once("://").unwrap_or_default();
    let path = if behind.contains('/') { "" } else { "/v1" };
    Ok([bare, path].concat())
}

fn changes(root: &Path, wanted: ModelChoice) -> Result<Vec<Change>, RouteError> {
    let mut changes = Vec::new();
    for (name, keys) in wanted {
        let path = root.join(name);
        let before = file::read(&path).map_err(|error| RouteError::Read(path.clone(), error))?;
        let after = match (&keys, &before) {
            (Some(keys), _) => edit::with(before.as_deref(), keys).map(Some),
            (None, Some(text)) => edit::without(text),
            (None, None) => Ok(None),
        };
        let after = after.map_err(|error| RouteError::Edit(path.clone(), error))?;
        if after != before {
            changes.push(Change {
                path,
                before,
                after,
            });
        }
    }
    Ok(changes)
}

/// Shows, asks, writes; gives what is to be told on standard output.
fn carry_out(options: &Codex, changes: &[Change]) -> Result<String, RouteError> {
    let shown: String = changes.iter().map(Change::diff).collect();
    if changes.is_empty() {
        return Ok("nothing to change\n".to_owned());
    }
    if options.consent.dry_run {
        return Ok(shown);
    }
    if !options.consent.yes && !is_agreed(&shown)? {
        return Ok("nothing was written\n".to_owned());
    }
    let mut text = if options.consent.yes {
        shown
    } else {
        String::new()
    };
    for change in changes {
        let replaced = file::replace(&change.path, change.after.as_deref());
        replaced.map_err(WriteError::at(&change.path))?;
        let done = if change.after.is_some() {
            "wrote"
        } else {
            "removed"
        };
        text.extend([done, " ", &change.path.to_string_lossy(), "\n"]);
    }
    Ok(text)
}

impl Change {
    fn diff(&self) -> String {
        let path = self.path.to_string_lossy();
        diff::unified(&path, self.before.as_deref(), self.after.as_deref())
    }
}

/// Shows the difference and asks; only `y` and `yes` agree.
fn is_agreed(shown: &str) -> Result<bool, RouteError> {
    if !io::stdin().is_terminal() {
        return Err(RouteError::NobodyToAsk);
    }
    let mut answer = String::new();
    let mut out = io::stderr().lock();
    write!(out, "{shown}write this? [y/N] ")
        .and_then(|()| out.flush())
        .and_then(|()| io::stdin().lock().read_line(&mut answer))
        .map_err(RouteError::Ask)?;
    Ok(matches!(answer.trim(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_url_without_a_path_gets_the_path_of_codex() {
        for (proxy, base) in [
            ("http://127.0.0.1:8383", "http://127.0.0.1:8383/v1"),
            ("http://a:1/", "http://a:1/v1"),
            ("https://a/v1/", "https://a/v1"),
            ("http://a/backend-api/codex", "http://a/backend-api/codex"),
        ] {
            assert_eq!(base_url(proxy).unwrap(), base);
        }
        for bad in [
            "",
            "a:1",
            "ftp://a",
            "http://u:p@a",
            "http://a?x",
            "/x=http://a",
            "http://a\n",
        ] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }
}
