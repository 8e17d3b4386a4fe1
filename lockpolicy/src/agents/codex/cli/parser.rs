//! Reads a command line without losing how anything was written.
//!
//! Reading follows the parser of codex: `--` ends the options, a separate option-argument
//! may not begin with a dash, the first free word that calls a sub-command calls it, even
//! behind a prompt.
//!
//! Invariant: for every list of arguments, writing what was read gives the same list.

use alloc::borrow::Cow;
use core::iter::Peekable;

use super::line::CommandLine;
use super::spec::{Command, ModelSource, Operands, OptionSpec, Role, Takes};
use super::table::option_of;
use super::token::{Disposition, OptionToken, Token, TokenKind};
use crate::agents::codex::Release;

/// Reads the arguments behind the program's name, of a codex that the tables describe. Every list of arguments can be
/// read.
pub fn read<'a>(args: &[&'a [u8]]) -> CommandLine<'a> {
    read_for(Release::Listed, args)
}

/// Reads the arguments as [`read`] does, of any codex.
pub fn read_for<'a>(release: Release, args: &[&'a [u8]]) -> CommandLine<'a> {
    let line = CommandLine {
        release,
        ..CommandLine::default()
    };
    let mut reader = Reader {
        line,
        elsewhere: None,
        unsure: false,
        many: false,
    };
    let mut rest = args.iter().copied().peekable();
    let first = args.first();
    if first.is_some_and(|first| first.starts_with(b"--codex-run-as-")) {
        // codex calls itself, to apply a patch or to touch files: not its command line.
        reader.line.internal = true;
        reader.all(rest, TokenKind::Foreign);
        return reader.line;
    }
    while let Some(arg) = rest.next() {
        if arg == b"--" {
            reader.push(TokenKind::Terminator);
            reader.all(rest, TokenKind::Operand);
            break;
        }
        if is_word(arg) {
            reader.word(arg);
            let last = reader.line.tokens.last().map(|token| &token.kind);
            if matches!(last, Some(TokenKind::Foreign(_))) {
                reader.all(rest, TokenKind::Foreign);
                break;
            }
        } else {
            reader.option(arg, &mut rest);
        }
    }
    reader.line
}

struct Reader<'a> {
    line: CommandLine<'a>,
    /// An operand that calls a command in a version that does not know the command before it.
    elsewhere: Option<&'a [u8]>,
    /// The command has an unknown option, so that a word behind it may be its option-argument.
    unsure: bool,
    /// The last option takes every word that follows.
    many: bool,
}

impl<'a> Reader<'a> {
    fn push(&mut self, kind: TokenKind<'a>) {
        let level = self.line.path.len().saturating_sub(1);
        self.line.tokens.push(Token { level, kind });
    }

