//! The process configuration: flag, then environment, then default; read once, all problems kept.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use lockpolicy::{Problem, shown};
use proxy::{Config, Limits, Upstream};
use tracing_subscriber::filter::Targets;

use crate::cli::Serve;
use crate::env::{self, Environment, Variable};
use crate::quantity;
use crate::telemetry::Daemon;

/// The dialects that are spoken unless others are named.
const DIALECTS: [&str; 2] = ["openai", "chatgpt"];

/// HTTP/1 needs this much to read a head at all.
const SMALLEST_HEAD: usize = 8 << 10;

/// What the process is told at its start and keeps until its end.
#[derive(Debug)]
pub(crate) struct Settings {
    /// For the proxy.
    pub(crate) config: Config,
    /// What is logged.
    pub(crate) log: Targets,
    /// Where counts are sent.
    pub(crate) daemon: Option<Daemon>,
}

impl Settings {
    /// Reads flags and environment, and keeps everything that is wrong in `problems`. Where anything
    /// is, the settings are not to be used.
    pub(crate) fn read(
        flags: &Serve,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut reader = Reader {
            environment,
            problems,
        };
        let listen = reader.listen(flags);
        let admin = reader.one(flags.admin.as_deref(), &env::ADMIN, None, |text| {
            address(text).map(Some)
        });
        reader.apart(listen, admin);
        let config = Config {
            listen,
            admin,
            upstreams: reader.upstreams(flags),
            dialects: reader.dialects(flags),
            limits: reader.limits(flags),
        };
        let log = reader.one(flags.log.as_deref(), &env::LOG, None, |text| {
            filter(text).map(Some)
        });
        let daemon = reader.daemon();
        Self {
            config,
            log: log.unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO)),
            daemon,
        }
    }
}

/// Where counts are sent, for a process that needs nothing else.
pub(crate) fn daemon(environment: &Environment, problems: &mut Vec<Problem>) -> Option<Daemon> {
    Reader {
        environment,
        problems,
    }
    .daemon()
}

struct Reader<'a> {
    environment: &'a Environment,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, place: &str, what: impl Into<String>) {
        self.problems.push(Problem {
            place: place.to_owned(),
            what: what.into(),
        });
    }

    /// The text that holds and where it was written: the flag, or the variable below it.
    fn stated(
        &mut self,
        flag: Option<&str>,
        variable: &Variable,
    ) -> Option<(String, &'static str)> {
        if let Some(text) = flag {
            return Some((text.to_owned(), variable.flag));
        }
        match self.environment.text(variable.name) {
            Ok(text) => text.map(|text| (text.to_owned(), variable.name)),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn one<T>(
        &mut self,
        flag: Option<&str>,
        variable: &Variable,
        default: T,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> T {
        let Some((text, place)) = self.stated(flag, variable) else {
            return default;
        };
        match parse(&text) {
            Ok(value) => value,
            Err(expected) => {
                self.problem(place, format!("`{}`: {expected}", shown(&text)));
                default
            }
        }
    }

    fn listen(&mut self, flags: &Serve) -> SocketAddr {
        let default = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8383);
        self.one(flags.listen.as_deref(), &env::LISTEN, default, address)
    }

    fn apart(&mut self, listen: SocketAddr, admin: Option<SocketAddr>) {
        if listen.port() != 0 && admin == Some(listen) {
            self.problem(
                env::ADMIN.flag,
                format!("`{listen}` is where requests are taken: another port expected"),
            );
        }
    }

    fn upstreams(&mut self, flags: &Serve) -> Vec<Upstream> {
        let (texts, place) = if flags.upstream.is_empty() {
            match self.stated(None, &env::UPSTREAM) {
                Some((text, place)) => (text.split(',').map(str::to_owned).collect(), place),
                None => return Vec::new(),
            }
        } else {
            (flags.upstream.clone(), env::UPSTREAM.flag)
        };
        let upstreams: Vec<Upstream> = texts
            .iter()
            .filter_map(|text| self.upstream(text, place))
            .collect();
        self.distinct(&upstreams, place);
        upstreams
    }

    fn upstream(&mut self, text: &str, place: &str) -> Option<Upstream> {
        match Upstream::parse(text) {
            Ok(upstream) => Some(upstream),
            Err(error) => {
                self.problem(place, error.to_string());
                None
            }
        }
    }

    fn distinct(&mut self, upstreams: &[Upstream], place: &str) {
        let mut prefixes: Vec<String> = Vec::new();
        for upstream in upstreams.iter().map(ToString::to_string) {
            let prefix = upstream.split('=').next().unwrap_or_default().to_owned();
            if prefixes.contains(&prefix) {
                self.problem(place, format!("`{}` has two upstreams", shown(&prefix)));
            }
            prefixes.push(prefix);
        }
    }

    fn dialects(&mut self, flags: &Serve) -> Vec<String> {
        let Some((text, place)) = self.stated(flags.dialect.as_deref(), &env::DIALECT) else {
            return DIALECTS.map(str::to_owned).to_vec();
        };
        let names: Vec<String> = text.split(',').map(str::to_owned).collect();
        let known: Vec<&str> = lockpolicy::dialect::names().collect();
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            self.problem(
                place,
                format!(
                    "unknown dialect `{}`: {} expected",
                    shown(name),
                    known.join(", ")
                ),
            );
        }
        names
    }

    fn limits(&mut self, flags: &Serve) -> Limits {
        let default = Limits::default();
        Limits {
            head: self.one(
                flags.max_head.as_deref(),
                &env::MAX_HEAD,
                default.head,
                head,
            ),
            body: self.one(
                flags.max_body.as_deref(),
                &env::MAX_BODY,
                default.body,
                size,
            ),
            decoded: self.one(
                flags.max_decoded.as_deref(),
                &env::MAX_DECODED,
                default.decoded,
                size,
            ),
            head_time: self.one(
                flags.head_time.as_deref(),
                &env::HEAD_TIME,
                default.head_time,
                patience,
            ),
            body_time: self.one(
                flags.body_time.as_deref(),
                &env::BODY_TIME,
                default.body_time,
                patience,
            ),
            idle: self.one(flags.idle.as_deref(), &env::IDLE, default.idle, time),
            drain: self.one(flags.drain.as_deref(), &env::DRAIN, default.drain, time),
        }
    }

    fn daemon(&mut self) -> Option<Daemon> {
        let port = match self.stated(None, &env::STATSD_PORT) {
            Some(_) => self.one(None, &env::STATSD_PORT, 8125, port),
            None => self.one(None, &env::DD_DOGSTATSD_PORT, 8125, port),
        };
        let prefix = self.one(None, &env::STATSD_PREFIX, "model_lock".to_owned(), prefix);
        let host = self
            .host(&env::STATSD_HOST)
            .or_else(|| self.host(&env::DD_AGENT_HOST))?;
        Some(Daemon { host, port, prefix })
    }

    /// Empty counts as unset: that is what a compose file makes of a variable that nobody set.
    fn host(&mut self, variable: &Variable) -> Option<String> {
        let (text, _) = self.stated(None, variable)?;
        Some(text).filter(|text| !text.is_empty())
    }
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "an address and port like 127.0.0.1:8383 expected")
}

