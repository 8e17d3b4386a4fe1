//! The process configuration: flag, then environment, then default; read once, all problems kept.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use lockpolicy::{Problem, escape_for_log};
use proxy::{Config, Egress, Limits, Upstream};
use tracing_subscriber::filter::Targets;

pub(crate) mod flags;
pub(crate) mod parse;
pub(crate) mod secret_file;
pub(crate) mod table;
pub(crate) mod units;

use crate::audit::Place;
use crate::settings::flags::Serve;
use crate::settings::parse::{address, filter, head, patience, port, prefix, size, tags, time};
use crate::settings::secret_file::KeyFile;
use crate::settings::table::{Environment, Variable};
use crate::telemetry::{Daemon, Tags};

/// The dialects that are spoken unless others are named.
const DIALECTS: [&str; 2] = ["openai", "chatgpt"];

/// A token that is shorter can be guessed by whoever reaches the port.
const SHORTEST_TOKEN: usize = 16;

/// What the process is told at its start and keeps until its end.
#[derive(Debug)]
pub(crate) struct Settings {
    /// For the proxy.
    pub(crate) config: Config,
    /// Where the provider's key is, if it is held here.
    pub(crate) key: Option<KeyFile>,
    /// Where the token of the admin port is, if it has one.
    pub(crate) token: Option<KeyFile>,
    /// What is logged.
    pub(crate) log: Targets,
    /// Where counts are sent.
    pub(crate) daemon: Option<Daemon>,
    /// Where attempts are written down.
    pub(crate) audit: Option<Place>,
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
        let admin = reader.one(flags.admin.as_deref(), &table::ADMIN, None, |text| {
            address(text).map(Some)
        });
        reader.apart(listen, admin);
        let key = reader.secret(flags.key.as_deref(), &table::KEY, 0);
        let token = reader.secret(
            flags.admin_token.as_deref(),
            &table::ADMIN_TOKEN,
            SHORTEST_TOKEN,
        );
        let config = Config {
            listen,
            admin,
            upstreams: reader.upstreams(flags),
            dialects: reader.dialects(flags),
            mounts: Vec::new(),
            egress: reader.egress(),
            key: key.as_ref().map(|file| file.key.clone()),
            limits: reader.limits(flags),
        };
        let log = reader.one(flags.log.as_deref(), &table::LOG, None, |text| {
            filter(text).map(Some)
        });
        let daemon = reader.daemon();
        let audit = reader.audit(flags);
        Self {
            config,
            key,
            token,
            log: log.unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO)),
            daemon,
            audit,
        }
    }
}

/// Where attempts are written down, for a process that needs nothing else.
pub(crate) fn audit(environment: &Environment, problems: &mut Vec<Problem>) -> Option<Place> {
    Reader {
        environment,
        problems,
    }
    .audit(&Serve::default())
}

