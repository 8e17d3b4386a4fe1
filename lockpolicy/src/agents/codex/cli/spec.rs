//! The types of codex's command line as data: a command, an option, and what each selects.

use crate::Setting;
use crate::agents::codex::app_server::Server;

/// One option of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Its letter, if it has one.
    pub letter: Option<u8>,
    /// Its long name, without the dashes.
    pub long: &'static str,
    /// The number of its option-arguments.
    pub takes: Takes,
    /// Its meaning to the lock.
    pub role: Role,
    /// True where its value may contain a password, so that it is not reported.
    pub(super) is_secret: bool,
    /// The long name of the option that codex requires beside it: where that is dropped, it is dropped too.
    pub(super) requires: Option<&'static str>,
}

/// The number of option-arguments of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Takes {
    /// It takes none.
    Nothing,
    /// It takes exactly one.
    One,
    /// It takes every word up to the next one that begins with a dash.
    Many,
}

/// The meaning of an option to the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It takes `key=value`, which overrides the configuration.
    Config,
    /// It prints something and ends: no model runs, whatever the other options are.
    Help,
    /// It selects nothing.
    Plain,
    /// It states a setting. A flag states its own name.
    Selects(Setting),
}

impl OptionSpec {
    const fn new(letter: Option<u8>, long: &'static str, takes: Takes) -> Self {
        Self {
            letter,
            long,
            takes,
            role: Role::Plain,
            is_secret: false,
            requires: None,
        }
    }
}

/// Returns an option without an option-argument.
pub(super) const fn flag(name: &'static str) -> OptionSpec {
    OptionSpec::new(None, name, Takes::Nothing)
}

/// Returns an option with an option-argument and no letter.
pub(super) const fn long(name: &'static str) -> OptionSpec {
    OptionSpec::new(None, name, Takes::One)
}

/// Returns an option with an option-argument and a letter.
pub(super) const fn short(letter: u8, name: &'static str) -> OptionSpec {
    OptionSpec::new(Some(letter), name, Takes::One)
}

/// Returns an option without an option-argument and with a letter.
pub(super) const fn short_flag(letter: u8, name: &'static str) -> OptionSpec {
    OptionSpec::new(Some(letter), name, Takes::Nothing)
}

/// Lists options that select nothing, by kind.
macro_rules! options {
    ($($kind:ident: $($name:literal)+;)+) => { [$($($kind($name)),+),+] };
}

pub(super) use options;

/// One command: the program itself, or a sub-command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The word that calls it; empty for the program itself.
    pub name: &'static str,
    /// Other words that call it.
    pub aliases: &'static [&'static str],
    /// True where every version knows it. To one that does not, the word may be a prompt.
    pub everywhere: bool,
    /// The source of the model that it runs.
    pub model: ModelSource,
    /// The server that it is, where it listens on standard input.
    pub server: Option<Server>,
    /// The meaning of its words that call no sub-command.
    pub operands: Operands,
    /// True where it draws on the terminal.
    pub is_tui: bool,
    /// Its options, besides those that every command has.
    pub options: &'static [&'static [OptionSpec]],
    /// Its sub-commands, without `help`, which every command with sub-commands has.
    pub children: &'static [Self],
}

/// The meaning of words that call no sub-command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operands {
    /// Each is an operand.
    Plain,
    /// The first is a prompt.
    Prompt,
    /// The first begins another program's command line.
    OtherProgram,
}

/// The source of the model that a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelSource {
    /// It runs no model.
    None,
    /// The command line can name the model.
    CommandLine,
    /// The session has a model already, which no command line can change.
    Session,
    /// A service chooses the model, which no command line can name.
    ServiceChosen,
    /// A client that connects elsewhere than on standard input names the model.
    RemoteClient,
}

impl Command {
    /// Returns the sub-command that a word calls.
    pub fn child(&self, word: &[u8]) -> Option<&'static Self> {
        if word == b"help" && !self.children.is_empty() {
            return Some(&HELP);
        }
        let called = |name: &&str| name.as_bytes() == word;
        let mut children = self.children.iter();
        children.find(|child| called(&child.name) || child.aliases.iter().any(called))
    }

    /// Returns the options that are its own.
    pub fn own_options(&self) -> impl Iterator<Item = &'static OptionSpec> + use<> {
        self.options.iter().flat_map(|group| group.iter())
    }

    pub(super) const fn new(name: &'static str, model: ModelSource) -> Self {
        Self {
            name,
            aliases: &[],
            everywhere: true,
            model,
            server: None,
            operands: Operands::Plain,
            is_tui: false,
            options: &[],
            children: &[],
        }
    }
}

/// Defines a method for each field, which returns the row with this field set.
macro_rules! setters {
    ($row:ident: $($field:ident: $type:ty),+) => {
        impl $row {
            $(pub(super) const fn $field(mut self, value: $type) -> Self {
                self.$field = value;
                self
            })+
        }
    };
}

setters!(OptionSpec: takes: Takes, role: Role, is_secret: bool, requires: Option<&'static str>);
setters!(Command: aliases: &'static [&'static str], everywhere: bool, server: Option<Server>,
    operands: Operands, is_tui: bool, options: &'static [&'static [OptionSpec]],
    children: &'static [Self]);

/// The command that every command with sub-commands has.
pub(super) static HELP: Command = Command::new("help", ModelSource::None);
