//! Everything that can be found amiss: its name, what it prevents, and what to do.

use std::fmt;
use std::path::PathBuf;

use crate::assurance::Level;

/// One thing that is not as it has to be, or that is worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The policy only counts.
    Audit,
    /// Others on this machine can read codex's credentials.
    AuthOpen(PathBuf, u32),
    /// The credentials file is none that we know.
    AuthStrange(PathBuf),
    /// A server that codex left behind takes requests, outside of the shim.
    Daemon(PathBuf),
    /// A provider can be reached without the proxy.
    EgressOpen(String),
    /// A credential that looks real can be read.
    KeyVisible(String),
    /// The shim is not the codex that a login shell finds, as codex's own tool calls do.
    LoginShell(PathBuf),
    /// There is no codex to run.
    NoCodex(String),
    /// There is no policy, or it is wrong.
    NoPolicy(String),
    /// No `codex` on `PATH` is ours.
    NoShim,
    /// A codex can be started by its own path.
    OtherCodex(PathBuf),
    /// The environment can widen the policy.
    PolicyOpen(String),
    /// Another model left the proxy.
    ProxyLeaks(String),
    /// There is none, by the policy.
    ProxyOff,
    /// It judges by another policy.
    ProxyOtherPolicy(String),
    /// It does not answer.
    ProxySilent(String, String),
    /// What answers there is not ours.
    ProxyStrange(String),
    /// It could not be tried.
    ProxyUntried(String),
    /// A proxy variable can carry codex's calls past the route.
    ProxyVariable(&'static str),
    /// Root can undo everything.
    Root,
    /// The route leads elsewhere than to the policy's proxy.
    RouteElsewhere(String),
    /// A real codex, started by its own path, went around the route.
    RouteIgnored(PathBuf, String),
    /// Nothing leads codex to the proxy.
    RouteMissing,
    /// The route pins another model than the policy.
    RouteOtherModel(String),
    /// It could not be tried.
    RouteUntried(PathBuf, String),
    /// This user can change the route.
    RouteWritable(PathBuf),
    /// Another model came through the shim.
    ShimLeaks(String),
    /// Another codex stands before the shim.
    ShimNotFirst(PathBuf),
    /// It could not be tried.
    ShimUntried(String),
    /// Nothing is counted.
    StatsdOff,
    /// Nobody listens where counts are sent.
    StatsdSilent(String),
    /// What the shim started did not go to the proxy.
    WentAround(String),
}

