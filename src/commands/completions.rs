//! `model-lock completions`: made from the definition of the command line.

use std::process::ExitCode;

use clap::{Command, ValueEnum};

use crate::output;

const NAME: &str = "model-lock";

/// The shells that completions are made for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shell {
    /// `source <(model-lock completions bash)`
    Bash,
    /// `model-lock completions fish | source`
    Fish,
    /// To a file `_model-lock` in a directory of `$fpath`
    Zsh,
}

/// Prints what a shell reads to complete this program's command line.
pub(crate) fn completions(command: &Command, shell: Shell) -> ExitCode {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut shown(command), NAME, &mut text);
    // clap_complete 4.6 spells a program with a hyphen in two ways, so that bash would complete no flag of a verb.
    let text = String::from_utf8_lossy(&text).replace("model__subcmd__lock", "model__lock");
    output::result(&text)
}

/// The command line without the verbs that only the program itself calls: the generators do not leave them out.
fn shown(whole: &Command) -> Command {
    let verbs = whole.get_subcommands().filter(|verb| !verb.is_hide_set());
    Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .subcommands(verbs.cloned())
}
