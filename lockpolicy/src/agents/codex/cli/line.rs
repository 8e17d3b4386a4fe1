//! A command line as a whole: the command that it calls, and the source of its model.

use alloc::string::String;
use alloc::vec::Vec;

use super::spec::{Command, HELP, ModelSource, Operands};
use super::table::{ROOT, option_of};
use super::token::{OptionToken, Token, TokenKind};
use crate::agents::codex::Release;
use crate::agents::codex::app_server::Server;

/// A command line that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine<'a> {
    /// Its pieces, in order.
    pub tokens: Vec<Token<'a>>,
    /// The commands that it calls, the program itself first.
    pub path: Vec<&'static Command>,
    /// True where it only asks for help or the version.
    pub help: bool,
    /// A word that calls a command in one reading and is something else in another.
    pub ambiguous: Option<&'a [u8]>,
    /// An option without the option-argument that it needs.
    pub bare: Option<&'a [u8]>,
    /// True where codex calls itself with it.
    pub internal: bool,
    /// What the tables know of the codex that reads it.
    pub release: Release,
}

impl Default for CommandLine<'_> {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            path: Vec::from([&ROOT]),
            help: false,
            ambiguous: None,
            bare: None,
            internal: false,
            release: Release::Listed,
        }
    }
}

impl<'a> CommandLine<'a> {
    /// Returns the options, each with the index of its token.
    pub(super) fn options(&self) -> impl Iterator<Item = (usize, &OptionToken<'a>)> {
        let tokens = self.tokens.iter().enumerate();
        tokens.filter_map(|(index, token)| Some((index, token.option()?)))
    }