/// The highest level that none of the findings prevents.
pub(crate) fn reached<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Level {
    let prevented = findings.into_iter().filter_map(Finding::prevents).min();
    let reached = Level::ALL
        .into_iter()
        .rfind(|level| prevented.is_none_or(|prevented| *level < prevented));
    reached.unwrap_or(Level::Open)
}
impl Finding {
    /// The name, for scripts.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Audit => "report_only",
            Self::AuthOpen(..) => "auth_open",
            Self::AuthStrange(_) => "auth_strange",
            Self::Daemon(_) => "daemon",
            Self::EgressOpen(_) => "egress_open",
            Self::KeyVisible(_) => "key_visible",
            Self::LoginShell(_) => "login_shell",
            Self::NoCodex(_) => "no_codex",
            Self::NoPolicy(_) => "no_policy",
            Self::NoShim => "no_shim",
            Self::OtherCodex(_) => "other_codex",
            Self::PolicyOpen(_) => "policy_open",
            Self::ProxyLeaks(_) => "proxy_leaks",
            Self::ProxyOff => "proxy_off",
            Self::ProxyOtherPolicy(_) => "proxy_other_policy",
            Self::ProxySilent(..) => "proxy_silent",
            Self::ProxyStrange(_) => "proxy_strange",
            Self::ProxyUntried(_) => "proxy_untried",
            Self::ProxyVariable(_) => "proxy_variable",
            Self::Root => "root",
            Self::RouteElsewhere(_) => "route_elsewhere",
            Self::RouteIgnored(..) => "route_ignored",
            Self::RouteMissing => "route_missing",
            Self::RouteOtherModel(_) => "route_other_model",
            Self::RouteUntried(..) => "route_untried",
            Self::RouteWritable(_) => "route_writable",
            Self::ShimLeaks(_) => "shim_leaks",
            Self::ShimNotFirst(_) => "shim_not_first",
            Self::ShimUntried(_) => "shim_untried",
            Self::StatsdOff => "statsd_off",
            Self::StatsdSilent(_) => "statsd_silent",
            Self::WentAround(_) => "went_around",
        }
    }

    /// The lowest level that it prevents; none for what is only worth knowing.
    pub(crate) fn prevents(&self) -> Option<Level> {
        match self {
            Self::Audit
            | Self::LoginShell(_)
            | Self::NoCodex(_)
            | Self::NoPolicy(_)
            | Self::NoShim
            | Self::ShimLeaks(_)
            | Self::ShimNotFirst(_)
            | Self::ShimUntried(_) => Some(Level::Guarded),
            Self::ProxyLeaks(_)
            | Self::ProxyOff
            | Self::ProxyOtherPolicy(_)
            | Self::ProxySilent(..)
            | Self::ProxyStrange(_)
            | Self::ProxyUntried(_)
            | Self::WentAround(_) => Some(Level::Enforced),
            Self::EgressOpen(_)
            | Self::KeyVisible(_)
            | Self::PolicyOpen(_)
            | Self::ProxyVariable(_)
            | Self::Root
            | Self::RouteElsewhere(_)
            | Self::RouteIgnored(..)
            | Self::RouteMissing
            | Self::RouteOtherModel(_)
            | Self::RouteUntried(..)
            | Self::RouteWritable(_) => Some(Level::Sealed),
            Self::AuthOpen(..)
            | Self::AuthStrange(_)
            | Self::Daemon(_)
            | Self::OtherCodex(_)
            | Self::StatsdOff
            | Self::StatsdSilent(_) => None,
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Audit => "set the mode to `force` or `reject`",
            Self::AuthOpen(..) => "chmod 600 the file",
            Self::AuthStrange(_) => "log in again: codex login",
            Self::Daemon(_) => "end it: codex app-server daemon stop",
            Self::EgressOpen(_) => {
                "give only the proxy a way out: an internal network, or a firewall rule by user"
            }
            Self::KeyVisible(_) => {
                "leave the real key to the proxy alone, and give the agent a placeholder"
            }
            Self::LoginShell(_) => {
                "install where login shells look first, such as /usr/local/bin, or set PATH in /etc/profile.d"
            }
            Self::NoCodex(_) => "install codex, or set MODEL_LOCK_REAL_CODEX to its path",
            Self::NoPolicy(_) => {
                "set OPENCLAW_MODEL, or write /etc/model-lock/policy.toml; `model-lock check` says more"
            }
            Self::NoShim => "model-lock install --to DIR, with DIR first on PATH",
            Self::OtherCodex(_) => {
                "nothing, where the route holds; else only its own path leads there, and only the route stops it"
            }
            Self::PolicyOpen(_) => {
                "write /etc/model-lock/policy.toml as root, where the agent cannot change it"
            }
            Self::ProxyLeaks(_) | Self::ShimLeaks(_) => "report it: SECURITY.md says where",
            Self::ProxyOff => "unset MODEL_LOCK_PROXY, or set it to the proxy's URL",
            Self::ProxyOtherPolicy(_) => {
                "give both the same policy, then restart or reload the proxy"
            }
            Self::ProxySilent(..) => "start it: model-lock serve; or correct the URL",
            Self::ProxyStrange(_) => "correct the URL, or free the port of what listens there",
            Self::ProxyUntried(_) | Self::RouteUntried(..) | Self::ShimUntried(_) => {
                "clear the cause, then run doctor again"
            }
            Self::ProxyVariable(_) => {
                "unset it for the agent, or have NO_PROXY name the proxy's host"
            }
            Self::Root => "run the agent, and doctor, as a user that is not root",
            Self::RouteElsewhere(_) | Self::RouteOtherModel(_) => {
                "run `model-lock route codex` again, as root"
            }
            Self::RouteIgnored(..) => {
                "remove that codex, or take away its way out and its key; docs/guide/route.md says which codex heeds what"
            }
            Self::RouteMissing => "model-lock route codex --proxy URL, as root",
            Self::RouteWritable(_) => {
                "give the file and its directories to root: chown root, chmod go-w"
            }
            Self::ShimNotFirst(_) => "put the directory of the shim before it on PATH",
            Self::StatsdOff => "set STATSD_HOST to have attempts counted",
            Self::StatsdSilent(_) => {
                "start the StatsD daemon, or correct STATSD_HOST and STATSD_PORT"
            }
            Self::WentAround(_) => {
                "unset what leads codex elsewhere; `model-lock explain` and docs/guide/route.md help to find it"
            }
        }
    }
}

