//! The table of settings. Each stands here once: its documentation, variables, flag, parser, type and default.
//!
//! Flags, help, the reading of the environment, `model-lock check` and docs/reference/settings.md derive from it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use lockpolicy::http::{AllowedHost, AllowedOrigin};
use proxy::{Limits, ListenAddress, Upstream};
use tracing_subscriber::filter::Targets;

use super::parse::{self, Given, Parsed};
use super::parse_access::{self, ClientAuth, KeyFile};
use super::secret_file::SecretFile;
use super::show::Show;
use super::tokens_file::TokensFile;
use observe::metrics::TagStyle;

/// The programs that read a setting, and the heading under which help lists its flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// `serve` alone reads it.
    Serve,
    /// `serve` alone reads it; it is a limit of the proxy.
    Limit,
    /// `codex` and the embedded proxy read it as well.
    Shared,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// The programs that read it.
    pub(crate) group: Group,
    /// Set where no value can weaken the lock, or open the proxy to more clients or larger requests. From all other
    /// rows the environment is ignored under a policy file that the user cannot change.
    pub(crate) is_harmless: bool,
    /// Names in the environment, separated by spaces. The first one that is set counts.
    variables: &'static str,
    /// The flag of `serve` that wins over the variables, and the name of its value; empty where there is none.
    flag: &'static str,
    /// Writes the value that holds where nothing is given.
    default: fn() -> String,
    /// The documentation, one or more sentences.
    doc: &'static str,
}

impl Setting {
    /// Returns the names in the environment, the one that wins first.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.variables.split(' ')
    }

    /// Returns the name in the environment of a setting that has one.
    pub(crate) const fn only_variable(&self) -> &'static str {
        self.variables
    }

    /// Returns the name in the environment that wins over all others.
    pub(crate) fn variable(&self) -> &'static str {
        self.variables().next().unwrap_or_default()
    }

    /// Returns the flag with its dashes, if there is one.
    pub(crate) fn flag(&self) -> Option<&'static str> {
        self.flag.split(' ').next().filter(|flag| !flag.is_empty())
    }

    /// Returns the name of the flag's value, as help shows it.
    pub(crate) fn value_name(&self) -> &'static str {
        let (_, name) = self.flag.split_once(' ').unwrap_or_default();
        name.trim_end_matches("...")
    }

    /// Returns true if the flag may be given more than once.
    pub(crate) fn repeats(&self) -> bool {
        self.flag.ends_with("...")
    }

    /// Returns the value that holds where nothing is given, as a person reads it.
    pub(crate) fn default_text(&self) -> String {
        (self.default)()
    }

    /// Returns the documentation.
    pub(crate) fn doc(&self) -> &'static str {
        self.doc.trim_start()
    }

    /// Returns the help of the flag: the documentation with the default and the variable.
    pub(crate) fn help(&self) -> String {
        let (doc, default) = (self.doc().trim_end_matches('.'), self.default_text());
        format!("{doc} [default: {default}] [env: {}]", self.variable())
    }
}

/// Writes the text of a default: the given one, or that of the value.
macro_rules! default_text {
    ($type:ty, $value:expr) => {
        || <$type as Show>::show(&$value)
    };
    ($type:ty, $value:expr, $text:literal) => {
        || $text.to_owned()
    };
}

/// Writes whether a row is marked as harmless. Without a mark it is not.
macro_rules! is_harmless {
    () => {
        false
    };
    (harmless) => {
        true
    };
}

