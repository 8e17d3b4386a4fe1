//! `model-lock explain -- codex …`: what would become of a command line, and why. Runs nothing.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::ExitCode;

use lockpolicy::agents::codex::cli::{Becomes, Told, tell};
use lockpolicy::{Mode, Policy, Rejection};
use shim::{Plan, Process, ShimError};

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
    let plan = match shim::plan(&process, policy.as_deref()) {
        Ok(plan) => plan,
        Err(ShimError::Policy(problems)) => return output::problems(&problems.0),
        Err(error) => return output::failure(&error),
    };
    let answer = Answer::new(&process.args, plan, policy.as_deref().ok());
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
    told: Vec<Told>,
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
    fn new(asked: &[OsString], plan: Plan, policy: Option<&Policy>) -> Self {
        let words: Vec<&[u8]> = asked.iter().map(|word| word.as_bytes()).collect();
        let told = policy
            .map(|policy| tell(policy, &words))
            .unwrap_or_default();
        let (command, rejection) = match plan.verdict {
            Some(verdict) => (verdict.command, verdict.rejection),
            None => (
                named(lockpolicy::agents::codex::cli::read(&words).name()),
                None,
            ),
        };
        let audit = policy.is_some_and(|policy| policy.mode() == Mode::ReportOnly);
        let verdict = if rejection.is_some() {
            Word::Refused
        } else if plan.args != asked {
            Word::Forced
        } else if audit {
            Word::Counted
        } else {
            Word::Passes
        };
        let led = policy.filter(|policy| plan.runs && !policy.is_proxy_off());
        Self {
            proxy: led.map(|policy| policy.proxy().unwrap_or(OWN).to_owned()),
            verdict,
            command,
            told,
            rejection,
            args: plan.args,
            server: plan.server.is_some(),
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
            self.told
                .iter()
                .map(|told| format!("reason: {}", sentence(told))),
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
            ("reasons", list(self.told.iter().map(reason))),
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

/// A command as the shim names it.
fn named(command: String) -> String {
    if command.is_empty() {
        "tui".to_owned()
    } else {
        command
    }
}

/// One change in words.
fn sentence(told: &Told) -> String {
    let Told {
        place,
        requested: asked,
        becomes,
    } = told;
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

fn reason(told: &Told) -> Json {
    let (becomes, put) = match &told.becomes {
        Becomes::Counted => ("counted", None),
        Becomes::Dropped => ("dropped", None),
        Becomes::Inserted(text) => ("inserted", Some(text)),
        Becomes::Refused => ("refused", None),
        Becomes::Written { text, alias: true } => ("written_for_alias", Some(text)),
        Becomes::Written { text, alias: false } => ("written", Some(text)),
    };
    object([
        ("place", text(&told.place)),
        ("asked", text(&told.requested)),
        ("becomes", text(becomes)),
        ("text", perhaps(put.map(|put| text(put)))),
    ])
}
