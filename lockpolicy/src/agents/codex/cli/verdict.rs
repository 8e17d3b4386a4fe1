//! The decision about a command line, and the arguments that it goes on with.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::line::CommandLine;
use super::rewrite::{Changes, Insertion, rewritten};
use super::spec::ModelSource;
use crate::agents::codex::app_server::Server;
use crate::agents::codex::config::Override;
use crate::{Rejection, Verdict};

/// The decision about a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct CommandVerdict<'a> {
    /// The verdict to report.
    pub verdict: Verdict,
    /// The command, as in `exec resume`; `tui` for the program itself.
    pub command: String,
    /// The action to take.
    pub action: CommandAction<'a>,
}

/// The action that a command line leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum CommandAction<'a> {
    /// codex runs with these arguments.
    Run(Arguments<'a>),
    /// codex runs as a server, and each request on its standard input is judged.
    Filter(Arguments<'a>, Server),
    /// Nothing runs.
    Refuse(Rejection),
}

/// The arguments of a permitted command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments<'a> {
    pub(super) line: CommandLine<'a>,
    pub(super) changes: Changes,
    pub(super) pins: Vec<Pin>,
}

/// A pin that is put into a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pin {
    /// The option or key that it states.
    pub(super) place: String,
    /// The word that is pinned, as a configuration spells it.
    pub(super) text: String,
    /// The option-argument.
    pub(super) argument: String,
}

impl<'a> CommandVerdict<'a> {
    pub(super) fn new(verdict: Verdict, name: String, action: CommandAction<'a>) -> Self {
        Self {
            verdict,
            command: if name.is_empty() {
                "tui".to_string()
            } else {
                name
            },
            action,
        }
    }

    /// Returns the arguments that codex runs with; `None` where nothing runs.
    pub fn arguments(&self) -> Option<&Arguments<'a>> {
        match &self.action {
            CommandAction::Run(arguments) | CommandAction::Filter(arguments, _) => Some(arguments),
            CommandAction::Refuse(_) => None,
        }
    }
}

impl<'a> Arguments<'a> {
    pub(super) fn unchanged(line: CommandLine<'a>) -> Self {
        Self {
            line,
            changes: Changes::default(),
            pins: Vec::new(),
        }
    }

    /// Returns true where the line goes on byte for byte.
    pub fn is_unchanged(&self) -> bool {
        self.changes.changes.is_empty() && self.pins.is_empty()
    }

    /// Returns true where it runs a model that the command line can name, so that overrides can send the
    /// model calls to a proxy.
    pub fn runs_model(&self) -> bool {
        self.line.model_source() == ModelSource::CommandLine
    }

    /// Returns true where no version of codex runs a model with them: they ask for help, or codex calls itself.
    pub fn is_inert(&self) -> bool {
        self.line.is_inert()
    }

    /// Returns true where codex does not read the user's configuration file.
    pub fn ignores_user_config(&self) -> bool {
        let mut options = self.line.options();
        options.any(|(_, option)| option.name == b"--ignore-user-config")
    }

    /// Returns true where codex draws on the terminal.
    pub fn is_tui(&self) -> bool {
        self.line.command().is_tui
    }

    /// Returns the arguments with overrides of the configuration: those of
    /// [`Providers::overrides`](crate::agents::codex::config::Providers::overrides), which send what runs a
    /// model to a proxy.
    pub fn with_overrides(&self, overrides: &[Override]) -> Vec<Vec<u8>> {
        let pins = self.pins.iter().map(|pin| Insertion {
            place: &pin.place,
            argument: &pin.argument,
        });
        let overrides = overrides.iter().filter(|_| self.runs_model());
        let overrides = overrides.map(|own| Insertion {
            place: own.key,
            argument: &own.text,
        });
        let insertions: Vec<Insertion<'_>> = pins.chain(overrides).collect();
        rewritten(&self.line, &self.changes, &insertions)
    }
}
