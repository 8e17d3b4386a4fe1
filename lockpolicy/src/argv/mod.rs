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
pub(crate) mod choice;
pub mod dotted;
mod extract;
mod line;
mod options;
mod table;
mod token;

use alloc::string::String;
use alloc::vec::Vec;

pub use line::CommandLine;
pub use options::{GLOBAL, OptionSpec, Role, Takes};
pub use table::{Command, ROOT, Runs};
pub use token::{Disposition, Kind, Token, Written, read, write};

use crate::surface::jsonrpc::Server;
use crate::{
    Action, Attempt, Decision, Naming, Origin, Policy, Reason, Rejection, Source, Surface,
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
    pub naming: Naming,
    /// The command, as in `exec resume`; empty for the program itself.
    pub command: String,
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
/// use lockpolicy::argv::{Outcome, judge};
///
/// let policy = lockpolicy::Draft::from_toml("model = 'gpt-5.5'").compile().unwrap();
/// let ruling = judge(&policy, &[b"review", b"-c", b"model=other"]);
/// let Outcome::Rewrite(args) = ruling.outcome else { panic!() };
/// assert_eq!(args.join(&b' '), b"review -c review_model=\"gpt-5.5\" -c model=\"gpt-5.5\"");
/// assert_eq!(ruling.attempts[0].asked, "other");
/// ```
pub fn judge(policy: &Policy, args: &[&[u8]]) -> Ruling {
    let line = read(args);
    let command = line.name();
    if line.ambiguous.is_none() && line.runs() == Runs::Never {
        return Ruling {
            outcome: Outcome::Pass,
            attempts: Vec::new(),
            naming: Naming::None,
            command,
            server: None,
        };
    }
    if let Some(rejection) = undecidable(&line) {
        return Ruling {
            outcome: Outcome::Reject(rejection),
            attempts: Vec::new(),
            naming: Naming::None,
            command,
            server: None,
        };
    }
    let origin = Origin {
        surface: Surface::Argv,
        source: Source::User,
    };
    let stated = extract::stated(&line, policy);
    let verdict = crate::judge(policy, origin, &stated);
    let absent = extract::absent(&line, policy);
    let filled = crate::judge(policy, origin, &absent);
    let changes = match verdict.decision {
        Decision::Reject(rejection) => {
            let outcome = Outcome::Reject(rejection);
            return Ruling {
                outcome,
                attempts: verdict.attempts,
                naming: verdict.naming,
                command,
                server: None,
            };
        }
        Decision::Pass => Vec::new(),
        Decision::Rewrite(changes) => changes,
    };
    let insertions = insertions(&filled.decision, &absent);
    let outcome = if changes.is_empty() && insertions.is_empty() {
        Outcome::Pass
    } else {
        Outcome::Rewrite(apply::rewritten(&line, &stated, &changes, &insertions))
    };
    let naming = if verdict.naming == Naming::None {
        filled.naming
    } else {
        verdict.naming
    };
    Ruling {
        outcome,
        attempts: verdict.attempts,
        naming,
        command,
        server: line.server(),
    }
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
        crate::shown(&String::from_utf8_lossy(word)),
    ))
}

fn insertions(decision: &Decision, absent: &[crate::Occurrence<'_>]) -> Vec<Insertion> {
    let Decision::Rewrite(changes) = decision else {
        return Vec::new();
    };
    let insertion = |change: &crate::Change| match (&change.action, absent.get(change.occurrence)) {
        (Action::Set(text), Some(occurrence)) => Some(Insertion {
            setting: occurrence.setting,
            place: String::from(&*occurrence.place),
            text: text.clone(),
        }),
        (Action::Set(_) | Action::Drop, _) => None,
    };
    changes.iter().filter_map(insertion).collect()
}

#[cfg(test)]
mod tests;
