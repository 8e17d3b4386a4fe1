//! Judges a command line, once.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::line::CommandLine;
use super::occurrences::{missing, stated};
use super::parser::read_for;
use super::rewrite::{Changes, pin_argument};
use super::verdict::{Arguments, CommandAction, CommandVerdict, Pin};
use crate::agents::codex::Release;
use crate::agents::codex::config::selection::config_word;
use crate::{
    Action, Change, Decision, ModelMatch, Occurrence, Origin, Policy, Reason, Rejection, Source,
    Surface, Verdict, refuse,
};

/// Decides about the arguments behind the program's name.
///
/// A base URL below the policy's proxy is no attempt, any other is one.
///
/// # Examples
///
/// ```
/// use lockpolicy::agents::codex::cli::judge;
///
/// let policy = lockpolicy::PolicyConfig::from_toml("model = 'gpt-5.5'").build().unwrap();
/// let judged = judge(&policy, &[b"review", b"-c", b"model=other"]);
/// let args = judged.arguments().unwrap().with_overrides(&[]);
/// assert_eq!(args.join(&b' '), b"review -c review_model=\"gpt-5.5\" -c model=\"gpt-5.5\"");
/// assert_eq!(judged.verdict.attempts[0].requested, "other");
/// ```
pub fn judge<'a>(policy: &Policy, args: &[&'a [u8]]) -> CommandVerdict<'a> {
    judge_for(policy, Release::Listed, args)
}

/// Decides as [`judge`] does, for any codex.
///
/// To a codex that the tables do not describe, any command may be a prompt: what stands on the line then counts as it
/// would count there.
pub fn judge_for<'a>(policy: &Policy, release: Release, args: &[&'a [u8]]) -> CommandVerdict<'a> {
    let line = read_for(release, args);
    if !line.is_judged() {
        let (pins, _) = missing_pins(&line, policy);
        let changes = Changes::default();
        return permitted(
            Verdict::pass(),
            Arguments {
                line,
                changes,
                pins,
            },
        );
    }
    if let Some(rejection) = undecidable(&line) {
        return refused(&line, refuse(rejection.clone()), rejection);
    }
    let stated = stated(&line, policy);
    let mut verdict = crate::judge(policy, ORIGIN, &stated);
    let changes = match &verdict.decision {
        Decision::Reject(rejection) => {
            let rejection = rejection.clone();
            return refused(&line, verdict, rejection);
        }
        Decision::Pass => Vec::new(),
        Decision::Rewrite(changes) => changes.clone(),
    };
    let (pins, model_match) = missing_pins(&line, policy);
    if verdict.model_match == ModelMatch::None {
        verdict.model_match = model_match;
    }
    let changes = Changes { stated, changes };
    let arguments = Arguments {
        line,
        changes,
        pins,
    };
    permitted(verdict, arguments)
}

/// Decides without a policy: a line that can run no model passes, any other gets no verdict.
pub fn judge_without_policy<'a>(release: Release, args: &[&'a [u8]]) -> Option<CommandVerdict<'a>> {
    let line = read_for(release, args);
    let passed = |line| permitted(Verdict::pass(), Arguments::unchanged(line));
    (!line.may_run_model()).then(|| passed(line))
}

const ORIGIN: Origin = Origin {
    surface: Surface::Argv,
    source: Source::User,
};

/// Returns the pins that the line lacks, and what their absence counts as.
fn missing_pins(line: &CommandLine<'_>, policy: &Policy) -> (Vec<Pin>, ModelMatch) {
    let missing = missing(line, policy);
    let filled = crate::judge(policy, ORIGIN, &missing);
    (pins(&filled.decision, &missing), filled.model_match)
}

fn permitted(verdict: Verdict, arguments: Arguments<'_>) -> CommandVerdict<'_> {
    let (name, server) = (arguments.line.name(), arguments.line.server());
    let action = match server {
        Some(server) => CommandAction::Filter(arguments, server),
        None => CommandAction::Run(arguments),
    };
    CommandVerdict::new(verdict, name, action)
}

fn refused<'a>(
    line: &CommandLine<'a>,
    verdict: Verdict,
    rejection: Rejection,
) -> CommandVerdict<'a> {
    CommandVerdict::new(verdict, line.name(), CommandAction::Refuse(rejection))
}

/// Returns the rejection of a line that cannot be judged (rule 1). An option that lacks its option-argument
/// is an error to codex, but as soon as something behind it is dropped, it would find one.
fn undecidable(line: &CommandLine<'_>) -> Option<Rejection> {
    let (reason, word) = match (line.ambiguous, line.bare) {
        (Some(word), _) => (Reason::Ambiguous, word),
        (None, Some(option)) => (Reason::Malformed, option),
        (None, None) => return None,
    };
    let word = crate::escape_for_log(&String::from_utf8_lossy(word));
    Some(Rejection::whole(reason, word))
}

fn pins(decision: &Decision, missing: &[Occurrence<'static>]) -> Vec<Pin> {
    let Decision::Rewrite(changes) = decision else {
        return Vec::new();
    };
    let pin = |change: &Change| {
        let occurrence = missing.get(change.occurrence)?;
        let Action::Set(text) = &change.action else {
            return None;
        };
        let text = config_word(occurrence.setting, text);
        Some(Pin {
            argument: pin_argument(&occurrence.place, text),
            text: text.to_string(),
            place: occurrence.place.to_string(),
        })
    };
    changes.iter().filter_map(pin).collect()
}