fn head(text: &str) -> Result<usize, &'static str> {
    let fits = |size: &usize| (SMALLEST_HEAD..=16 << 20).contains(size);
    quantity::size(text)
        .filter(fits)
        .ok_or("a size from 8KiB to 16MiB expected")
}

fn size(text: &str) -> Result<usize, &'static str> {
    quantity::size(text)
        .filter(|size| *size > 0)
        .ok_or("a size like 64MiB expected")
}

fn time(text: &str) -> Result<Duration, &'static str> {
    quantity::time(text).ok_or("a time like 30s expected")
}

fn patience(text: &str) -> Result<Duration, &'static str> {
    quantity::time(text)
        .filter(|time| !time.is_zero())
        .ok_or("a time like 30s expected")
}

fn port(text: &str) -> Result<u16, &'static str> {
    text.parse()
        .ok()
        .filter(|port| *port > 0)
        .ok_or("a port from 1 to 65535 expected")
}

fn prefix(text: &str) -> Result<String, &'static str> {
    // Anything else could forge a tag or a line at the daemon.
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let fits = text.len() <= 100 && text.bytes().all(plain);
    if fits {
        Ok(text.to_owned())
    } else {
        Err("letters, digits, `_`, `-` and `.` expected")
    }
}

fn filter(text: &str) -> Result<Targets, &'static str> {
    let expected = "a level (error, warn, info, debug, trace) or TARGET=LEVEL expected";
    let known = text.split(',').all(|part| is_directive(part.trim()));
    if known {
        text.parse().map_err(|_| expected)
    } else {
        Err(expected)
    }
}

