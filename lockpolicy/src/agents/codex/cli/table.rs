//! codex's whole command line as data: every command of 0.125.0 to 0.171.0, with its options.
//!
//! It is one table for all versions, because a shim does not know the version behind it. Where
//! versions differ, [`Command::everywhere`] says so; no option changes its kind between them.
//! `tests/codex_help.rs` compares the table with what the real programs print.

use super::options::{
    CD, EXEC_SERVER, GLOBAL, IMAGE, JSON_ONLY, LOCAL_PROVIDER, OPEN, OSS, PICK, PLUGIN, PROFILE,
    PROFILE_V2, REMOTE, REMOTE_TOKEN, REVIEWED, SANDBOX, SESSION, SOCKET, STRICT, TRUST, TURN,
    VERSION, VERSION_ONLY,
};
use super::spec::{
    Command, ModelSource, Operands, OptionSpec, Takes, flag, long, options, short, short_flag,
};
use crate::agents::codex::app_server::Server;

const fn no_model(name: &'static str) -> Command {
    Command::new(name, ModelSource::None)
}

const fn model(name: &'static str) -> Command {
    Command::new(name, ModelSource::CommandLine)
}

const fn remote_model(name: &'static str) -> Command {
    Command::new(name, ModelSource::RemoteClient)
}

const fn sandbox(name: &'static str) -> Command {
    let command = no_model(name).operands(Operands::OtherProgram);
    command.options(SANDBOX)
}

/// The program itself: without a sub-command it is the terminal interface.
pub static ROOT: Command = model("")
    .operands(Operands::Prompt)
    .is_tui(true)
    .options(&[SESSION, OPEN])
    .children(COMMANDS);

static COMMANDS: &[Command] =
    &[
        model("agents").is_tui(true).everywhere(false).options(&[&[
            REMOTE,
            REMOTE_TOKEN,
            CD,
            flag("no-alt-screen"),
            flag("no-daemon"),
        ]]),
        model("app-server")
            .server(Some(Server::App))
            .options(&[
                SOCKET,
                &[STRICT],
                &options!(
                    flag: "analytics-default-enabled" "managed-daemon" "print-startup-config"
                        "startup-sign-out" "stdio";
                    long: "cloud-skills-snapshot" "code-mode-host" "startup-client-info";
                ),
            ])
            .children(APP_SERVER_COMMANDS),
        no_model("apply").aliases(&["a"]),
        no_model("archive").everywhere(false).options(&[SESSION]),
        Command::new("cloud", ModelSource::ServiceChosen)
            .aliases(&["cloud-tasks"])
            .options(VERSION_ONLY)
            .children(CLOUD_COMMANDS),
        no_model("completion"),
        no_model("debug").children(DEBUG_COMMANDS),
        no_model("delete")
            .everywhere(false)
            .options(&[SESSION, &[flag("force")]]),
        no_model("doctor").everywhere(false).options(&[&options!(
            flag: "all" "ascii" "json" "network-only" "no-color" "summary";
        )]),
        model("exec")
            .aliases(&["e"])
            .operands(Operands::Prompt)
            .options(&[
                TURN,
                &[
                    IMAGE.takes(Takes::Many),
                    OSS,
                    LOCAL_PROVIDER,
                    PROFILE,
                    PROFILE_V2,
                    short(b's', "sandbox"),
                    flag("approve-for-me"),
                    CD,
                    long("add-dir"),
                    long("color"),
                    VERSION,
                ],
            ])
            .children(&[
                model("fork").everywhere(false).options(&[TURN, &[IMAGE]]),
                model("resume").options(&[TURN, PICK, &[IMAGE]]),
                model("review").options(&[TURN, REVIEWED]),
            ]),
        no_model("exec-server")
            .options(EXEC_SERVER)
            .children(&[no_model("forward").everywhere(false).options(EXEC_SERVER)]),
        no_model("execpolicy").children(&[no_model("check")
            .operands(Operands::OtherProgram)
            .options(&[&[
                short(b'r', "rules"),
                flag("pretty"),
                flag("resolve-host-executables"),
            ]])]),
        no_model("features").children(&[no_model("disable"), no_model("enable"), no_model("list")]),
        model("fork").is_tui(true).options(&[SESSION, OPEN, PICK]),
        no_model("login")
            .options(&[&[
                flag("with-api-key"),
                flag("with-access-token"),
                flag("device-auth"),
            ]])
            .children(&[no_model("status")]),
        no_model("logout"),
        no_model("mcp").children(&[
            no_model("add")
                .operands(Operands::OtherProgram)
                .options(&[&options!(
                    long: "bearer-token-env-var" "env" "oauth-client-id" "oauth-client-registration"
                        "oauth-client-secret" "oauth-resource" "url";
                )]),
            no_model("get").options(JSON_ONLY),
            no_model("list").options(JSON_ONLY),
            no_model("login").options(&[&[
                long("scopes"),
                long("oauth-client-registration"),
                flag("no-browser"),
            ]]),
            no_model("logout"),
            no_model("remove"),
        ]),
        model("mcp-server")
            .server(Some(Server::Mcp))
            .everywhere(false)
            .options(&[&[STRICT]]),
        no_model("migrate-nfs-db")
            .everywhere(false)
            .options(&[&[long("staging-dir")]]),
        no_model("migrate-rollouts")
            .everywhere(false)
            .options(&[&options!(
                flag: "apply" "json" "verbose";
                long: "max-mib-per-second" "thread";
            )]),
        no_model("plugin").children(PLUGIN_COMMANDS),
        Command::new("queue", ModelSource::Session)
            .everywhere(false)
            .options(&[SESSION, &[long("thread"), long("message"), flag("resume")]]),
        remote_model("remote-control")
            .everywhere(false)
            .options(&[&[flag("json"), flag("no-daemon")]])
            .children(&[
                no_model("pair").options(JSON_ONLY),
                remote_model("start").options(JSON_ONLY),
                no_model("stop").options(JSON_ONLY),
            ]),
        no_model("responses-api-proxy").options(&[&options!(
            flag: "github-oidc" "http-shutdown";
            long: "dump-dir" "github-oidc-request-url" "identity-provider-id" "oidc-audience" "port"
                "server-info" "service-account-id" "upstream-url";
        )]),
        model("resume").is_tui(true).options(&[
            SESSION,
            OPEN,
            PICK,
            &[flag("include-non-interactive")],
        ]),
        model("review").options(&[REVIEWED, &[STRICT, TRUST]]),
        sandbox("sandbox").children(&[
            sandbox("linux").everywhere(false).aliases(&["landlock"]),
            sandbox("macos").everywhere(false).aliases(&["seatbelt"]),
            no_model("uninstall").everywhere(false),
            sandbox("windows").everywhere(false),
        ]),
        no_model("stdio-to-uds").everywhere(false),
        no_model("unarchive").everywhere(false).options(&[SESSION]),
        no_model("update").everywhere(false),
    ];

