//! The arguments that a permitted command line goes on with.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::line::CommandLine;
use super::occurrences::{MODEL_OPTION, config_key};
use super::spec::{Role, Takes};
use super::token::{Disposition, OptionToken, Token, TokenKind, write};
use crate::agents::codex::config::assignment::assign;
use crate::agents::codex::config::selection::config_word;
use crate::{Action, Change, Occurrence};

/// An option that is put into a command line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Insertion<'a> {
    /// The option or key that it states.
    pub(super) place: &'a str,
    /// Its option-argument.
    pub(super) argument: &'a str,
}

impl Insertion<'_> {
    fn words(&self) -> [Vec<u8>; 2] {
        let option = if self.place == MODEL_OPTION {
            MODEL_OPTION
        } else {
            "-c"
        };
        [option, self.argument].map(|word| word.as_bytes().to_vec())
    }
}

/// Returns the argument that states `text` at a place that the pin is put into.
pub(super) fn pin_argument(place: &str, text: &str) -> String {
    if place == MODEL_OPTION {
        String::from(text)
    } else {
        assign(place, text)
    }
}

/// The changes of a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// The occurrences that were judged.
    pub(super) stated: Vec<Occurrence<'static>>,
    /// The changes of these occurrences.
    pub(super) changes: Vec<Change>,
}

impl Changes {
    /// Returns true where the option is dropped without being an occurrence: codex refuses it beside an
    /// option that is dropped.
    pub(super) fn drops_with_another(
        &self,
        line: &CommandLine<'_>,
        option: &OptionToken<'_>,
    ) -> bool {
        let required = option.spec.and_then(|spec| spec.requires);
        let is_required = |change: &Change| {
            let index = self.stated.get(change.occurrence)?.value.start;
            let spec = line.tokens.get(index)?.option()?.spec?;
            (change.action == Action::Drop && Some(spec.long) == required).then_some(())
        };
        self.changes
            .iter()
            .any(|change| is_required(change).is_some())
    }

    /// Returns a token after its changes; `None` where it is dropped.
    fn changed<'a>(
        &self,
        line: &CommandLine<'a>,
        index: usize,
        token: &Token<'a>,
    ) -> Option<Token<'a>> {
        let mut token = token.clone();
        let TokenKind::Option(option) = &mut token.kind else {
            return Some(token);
        };
        for change in &self.changes {
            let occurrence = self.stated.get(change.occurrence);
            let Some(occurrence) = occurrence.filter(|found| found.value.contains(&index)) else {
                continue;
            };
            match &change.action {
                Action::Drop => return None,
                Action::Set(text) => set(option, config_word(occurrence.setting, text)),
            }
        }
        (!self.drops_with_another(line, option)).then_some(token)
    }
}

/// Writes a line with its changes and insertions.
///
/// Insertions are written directly behind the innermost command, where
/// every version respects them; options `-c` of outer levels move there too, because 0.154 forgets them
/// as soon as the inner level has one. Where the command runs no model, they are written before the first command and
/// nothing moves.
pub(super) fn rewritten(
    line: &CommandLine<'_>,
    changes: &Changes,
    insertions: &[Insertion<'_>],
) -> Vec<Vec<u8>> {
    let (mut before, mut moved, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    let start = line.insertion();
    let is_innermost = start == line.start();
    for (index, token) in line.tokens.iter().enumerate() {
        let is_outer = index < start;
        let kept = if is_outer { &mut before } else { &mut behind };
        let option = token.option().filter(|_| is_outer);
        let key = option.and_then(config_key);
        let is_config = option.is_some_and(|option| option.role() == Role::Config);
        let moves = is_config && is_innermost && !insertions.is_empty();
        match changes.changed(line, index, token) {
            Some(changed) if !moves => kept.push(changed),
            changed => {
                split_arguments(kept);
                let states = |insertion: &Insertion<'_>| key.as_deref() == Some(insertion.place);
                moved.extend(changed.filter(|_| !insertions.iter().any(states)));
            }
        }
    }
    let words = |of_model: bool| -> Vec<Vec<u8>> {
        let of_kind = |own: &&Insertion<'_>| (own.place == MODEL_OPTION) == of_model;
        let own = insertions.iter().filter(of_kind);
        own.flat_map(Insertion::words).collect()
    };
    [
        write(&before),
        words(true),
        write(&moved),
        words(false),
        write(&behind),
    ]
    .concat()
}

/// Writes another option-argument; of an assignment, another value.
fn set(option: &mut OptionToken<'_>, text: &str) {
    let argument = config_key(option).map_or_else(|| String::from(text), |key| assign(&key, text));
    option.argument = Cow::Owned(argument.into_bytes());
    if option.disposition == Disposition::Alone {
        option.disposition = Disposition::Equals;
    }
}

/// Writes an option that takes every word up to the next option as one option per word: the option
/// behind it is dropped, and the words behind that are not its own.
fn split_arguments(kept: &mut [Token<'_>]) {
    let is_argument = |token: &Token<'_>| matches!(token.kind, TokenKind::OptionArgument(_));
    let last = kept.iter().rposition(|token| !is_argument(token));
    let Some([first, arguments @ ..]) = last.and_then(|last| kept.get_mut(last..)) else {
        return;
    };
    let TokenKind::Option(first) = &mut first.kind else {
        return;
    };
    let many = first.spec.is_some_and(|spec| spec.takes == Takes::Many);
    if !many || first.disposition != Disposition::Separate {
        return;
    }
    first.disposition = Disposition::Equals;
    for token in arguments {
        if let TokenKind::OptionArgument(word) = token.kind {
            token.kind = TokenKind::Option(OptionToken {
                argument: Cow::Borrowed(word),
                ..first.clone()
            });
        }
    }
}