/// Makes the table, the typed settings, and the function that reads them, from one row each.
macro_rules! settings {
    ($(
        $(#[doc = $doc:literal])+
        [$group:ident, $variables:literal, $flag:literal, $parse:expr $(, $effect:ident)?]
        $name:ident: $type:ty = $default:expr $(=> $text:literal)?,
    )+) => {
        impl Setting {
            $(pub(crate) const fn $name() -> Self {
                Self {
                    group: Group::$group,
                    is_harmless: is_harmless!($($effect)?),
                    variables: $variables,
                    flag: $flag,
                    default: default_text!($type, $default $(, $text)?),
                    doc: concat!($($doc),+),
                }
            })+
        }

        /// Every setting, in the order of the documentation.
        pub(crate) const TABLE: &[Setting] = &[$(Setting::$name()),+];

        /// The value of each setting.
        #[derive(Clone, Debug)]
        pub(crate) struct Settings {
            $(pub(crate) $name: $type,)+
        }

        impl Settings {
            /// Reads each setting with `given`, which returns what was given for a row.
            pub(super) fn read_each(
                given: &mut dyn FnMut(&Setting) -> Option<Given>,
                problems: &mut Vec<lockpolicy::Problem>,
            ) -> Self {
                Self {
                    $($name: {
                        let parse: fn(&Given) -> Parsed<$type> = $parse;
                        let parsed = given(&Setting::$name()).map(|given| parse(&given));
                        parse::or_default(parsed, problems, || $default)
                    },)+
                }
            }
        }
    };
}

settings! {
    /// Address and port on which requests are accepted; port 0 takes a free one. `unix:PATH` makes a socket that its
    /// owner alone may use (mode 0600).
    [Serve, "MODEL_LOCK_LISTEN", "--listen ADDRESS", parse_access::listen, harmless]
    listen: ListenAddress = ListenAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], 8383))),

    /// The file that lists the clients: `NAME TOKEN` or `NAME TOKEN GROUP,GROUP` in each line, a token of at least 16
    /// characters. Only requests with one of these tokens are served. It is read again when it changes.
    [Serve, "MODEL_LOCK_CLIENT_TOKENS", "--client-tokens FILE", parse_access::client_tokens]
    client_tokens: Option<TokensFile> = None => "none",

    /// The clients that are served: with `token` those of `--client-tokens`, with `none` all who reach the listener.
    [Serve, "MODEL_LOCK_CLIENT_AUTH", "--client-auth none|token", parse_access::client_auth]
    client_auth: Option<ClientAuth> = None => "`token` where a key is held, except on a unix socket; else `none`",

    /// The file with the certificate of the listener and those of the authorities between, as PEM. With it, TLS alone is
    /// spoken: HTTP/2 and HTTP/1.1. It is read again when it changes.
    [Serve, "MODEL_LOCK_TLS_CERT", "--tls-cert FILE", parse::required_file, harmless]
    tls_cert: Option<PathBuf> = None => "none: plain HTTP is spoken",

    /// The file with the key of that certificate, as PEM. It is read again when it changes.
    [Serve, "MODEL_LOCK_TLS_KEY", "--tls-key FILE", parse::required_file, harmless]
    tls_key: Option<PathBuf> = None => "none",

    /// The file with the authorities, as PEM, one of which has to vouch for each client. It is read again when it
    /// changes.
    [Serve, "MODEL_LOCK_TLS_CLIENT_CA", "--tls-client-ca FILE", parse::required_file]
    tls_client_ca: Option<PathBuf> = None => "none: clients need no certificate",

    /// The origins whose pages may call, such as `https://app.example`, separated by commas. The flag may be repeated.
    /// A request with any other `Origin` is refused.
    [Serve, "MODEL_LOCK_ALLOW_ORIGIN", "--allow-origin ORIGIN,…...", parse_access::origins]
    allow_origin: Vec<AllowedOrigin> = Vec::new() => "none",

    /// The names besides those of loopback under which the proxy may be called, separated by commas: `NAME`, or
    /// `*.SUFFIX` for all below a domain. The flag may be repeated. `Host` is checked on the admin port without a
    /// token, and where a key is held without client authentication.
    [Serve, "MODEL_LOCK_ALLOW_HOST", "--allow-host NAME|*.SUFFIX,…...", parse_access::hosts]
    allow_host: Vec<AllowedHost> = Vec::new() => "none",

    /// Address and port of the dashboard, its API, liveness, readiness and metrics. On an address other than loopback,
    /// dashboard and API require a token.
    [Serve, "MODEL_LOCK_ADMIN", "--admin ADDRESS", |given| parse::address(given).map(Some), harmless]
    admin: Option<SocketAddr> = None => "none",

    /// The file that holds the token for dashboard, API and policy, at least 16 characters. It is read again when it
    /// changes.
    [Serve, "MODEL_LOCK_ADMIN_TOKEN_FILE", "--admin-token FILE", |given| parse::secret(given, 16)]
    admin_token: Option<SecretFile> = None => "none: dashboard, API and policy are shown on loopback alone",

    /// The upstream of requests: `URL`, or `PREFIX=URL` for the paths below a prefix. The flag may be repeated; in the
    /// variable, commas separate.
    [Serve, "MODEL_LOCK_UPSTREAM", "--upstream URL|PREFIX=URL...", parse::upstreams]
    upstream: Vec<Upstream> = Vec::new() => "each dialect's own provider",

    /// The forward proxy through which `https` upstreams are reached: `http://HOST:PORT` or `socks5://HOST:PORT`, with
    /// `USER:PASSWORD@` before the host where it requires them. `http` upstreams are reached directly.
    [Shared, "HTTPS_PROXY https_proxy ALL_PROXY all_proxy", "", |given| Ok(Some(given.clone()))]
    https_proxy: Option<Given> = None => "none",

    /// The upstreams that are reached without the forward proxy: hosts, domains and networks separated by commas, or
    /// `*`.
    [Shared, "NO_PROXY no_proxy", "", |given| Ok(Some(given.clone()))]
    no_proxy: Option<Given> = None => "none",

    /// The file with the certificate authorities that upstreams are checked by, instead of the machine's.
    [Shared, "SSL_CERT_FILE", "", parse::named_file]
    ca_file: Option<Given> = None => "the machine's authorities",

    /// The directories with the certificate authorities that upstreams are checked by, separated by colons.
    [Shared, "SSL_CERT_DIR", "", parse::path]
    ca_directory: Option<PathBuf> = None => "the machine's authorities",

    /// The file that holds the key of a dialect's provider: `DIALECT=FILE`, or `FILE` where one dialect alone takes a
    /// key. The flag may be repeated; in the variable, commas separate. The key replaces every credential that a client
    /// sends, goes to that provider alone, and is read again when the file changes.
    [Serve, "MODEL_LOCK_KEY", "--key FILE|DIALECT=FILE...", parse_access::keys, harmless]
    key: Vec<KeyFile> = Vec::new() => "none: clients send their own",

    /// The dialects that are switched on, separated by commas. What no dialect lists is refused.
    [Serve, "MODEL_LOCK_DIALECT", "--dialect NAME,…", parse::dialects]
    dialect: Vec<String> = ["openai", "chatgpt"].map(str::to_owned).to_vec(),

    /// The policy file. The variable is ignored where the default file exists and the user who runs the program cannot
    /// change it.
    [Shared, "MODEL_LOCK_POLICY", "--policy FILE", |given| Ok(Some(given.clone())), harmless]
    policy: Option<Given> = None => "/etc/model-lock/policy.toml where it exists",

    /// The filter of the log: a level, or `TARGET=LEVEL` separated by commas, such as `info,proxy=debug`. Attempts are
    /// always logged.
    [Serve, "MODEL_LOCK_LOG", "--log LEVEL|TARGET=LEVEL,…", parse::log_filter, harmless]
    log: Targets = Targets::new().with_default(tracing::Level::INFO),

    /// The largest header section of a request.
    [Limit, "MODEL_LOCK_MAX_HEADER_BYTES", "--max-header-bytes SIZE", parse::header_bytes]
    max_header_bytes: usize = Limits::default().max_head,

    /// The largest content of a request, as it arrives.
    [Limit, "MODEL_LOCK_MAX_BODY", "--max-body SIZE", parse::size]
    max_body: usize = Limits::default().max_body,

    /// The largest content of a request, after its content coding is decoded.
    [Limit, "MODEL_LOCK_MAX_DECODED", "--max-decoded SIZE", parse::size]
    max_decoded: usize = Limits::default().max_decoded,

    /// The most bytes of a content after decoding, for each byte that arrives. It is checked beyond 8 MiB.
    [Limit, "MODEL_LOCK_MAX_EXPANSION", "--max-expansion NUMBER", parse::count]
    max_expansion: u32 = number(Limits::default().max_expansion),

    /// The most places of a content that can select something. Each costs more memory than its text.
    [Limit, "MODEL_LOCK_MAX_LOCATIONS", "--max-locations NUMBER", parse::count]
    max_locations: u32 = number(Limits::default().max_locations),

    /// The memory that all requests together may hold. A request that does not fit waits 5 seconds. Large requests leave
    /// an eighth of it to those of up to 64 KiB.
    [Limit, "MODEL_LOCK_MEMORY_BUDGET", "--memory-budget SIZE", |given| parse::size(given).map(Some)]
    memory_budget: Option<usize> = None => "half of the memory limit of the cgroup, or 512MiB where it has none",

    /// The most connections of all clients. No more are taken than there are descriptors for: half of the limit of open
    /// files (`ulimit -Hn`), less 128.
    [Limit, "MODEL_LOCK_MAX_CONNECTIONS", "--max-connections NUMBER", parse::count]
    max_connections: u32 = number(Limits::default().max_connections),

    /// The most connections of one client: of one IPv4 address, or of one /64 network of IPv6.
    [Limit, "MODEL_LOCK_MAX_CLIENT_CONNECTIONS", "--max-client-connections NUMBER", parse::count]
    max_client_connections: u32 = number(Limits::default().max_client_connections),

    /// The most WebSockets of all clients. Each is a connection, too.
    [Limit, "MODEL_LOCK_MAX_WEBSOCKETS", "--max-websockets NUMBER", parse::count]
    max_websockets: u32 = number(Limits::default().max_websockets),

    /// The most WebSockets of one client: of the client whose token was stated, or else as with connections.
    [Limit, "MODEL_LOCK_MAX_CLIENT_WEBSOCKETS", "--max-client-websockets NUMBER", parse::count]
    max_client_websockets: u32 = number(Limits::default().max_client_websockets),

    /// The longest time until the header section of a request has arrived.
    [Limit, "MODEL_LOCK_HEADER_TIMEOUT", "--header-timeout TIME", parse::timeout]
    header_timeout: Duration = Limits::default().header_timeout,

    /// The longest wait for the next part of a request's content.
    [Limit, "MODEL_LOCK_BODY_TIMEOUT", "--body-timeout TIME", parse::timeout]
    body_timeout: Duration = Limits::default().body_timeout,

    /// The longest time for a request's content, or for a message of a WebSocket, from its first byte to its last.
    [Limit, "MODEL_LOCK_BODY_DEADLINE", "--body-deadline TIME", parse::timeout]
    body_deadline: Duration = Limits::default().body_deadline,

    /// The longest time that a connection of a client is kept on which no request runs. When places or descriptors run
    /// short, the one that has been unused for the longest time is closed before.
    [Limit, "MODEL_LOCK_CLIENT_IDLE_TIMEOUT", "--client-idle-timeout TIME", parse::timeout]
    client_idle_timeout: Duration = Limits::default().client_idle_timeout,

    /// The longest time that a WebSocket is kept on which nothing comes from either side.
    [Limit, "MODEL_LOCK_WEBSOCKET_IDLE_TIMEOUT", "--websocket-idle-timeout TIME", parse::timeout]
    websocket_idle_timeout: Duration = Limits::default().websocket_idle_timeout,

    /// The longest wait for a client to read on, of a response or of a WebSocket.
    [Limit, "MODEL_LOCK_WRITE_TIMEOUT", "--write-timeout TIME", parse::timeout]
    write_timeout: Duration = Limits::default().write_timeout,

    /// The longest time that a connection stays open after a response that came before its request was whole. What
    /// still arrives is read and dropped, so that the response reaches a client that sends first and reads then.
    [Limit, "MODEL_LOCK_LINGER_TIMEOUT", "--linger-timeout TIME", parse::time]
    linger_timeout: Duration = Limits::default().linger_timeout,

    /// The longest time to connect to an upstream: its address, the forward proxy and TLS, all together.
    [Limit, "MODEL_LOCK_CONNECT_TIMEOUT", "--connect-timeout TIME", parse::timeout]
    connect_timeout: Duration = Limits::default().connect_timeout,

    /// The longest time in which an upstream has to acknowledge what was sent to it. Where it is silent for a quarter of
    /// it, it is asked, with a PING of HTTP/2 to be answered within half of it. A connection that is dead is replaced.
    [Limit, "MODEL_LOCK_UPSTREAM_TIMEOUT", "--upstream-timeout TIME", parse::timeout]
    upstream_timeout: Duration = Limits::default().upstream_timeout,

    /// The time that an unused connection to an upstream is kept; 0 keeps none.
    [Limit, "MODEL_LOCK_IDLE_TIMEOUT", "--idle-timeout TIME", parse::time, harmless]
    idle_timeout: Duration = Limits::default().idle_timeout,

    /// The time that running requests get to finish after SIGTERM or SIGINT. A second signal ends them at once.
    [Limit, "MODEL_LOCK_DRAIN_TIMEOUT", "--drain-timeout TIME", parse::time, harmless]
    drain_timeout: Duration = Limits::default().drain_timeout,

    /// The file to which every attempt and every change of the policy is appended, one chained JSON line each.
    [Shared, "MODEL_LOCK_AUDIT", "--audit FILE", parse::path, harmless]
    audit: Option<PathBuf> = None => "none",

    /// The size at which the audit file is renamed to `FILE.1`, `FILE.2` and so on.
    [Shared, "MODEL_LOCK_AUDIT_SIZE", "--audit-size SIZE", parse::size, harmless]
    audit_size: usize = 64 << 20,

    /// The host of the StatsD daemon. Where it is unset or empty, no metrics are sent.
    [Shared, "STATSD_HOST DD_AGENT_HOST", "", |given| given.text().map(|host| Some(host.to_owned())), harmless]
    statsd_host: Option<String> = None => "none",

    /// The UDP port of the StatsD daemon.
    [Shared, "STATSD_PORT DD_DOGSTATSD_PORT", "", parse::port, harmless]
    statsd_port: u16 = 8125,

    /// The prefix of the name of every metric.
    [Shared, "STATSD_PREFIX", "", parse::metric_prefix, harmless]
    statsd_prefix: String = "model_lock".to_owned(),

    /// The form of tags: `datadog` sends `name:1|c|#tag:word`; `name` sends `name.word:1|c`, for a daemon that knows no
    /// tags.
    [Shared, "STATSD_TAGS", "", parse::tags, harmless]
    statsd_tags: TagStyle = TagStyle::default(),
}

/// Returns a number of things as it is set.
fn number(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

/// The variables that the shim itself reads: name, default, documentation.
pub(crate) const SHIM: [(&str, &str, &str); 2] = [
    (
        "MODEL_LOCK_REAL_CODEX",
        "the next codex on PATH that is not this program",
        "The path of the real codex.",
    ),
    (
        "MODEL_LOCK_DEPTH",
        "0",
        "How often the shim has started itself. It sets the variable itself, and stops where it would not end.",
    ),
];

/// Variables that had another name before, and their name now.
pub(super) const RENAMED: [(&str, &str); 6] = [
    ("MODEL_LOCK_MAX_HEAD", "MODEL_LOCK_MAX_HEADER_BYTES"),
    ("MODEL_LOCK_HEAD_TIME", "MODEL_LOCK_HEADER_TIMEOUT"),
    ("MODEL_LOCK_BODY_TIME", "MODEL_LOCK_BODY_TIMEOUT"),
    ("MODEL_LOCK_IDLE", "MODEL_LOCK_IDLE_TIMEOUT"),
    ("MODEL_LOCK_DRAIN", "MODEL_LOCK_DRAIN_TIMEOUT"),
    ("MODEL_LOCK_GUARD", "MODEL_LOCK_DEPTH"),
];
