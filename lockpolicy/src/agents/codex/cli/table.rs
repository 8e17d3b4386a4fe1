//! codex's whole command line as data: every command of 0.125.0 to 0.169.0, with its options.
//!
//! It is one table for all versions, because a shim does not know which one it stands before. Where
//! versions differ, [`Command::everywhere`] says so; no option changes its kind between them.
//! `tests/codex_help.rs` compares the table with what the real programs print.

use super::options::{
    AGENTS, API_PROXY, APP_SERVER, EXEC, EXEC_FORK, EXEC_RESUME, EXEC_REVIEW, EXEC_SERVER, IMAGES,
    JSON_ONLY, MCP_ADD, MCP_LOGIN, OPEN, OptionSpec, PICK, PLUGIN, QUEUE, REVIEW, SANDBOX, SESSION,
    VERSION_ONLY, flag, long, short, short_flag,
};

/// One command: the program itself, or a sub-command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The word that calls it; empty for the program itself.
    pub name: &'static str,
    /// Other words that call it.
    pub aliases: &'static [&'static str],
    /// Whether every version knows it. To one that does not, the word may be a prompt.
    pub everywhere: bool,
    /// Whose model it runs.
    pub runs: Runs,
    /// Whether a word that is no sub-command can be its prompt.
    pub prompt: bool,
    /// Whether its first operand begins another program's command line.
    pub foreign: bool,
    /// Its options, besides those that every command has.
    pub options: &'static [&'static [OptionSpec]],
    /// Its sub-commands, without `help`, which every command with sub-commands has.
    pub children: &'static [Self],
}

/// Whose model a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runs {
    /// No model at all.
    Never,
    /// One that the command line can name.
    Named,
    /// That of a thread which has one already: no command line can name it.
    Thread,
    /// One that a service picks: no command line can name it.
    Unnamed,
    /// That of whoever comes in by a door which nobody watches.
    Unwatched,
}

impl Command {
    /// The sub-command that a word calls.
    pub fn child(&self, word: &[u8]) -> Option<&'static Self> {
        if word == b"help" && !self.children.is_empty() {
            return Some(&HELP);
        }
        let called = |name: &&str| name.as_bytes() == word;
        self.children
            .iter()
            .find(|child| called(&child.name) || child.aliases.iter().any(called))
    }

    /// The options that are its own.
    pub fn own_options(&self) -> impl Iterator<Item = &'static OptionSpec> + use<> {
        self.options.iter().flat_map(|group| group.iter())
    }

    const fn new(name: &'static str, runs: Runs) -> Self {
        Self {
            name,
            aliases: &[],
            everywhere: true,
            runs,
            prompt: false,
            foreign: false,
            options: &[],
            children: &[],
        }
    }

    const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn takes(self, options: &'static [&'static [OptionSpec]]) -> Self {
        Self { options, ..self }
    }

    const fn with(self, children: &'static [Self]) -> Self {
        Self { children, ..self }
    }

    const fn prompted(self) -> Self {
        Self {
            prompt: true,
            ..self
        }
    }

    const fn foreign(self) -> Self {
        Self {
            foreign: true,
            ..self
        }
    }

    const fn partly(self) -> Self {
        Self {
            everywhere: false,
            ..self
        }
    }
}

const fn never(name: &'static str) -> Command {
    Command::new(name, Runs::Never)
}

const fn unwatched(name: &'static str) -> Command {
    Command::new(name, Runs::Unwatched)
}

const fn named(name: &'static str) -> Command {
    Command::new(name, Runs::Named)
}

static HELP: Command = never("help");

/// The program itself: without a sub-command it is the terminal interface.
pub static ROOT: Command = named("").prompted().takes(&[SESSION, OPEN]).with(COMMANDS);