    fn all(&mut self, rest: impl Iterator<Item = &'a [u8]>, kind: fn(&'a [u8]) -> TokenKind<'a>) {
        for arg in rest {
            self.push(kind(arg));
        }
    }

    fn word(&mut self, word: &'a [u8]) {
        let command = self.line.command();
        if self.many {
            self.push(TokenKind::OptionArgument(word));
            return;
        }
        let elsewhere = self.called_elsewhere(word);
        if elsewhere == Some(Reach::Beyond) {
            self.ambiguous(word);
        }
        if let Some(child) = command.child(word) {
            if self.unsure {
                self.ambiguous(word);
            }
            self.push(TokenKind::Command(word));
            self.line.path.push(child);
            self.unsure = false;
            self.elsewhere = None;
        } else if command.operands == Operands::OtherProgram {
            self.push(TokenKind::Foreign(word));
        } else {
            self.elsewhere = elsewhere.map(|_| word).or(self.elsewhere);
            self.push(TokenKind::Operand(word));
        }
    }

    /// Returns what the pins of the line reach of a command that this word calls in a version that takes the
    /// command before it for a prompt; `None` where it calls none that runs a model.
    fn called_elsewhere(&self, word: &[u8]) -> Option<Reach> {
        let caller = self.line.caller_elsewhere()?;
        let child = caller.child(word)?;
        let is_pinned = |command: &Command| {
            command.model == ModelSource::CommandLine && command.server.is_none()
        };
        let command = self.line.command();
        let is_reached = command.everywhere && is_pinned(command) && is_pinned(child);
        let reach = if is_reached {
            Reach::Pinned
        } else {
            Reach::Beyond
        };
        (child.model != ModelSource::None).then_some(reach)
    }

    fn ambiguous(&mut self, word: &'a [u8]) {
        self.line.ambiguous.get_or_insert(word);
    }

    fn option(&mut self, arg: &'a [u8], rest: &mut Peekable<impl Iterator<Item = &'a [u8]>>) {
        let (name, attached) = split(arg);
        let mut written = self.named(arg, name, attached);
        let takes = written.spec.map_or(Takes::Nothing, |spec| spec.takes);
        self.many = false;
        self.unsure |= written.spec.is_none() && written.disposition == Disposition::Alone;
        if takes != Takes::Nothing && written.disposition == Disposition::Alone {
            if let Some(argument) = rest.next_if(|next| is_word(next)) {
                written.disposition = Disposition::Separate;
                written.argument = Cow::Borrowed(argument);
                self.many = takes == Takes::Many;
            } else {
                self.line.bare.get_or_insert(name);
            }
        }
        self.line.help |= written.role() == Role::Help;
        if let Some(word) = self.elsewhere.filter(|_| written.role() == Role::Config) {
            // 0.154 forgets the pins of the level above as soon as a level has an override of its own.
            self.ambiguous(word);
        }
        self.push(TokenKind::Option(written));
    }

    /// Returns the option with what is written together with it. The whole of an unknown short option
    /// counts as its name.
    fn named(
        &self,
        arg: &'a [u8],
        name: &'a [u8],
        attached: Option<(Disposition, &'a [u8])>,
    ) -> OptionToken<'a> {
        let spec = self.spec(name);
        let (name, disposition, argument) = match attached {
            Some((disposition, argument)) if spec.is_some() || name.starts_with(b"--") => {
                (name, disposition, argument)
            }
            Some(_) => (arg, Disposition::Alone, &b""[..]),
            None => (name, Disposition::Alone, &b""[..]),
        };
        OptionToken {
            spec,
            name,
            disposition,
            argument: Cow::Borrowed(argument),
        }
    }

    /// Returns the option that a name means to the command, or else to those that it was called by: codex
    /// would refuse it there, but another version may know it.
    fn spec(&self, name: &[u8]) -> Option<&'static OptionSpec> {
        let (command, callers) = self.line.path.split_last()?;
        if let Some(spec) = option_of(command, name) {
            return Some(spec);
        }
        callers
            .iter()
            .rev()
            .find_map(|caller| option_of(caller, name))
            .filter(|spec| spec.role != Role::Help)
    }
}

/// The part of a command in another reading that the pins of a line reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// It has no pin, or takes a model from elsewhere than the command line.
    Beyond,
    /// The pins are its own or those of the level above.
    Pinned,
}

/// Returns true where an argument can be an operand, a command or a separate option-argument.
fn is_word(arg: &[u8]) -> bool {
    !arg.starts_with(b"-") || arg == b"-"
}

/// Splits an option into its name and the argument that is joined to it.
fn split(arg: &[u8]) -> (&[u8], Option<(Disposition, &[u8])>) {
    if arg.starts_with(b"--") {
        let equals = arg.iter().position(|byte| *byte == b'=');
        let parts = equals.and_then(|at| arg.split_at_checked(at));
        return match parts {
            Some((name, [_, argument @ ..])) => (name, Some((Disposition::Equals, argument))),
            _ => (arg, None),
        };
    }
    match arg.split_at_checked(2) {
        Some((name, [])) => (name, None),
        Some((name, [b'=', argument @ ..])) => (name, Some((Disposition::Equals, argument))),
        Some((name, argument)) => (name, Some((Disposition::Attached, argument))),
        None => (arg, None),
    }
}

#[cfg(test)]
mod tests;
