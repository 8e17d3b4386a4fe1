//! The pieces of a command line, which keep how everything was written.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::spec::{OptionSpec, Role};

/// One piece of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// The number of sub-commands that were called before it.
    pub level: usize,
    /// The kind of the piece, with its text.
    pub kind: TokenKind<'a>,
}

/// The kind of a piece of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind<'a> {
    /// The word that calls a sub-command.
    Command(&'a [u8]),
    /// Part of another program's command line.
    Foreign(&'a [u8]),
    /// A word that is neither option nor command: a prompt, a session, a file.
    Operand(&'a [u8]),
    /// An option, with its option-argument.
    Option(OptionToken<'a>),
    /// A further option-argument of the option before it.
    OptionArgument(&'a [u8]),
    /// The first `--`.
    Terminator,
}

/// An option as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionToken<'a> {
    /// The option, where it is known.
    pub spec: Option<&'static OptionSpec>,
    /// Its name with the dashes, `-m` or `--model`.
    pub name: &'a [u8],
    /// The way in which name and option-argument are joined.
    pub disposition: Disposition,
    /// The option-argument; empty where there is none.
    pub argument: Cow<'a, [u8]>,
}

/// The way in which an option and its option-argument are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// `-m`: there is no option-argument.
    Alone,
    /// `-mx`
    Attached,
    /// `-m=x`, `--model=x`
    Equals,
    /// `-m x`, `--model x`
    Separate,
}

impl<'a> Token<'a> {
    /// Appends the arguments that this token was read from.
    pub fn write(&self, args: &mut Vec<Vec<u8>>) {
        match &self.kind {
            TokenKind::Command(word)
            | TokenKind::Foreign(word)
            | TokenKind::Operand(word)
            | TokenKind::OptionArgument(word) => {
                args.push(word.to_vec());
            }
            TokenKind::Option(written) => written.write(args),
            TokenKind::Terminator => args.push(b"--".to_vec()),
        }
    }

    /// Returns the option, if it is one.
    pub fn option(&self) -> Option<&OptionToken<'a>> {
        let TokenKind::Option(option) = &self.kind else {
            return None;
        };
        Some(option)
    }
}

impl OptionToken<'_> {
    /// Returns the meaning of the option to the lock.
    pub fn role(&self) -> Role {
        self.spec.map_or(Role::Plain, |spec| spec.role)
    }

    /// Returns the option-argument, if there is one.
    pub fn argument(&self) -> Option<&[u8]> {
        (self.disposition != Disposition::Alone).then_some(&*self.argument)
    }

    fn write(&self, args: &mut Vec<Vec<u8>>) {
        match self.disposition {
            Disposition::Alone => args.push(self.name.to_vec()),
            Disposition::Attached => args.push([self.name, &self.argument].concat()),
            Disposition::Equals => args.push([self.name, b"=", &self.argument].concat()),
            Disposition::Separate => args.extend([self.name.to_vec(), self.argument.to_vec()]),
        }
    }
}

/// Returns the arguments that tokens were read from.
pub fn write(tokens: &[Token<'_>]) -> Vec<Vec<u8>> {
    let mut args = Vec::new();
    for token in tokens {
        token.write(&mut args);
    }
    args
}