static COMMANDS: &[Command] = &[
    named("agents").partly().takes(AGENTS),
    named("app-server")
        .takes(APP_SERVER)
        .with(APP_SERVER_COMMANDS),
    never("apply").also(&["a"]),
    never("archive").partly().takes(&[SESSION]),
    Command::new("cloud", Runs::Unnamed)
        .also(&["cloud-tasks"])
        .takes(VERSION_ONLY)
        .with(CLOUD_COMMANDS),
    never("completion"),
    never("debug").with(DEBUG_COMMANDS),
    never("delete").partly().takes(&[SESSION, &[flag("force")]]),
    never("doctor").partly().takes(&[&[
        flag("json"),
        flag("network-only"),
        flag("summary"),
        flag("all"),
        flag("no-color"),
        flag("ascii"),
    ]]),
    named("exec").also(&["e"]).prompted().takes(EXEC).with(&[
        named("fork").partly().takes(EXEC_FORK),
        named("resume").takes(EXEC_RESUME),
        named("review").takes(EXEC_REVIEW),
    ]),
    never("exec-server")
        .takes(EXEC_SERVER)
        .with(&[never("forward").partly().takes(EXEC_SERVER)]),
    never("execpolicy").with(&[never("check").foreign().takes(&[&[
        short(b'r', "rules"),
        flag("pretty"),
        flag("resolve-host-executables"),
    ]])]),
    never("features").with(&[never("disable"), never("enable"), never("list")]),
    named("fork").takes(&[SESSION, OPEN, PICK]),
    never("login")
        .takes(&[&[
            flag("with-api-key"),
            flag("with-access-token"),
            flag("device-auth"),
        ]])
        .with(&[never("status")]),
    never("logout"),
    never("mcp").with(&[
        never("add").foreign().takes(MCP_ADD),
        never("get").takes(JSON_ONLY),
        never("list").takes(JSON_ONLY),
        never("login").takes(MCP_LOGIN),
        never("logout"),
        never("remove"),
    ]),
    named("mcp-server").partly(),
    never("migrate-nfs-db")
        .partly()
        .takes(&[&[long("staging-dir")]]),
    never("migrate-rollouts").partly().takes(&[&[
        long("thread"),
        long("max-mib-per-second"),
        flag("apply"),
        flag("json"),
        flag("verbose"),
    ]]),
    never("plugin").with(PLUGIN_COMMANDS),
    Command::new("queue", Runs::Thread).partly().takes(QUEUE),
    unwatched("remote-control")
        .partly()
        .takes(&[&[flag("json"), flag("no-daemon")]])
        .with(&[
            never("pair").takes(JSON_ONLY),
            unwatched("start").takes(JSON_ONLY),
            never("stop").takes(JSON_ONLY),
        ]),
    never("responses-api-proxy").takes(API_PROXY),
    named("resume").takes(&[SESSION, OPEN, PICK, &[flag("include-non-interactive")]]),
    named("review").takes(REVIEW),
    never("sandbox").foreign().takes(SANDBOX).with(&[
        never("linux")
            .also(&["landlock"])
            .partly()
            .foreign()
            .takes(SANDBOX),
        never("macos")
            .also(&["seatbelt"])
            .partly()
            .foreign()
            .takes(SANDBOX),
        never("uninstall").partly(),
        never("windows").partly().foreign().takes(SANDBOX),
    ]),
    never("stdio-to-uds"),
    never("unarchive").partly().takes(&[SESSION]),
    never("update").partly(),
];

static APP_SERVER_COMMANDS: &[Command] = &[
    never("daemon").partly().with(&[
        unwatched("bootstrap").takes(&[&[flag("remote-control")]]),
        never("disable-remote-control"),
        unwatched("enable-remote-control"),
        unwatched("pid-update-loop"),
        unwatched("restart"),
        unwatched("start"),
        never("stop"),
        never("update")
            .partly()
            .takes(&[&[flag("from-cli"), short_flag(b'y', "yes")]]),
        never("version"),
    ]),
    never("generate-internal-json-schema").takes(&[&[short(b'o', "out")]]),
    never("generate-json-schema").takes(&[&[short(b'o', "out"), flag("experimental")]]),
    never("generate-ts").takes(&[&[
        short(b'o', "out"),
        short(b'p', "prettier"),
        flag("experimental"),
    ]]),
    unwatched("proxy").takes(&[&[long("sock")]]),
];

static CLOUD_COMMANDS: &[Command] = &[
    never("apply").takes(&[&[long("attempt")]]),
    never("diff").takes(&[&[long("attempt")]]),
    Command::new("exec", Runs::Unnamed).takes(&[&[long("env"), long("attempts"), long("branch")]]),
    never("list").takes(&[&[long("env"), long("limit"), long("cursor"), flag("json")]]),
    never("status"),
];

static DEBUG_COMMANDS: &[Command] = &[
    // Its turn runs whatever the configuration names: no option of any level reaches it.
    never("app-server").with(&[Command::new("send-message-v2", Runs::Unnamed)]),
    never("clear-memories"),
    never("models").takes(&[&[flag("bundled")]]),
    never("prompt-input").takes(IMAGES),
    never("trace-reduce").takes(&[&[short(b'o', "output")]]),
];

static PLUGIN_COMMANDS: &[Command] = &[
    never("add").partly().takes(PLUGIN),
    never("list").partly().takes(PLUGIN),
    never("marketplace").with(&[
        never("add").takes(&[&[long("ref"), long("sparse"), flag("json")]]),
        never("list").partly().takes(JSON_ONLY),
        never("remove").takes(JSON_ONLY),
        never("upgrade").takes(JSON_ONLY),
    ]),
    never("remove").partly().takes(PLUGIN),
];
