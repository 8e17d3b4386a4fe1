//! `model-lock explain -- codex …`: what would become of a command line, and why. Runs nothing.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::process::ExitCode;

use lockpolicy::agents::codex::CODEX;
use lockpolicy::agents::codex::cli::{
    ArgChange, Arguments, Becomes, CommandAction, CommandVerdict,
};
use lockpolicy::{Mode, Policy};
use serde::Serialize;
use shim::{Process, ShimError};

use crate::settings::environment::Environment;
use crate::shell_quote::shell;
use crate::{codex_on_path, exit, output, policy_source};

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
pub(crate) fn explain(options: &Explain, environment: &Environment) -> ExitCode {
    let process = Process {
        args: arguments(&options.words).to_vec(),
        ..Process::current()
    };
    let policy = policy_source::for_shim(environment)
        .loaded
        .map(|loaded| loaded.policy);
    let found = codex_on_path::of_process(&process);
    let real = shim::find_real(&codex_on_path::as_shim(process.clone(), &found), CODEX).ok();
    let judged = match shim::plan(&process, policy.as_deref(), real.as_deref()) {
        Ok(plan) => plan.verdict,
        Err(ShimError::Policy(problems)) => return output::problems(&problems.0),
        Err(error) => return output::failure(&error),
    };
    let answer = Explanation::new(judged, policy.as_deref().ok());
    let status = match answer.refusal {
        Some(_) => exit::REFUSED,
        None => exit::DONE,
    };
    if options.json {
        output::json(&answer, status)
    } else {
        output::result_with(&answer.text(), status)
    }
}

/// Returns the words after the program's name.
fn arguments(words: &[OsString]) -> &[OsString] {
    match words {
        [first, rest @ ..] if Path::new(first).file_name() == Some(OsStr::new("codex")) => rest,
        _ => words,
    }
}

/// The explanation of a command line, as it is printed.
#[derive(Serialize)]
struct Explanation {
    verdict: Outcome,
    command: String,
    reasons: Vec<Reason>,
    refusal: Option<Refusal>,
    /// True if every request on its standard input is judged too.
    filtered: bool,
    /// The destination of its model calls: a proxy's URL, or [`EMBEDDED`]; `None` if they are not redirected.
    proxy: Option<String>,
    /// The arguments that would run.
    arguments: Option<Vec<String>>,
    /// The same, as a shell reads it.
    line: Option<String>,
}

/// The verdict as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It would run as it is.
    Passes,
    /// It would run as it is, whatever it asks for: nothing is locked.
    Counted,
    /// It would run with changes.
    Forced,
    /// Nothing would run.
    Refused,
}

/// One change, and the sentence that explains it.
#[derive(Serialize)]
struct Reason {
    place: String,
    requested: String,
    becomes: &'static str,
    text: Option<String>,
    #[serde(skip)]
    sentence: String,
}

/// The reason why nothing would run.
#[derive(Serialize)]
struct Refusal {
    reason: &'static str,
    message: String,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::Counted => "passes; it is only counted, the mode is report_only",
            Self::Forced => "forced; it would run with changes",
            Self::Refused => "refused; nothing would run",
        }
    }
}