/// What was found, in one line.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Audit => f.write_str("the mode is audit: nothing is locked"),
            Self::AuthOpen(path, mode) => write!(
                f,
                "{} can be used by others (mode {mode:04o})",
                path.display()
            ),
            Self::AuthStrange(path) => {
                write!(f, "{} has no shape that codex writes", path.display())
            }
            Self::Daemon(path) => write!(f, "a codex server takes requests at {}", path.display()),
            Self::EgressOpen(host) => write!(f, "{host} can be reached without the proxy"),
            Self::KeyVisible(place) => write!(f, "{place} holds what looks like a real credential"),
            Self::LoginShell(found) => write!(f, "a login shell runs {}", found.display()),
            Self::NoCodex(why) | Self::NoPolicy(why) => f.write_str(why),
            Self::NoShim => f.write_str("no codex on PATH is ours"),
            Self::OtherCodex(path) => {
                write!(f, "{} can be started by its own path", path.display())
            }
            Self::PolicyOpen(origin) => {
                write!(
                    f,
                    "what the agent can set decides: the policy comes from {origin}"
                )
            }
            Self::ProxyLeaks(model) => write!(f, "the proxy let `{model}` out"),
            Self::ProxyOff => {
                f.write_str("MODEL_LOCK_PROXY is off: the command line alone is locked")
            }
            Self::ProxyOtherPolicy(hash) => {
                write!(f, "the proxy judges by another policy ({hash})")
            }
            Self::ProxySilent(url, why) => write!(f, "{url} does not answer: {why}"),
            Self::ProxyStrange(url) => write!(f, "what answers at {url} is not model-lock"),
            Self::ProxyUntried(why) => write!(f, "the proxy could not be tried: {why}"),
            Self::ProxyVariable(name) => write!(f, "{name} carries codex's calls past the proxy"),
            Self::Root => f.write_str("this is root, who can undo everything"),
            Self::RouteElsewhere(to) => {
                write!(f, "the route leads to {to}, the policy names another proxy")
            }
            Self::RouteIgnored(path, to) => write!(f, "{} went to {to} instead", path.display()),
            Self::RouteMissing => {
                f.write_str("nothing leads a codex that is started by its own path to the proxy")
            }
            Self::RouteOtherModel(model) => write!(f, "the route pins `{model}`"),
            Self::RouteUntried(path, why) => {
                write!(f, "{} could not be tried: {why}", path.display())
            }
            Self::RouteWritable(path) => write!(f, "this user can change {}", path.display()),
            Self::ShimLeaks(model) => write!(f, "the shim let `{model}` through"),
            Self::ShimNotFirst(path) => write!(f, "{} stands first on PATH", path.display()),
            Self::ShimUntried(why) => write!(f, "the shim could not be tried: {why}"),
            Self::StatsdOff => f.write_str("STATSD_HOST is not set: nothing is counted"),
            Self::StatsdSilent(place) => write!(f, "nobody takes counts at {place}"),
            Self::WentAround(to) => write!(f, "a codex that the shim started went to {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_the_one_below_the_first_that_is_prevented() {
        for (findings, level) in [
            (&[][..], Level::Sealed),
            (&[Finding::StatsdOff], Level::Sealed),
            (&[Finding::Root, Finding::StatsdOff], Level::Enforced),
            (&[Finding::Root, Finding::ProxyOff], Level::Guarded),
            (&[Finding::NoShim, Finding::Root], Level::Open),
        ] {
            assert_eq!(reached(findings), level, "{findings:?}");
        }
    }

    /// One of each, in the order of the page.
    fn all() -> Vec<Finding> {
        let (text, path) = (String::new, PathBuf::new);
        vec![
            Finding::NoPolicy(text()),
            Finding::Audit,
            Finding::NoCodex(text()),
            Finding::NoShim,
            Finding::ShimNotFirst(path()),
            Finding::LoginShell(path()),
            Finding::ShimUntried(text()),
            Finding::ShimLeaks(text()),
            Finding::ProxyOff,
            Finding::ProxySilent(text(), text()),
            Finding::ProxyStrange(text()),
            Finding::ProxyOtherPolicy(text()),
            Finding::ProxyUntried(text()),
            Finding::ProxyLeaks(text()),
            Finding::WentAround(text()),
            Finding::Root,
            Finding::PolicyOpen(text()),
            Finding::RouteMissing,
            Finding::RouteWritable(path()),
            Finding::RouteOtherModel(text()),
            Finding::RouteElsewhere(text()),
            Finding::RouteUntried(path(), text()),
            Finding::RouteIgnored(path(), text()),
            Finding::ProxyVariable(""),
            Finding::EgressOpen(text()),
            Finding::KeyVisible(text()),
            Finding::OtherCodex(path()),
            Finding::Daemon(path()),
            Finding::AuthOpen(path(), 0),
            Finding::AuthStrange(path()),
            Finding::StatsdOff,
            Finding::StatsdSilent(text()),
        ]
    }

    #[test]
    fn the_page_tells_every_finding() {
        let rows = all().into_iter().map(|finding| {
            let prevents = finding.prevents().map_or("", Level::as_str);
            let name = format!("`{}`", finding.name());
            vec![name, prevents.to_owned(), finding.remedy().to_owned()]
        });
        let table = crate::tests::docs::table(&["Finding", "Prevents", "What to do"], rows);
        crate::tests::docs::compare("reference/doctor-findings.md", "findings", &table);
        let source = include_str!("finding.rs");
        let (_, rest) = source.split_once("fn name(").unwrap();
        let (arms, _) = rest.split_once("fn prevents(").unwrap();
        assert_eq!(
            arms.matches(" => \"").count(),
            all().len(),
            "one is missing above"
        );
    }
}
