//! The command-line surface: what codex's arguments select, and what becomes of them.
//!
//! ```text
//! arguments → token: read → extract: occurrences → judge → apply: arguments
//! ```
//!
//! One line is judged for every version of codex at once. What only asks for help, and every
//! command that runs no model in any version, passes byte for byte. Everything else gets the pin
//! where each version heeds it: `-m` where the command has it, and `-c model`, `-c review_model`.
//!
//! Not covered, because no command line can: models that codex picks by itself, roles and profiles in
//! its configuration files, and threads of a server that is running already.

mod apply;
mod arg_change;
pub(crate) mod choice;
pub mod dotted;
mod extract;
mod line;
mod options;
mod table;
mod token;

use alloc::string::String;
use alloc::vec::Vec;

pub use arg_change::{Becomes, Told, tell};
pub use line::CommandLine;
pub use options::{GLOBAL, OptionSpec, Role, Takes};
pub use table::{Command, ROOT, Runs};
pub use token::{Disposition, Kind, Token, Written, read, write};

use crate::agents::codex::app_server::Server;
use crate::agents::codex::config::Override;
use crate::{
    Action, Attempt, Change, Decision, ModelMatch, Occurrence, Origin, Policy, Reason, Rejection,
    Source, Surface,
};
use apply::Insertion;

/// What becomes of a command line, with what is to be told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// What happens.
    pub outcome: Outcome,
    /// Each attempt to run something that is not pinned.
    pub attempts: Vec<Attempt>,
    /// How the model was named.
    pub model_match: ModelMatch,
    /// The command, as in `exec resume`; empty for the program itself.
    pub command: String,
    /// Whether it runs a model that the command line can name, and so can be led through a proxy.
    pub runs: bool,
    /// The server that runs and listens on standard input, whose requests are judged one by one.
    pub server: Option<Server>,
}

/// What happens to a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on byte for byte.
    Pass,
    /// Nothing is started.
    Reject(Rejection),
    /// These arguments go on in its place.
    Rewrite(Vec<Vec<u8>>),
}

/// Decides about the arguments behind the program's name.
///
/// A base URL that leads to the policy's proxy is no attempt, any other is one.
///
/// # Examples
///
/// ```
/// use lockpolicy::agents::codex::cli::{Outcome, judge};
///
/// let policy = lockpolicy::PolicyConfig::from_toml("model = 'gpt-5.5'").build().unwrap();
/// let ruling = judge(&policy, &[b"review", b"-c", b"model=other"]);
/// let Outcome::Rewrite(args) = ruling.outcome else { panic!() };
/// assert_eq!(args.join(&b' '), b"review -c review_model=\"gpt-5.5\" -c model=\"gpt-5.5\"");
/// assert_eq!(ruling.attempts[0].requested, "other");
/// ```
pub fn judge(policy: &Policy, args: &[&[u8]]) -> Ruling {
    judge_and_lead(policy, args, &[])
}

/// Decides like [`judge`], and puts overrides into what runs a model: those of
/// [`crate::agents::codex::config::Providers::overrides`], which lead it through a proxy.
pub fn judge_and_lead(policy: &Policy, args: &[&[u8]], lead: &[Override]) -> Ruling {
    let line = read(args);
    if line.ambiguous.is_none() && line.runs() == Runs::Never {
        return Ruling::of(&line, Outcome::Pass);
    }
    if let Some(rejection) = undecidable(&line) {
        return Ruling::of(&line, Outcome::Reject(rejection));
    }
    let origin = Origin {
        surface: Surface::Argv,
        source: Source::User,
    };
    let stated = extract::stated(&line, policy);
    let verdict = crate::judge(policy, origin, &stated);
    let absent = extract::absent(&line, policy);
    let filled = crate::judge(policy, origin, &absent);
    let mut insertions = insertions(&filled.decision, &absent);
    if line.runs() == Runs::Named {
        insertions.extend(lead.iter().map(Insertion::lead));
    }
    let outcome = match verdict.decision {
        Decision::Reject(rejection) => Outcome::Reject(rejection),
        Decision::Pass => rewritten(&line, &stated, &[], &insertions),
        Decision::Rewrite(changes) => rewritten(&line, &stated, &changes, &insertions),
    };
    let rejected = matches!(outcome, Outcome::Reject(_));
    let model_match = if verdict.model_match == ModelMatch::None && !rejected {
        filled.model_match
    } else {
        verdict.model_match
    };
    Ruling {
        attempts: verdict.attempts,
        model_match,
        runs: !rejected && line.runs() == Runs::Named,
        server: line.server().filter(|_| !rejected),
        ..Ruling::of(&line, outcome)
    }
}

fn rewritten(
    line: &CommandLine<'_>,
    stated: &[Occurrence<'_>],
    changes: &[Change],
    insertions: &[Insertion],
) -> Outcome {
    if changes.is_empty() && insertions.is_empty() {
        return Outcome::Pass;
    }
    Outcome::Rewrite(apply::rewritten(line, stated, changes, insertions))
}

impl Ruling {
    /// What runs nothing, or nothing that is governed.
    fn of(line: &CommandLine<'_>, outcome: Outcome) -> Self {
        Self {
            outcome,
            attempts: Vec::new(),
            model_match: ModelMatch::None,
            command: line.name(),
            runs: false,
            server: None,
        }
    }
}

/// The directories that the line works in, besides the one where it was started: their configuration
/// counts as well.
pub fn directories<'a>(args: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        // Too many rather than too few: what is no directory has no configuration.
        let attached = [&b"--cd="[..], b"-C=", b"-C"];
        let attached = attached.iter().find_map(|option| arg.strip_prefix(*option));
        match attached.filter(|rest| !rest.is_empty()) {
            Some(rest) => found.push(rest),
            None if matches!(*arg, b"-C" | b"--cd") => {
                found.extend(args.get(index.saturating_add(1)));
            }
            None => {}
        }
    }
    found
}

/// Whether some version of codex could run a model with these arguments. Where there is no policy
/// to judge by, such a line must not run.
pub fn may_run_model(args: &[&[u8]]) -> bool {
    let line = read(args);
    line.ambiguous.is_some() || line.runs() != Runs::Never
}

/// What cannot be judged is refused (rule 1). An option that lacks its option-argument is an error to
/// codex, but as soon as something behind it is taken out, it would find one.
fn undecidable(line: &CommandLine<'_>) -> Option<Rejection> {
    let (reason, word) = match (line.ambiguous, line.bare) {
        (Some(word), _) => (Reason::Ambiguous, word),
        (None, Some(option)) => (Reason::Malformed, option),
        (None, None) => return None,
    };
    Some(Rejection::whole(
        reason,
        crate::escape_for_log(&String::from_utf8_lossy(word)),
    ))
}

fn insertions(decision: &Decision, absent: &[Occurrence<'_>]) -> Vec<Insertion> {
    let Decision::Rewrite(changes) = decision else {
        return Vec::new();
    };
    let insertion = |change: &Change| match (&change.action, absent.get(change.occurrence)) {
        (Action::Set(text), Some(occurrence)) => Some(Insertion::pin(occurrence, text)),
        (Action::Set(_) | Action::Drop, _) => None,
    };
    changes.iter().filter_map(insertion).collect()
}

#[cfg(test)]
mod tests;
