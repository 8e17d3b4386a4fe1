//! codex's options as data: what each takes, and what it means to the lock.

/// One option of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Its letter, if it has one.
    pub letter: Option<u8>,
    /// Its long name, without the dashes.
    pub long: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it means to the lock.
    pub role: Role,
}

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// Exactly one option-argument.
    One,
    /// Every word up to the next one that begins with a dash.
    Many,
}

/// What an option means to the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Asks the provider for another line of models.
    AccessProgram,
    /// `key=value`, laid over the configuration.
    Config,
    /// Prints something and ends: whatever stands beside it, no model runs.
    Help,
    /// Runs a model of this machine.
    LocalProvider,
    /// Names the model.
    Model,
    /// Selects nothing.
    Plain,
    /// Lays another file over the configuration.
    Profile,
    /// Hands everything to a server elsewhere.
    Remote,
    /// Useless without [`Role::Remote`], and refused without it.
    RemoteToken,
}

impl OptionSpec {
    const fn new(letter: Option<u8>, long: &'static str, takes: Takes) -> Self {
        Self {
            letter,
            long,
            takes,
            role: Role::Plain,
        }
    }

    const fn many(self) -> Self {
        Self {
            takes: Takes::Many,
            ..self
        }
    }

    const fn means(self, role: Role) -> Self {
        Self { role, ..self }
    }
}

/// An option without an option-argument.
pub(super) const fn flag(name: &'static str) -> OptionSpec {
    OptionSpec::new(None, name, Takes::Nothing)
}

/// An option with an option-argument and no letter.
pub(super) const fn long(name: &'static str) -> OptionSpec {
    OptionSpec::new(None, name, Takes::One)
}

/// An option with an option-argument and a letter.
pub(super) const fn short(letter: u8, name: &'static str) -> OptionSpec {
    OptionSpec::new(Some(letter), name, Takes::One)
}

/// An option without an option-argument and with a letter.
pub(super) const fn short_flag(letter: u8, name: &'static str) -> OptionSpec {
    OptionSpec::new(Some(letter), name, Takes::Nothing)
}

const MODEL: OptionSpec = short(b'm', "model").means(Role::Model);
const PROFILE: OptionSpec = short(b'p', "profile").means(Role::Profile);
const OSS: OptionSpec = flag("oss").means(Role::LocalProvider);
const LOCAL_PROVIDER: OptionSpec = long("local-provider").means(Role::LocalProvider);
const REMOTE: OptionSpec = long("remote").means(Role::Remote);
const REMOTE_TOKEN: OptionSpec = long("remote-auth-token-env").means(Role::RemoteToken);
const VERSION: OptionSpec = short_flag(b'V', "version").means(Role::Help);
const IMAGE: OptionSpec = short(b'i', "image");
const CD: OptionSpec = short(b'C', "cd");
const STRICT: OptionSpec = flag("strict-config");
const TRUST: OptionSpec = flag("trust");
const BYPASS: OptionSpec = flag("dangerously-bypass-approvals-and-sandbox");
/// An old name that no help tells of.
const YOLO: OptionSpec = flag("yolo");
const BYPASS_TRUST: OptionSpec = flag("dangerously-bypass-hook-trust");
const WORKTREE: OptionSpec = flag("worktree");
const FULL_AUTO: OptionSpec = flag("full-auto");
const JSON: OptionSpec = flag("json");

/// What every command takes.
pub static GLOBAL: &[OptionSpec] = &[
    short(b'c', "config").means(Role::Config),
    long("enable"),
    long("disable"),
    short_flag(b'h', "help").means(Role::Help),
];

/// What a session in the terminal takes.
pub(super) static SESSION: &[OptionSpec] = &[
    REMOTE,
    REMOTE_TOKEN,
    STRICT,
    IMAGE.many(),
    MODEL,
    OSS,
    LOCAL_PROVIDER,
    PROFILE,
    short(b's', "sandbox"),
    flag("approve-for-me"),
    BYPASS,
    YOLO,
    BYPASS_TRUST,
    CD,
    WORKTREE,
    long("add-dir"),
];

/// What a session takes besides, where it is opened and not only looked up.
pub(super) static OPEN: &[OptionSpec] = &[
    short(b'a', "ask-for-approval"),
    flag("search"),
    flag("no-alt-screen"),
    flag("no-daemon"),
    FULL_AUTO,
    VERSION,
];

/// How a session is picked.
pub(super) static PICK: &[OptionSpec] = &[flag("last"), flag("all")];

/// What every kind of `exec` takes.
static TURN: &[OptionSpec] = &[
    STRICT,
    MODEL,
    BYPASS,
    YOLO,
    BYPASS_TRUST,
    WORKTREE,
    long("thread-source"),
    long("cyber-access-program").means(Role::AccessProgram),
    flag("skip-git-repo-check"),
    TRUST,
    flag("ephemeral"),
    flag("ignore-user-config"),
    flag("ignore-rules"),
    long("output-schema"),
    FULL_AUTO,
    JSON,
    flag("experimental-json"),
    short(b'o', "output-last-message"),
];