/// The way out, for a process that needs nothing else.
pub(crate) fn egress(environment: &Environment, problems: &mut Vec<Problem>) -> Option<Egress> {
    Reader {
        environment,
        problems,
    }
    .egress()
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
        self.problems.push(Problem::new(place, what));
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
                self.problem(place, format!("`{}`: {expected}", escape_for_log(&text)));
                default
            }
        }
    }

    fn listen(&mut self, flags: &Serve) -> SocketAddr {
        let default = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8383);
        self.one(flags.listen.as_deref(), &table::LISTEN, default, address)
    }

    fn apart(&mut self, listen: SocketAddr, admin: Option<SocketAddr>) {
        if listen.port() != 0 && admin == Some(listen) {
            self.problem(
                table::ADMIN.flag,
                format!("`{listen}` is where requests are taken: another port expected"),
            );
        }
    }

    fn upstreams(&mut self, flags: &Serve) -> Vec<Upstream> {
        let (texts, place) = if flags.upstream.is_empty() {
            match self.stated(None, &table::UPSTREAM) {
                Some((text, place)) => (text.split(',').map(str::to_owned).collect(), place),
                None => return Vec::new(),
            }
        } else {
            (flags.upstream.clone(), table::UPSTREAM.flag)
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
                self.problem(
                    place,
                    format!("`{}` has two upstreams", escape_for_log(&prefix)),
                );
            }
            prefixes.push(prefix);
        }
    }

    fn egress(&mut self) -> Option<Egress> {
        let proxies = [
            table::HTTPS_PROXY.name,
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
        ];
        let (proxy, place) = self.first(proxies)?;
        let direct = self.first([table::NO_PROXY.name, "no_proxy"]);
        let direct = direct.map(|(text, _)| text).unwrap_or_default();
        match Egress::parse(&proxy, &direct) {
            Ok(egress) => Some(egress),
            Err(error) => {
                self.problem(place, error.to_string());
                None
            }
        }
    }

    /// The first of some variables that is set to something, and which it is. Empty counts as unset: that is
    /// what a compose file makes of a variable that nobody set.
    fn first<const N: usize>(
        &mut self,
        names: [&'static str; N],
    ) -> Option<(String, &'static str)> {
        names.into_iter().find_map(|name| {
            let text = match self.environment.text(name) {
                Ok(text) => text.filter(|text| !text.is_empty())?,
                Err(problem) => {
                    self.problems.push(problem);
                    return None;
                }
            };
            Some((text.to_owned(), name))
        })
    }

    fn dialects(&mut self, flags: &Serve) -> Vec<String> {
        let Some((text, place)) = self.stated(flags.dialect.as_deref(), &table::DIALECT) else {
            return DIALECTS.map(str::to_owned).to_vec();
        };
        let names: Vec<String> = text.split(',').map(str::to_owned).collect();
        let known: Vec<&str> = lockpolicy::dialect::names().collect();
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            self.problem(
                place,
                format!(
                    "unknown dialect `{}`: {} expected",
                    escape_for_log(name),
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
                &table::MAX_HEAD,
                default.head,
                head,
            ),
            body: self.one(
                flags.max_body.as_deref(),
                &table::MAX_BODY,
                default.body,
                size,
            ),
            decoded: self.one(
                flags.max_decoded.as_deref(),
                &table::MAX_DECODED,
                default.decoded,
                size,
            ),
            head_time: self.one(
                flags.head_time.as_deref(),
                &table::HEAD_TIME,
                default.head_time,
                patience,
            ),
            body_time: self.one(
                flags.body_time.as_deref(),
                &table::BODY_TIME,
                default.body_time,
                patience,
            ),
            idle: self.one(flags.idle.as_deref(), &table::IDLE, default.idle, time),
            drain: self.one(flags.drain.as_deref(), &table::DRAIN, default.drain, time),
        }
    }

    fn secret(
        &mut self,
        flag: Option<&str>,
        variable: &Variable,
        shortest: usize,
    ) -> Option<KeyFile> {
        let (text, place) = self.stated(flag, variable)?;
        match KeyFile::read(Path::new(&text), place, shortest) {
            Ok(file) => Some(file),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn daemon(&mut self) -> Option<Daemon> {
        let port = match self.stated(None, &table::STATSD_PORT) {
            Some(_) => self.one(None, &table::STATSD_PORT, 8125, port),
            None => self.one(None, &table::DD_DOGSTATSD_PORT, 8125, port),
        };
        let prefix = self.one(None, &table::STATSD_PREFIX, "model_lock".to_owned(), prefix);
        let tags = self.one(None, &table::STATSD_TAGS, Tags::default(), tags);
        let (host, _) = self.first([table::STATSD_HOST.name, table::DD_AGENT_HOST.name])?;
        Some(Daemon {
            host,
            port,
            prefix,
            tags,
        })
    }

    fn audit(&mut self, flags: &Serve) -> Option<Place> {
        let flag = flags.audit_size.as_deref();
        let size = self.one(flag, &table::AUDIT_SIZE, 64 << 20, size);
        let (path, _) = self.stated(flags.audit.as_deref(), &table::AUDIT)?;
        (!path.is_empty()).then(|| Place {
            path: path.into(),
            size: size as u64,
        })
    }
}

#[cfg(test)]
mod tests;
