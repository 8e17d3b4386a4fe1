//! Every environment variable of the process configuration, each with its meaning.
//!
//! The policy's own variables are `lockpolicy::VARIABLES`. docs/reference/settings.md is made from both.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use lockpolicy::Problem;

/// One variable: how it is called, which flag stands above it, and what it means.
#[derive(Debug)]
pub(crate) struct Variable {
    /// The name in the environment.
    pub(crate) name: &'static str,
    /// The flag of `model-lock serve` that wins over it; empty where there is none.
    pub(crate) flag: &'static str,
    /// What holds where neither is given, as a person reads it.
    pub(crate) default: &'static str,
    /// One sentence.
    pub(crate) meaning: &'static str,
}

impl Variable {
    /// The meaning with the default and the name, for the help of the flag.
    pub(crate) fn help(&self) -> String {
        format!(
            "{} [default: {}] [env: {}]",
            self.meaning.trim_end_matches('.'),
            self.default,
            self.name
        )
    }
}

/// Where requests are taken.
pub(crate) const LISTEN: Variable = Variable {
    name: "MODEL_LOCK_LISTEN",
    flag: "--listen",
    default: "127.0.0.1:8383",
    meaning: "Address and port on which requests are taken; port 0 takes a free one.",
};

/// Where liveness and readiness are answered.
pub(crate) const ADMIN: Variable = Variable {
    name: "MODEL_LOCK_ADMIN",
    flag: "--admin",
    default: "none",
    meaning: "Address and port of the page, its API, liveness, readiness and metrics. Off loopback, page and API want a token.",
};

/// What the page wants to be asked with.
pub(crate) const ADMIN_TOKEN: Variable = Variable {
    name: "MODEL_LOCK_ADMIN_TOKEN_FILE",
    flag: "--admin-token",
    default: "none: page, API and policy are told on loopback alone",
    meaning: "The file that holds the token for page, API and policy, at least 16 characters. It is read again when it changes.",
};

/// Where requests go.
pub(crate) const UPSTREAM: Variable = Variable {
    name: "MODEL_LOCK_UPSTREAM",
    flag: "--upstream",
    default: "each dialect's own provider",
    meaning: "Where requests go: `URL`, or `PREFIX=URL` for the paths below a prefix. The flag may be repeated; in the variable, commas separate.",
};

/// The way out.
pub(crate) const HTTPS_PROXY: Variable = Variable {
    name: "HTTPS_PROXY",
    flag: "",
    default: "`https_proxy`, `ALL_PROXY` or `all_proxy`; or none",
    meaning: "The forward proxy through which `https` upstreams are reached: `http://HOST:PORT` or `socks5://HOST:PORT`, with `USER:PASSWORD@` before the host where it wants them. `http` upstreams are reached directly.",
};

/// What the way out is not for.
pub(crate) const NO_PROXY: Variable = Variable {
    name: "NO_PROXY",
    flag: "",
    default: "`no_proxy`, or nothing",
    meaning: "The upstreams that are reached directly all the same: hosts, domains and networks separated by commas, or `*`.",
};

/// Where the provider's key is.
pub(crate) const KEY: Variable = Variable {
    name: "MODEL_LOCK_KEY",
    flag: "--key",
    default: "none: clients send their own",
    meaning: "The file that holds the provider's key. It stands in the place of every credential that a client sends, and is read again when it changes.",
};

/// Which dialects are spoken.
pub(crate) const DIALECT: Variable = Variable {
    name: "MODEL_LOCK_DIALECT",
    flag: "--dialect",
    default: "openai,chatgpt",
    meaning: "The dialects that are switched on, separated by commas. Whatever no dialect lists is refused.",
};

/// Where the policy is read from.
pub(crate) const POLICY: Variable = Variable {
    name: "MODEL_LOCK_POLICY",
    flag: "--policy",
    default: "/etc/model-lock/policy.toml where it exists",
    meaning: "The policy file. The variable is not looked at where the default file exists and the user who runs the program cannot change it.",
};

/// What is logged.
pub(crate) const LOG: Variable = Variable {
    name: "MODEL_LOCK_LOG",
    flag: "--log",
    default: "info",
    meaning: "What is logged: a level, or `TARGET=LEVEL` separated by commas, such as `info,proxy=debug`. Attempts are always logged.",
};

/// How large a request's head may be.
pub(crate) const MAX_HEAD: Variable = Variable {
    name: "MODEL_LOCK_MAX_HEAD",
    flag: "--max-head",
    default: "64KiB",
    meaning: "How large a request's head may be.",
};

/// How large a request's content may be as it arrives.
pub(crate) const MAX_BODY: Variable = Variable {
    name: "MODEL_LOCK_MAX_BODY",
    flag: "--max-body",
    default: "64MiB",
    meaning: "How large a request's content may be as it arrives.",
};

/// How large a request's content may be after decoding.
pub(crate) const MAX_DECODED: Variable = Variable {
    name: "MODEL_LOCK_MAX_DECODED",
    flag: "--max-decoded",
    default: "128MiB",
    meaning: "How large a request's content may be once its content coding is taken off.",
};

