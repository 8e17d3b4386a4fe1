//! `model-lock explain -- codex …`: what would become of a command line, and why. Runs nothing.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::process::ExitCode;

use lockpolicy::agents::codex::cli::{
    ArgChange, Arguments, Becomes, CommandAction, CommandVerdict,
};
use lockpolicy::{Mode, Policy, Rejection};
use shim::{Process, ShimError};

use crate::json::{Json, list, object, perhaps, text, truth};
use crate::settings::environment::Environment;
use crate::shell_quote::{quoted, shell};
use crate::{exit, output, policy_source};

/// The flags of `explain`.
#[derive(clap::Args, Debug)]
pub(crate) struct Explain {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The command line; a first word `codex`, or a path that ends in it, is left out
    #[arg(last = true, value_name = "codex ARGS")]
    words: Vec<OsString>,
}

/// Prints what the shim would do with a command line.
pub(crate) fn explain(asked: &Explain, environment: &Environment) -> ExitCode {
    let process = Process {
        args: arguments(&asked.words).to_vec(),
        ..Process::current()
    };
    let policy = policy_source::for_shim(environment).map(|loaded| loaded.policy);
    let judged = match shim::plan(&process, policy.as_deref()) {
        Ok(judged) => judged,
        Err(ShimError::Policy(problems)) => return output::problems(&problems.0),
        Err(error) => return output::failure(&error),
    };
    let answer = Answer::new(judged, policy.as_deref().ok());
    let told = if asked.json {
        format!("{}\n", answer.json())
    } else {
        answer.text()
    };
    match answer.rejection {
        Some(_) => output::result_with(&told, exit::REFUSED),
        None => output::result(&told),
    }
}

/// What stands behind the program's name.
fn arguments(words: &[OsString]) -> &[OsString] {
    match words {
        [first, rest @ ..] if Path::new(first).file_name() == Some(OsStr::new("codex")) => rest,
        _ => words,
    }
}

struct Answer {
    verdict: Word,
    command: String,
    changes: Vec<ArgChange>,
    rejection: Option<Rejection>,
    /// What would run; empty where nothing would.
    args: Vec<OsString>,
    server: bool,
    /// Where its model calls are led besides: a proxy's URL, or `own`; nothing where they are not.
    proxy: Option<String>,
}

/// The verdict as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// It would run as it is.
    Passes,
    /// It would run as it is, whatever it asks for: nothing is locked.
    Counted,
    /// It would run with changes.
    Forced,
    /// Nothing would run.
    Refused,
}

impl Word {
    fn as_str(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::Counted => "passes; it is only counted, the mode is report_only",
            Self::Forced => "forced; it would run with changes",
            Self::Refused => "refused; nothing would run",
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::Counted => "counted",
            Self::Forced => "forced",
            Self::Refused => "refused",
        }
    }
}

impl Answer {
    fn new(judged: CommandVerdict<'_>, policy: Option<&Policy>) -> Self {
        let changes = judged.arg_changes();
        let arguments = judged.arguments();
        let report_only = policy.is_some_and(|policy| policy.mode() == Mode::ReportOnly);
        let verdict = match arguments {
            None => Word::Refused,
            Some(arguments) if !arguments.is_unchanged() => Word::Forced,
            Some(_) if report_only => Word::Counted,
            Some(_) => Word::Passes,
        };
        let runs_model = arguments.is_some_and(Arguments::runs_model);
        let proxied = policy.filter(|policy| runs_model && !policy.is_proxy_off());
        let words = arguments.map(|arguments| arguments.with_overrides(&[]));
        let words = words.unwrap_or_default().into_iter();
        Self {
            proxy: proxied.map(|policy| policy.proxy().unwrap_or(OWN).to_owned()),
            verdict,
            changes,
            args: words.map(OsString::from_vec).collect(),
            server: matches!(judged.action, CommandAction::Filter(..)),
            command: judged.command,
            rejection: match judged.action {
                CommandAction::Refuse(rejection) => Some(rejection),
                CommandAction::Run(_) | CommandAction::Filter(..) => None,
            },
        }
    }

