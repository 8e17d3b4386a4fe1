//! Everything that doctor can find, in one table: name, prevented level, description and remedy.

use std::fmt::Display;

use serde::Serialize;

use crate::assurance::Level;

/// One thing that is not as it has to be, or that is worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The name, for scripts.
    pub(crate) name: &'static str,
    /// The lowest level that it prevents; none for what is only worth knowing.
    pub(crate) prevents: Option<Level>,
    /// The description, in one line.
    pub(crate) what: String,
    /// The remedy.
    #[serde(rename = "what_to_do")]
    pub(crate) remedy: &'static str,
}

/// Returns the highest level that none of the findings prevents.
pub(crate) fn reached<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Level {
    let prevented = findings
        .into_iter()
        .filter_map(|finding| finding.prevents)
        .min();
    let reached = Level::ALL
        .into_iter()
        .rfind(|level| prevented.is_none_or(|prevented| *level < prevented));
    reached.unwrap_or(Level::Open)
}

/// Makes a function for each row, which returns the finding.
macro_rules! findings {
    ($($name:ident($($argument:ident),*) prevents $level:expr, $what:literal, $remedy:expr;)+) => {
        impl Finding {
            $(pub(crate) fn $name($($argument: impl Display),*) -> Self {
                Self {
                    name: stringify!($name),
                    prevents: $level,
                    what: format!($what),
                    remedy: $remedy,
                }
            })+
        }

        /// One finding of each kind, in the order of the documentation.
        #[cfg(test)]
        fn all() -> Vec<Finding> {
            vec![$({
                $(let $argument = "";)*
                Finding::$name($($argument),*)
            }),+]
        }
    };
}

const GUARDED: Option<Level> = Some(Level::Guarded);
const ENFORCED: Option<Level> = Some(Level::Enforced);
const SEALED: Option<Level> = Some(Level::Sealed);

const RUN_AGAIN: &str = "remove the cause, then run doctor again";
const ROUTE_AGAIN: &str = "run `model-lock route codex` again, as root";
const REPORT: &str = "report it: SECURITY.md says where";