static APP_SERVER_COMMANDS: &[Command] = &[
    no_model("daemon").everywhere(false).children(&[
        remote_model("bootstrap").options(&[&[flag("remote-control")]]),
        no_model("disable-remote-control"),
        remote_model("enable-remote-control"),
        remote_model("pid-update-loop"),
        remote_model("restart"),
        remote_model("start"),
        no_model("stop"),
        no_model("update")
            .everywhere(false)
            .options(&[&[flag("from-cli"), short_flag(b'y', "yes")]]),
        no_model("version"),
    ]),
    no_model("generate-internal-json-schema").options(&[&[short(b'o', "out")]]),
    no_model("generate-json-schema").options(&[&[short(b'o', "out"), flag("experimental")]]),
    no_model("generate-ts").options(&[&[
        short(b'o', "out"),
        short(b'p', "prettier"),
        flag("experimental"),
    ]]),
    remote_model("proxy").options(&[&[long("sock")]]),
];

static CLOUD_COMMANDS: &[Command] = &[
    no_model("apply").options(&[&[long("attempt")]]),
    no_model("diff").options(&[&[long("attempt")]]),
    Command::new("exec", ModelSource::ServiceChosen).options(&[&[
        long("env"),
        long("attempts"),
        long("branch"),
    ]]),
    no_model("list").options(&[&[long("env"), long("limit"), long("cursor"), flag("json")]]),
    no_model("status"),
];

static DEBUG_COMMANDS: &[Command] = &[
    // Its turn runs whatever the configuration names: no option of any level reaches it.
    no_model("app-server")
        .server(Some(Server::App))
        .children(&[Command::new("send-message-v2", ModelSource::ServiceChosen)]),
    no_model("clear-memories"),
    no_model("models").options(&[&[flag("bundled")]]),
    no_model("prompt-input").options(&[&[IMAGE.takes(Takes::Many)]]),
    no_model("trace-reduce").options(&[&[short(b'o', "output")]]),
];

static PLUGIN_COMMANDS: &[Command] = &[
    no_model("add").everywhere(false).options(PLUGIN),
    no_model("list").everywhere(false).options(PLUGIN),
    no_model("marketplace").children(&[
        no_model("add").options(&[&[long("ref"), long("sparse"), flag("json")]]),
        no_model("list").everywhere(false).options(JSON_ONLY),
        no_model("remove").options(JSON_ONLY),
        no_model("upgrade").options(JSON_ONLY),
    ]),
    no_model("remove").everywhere(false).options(PLUGIN),
];

/// Returns the option that a name, with its dashes, means to a command.
pub(super) fn option_of(command: &Command, name: &[u8]) -> Option<&'static OptionSpec> {
    let mut options = command.own_options().chain(GLOBAL);
    match name {
        [b'-', b'-', long @ ..] => options.find(|spec| spec.long.as_bytes() == long),
        [b'-', letter] => options.find(|spec| spec.letter == Some(*letter)),
        _ => None,
    }
}