/// `exec`.
pub(super) static EXEC: &[&[OptionSpec]] = &[
    TURN,
    &[
        IMAGE.many(),
        OSS,
        LOCAL_PROVIDER,
        PROFILE,
        short(b's', "sandbox"),
        flag("approve-for-me"),
        CD,
        long("add-dir"),
        long("color"),
        VERSION,
    ],
];

/// `exec resume`.
pub(super) static EXEC_RESUME: &[&[OptionSpec]] = &[TURN, PICK, &[IMAGE]];
/// `exec fork`.
pub(super) static EXEC_FORK: &[&[OptionSpec]] = &[TURN, &[IMAGE]];
/// `exec review`.
pub(super) static EXEC_REVIEW: &[&[OptionSpec]] = &[TURN, REVIEWED];
/// `review`.
pub(super) static REVIEW: &[&[OptionSpec]] = &[REVIEWED, &[STRICT, TRUST]];
static REVIEWED: &[OptionSpec] = &[
    flag("uncommitted"),
    long("base"),
    long("commit"),
    long("title"),
];

/// `agents`.
pub(super) static AGENTS: &[&[OptionSpec]] = &[&[
    REMOTE,
    REMOTE_TOKEN,
    CD,
    flag("no-alt-screen"),
    flag("no-daemon"),
]];

/// `queue`.
pub(super) static QUEUE: &[&[OptionSpec]] =
    &[SESSION, &[long("thread"), long("message"), flag("resume")]];

/// Who may speak to a server on a socket.
static SOCKET: &[OptionSpec] = &[
    long("listen"),
    long("ws-auth"),
    long("ws-token-file"),
    long("ws-token-sha256"),
    long("ws-shared-secret-file"),
    long("ws-issuer"),
    long("ws-audience"),
    long("ws-max-clock-skew-seconds"),
];

/// `app-server`.
pub(super) static APP_SERVER: &[&[OptionSpec]] = &[
    SOCKET,
    &[
        STRICT,
        flag("analytics-default-enabled"),
        flag("stdio"),
        flag("startup-sign-out"),
        flag("print-startup-config"),
        long("code-mode-host"),
        long("startup-client-info"),
        long("cloud-skills-snapshot"),
        flag("managed-daemon"),
    ],
];

/// `exec-server` and its sub-command. Its `--remote` is another than that of a session.
pub(super) static EXEC_SERVER: &[&[OptionSpec]] = &[
    SOCKET,
    &[
        STRICT,
        long("connect"),
        long("concurrent-requests"),
        long("remote"),
        long("remote-transport"),
        long("environment-id"),
        long("name"),
        long("linux-sandbox-pid-namespace"),
        long("chatgpt-account-id"),
        long("aws-profile"),
        long("aws-region"),
        long("aws-service"),
        flag("use-agent-identity-auth"),
        flag("aws-sigv4"),
        flag("proxy-private-ips-via-upstream"),
        flag("registration-bearer-stdin"),
        flag("executor-credential-stdin"),
        flag("chatgpt-token-stdin"),
        flag("exit-on-stdin-close"),
    ],
];

/// `responses-api-proxy`.
pub(super) static API_PROXY: &[&[OptionSpec]] = &[&[
    long("port"),
    long("server-info"),
    long("upstream-url"),
    long("dump-dir"),
    long("oidc-audience"),
    long("identity-provider-id"),
    long("service-account-id"),
    long("github-oidc-request-url"),
    flag("http-shutdown"),
    flag("github-oidc"),
]];

/// `sandbox`, and what its old sub-commands took.
pub(super) static SANDBOX: &[&[OptionSpec]] = &[&[
    long("sandbox-state-json"),
    long("sandbox-state-readable-root"),
    flag("sandbox-state-disable-network"),
    short(b'P', "permission-profile"),
    PROFILE,
    CD,
    flag("include-managed-config"),
    long("allow-unix-socket"),
    flag("log-denials"),
    FULL_AUTO,
]];

/// `mcp add`.
pub(super) static MCP_ADD: &[&[OptionSpec]] = &[&[
    long("env"),
    long("url"),
    long("bearer-token-env-var"),
    long("oauth-client-id"),
    long("oauth-client-secret"),
    long("oauth-client-registration"),
    long("oauth-resource"),
]];

/// `mcp login`.
pub(super) static MCP_LOGIN: &[&[OptionSpec]] = &[&[
    long("scopes"),
    long("oauth-client-registration"),
    flag("no-browser"),
]];

/// `plugin add`, `list` and `remove`: their `-m` is a marketplace.
pub(super) static PLUGIN: &[&[OptionSpec]] =
    &[&[short(b'm', "marketplace"), JSON, flag("available")]];

/// Only `--json`.
pub(super) static JSON_ONLY: &[&[OptionSpec]] = &[&[JSON]];
/// Only `--version`.
pub(super) static VERSION_ONLY: &[&[OptionSpec]] = &[&[VERSION]];
/// Pictures.
pub(super) static IMAGES: &[&[OptionSpec]] = &[&[IMAGE.many()]];