    fn line(&self) -> Option<String> {
        let run = || {
            let words = std::iter::once(OsStr::new("codex"));
            shell(words.chain(self.args.iter().map(OsString::as_os_str)))
        };
        self.rejection.is_none().then(run)
    }

    fn text(&self) -> String {
        let mut lines = vec![
            format!("verdict: {}", self.verdict.as_str()),
            format!("command: {}", self.command),
        ];
        lines.extend(
            self.changes
                .iter()
                .map(|change| format!("reason: {}", sentence(change))),
        );
        if let Some(rejection) = &self.rejection {
            lines.push(format!("refusal: {rejection}"));
        }
        if self.server {
            lines.push("stays: every request on its standard input is judged too".to_owned());
        }
        lines.extend(self.proxy.as_deref().map(redirected));
        lines.extend(self.line().map(|line| format!("runs: {line}")));
        lines.push(String::new());
        lines.join("\n")
    }

    fn json(&self) -> Json {
        let arguments = || list(self.args.iter().map(|word| text(&word.to_string_lossy())));
        let refusal = |rejection: &Rejection| {
            object([
                ("reason", text(rejection.reason.as_str())),
                ("message", text(&rejection.to_string())),
            ])
        };
        object([
            ("verdict", text(self.verdict.tag())),
            ("command", text(&self.command)),
            ("reasons", list(self.changes.iter().map(reason))),
            ("refusal", perhaps(self.rejection.as_ref().map(refusal))),
            ("filtered", truth(self.server)),
            ("proxy", perhaps(self.proxy.as_deref().map(text))),
            (
                "arguments",
                perhaps(self.rejection.is_none().then(arguments)),
            ),
            ("line", perhaps(self.line().as_deref().map(text))),
        ])
    }
}

/// Returns the line about the proxy. The overrides depend on the configuration and on a port, so they are known at start.
fn redirected(proxy: &str) -> String {
    let proxy = if proxy == OWN {
        "an embedded proxy"
    } else {
        proxy
    };
    format!("proxy: codex's base URLs are overridden to {proxy}")
}

/// The proxy that is started with codex and ends with it.
const OWN: &str = "own";

/// One change in words.
fn sentence(change: &ArgChange) -> String {
    let ArgChange {
        place,
        requested: asked,
        becomes,
    } = change;
    let named = match asked.as_str() {
        "" => place.clone(),
        asked => format!("{place} names {}", quoted(asked)),
    };
    match becomes {
        Becomes::Counted => format!("{named}, which is not approved: it is counted and passes"),
        Becomes::Dropped if asked.is_empty() => {
            format!("{place} is taken out, with the address that it belongs to")
        }
        Becomes::Dropped => {
            format!("{named}: it is taken out, only the policy selects")
        }
        Becomes::Inserted(text) => format!(
            "{place} is not named: {} is put in, so that nothing below the command line decides",
            quoted(text)
        ),
        Becomes::Refused => format!("{named}, which is not approved: nothing runs"),
        Becomes::Written { text, alias: true } => {
            format!(
                "{named}, another name of the approved one: {} is written",
                quoted(text)
            )
        }
        Becomes::Written { text, alias: false } => {
            format!(
                "{named}, which is not approved: {} is put in its place",
                quoted(text)
            )
        }
    }
}

fn reason(change: &ArgChange) -> Json {
    let (becomes, put) = match &change.becomes {
        Becomes::Counted => ("counted", None),
        Becomes::Dropped => ("dropped", None),
        Becomes::Inserted(text) => ("inserted", Some(text)),
        Becomes::Refused => ("refused", None),
        Becomes::Written { text, alias: true } => ("written_for_alias", Some(text)),
        Becomes::Written { text, alias: false } => ("written", Some(text)),
    };
    object([
        ("place", text(&change.place)),
        ("asked", text(&change.requested)),
        ("becomes", text(becomes)),
        ("text", perhaps(put.map(|put| text(put)))),
    ])
}
