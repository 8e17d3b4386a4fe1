//! What a command line as a whole amounts to: which command, and whose model.

use alloc::string::String;
use alloc::vec::Vec;

use super::table::{Command, ROOT, Runs};
use super::token::{Kind, Token, known};
use crate::agents::codex::app_server::Server;

/// A command line that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine<'a> {
    /// Its pieces, in order.
    pub tokens: Vec<Token<'a>>,
    /// The commands that it calls, the program itself first.
    pub path: Vec<&'static Command>,
    /// Whether it only asks for help or the version.
    pub help: bool,
    /// A word that calls a command in one reading and is something else in another.
    pub ambiguous: Option<&'a [u8]>,
    /// An option without the option-argument that it needs.
    pub bare: Option<&'a [u8]>,
    /// Whether codex calls itself with it.
    pub internal: bool,
}

impl CommandLine<'_> {
    /// The innermost command.
    pub fn command(&self) -> &'static Command {
        self.path.last().copied().unwrap_or(&ROOT)
    }

    /// The commands as words: `exec resume`; empty for the program itself.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self
            .path
            .iter()
            .skip(1)
            .map(|command| command.name)
            .collect();
        names.join(" ")
    }

    /// Whose model it runs, in any version of codex.
    pub fn runs(&self) -> Runs {
        if self.help || self.internal {
            Runs::Never
        } else if self.command().runs == Runs::Unwatched || self.listens_elsewhere() {
            Runs::Unwatched
        } else if self.is_prompt_elsewhere() {
            Runs::Named
        } else {
            self.command().runs
        }
    }

    /// The server that listens on standard input and output, if it is one.
    pub fn server(&self) -> Option<Server> {
        if self.runs() != Runs::Named {
            return None;
        }
        match self.name().as_str() {
            "app-server" => Some(Server::App),
            "mcp-server" => Some(Server::Mcp),
            _ => None,
        }
    }

    /// Whether a server takes requests at an address.
    fn listens_elsewhere(&self) -> bool {
        let listens = |token: &Token<'_>| {
            token.option().is_some_and(|written| {
                let listen = written.name.starts_with(b"--listen");
                listen && written.argument() != Some(b"stdio://")
            })
        };
        self.name() == "app-server" && self.tokens.iter().any(listens)
    }

    /// The level of the innermost command.
    pub fn innermost(&self) -> usize {
        self.path.len().saturating_sub(1)
    }

    /// The index of the first token behind the word that calls the innermost command.
    pub fn start(&self) -> usize {
        let called = self
            .tokens
            .iter()
            .rposition(|token| matches!(token.kind, Kind::Command(_)));
        called.map_or(0, |index| index.saturating_add(1))
    }

    /// Whether a version that does not know the command would take it for a prompt: then the rest of
    /// the line must make sense to the caller, and no other prompt may stand there.
    fn is_prompt_elsewhere(&self) -> bool {
        let [.., parent, command] = self.path.as_slice() else {
            return false;
        };
        !command.everywhere
            && parent.prompt
            && self.tokens.iter().all(|token| match &token.kind {
                Kind::Operand(_) => false,
                Kind::Option(written) => known(parent, written.name).is_some(),
                Kind::Command(_)
                | Kind::Foreign(_)
                | Kind::OptionArgument(_)
                | Kind::Terminator => true,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::read;
    use super::*;

    #[test]
    fn a_line_runs_the_model_that_its_command_runs() {
        for (words, expected) in [
            ("", Runs::Named),
            ("hello", Runs::Named),
            ("exec hi", Runs::Named),
            ("exec resume --last", Runs::Named),
            ("app-server", Runs::Named),
            ("mcp-server", Runs::Named),
            ("review", Runs::Named),
            ("cloud exec --env e q", Runs::Unnamed),
            ("cloud list", Runs::Never),
            ("exec --help", Runs::Never),
            ("-m x --version", Runs::Never),
            ("help exec", Runs::Never),
            ("exec help", Runs::Never),
            ("-m x login", Runs::Never),
            ("mcp list", Runs::Never),
            ("completion bash", Runs::Never),
            ("sandbox codex exec", Runs::Never),
            ("app-server generate-ts -o x", Runs::Never),
            ("app-server daemon stop", Runs::Never),
            ("app-server daemon start", Runs::Unwatched),
            ("app-server proxy", Runs::Unwatched),
            ("app-server proxy --help", Runs::Never),
            ("app-server --listen stdio://", Runs::Named),
            ("app-server --listen ws://127.0.0.1:1", Runs::Unwatched),
            ("app-server --listen=unix://", Runs::Unwatched),
            ("remote-control", Runs::Unwatched),
            ("remote-control start", Runs::Unwatched),
            ("queue --thread t --message m", Runs::Thread),
        ] {
            let words: Vec<&[u8]> = words.split_whitespace().map(str::as_bytes).collect();
            assert_eq!(read(&words).runs(), expected, "{words:?}");
        }
    }

    #[test]
    fn a_server_on_standard_input_is_known() {
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
    fn a_command_that_one_version_lacks_is_a_prompt_to_it() {
        for (words, expected) in [
            ("doctor", Runs::Named),
            ("-m x doctor", Runs::Named),
            ("doctor --json", Runs::Never),
            ("archive", Runs::Named),
            ("archive session", Runs::Never),
            ("hello archive", Runs::Never),
            ("queue", Runs::Named),
            ("plugin add x", Runs::Never),
        ] {
            let words: Vec<&[u8]> = words.split_whitespace().map(str::as_bytes).collect();
            assert_eq!(read(&words).runs(), expected, "{words:?}");
        }
    }
}