/// How long a head may take.
pub(crate) const HEAD_TIME: Variable = Variable {
    name: "MODEL_LOCK_HEAD_TIME",
    flag: "--head-time",
    default: "15s",
    meaning: "How long a request's head may take to arrive.",
};

/// How long the next piece of content may take.
pub(crate) const BODY_TIME: Variable = Variable {
    name: "MODEL_LOCK_BODY_TIME",
    flag: "--body-time",
    default: "60s",
    meaning: "How long the next piece of a request's content may take to arrive.",
};

/// How long an unused connection is kept.
pub(crate) const IDLE: Variable = Variable {
    name: "MODEL_LOCK_IDLE",
    flag: "--idle",
    default: "60s",
    meaning: "How long an unused connection to an upstream is kept; 0 keeps none.",
};

/// How long running requests may go on after the stop signal.
pub(crate) const DRAIN: Variable = Variable {
    name: "MODEL_LOCK_DRAIN",
    flag: "--drain",
    default: "30s",
    meaning: "How long running requests may go on after SIGTERM or SIGINT. A second signal ends at once.",
};

/// Where attempts are written down.
pub(crate) const AUDIT: Variable = Variable {
    name: "MODEL_LOCK_AUDIT",
    flag: "--audit",
    default: "none",
    meaning: "The file to which every attempt and every change of the policy is appended, one chained JSON line each.",
};

/// How large the audit file may become.
pub(crate) const AUDIT_SIZE: Variable = Variable {
    name: "MODEL_LOCK_AUDIT_SIZE",
    flag: "--audit-size",
    default: "64MiB",
    meaning: "How large the audit file may become before it is put aside as `FILE.1`, `FILE.2` and so on.",
};

/// Where the `StatsD` daemon is.
pub(crate) const STATSD_HOST: Variable = Variable {
    name: "STATSD_HOST",
    flag: "",
    default: "`DD_AGENT_HOST`, or no StatsD",
    meaning: "The host of the StatsD daemon. Unset or empty, nothing is sent.",
};

/// The port of the `StatsD` daemon.
pub(crate) const STATSD_PORT: Variable = Variable {
    name: "STATSD_PORT",
    flag: "",
    default: "`DD_DOGSTATSD_PORT`, or 8125",
    meaning: "The UDP port of the StatsD daemon.",
};

/// What stands before the name of every metric.
pub(crate) const STATSD_PREFIX: Variable = Variable {
    name: "STATSD_PREFIX",
    flag: "",
    default: "model_lock",
    meaning: "What stands before the name of every metric.",
};

/// How tags are written.
pub(crate) const STATSD_TAGS: Variable = Variable {
    name: "STATSD_TAGS",
    flag: "",
    default: "datadog",
    meaning: "How tags are sent: `datadog`, as `name:1|c|#tag:word`, or `name`, as `name.word:1|c` for a daemon that knows no tags.",
};

/// Where Datadog's agent is.
pub(crate) const DD_AGENT_HOST: Variable = Variable {
    name: "DD_AGENT_HOST",
    flag: "",
    default: "none",
    meaning: "Stands in for `STATSD_HOST` where that is not set.",
};

/// The port of Datadog's agent.
pub(crate) const DD_DOGSTATSD_PORT: Variable = Variable {
    name: "DD_DOGSTATSD_PORT",
    flag: "",
    default: "8125",
    meaning: "Stands in for `STATSD_PORT` where that is not set.",
};

/// Which program is the real codex.
pub(crate) const REAL_CODEX: Variable = Variable {
    name: "MODEL_LOCK_REAL_CODEX",
    flag: "",
    default: "the next codex on PATH that is not this program",
    meaning: "The path of the real codex.",
};

/// How deep in itself the shim is.
pub(crate) const GUARD: Variable = Variable {
    name: "MODEL_LOCK_GUARD",
    flag: "",
    default: "0",
    meaning: "Set by the shim itself, to notice that it calls itself.",
};

/// What the shim reads, in the order of the page.
pub(crate) const SHIM: [&Variable; 2] = [&REAL_CODEX, &GUARD];

/// What `model-lock` and its telemetry read, in the order of the page.
pub(crate) const ALL: [&Variable; 25] = [
    &LISTEN,
    &ADMIN,
    &ADMIN_TOKEN,
    &UPSTREAM,
    &HTTPS_PROXY,
    &NO_PROXY,
    &KEY,
    &DIALECT,
    &POLICY,
    &LOG,
    &MAX_HEAD,
    &MAX_BODY,
    &MAX_DECODED,
    &HEAD_TIME,
    &BODY_TIME,
    &IDLE,
    &DRAIN,
    &AUDIT,
    &AUDIT_SIZE,
    &STATSD_HOST,
    &STATSD_PORT,
    &STATSD_PREFIX,
    &STATSD_TAGS,
    &DD_AGENT_HOST,
    &DD_DOGSTATSD_PORT,
];

/// An environment as a value, so that tests need not change the real one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// What a variable holds, whatever its bytes.
    pub(crate) fn raw(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// What a variable holds, as text.
    ///
    /// # Errors
    ///
    /// A [`Problem`] where it is not UTF-8.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        raw.to_str()
            .map(Some)
            .ok_or_else(|| Problem::new(name, "not UTF-8"))
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}