/// A lone word that is no level would be taken for a target, and a misspelt level go unnoticed.
fn is_directive(part: &str) -> bool {
    let level = part.rsplit('=').next().unwrap_or(part);
    level.parse::<tracing::level_filters::LevelFilter>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flags: &Serve, pairs: &[(&str, &str)]) -> (Settings, Vec<String>) {
        let mut problems = Vec::new();
        let settings = Settings::read(flags, &pairs.iter().copied().collect(), &mut problems);
        (settings, problems.iter().map(ToString::to_string).collect())
    }

    fn flags(arguments: &[&str]) -> Serve {
        use clap::Parser as _;
        let arguments = ["model-lock", "serve"].iter().chain(arguments);
        match crate::cli::Cli::try_parse_from(arguments).unwrap().verb {
            crate::cli::Verb::Serve(flags) => *flags,
            crate::cli::Verb::Check { .. } | crate::cli::Verb::Install { .. } => {
                panic!("another verb")
            }
        }
    }

    #[test]
    fn nothing_said_is_a_working_sidecar() {
        let (settings, problems) = read(&Serve::default(), &[]);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(settings.config.listen.to_string(), env::LISTEN.default);
        assert_eq!(settings.config.dialects.join(","), env::DIALECT.default);
        assert_eq!(settings.config.limits, Limits::default());
        assert_eq!(settings.daemon, None);
    }

    #[test]
    fn the_defaults_that_are_told_are_those_that_hold() {
        let limits = Limits::default();
        let sizes = [
            (limits.head, &env::MAX_HEAD),
            (limits.body, &env::MAX_BODY),
            (limits.decoded, &env::MAX_DECODED),
        ];
        for (size, variable) in sizes {
            assert_eq!(
                quantity::size(variable.default),
                Some(size),
                "{}",
                variable.name
            );
        }
        let times = [
            (limits.head_time, &env::HEAD_TIME),
            (limits.body_time, &env::BODY_TIME),
            (limits.idle, &env::IDLE),
            (limits.drain, &env::DRAIN),
        ];
        for (time, variable) in times {
            assert_eq!(
                quantity::time(variable.default),
                Some(time),
                "{}",
                variable.name
            );
        }
    }

    #[test]
    fn a_flag_wins_over_its_variable() {
        let environment = [
            ("MODEL_LOCK_LISTEN", "127.0.0.1:1"),
            ("MODEL_LOCK_UPSTREAM", "/v1=http://a,/backend-api=http://b"),
            ("MODEL_LOCK_MAX_BODY", "nonsense"),
        ];
        let (settings, problems) = read(
            &flags(&["--listen", "127.0.0.1:2", "--max-body", "1MiB"]),
            &environment,
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(settings.config.listen.port(), 2);
        assert_eq!(settings.config.limits.body, 1 << 20);
        assert_eq!(settings.config.upstreams.len(), 2);
    }

    #[test]
    fn all_problems_come_at_once_and_name_their_place() {
        let flags = flags(&[
            "--listen",
            "localhost",
            "--admin",
            "x",
            "--upstream",
            "https://",
            "--upstream",
            "ftp://a",
            "--dialect",
            "openai,klingon",
            "--log",
            "loud",
            "--max-head",
            "1KiB",
            "--drain",
            "soon",
        ]);
        let environment = [
            ("MODEL_LOCK_MAX_BODY", "0"),
            ("MODEL_LOCK_HEAD_TIME", "0s"),
            ("STATSD_PORT", "0"),
            ("STATSD_PREFIX", "a:b"),
        ];
        let (_, problems) = read(&flags, &environment);
        let wanted = [
            "--listen: `localhost`",
            "--admin: `x`",
            "--upstream: upstream `https://`",
            "--upstream: upstream `ftp://a`",
            "--dialect: unknown dialect `klingon`",
            "--log: `loud`",
            "--max-head: `1KiB`",
            "--drain: `soon`",
            "MODEL_LOCK_MAX_BODY: `0`",
            "MODEL_LOCK_HEAD_TIME: `0s`",
            "STATSD_PORT: `0`",
            "STATSD_PREFIX: `a:b`",
        ];
        for want in wanted {
            assert!(
                problems.iter().any(|problem| problem.starts_with(want)),
                "{want} in {problems:#?}"
            );
        }
        assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
    }

    #[test]
    fn one_place_has_one_upstream_and_the_two_ports_differ() {
        let flags = flags(&[
            "--upstream",
            "http://a",
            "--upstream",
            "http://b",
            "--admin",
            "127.0.0.1:8383",
        ]);
        let (_, problems) = read(&flags, &[]);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn datadog_stands_in_where_statsd_is_not_set() {
        let daemon = |pairs: &[(&str, &str)]| {
            let daemon = read(&Serve::default(), pairs).0.daemon?;
            Some(format!("{}:{}", daemon.host, daemon.port))
        };
        assert_eq!(daemon(&[("STATSD_HOST", "")]), None);
        assert_eq!(daemon(&[("STATSD_HOST", "a")]).unwrap(), "a:8125");
        assert_eq!(
            daemon(&[("DD_AGENT_HOST", "b"), ("DD_DOGSTATSD_PORT", "9")]).unwrap(),
            "b:9"
        );
        let both = [
            ("STATSD_HOST", "a"),
            ("STATSD_PORT", "1"),
            ("DD_AGENT_HOST", "b"),
            ("DD_DOGSTATSD_PORT", "9"),
        ];
        assert_eq!(daemon(&both).unwrap(), "a:1");
    }
}
