//! A decision to a rewritten command line.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::dotted;
use super::extract::{MODEL_OPTION, configured, key};
use super::line::CommandLine;
use super::options::Role;
use super::token::{Disposition, Kind, Token, Written, write};
use crate::{Action, Change, Occurrence, Setting};

/// What is put into a command line: the place and the text.
pub(super) struct Insertion {
    pub(super) setting: Setting,
    pub(super) place: String,
    pub(super) text: String,
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
    let mut kept = Vec::new();
    let mut moved = Vec::new();
    let start = line.start();
    for (index, token) in line.tokens.iter().enumerate() {
        let Some(token) = changed(token, index, stated, changes) else { continue };
        let outer = token.option().filter(|written| written.role() == Role::Config && index < start);
        match outer {
            Some(written) if !insertions.is_empty() => {
                let given = key(written);
                if !insertions.iter().any(|insertion| Some(&insertion.place) == given.as_ref()) {
                    moved.push(token);
                }
            }
            _ => kept.push((index, token)),
        }
    }
    drop_useless(&mut kept);
    let mut args = Vec::new();
    let (before, behind): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(index, _)| *index < start);
    args.extend(written(before));
    args.extend(insertions.iter().filter(|insertion| insertion.place == MODEL_OPTION).flat_map(inserted));
    args.extend(write(&moved));
    args.extend(insertions.iter().filter(|insertion| insertion.place != MODEL_OPTION).flat_map(inserted));
    args.extend(written(behind));
    args
}

fn written(tokens: Vec<(usize, Token<'_>)>) -> Vec<Vec<u8>> {
    let tokens: Vec<Token<'_>> = tokens.into_iter().map(|(_, token)| token).collect();
    write(&tokens)
}

fn inserted(insertion: &Insertion) -> [Vec<u8>; 2] {
    if insertion.place == MODEL_OPTION {
        return [MODEL_OPTION.as_bytes().to_vec(), insertion.text.as_bytes().to_vec()];
    }
    let text = dotted::write(&insertion.place, configured(insertion.setting, &insertion.text));
    [b"-c".to_vec(), text.into_bytes()]
}

/// A token after its changes; `None` where it is taken out.
fn changed<'a>(token: &Token<'a>, index: usize, stated: &[Occurrence<'_>], changes: &[Change]) -> Option<Token<'a>> {
    let mut token = token.clone();
    for change in changes {
        let Some(occurrence) = stated.get(change.occurrence).filter(|occurrence| occurrence.value.contains(&index)) else {
            continue;
        };
        match (&change.action, &mut token.kind) {
            (Action::Drop, _) => return None,
            (Action::Set(text), Kind::Option(written)) => set(written, configured(occurrence.setting, text)),
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

/// Takes out options that codex refuses without one that was taken out.
fn drop_useless(kept: &mut Vec<(usize, Token<'_>)>) {
    let has = |role: Role| kept.iter().any(|(_, token)| token.option().is_some_and(|written| written.role() == role));
    if !has(Role::Remote) {
        kept.retain(|(_, token)| token.option().is_none_or(|written| written.role() != Role::RemoteToken));
    }
}
