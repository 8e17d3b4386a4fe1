//! A decision to a rewritten command line.

use alloc::borrow::{Cow, ToOwned as _};
use alloc::string::String;
use alloc::vec::Vec;

use super::choice::configured;
use super::dotted;
use super::extract::{MODEL_OPTION, key};
use super::line::CommandLine;
use super::options::{Role, Takes};
use super::token::{Disposition, Kind, Token, Written, write};
use crate::agents::codex::config::Override;
use crate::{Action, Change, Occurrence};

/// What is put into a command line.
pub(super) struct Insertion {
    /// The option or key that it is about.
    place: String,
    /// The two words that are put in.
    words: [Vec<u8>; 2],
}

impl Insertion {
    /// The pin, where an occurrence is absent.
    pub(super) fn pin(occurrence: &Occurrence<'_>, text: &str) -> Self {
        let place = String::from(&*occurrence.place);
        let words = if place == MODEL_OPTION {
            [MODEL_OPTION, text].map(|word| word.as_bytes().to_vec())
        } else {
            let text = dotted::write(&place, configured(occurrence.setting, text));
            [b"-c".to_vec(), text.into_bytes()]
        };
        Self { place, words }
    }

    /// An override that leads through a proxy.
    pub(super) fn lead(override_: &Override) -> Self {
        Self {
            place: override_.key.to_owned(),
            words: [b"-c".to_vec(), override_.text.clone().into_bytes()],
        }
    }
}

/// Writes a line anew.
///
/// `changes` belong to `stated`. What is put in stands directly behind the innermost command, where
/// every version heeds it; options `-c` of outer levels move there too, because 0.154 forgets them
/// as soon as the inner level has one.
pub(super) fn rewritten(
    line: &CommandLine<'_>,
    stated: &[Occurrence<'_>],
    changes: &[Change],
    insertions: &[Insertion],
) -> Vec<Vec<u8>> {
    let mut kept: Vec<(usize, Token<'_>)> = Vec::new();
    let mut moved = Vec::new();
    let start = line.start();
    let offline = drops(line, stated, changes, Role::Remote);
    for (index, token) in line.tokens.iter().enumerate() {
        let outer = token
            .option()
            .filter(|written| written.role() == Role::Config && index < start);
        match (changed(token, index, stated, changes), outer) {
            // codex refuses it without the address that was taken out.
            (Some(token), _) if offline && role(&token) == Some(Role::RemoteToken) => {
                close(&mut kept);
            }
            (Some(token), Some(written)) if !insertions.is_empty() => {
                close(&mut kept);
                if !insertions
                    .iter()
                    .any(|insertion| Some(&insertion.place) == key(written).as_ref())
                {
                    moved.push(token);
                }
            }
            (Some(token), _) => kept.push((index, token)),
            (None, _) => close(&mut kept),
        }
    }
    let mut args = Vec::new();
    let (before, behind): (Vec<_>, Vec<_>) =
        kept.into_iter().partition(|(index, _)| *index < start);
    args.extend(written(before));
    args.extend(
        insertions
            .iter()
            .filter(|insertion| insertion.place == MODEL_OPTION)
            .flat_map(|insertion| insertion.words.clone()),
    );
    args.extend(write(&moved));
    args.extend(
        insertions
            .iter()
            .filter(|insertion| insertion.place != MODEL_OPTION)
            .flat_map(|insertion| insertion.words.clone()),
    );
    args.extend(written(behind));
    args
}

fn role(token: &Token<'_>) -> Option<Role> {
    token.option().map(Written::role)
}

/// Whether an option with this role is taken out.
fn drops(
    line: &CommandLine<'_>,
    stated: &[Occurrence<'_>],
    changes: &[Change],
    wanted: Role,
) -> bool {
    let dropped = changes
        .iter()
        .filter(|change| change.action == Action::Drop);
    let mut tokens =
        dropped.filter_map(|change| line.tokens.get(stated.get(change.occurrence)?.value.start));
    tokens.any(|token| role(token) == Some(wanted))
}

fn written(tokens: Vec<(usize, Token<'_>)>) -> Vec<Vec<u8>> {
    let tokens: Vec<Token<'_>> = tokens.into_iter().map(|(_, token)| token).collect();
    write(&tokens)
}

/// A token after its changes; `None` where it is taken out.
fn changed<'a>(
    token: &Token<'a>,
    index: usize,
    stated: &[Occurrence<'_>],
    changes: &[Change],
) -> Option<Token<'a>> {
    let mut token = token.clone();
    for change in changes {
        let Some(occurrence) = stated
            .get(change.occurrence)
            .filter(|occurrence| occurrence.value.contains(&index))
        else {
            continue;
        };
        match (&change.action, &mut token.kind) {
            (Action::Drop, _) => return None,
            (Action::Set(text), Kind::Option(written)) => {
                set(written, configured(occurrence.setting, text));
            }
            (Action::Set(_), _) => {}
        }
    }
    Some(token)
}

/// Writes another option-argument; of an override, another value.
fn set(written: &mut Written<'_>, text: &str) {
    let argument = match (written.role(), key(written)) {
        (Role::Config, Some(key)) => dotted::write(&key, text),
        _ => String::from(text),
    };
    written.argument = Cow::Owned(argument.into_bytes());
    if written.disposition == Disposition::Alone {
        written.disposition = Disposition::Equals;
    }
}

/// Writes an option that takes every word up to the next option as one option per word: what came
/// behind it is about to go, and the words behind that are not its own.
fn close(kept: &mut [(usize, Token<'_>)]) {
    let last = kept
        .iter()
        .rposition(|(_, token)| !matches!(token.kind, Kind::OptionArgument(_)));
    let Some([(_, first), arguments @ ..]) = last.and_then(|last| kept.get_mut(last..)) else {
        return;
    };
    let Kind::Option(first) = &mut first.kind else {
        return;
    };
    let many = first.spec.is_some_and(|spec| spec.takes == Takes::Many);
    if !many || first.disposition != Disposition::Separate {
        return;
    }
    first.disposition = Disposition::Equals;
    for (_, token) in arguments {
        if let Kind::OptionArgument(word) = token.kind {
            token.kind = Kind::Option(Written {
                argument: Cow::Borrowed(word),
                ..first.clone()
            });
        }
    }
}
