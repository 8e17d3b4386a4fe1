//! The options of codex that several commands share. The other options stand in the table of commands.

use super::spec::{OptionSpec, Role, Takes, flag, long, options, short, short_flag};
use crate::{Capability, ForceAction, Setting};

/// The model.
const SELECTS_MODEL: Role = Role::Selects(Setting::Model(Capability::Generation));
/// A selector that `force` takes out.
const OTHER: Role = Role::Selects(Setting::OtherSelector(
    Capability::Generation,
    ForceAction::Drop,
));

pub(super) const MODEL: OptionSpec = short(b'm', "model").role(SELECTS_MODEL);
pub(super) const PROFILE: OptionSpec = short(b'p', "profile").role(OTHER);
/// The name that 0.131 to 0.133 have for what `--profile` is since: a file on top of the configuration.
pub(super) const PROFILE_V2: OptionSpec = long("profile-v2").role(OTHER);
pub(super) const OSS: OptionSpec = flag("oss").role(OTHER);
pub(super) const LOCAL_PROVIDER: OptionSpec = long("local-provider").role(OTHER);
pub(super) const REMOTE: OptionSpec = long("remote").role(OTHER).is_secret(true);
pub(super) const REMOTE_TOKEN: OptionSpec = long("remote-auth-token-env").requires(Some("remote"));
pub(super) const VERSION: OptionSpec = short_flag(b'V', "version").role(Role::Help);
pub(super) const IMAGE: OptionSpec = short(b'i', "image");
pub(super) const CD: OptionSpec = short(b'C', "cd");
pub(super) const STRICT: OptionSpec = flag("strict-config");
pub(super) const TRUST: OptionSpec = flag("trust");
pub(super) const BYPASS: OptionSpec = flag("dangerously-bypass-approvals-and-sandbox");
/// An old name, which no help shows.
pub(super) const YOLO: OptionSpec = flag("yolo");
pub(super) const BYPASS_TRUST: OptionSpec = flag("dangerously-bypass-hook-trust");
pub(super) const WORKTREE: OptionSpec = flag("worktree");
pub(super) const FULL_AUTO: OptionSpec = flag("full-auto");
pub(super) const JSON: OptionSpec = flag("json");

/// The options of every command.
pub static GLOBAL: &[OptionSpec] = &[
    short(b'c', "config").role(Role::Config),
    long("enable"),
    long("disable"),
    short_flag(b'h', "help").role(Role::Help),
];

/// The options of a session in the terminal.
pub(super) static SESSION: &[OptionSpec] = &[
    REMOTE,
    REMOTE_TOKEN,
    STRICT,
    IMAGE.takes(Takes::Many),
    MODEL,
    OSS,
    LOCAL_PROVIDER,
    PROFILE,
    PROFILE_V2,
    short(b's', "sandbox"),
    flag("approve-for-me"),
    BYPASS,
    YOLO,
    BYPASS_TRUST,
    CD,
    WORKTREE,
    long("add-dir"),
];

/// The further options of a session that is opened and not only looked up.
pub(super) static OPEN: &[OptionSpec] = &[
    short(b'a', "ask-for-approval"),
    flag("search"),
    flag("no-alt-screen"),
    flag("no-daemon"),
    FULL_AUTO,
    VERSION,
];

/// The options that pick a session.
pub(super) static PICK: &[OptionSpec] = &[flag("last"), flag("all")];

/// The options of every kind of `exec`.
pub(super) static TURN: &[OptionSpec] = &[
    REMOTE,
    REMOTE_TOKEN,
    STRICT,
    MODEL,
    BYPASS,
    YOLO,
    BYPASS_TRUST,
    WORKTREE,
    long("thread-source"),
    long("cyber-access-program").role(Role::Selects(Setting::PROGRAM)),
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

/// The options that select what is reviewed.
pub(super) static REVIEWED: &[OptionSpec] = &options!(
    flag: "uncommitted";
    long: "base" "commit" "title";
);

/// The options of a server on a socket.
pub(super) static SOCKET: &[OptionSpec] = &options!(
    long: "listen" "ws-audience" "ws-auth" "ws-issuer" "ws-max-clock-skew-seconds"
        "ws-shared-secret-file" "ws-token-file" "ws-token-sha256";
);

/// The options of `exec-server` and of its sub-command. Their `--remote` is not that of a session.
pub(super) static EXEC_SERVER: &[&[OptionSpec]] = &[
    SOCKET,
    &[STRICT],
    &options!(
        flag: "aws-sigv4" "chatgpt-token-stdin" "executor-credential-stdin" "exit-on-stdin-close"
            "linux-sandbox-transparent-tcp" "proxy-private-ips-via-upstream"
            "registration-bearer-stdin" "use-agent-identity-auth";
        long: "aws-profile" "aws-region" "aws-service" "chatgpt-account-id" "concurrent-requests"
            "connect" "environment-id" "linux-sandbox-pid-namespace" "name" "remote"
            "remote-transport" "tcp-upstream-proxy";
    ),
];

/// The options of `sandbox` and of its old sub-commands.
pub(super) static SANDBOX: &[&[OptionSpec]] = &[&[
    long("sandbox-state-json"),
    long("sandbox-state-readable-root"),
    flag("sandbox-state-disable-network"),
    short(b'P', "permission-profile"),
    PROFILE,
    long("permissions-profile"),
    CD,
    flag("include-managed-config"),
    long("allow-unix-socket"),
    flag("log-denials"),
    flag("transparent-tcp"),
    FULL_AUTO,
]];

/// The options of `plugin add`, `list` and `remove`. Their `-m` is a marketplace.
pub(super) static PLUGIN: &[&[OptionSpec]] =
    &[&[short(b'm', "marketplace"), JSON, flag("available")]];

/// The only option `--json`.
pub(super) static JSON_ONLY: &[&[OptionSpec]] = &[&[JSON]];
/// The only option `--version`.
pub(super) static VERSION_ONLY: &[&[OptionSpec]] = &[&[VERSION]];