    /// Returns the innermost command.
    pub fn command(&self) -> &'static Command {
        self.path.last().copied().unwrap_or(&ROOT)
    }

    /// Returns the commands as words: `exec resume`; empty for the program itself.
    pub fn name(&self) -> String {
        let commands = self.path.iter().skip(1);
        let names: Vec<&str> = commands.map(|command| command.name).collect();
        names.join(" ")
    }

    /// Returns the source of the model that it runs, in any version of codex.
    pub fn model_source(&self) -> ModelSource {
        let own = self.command().model;
        if self.is_inert() {
            ModelSource::None
        } else if own == ModelSource::RemoteClient || self.listens_elsewhere() {
            ModelSource::RemoteClient
        } else if own != ModelSource::ServiceChosen && self.is_prompt_elsewhere() {
            ModelSource::CommandLine
        } else {
            own
        }
    }

    /// Returns true where it asks for help, or codex calls itself with it: no version runs a model then.
    pub fn is_inert(&self) -> bool {
        self.help || self.internal || self.command() == &HELP
    }

    /// Returns true where some version of codex could run a model with it.
    pub(super) fn may_run_model(&self) -> bool {
        self.ambiguous.is_some() || self.model_source() != ModelSource::None
    }

    /// Returns true where what it selects counts: it could run a model, or the tables do not describe the codex
    /// that reads it.
    pub(super) fn is_judged(&self) -> bool {
        self.may_run_model() || !(self.release.is_listed() || self.is_inert())
    }

    /// Returns the level that the pin is put into; `None` where no version would use it.
    ///
    /// A command that runs no model gets it at the root, before its name: a version that does not know the
    /// command takes the name for a prompt, and every version ignores the pin there otherwise.
    pub(super) fn pinned_level(&self) -> Option<usize> {
        if self.is_inert() {
            None
        } else if self.command().model == ModelSource::None {
            Some(0)
        } else {
            (self.model_source() == ModelSource::CommandLine).then_some(self.innermost())
        }
    }

    /// Returns the index of the first token behind the pin.
    pub(super) fn insertion(&self) -> usize {
        let outer = self.pinned_level() != Some(self.innermost());
        let mut words = self.tokens.iter();
        let first = words.position(|token| matches!(token.kind, TokenKind::Command(_)));
        first.filter(|_| outer).unwrap_or_else(|| self.start())
    }

    /// Returns the server that listens on standard input and output, if it is one.
    pub fn server(&self) -> Option<Server> {
        let server = self.command().server;
        server.filter(|_| self.model_source() == ModelSource::CommandLine)
    }

    /// Returns true where a server takes requests at an address.
    fn listens_elsewhere(&self) -> bool {
        let mut options = self.options();
        self.command().server == Some(Server::App)
            && options.any(|(_, option)| {
                let listen = option.name.starts_with(b"--listen");
                listen && option.argument() != Some(b"stdio://")
            })
    }

    /// Returns the level of the innermost command.
    pub fn innermost(&self) -> usize {
        self.path.len().saturating_sub(1)
    }

    /// Returns the index of the first token behind the word that calls the innermost command.
    pub fn start(&self) -> usize {
        let calls = |token: &Token<'_>| matches!(token.kind, TokenKind::Command(_));
        let called = self.tokens.iter().rposition(calls);
        called.map_or(0, |index| index.saturating_add(1))
    }

    /// Returns the caller that takes the command for a prompt, in a version that does not know it.
    pub(super) fn caller_elsewhere(&self) -> Option<&'static Command> {
        let [.., caller, command] = self.path.as_slice() else {
            return None;
        };
        let is_known = command.everywhere && (self.release.is_listed() || *command == &HELP);
        (!is_known && caller.operands == Operands::Prompt).then_some(*caller)
    }

    /// Returns true where a version that does not know the command would take it for a prompt: then the rest of
    /// the line must make sense to the caller, and no other prompt may stand there.
    pub(super) fn is_prompt_elsewhere(&self) -> bool {
        self.caller_elsewhere().is_some_and(|caller| {
            self.tokens.iter().all(|token| match &token.kind {
                TokenKind::Foreign(_) | TokenKind::Operand(_) => false,
                TokenKind::Option(written) => option_of(caller, written.name).is_some(),
                TokenKind::Command(_) | TokenKind::OptionArgument(_) | TokenKind::Terminator => {
                    true
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::parser::read;
    use super::*;

    #[test]
    fn line_runs_the_model_that_its_command_runs() {
        for (words, expected) in [
            ("", ModelSource::CommandLine),
            ("hello", ModelSource::CommandLine),
            ("exec hi", ModelSource::CommandLine),
            ("exec resume --last", ModelSource::CommandLine),
            ("app-server", ModelSource::CommandLine),
            ("mcp-server", ModelSource::CommandLine),
            ("review", ModelSource::CommandLine),
            ("cloud exec --env e q", ModelSource::ServiceChosen),
            ("cloud list", ModelSource::None),
            ("exec --help", ModelSource::None),
            ("-m x --version", ModelSource::None),
            ("help exec", ModelSource::None),
            ("exec help", ModelSource::None),
            ("-m x login", ModelSource::None),
            ("mcp list", ModelSource::None),
            ("completion bash", ModelSource::None),
            ("sandbox codex exec", ModelSource::None),
            ("app-server generate-ts -o x", ModelSource::None),
            ("app-server daemon stop", ModelSource::None),
            ("app-server daemon start", ModelSource::RemoteClient),
            ("app-server proxy", ModelSource::RemoteClient),
            ("app-server proxy --help", ModelSource::None),
            ("app-server --listen stdio://", ModelSource::CommandLine),
            (
                "app-server --listen ws://127.0.0.1:1",
                ModelSource::RemoteClient,
            ),
            ("app-server --listen=unix://", ModelSource::RemoteClient),
            ("remote-control", ModelSource::RemoteClient),
            ("remote-control start", ModelSource::RemoteClient),
            ("queue --thread t --message m", ModelSource::Session),
        ] {
            let words: Vec<&[u8]> = words.split_whitespace().map(str::as_bytes).collect();
            assert_eq!(read(&words).model_source(), expected, "{words:?}");
        }
    }

    #[test]
    fn server_on_standard_input_is_recognized() {
        for (words, expected) in [
            ("app-server", Some(Server::App)),
            ("-c a=1 app-server --listen stdio://", Some(Server::App)),
            ("app-server --stdio --strict-config", Some(Server::App)),
            ("mcp-server", Some(Server::Mcp)),
            ("app-server --listen off", None),
            ("app-server --help", None),
            ("app-server generate-ts -o x", None),
            ("exec app-server", None),
            ("", None),
        ] {
            let words: Vec<&[u8]> = words.split_whitespace().map(str::as_bytes).collect();
            assert_eq!(read(&words).server(), expected, "{words:?}");
        }
    }

    #[test]
    fn command_that_one_version_lacks_is_a_prompt_to_it() {
        for (words, expected) in [
            ("doctor", ModelSource::CommandLine),
            ("-m x doctor", ModelSource::CommandLine),
            ("doctor --json", ModelSource::None),
            ("archive", ModelSource::CommandLine),
            ("archive session", ModelSource::None),
            ("hello archive", ModelSource::None),
            ("queue", ModelSource::CommandLine),
            ("plugin add x", ModelSource::None),
        ] {
            let words: Vec<&[u8]> = words.split_whitespace().map(str::as_bytes).collect();
            assert_eq!(read(&words).model_source(), expected, "{words:?}");
        }
    }

    #[test]
    fn name_is_the_words_of_the_commands_in_their_usual_spelling() {
        for (words, expected) in [
            ("", ""),
            ("-m x hi", ""),
            ("e hi", "exec"),
            ("-c a=1 exec -m x resume --last", "exec resume"),
            ("app-server daemon start", "app-server daemon start"),
        ] {
            let words: Vec<&[u8]> = words.split_whitespace().map(str::as_bytes).collect();
            assert_eq!(read(&words).name(), expected, "{words:?}");
        }
    }
}