findings! {
    no_policy(problems) prevents GUARDED, "{problems}",
        "set OPENCLAW_MODEL, or write /etc/model-lock/policy.toml; `model-lock check` lists every problem";
    report_only() prevents GUARDED, "the mode is report_only: nothing is locked",
        "set the mode to `force` or `reject`";
    no_codex(error) prevents GUARDED, "{error}",
        "install codex, or set MODEL_LOCK_REAL_CODEX to its path";
    codex_newer(version, newest) prevents None, "codex {version} is newer than {newest}, the newest that this model-lock was tested with: commands, options and JSON-RPC methods that are new in it are not known",
        "update model-lock; until then the pin is put into every command line of this codex, and requests that speak of a model or provider and are not known are refused";
    codex_unverified(path) prevents None, "the version of {path} is not one that this model-lock was tested with",
        "install a codex that docs/reference/codex-bypass-matrix.md names, or one between them";
    no_shim() prevents GUARDED, "no codex on PATH is the shim",
        "model-lock install --to DIR, with DIR first on PATH";
    shim_not_first(path) prevents GUARDED, "{path} stands first on PATH",
        "put the directory of the shim before it on PATH";
    login_shell(path) prevents GUARDED, "a login shell runs {path}",
        "install where login shells look first, such as /usr/local/bin, or set PATH in /etc/profile.d";
    shim_check_failed(error) prevents GUARDED, "the shim could not be checked: {error}",
        RUN_AGAIN;
    shim_bypassed(model) prevents GUARDED, "the shim let `{model}` through",
        REPORT;
    proxy_off() prevents ENFORCED, "MODEL_LOCK_PROXY is off: only the command line is locked",
        "unset MODEL_LOCK_PROXY, or set it to the proxy's URL";
    proxy_unreachable(address, error) prevents ENFORCED, "the proxy at {address} does not answer: {error}",
        "start it: model-lock serve; or correct the URL";
    proxy_not_ours(address) prevents ENFORCED, "the server at {address} is not model-lock",
        "correct the URL, or free the port of what listens there";
    proxy_other_policy(hash) prevents ENFORCED, "the proxy enforces another policy ({hash})",
        "give both the same policy, then restart or reload the proxy";
    proxy_check_failed(error) prevents ENFORCED, "the proxy could not be checked: {error}",
        RUN_AGAIN;
    proxy_ineffective(model) prevents ENFORCED, "the proxy let `{model}` through",
        REPORT;
    proxy_bypassed(address) prevents ENFORCED, "a codex that the shim started sent its calls to {address}",
        "unset what points codex elsewhere; `model-lock explain` and docs/guide/route.md help to find it";
    root() prevents SEALED, "doctor runs as root, who can undo everything",
        "run the agent, and doctor, as a user that is not root";
    policy_open(origin) prevents SEALED, "the agent can change the policy: it comes from {origin}",
        "write /etc/model-lock/policy.toml as root, where the agent cannot change it";
    user_namespace(what) prevents SEALED, "{what}",
        "run doctor outside of it; docs/design/threat-model.md says what else may be replaced";
    route_missing() prevents SEALED, "no route: a codex that is started by its own path does not use the proxy",
        "model-lock route codex --proxy URL, as root";
    route_writable(path) prevents SEALED, "this user can change {path}",
        "give the file and its directories to root: chown root, chmod go-w";
    route_other_model(model) prevents SEALED, "the route sets the model `{model}`",
        ROUTE_AGAIN;
    route_elsewhere(address) prevents SEALED, "the route points to {address}, the policy to another proxy",
        ROUTE_AGAIN;
    route_check_failed(path, error) prevents SEALED, "{path} could not be checked: {error}",
        RUN_AGAIN;
    route_ignored(path, address) prevents SEALED, "{path} sent its calls to {address} instead",
        "remove that codex, or its network access and its key; docs/guide/route.md lists what each version obeys";
    proxy_variable(name) prevents SEALED, "{name} sends codex's calls past the proxy",
        "unset it for the agent, or have NO_PROXY name the proxy's host";
    egress_open(host) prevents SEALED, "{host} can be reached without the proxy",
        "let only the proxy reach the internet: an internal network, or a firewall rule by user";
    key_visible(place) prevents SEALED, "{place} holds what looks like a real credential",
        "give the real key to the proxy alone, and a token of the proxy to the agent";
    other_codex(path) prevents None, "{path} can be started by its own path",
        "model-lock route codex --proxy URL, as root: the route is what locks a codex that is started this way";
    daemon(path) prevents None, "a codex server accepts requests at {path}",
        "stop it: codex app-server daemon stop";
    auth_open(path, mode) prevents None, "other users can read or change {path} (mode {mode})",
        "chmod 600 the file";
    auth_unrecognized(path) prevents None, "{path} is in no format that codex writes",
        "log in again: codex login";
    pin_not_inserted(what) prevents None, "{what}",
        "have the client state it: the API has no such place, or another default; docs/reference/operations.md lists the places";
    dialects_overlap(what) prevents None, "{what}",
        "switch on the dialects that are used, the one that is asked most first";
    statsd_off() prevents None, "STATSD_HOST is not set: no metrics are sent",
        "set STATSD_HOST to have attempts counted";
    statsd_unreachable(address) prevents None, "no StatsD daemon listens at {address}",
        "start the StatsD daemon, or correct STATSD_HOST and STATSD_PORT";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reached_level_is_the_one_below_the_first_that_is_prevented() {
        let (root, no_shim) = (Finding::root, Finding::no_shim);
        for (findings, level) in [
            (vec![], Level::Sealed),
            (vec![Finding::statsd_off()], Level::Sealed),
            (vec![root(), Finding::statsd_off()], Level::Enforced),
            (vec![root(), Finding::proxy_off()], Level::Guarded),
            (vec![no_shim(), root()], Level::Open),
        ] {
            assert_eq!(reached(&findings), level, "{findings:?}");
        }
    }

    #[test]
    fn page_lists_every_finding() {
        let rows = all().into_iter().map(|finding| {
            let prevents = finding.prevents.map_or("", Level::as_str);
            let name = format!("`{}`", finding.name);
            vec![name, prevents.to_owned(), finding.remedy.to_owned()]
        });
        let table = crate::tests::docs::table(&["Finding", "Prevents", "What to do"], rows);
        crate::tests::docs::compare("reference/doctor-findings.md", "findings", &table);
    }
}