impl Explanation {
    fn new(judged: CommandVerdict<'_>, policy: Option<&Policy>) -> Self {
        let reasons = judged.arg_changes().iter().map(reason).collect();
        let arguments = judged.arguments();
        let report_only = policy.is_some_and(|policy| policy.mode() == Mode::ReportOnly);
        let verdict = match arguments {
            None => Outcome::Refused,
            Some(arguments) if !arguments.is_unchanged() => Outcome::Forced,
            Some(_) if report_only => Outcome::Counted,
            Some(_) => Outcome::Passes,
        };
        let runs_model = arguments.is_some_and(Arguments::runs_model);
        let proxied = policy.filter(|policy| runs_model && !policy.is_proxy_off());
        let words = arguments.map(|arguments| arguments.with_overrides(&[]));
        let words: Option<Vec<_>> =
            words.map(|words| words.into_iter().map(OsString::from_vec).collect());
        Self {
            proxy: proxied.map(|policy| policy.proxy().unwrap_or(EMBEDDED).to_owned()),
            verdict,
            reasons,
            line: words.as_deref().map(line),
            arguments: words.as_deref().map(texts),
            filtered: matches!(judged.action, CommandAction::Filter(..)),
            command: judged.command,
            refusal: match judged.action {
                CommandAction::Refuse(rejection) => Some(Refusal {
                    reason: rejection.reason.as_str(),
                    message: rejection.to_string(),
                }),
                CommandAction::Run(_) | CommandAction::Filter(..) => None,
            },
        }
    }

    fn text(&self) -> String {
        let mut lines = vec![
            format!("verdict: {}", self.verdict.as_str()),
            format!("command: {}", self.command),
        ];
        let reasons = self.reasons.iter();
        lines.extend(reasons.map(|reason| format!("reason: {}", reason.sentence)));
        let refusal = self.refusal.iter();
        lines.extend(refusal.map(|refusal| format!("refusal: {}", refusal.message)));
        if self.filtered {
            lines.push("filter: every request on its standard input is judged too".to_owned());
        }
        lines.extend(self.proxy.as_deref().map(redirected));
        lines.extend(self.line.iter().map(|line| format!("runs: {line}")));
        lines.push(String::new());
        lines.join("\n")
    }
}

/// Returns the line about the proxy. The overrides depend on the configuration and on a port, so they are known at start.
fn redirected(proxy: &str) -> String {
    let proxy = if proxy == EMBEDDED {
        "an embedded proxy"
    } else {
        proxy
    };
    format!("proxy: codex's base URLs are overridden to {proxy}")
}

/// The proxy that is started with codex and exits when codex exits.
const EMBEDDED: &str = "embedded";

/// Returns the command line as a shell reads it.
fn line(words: &[OsString]) -> String {
    let program = std::iter::once(OsStr::new("codex"));
    shell(program.chain(words.iter().map(OsString::as_os_str)))
}

fn texts(words: &[OsString]) -> Vec<String> {
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    words.iter().map(text).collect()
}

/// One change, as a word and in words.
fn reason(change: &ArgChange) -> Reason {
    let place = &change.place;
    let named = match change.requested.as_str() {
        "" => place.clone(),
        requested => format!("{place} names `{requested}`"),
    };
    let (becomes, text) = match &change.becomes {
        Becomes::Counted => ("counted", None),
        Becomes::Dropped => ("dropped", None),
        Becomes::Inserted(text) => ("inserted", Some(text)),
        Becomes::Refused => ("refused", None),
        Becomes::Written { text, alias: true } => ("written_for_alias", Some(text)),
        Becomes::Written { text, alias: false } => ("written", Some(text)),
    };
    let sentence = match &change.becomes {
        Becomes::Counted => format!("{named}, which is not approved: it is counted and passes"),
        Becomes::Dropped if change.requested.is_empty() => {
            format!("{place} is removed, with the address that it belongs to")
        }
        Becomes::Dropped => format!("{named}: it is removed, because only the policy selects"),
        Becomes::Inserted(text) => {
            format!("{place} is not set: `{text}` is added, so that no configuration file decides")
        }
        Becomes::Refused => format!("{named}, which is not approved: nothing runs"),
        Becomes::Written { text, alias: true } => {
            format!("{named}, an alias of the approved model: it is replaced by `{text}`")
        }
        Becomes::Written { text, alias: false } => {
            format!("{named}, which is not approved: it is replaced by `{text}`")
        }
    };
    Reason {
        place: place.clone(),
        requested: change.requested.clone(),
        becomes,
        text: text.cloned(),
        sentence,
    }
}
