//! `model-lock man` and `model-lock completions`: what a package brings along besides the program.
//!
//! Both are made from the command line's own definition, so that no page can say otherwise.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _, ValueEnum};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::Cli;

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

/// Why there are no pages.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}")]
pub(crate) struct PageError {
    path: PathBuf,
    source: io::Error,
}

/// What a shell reads to complete this program's command line.
pub(crate) fn completions(shell: Shell) -> String {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut shown(), NAME, &mut text);
    // clap_complete 4.6 spells a program with a hyphen in two ways, so that bash would complete no flag of a verb.
    String::from_utf8_lossy(&text).replace("model__subcmd__lock", "model__lock")
}

/// The command line without the verbs that only the program itself calls: the generators do not leave them out.
fn shown() -> Command {
    let whole = Cli::command();
    let verbs = whole.get_subcommands().filter(|verb| !verb.is_hide_set());
    Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .subcommands(verbs.cloned())
}

/// Writes a page for the program, and one for each verb.
///
/// # Errors
///
/// [`PageError`] where a file cannot be made; what was written before stays.
pub(crate) fn man(to: &Path) -> Result<(), PageError> {
    let failed = |path: &Path, source| PageError {
        path: path.to_owned(),
        source,
    };
    std::fs::create_dir_all(to).map_err(|error| failed(to, error))?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    for (name, page) in pages(&command).map_err(|error| failed(to, error))? {
        let path = to.join(name);
        std::fs::write(&path, page).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

/// The pages of a command and of those below it, each with its file's name.
fn pages(command: &Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    let man = Man::new(command.clone())
        .source(concat!("model-lock ", env!("CARGO_PKG_VERSION")))
        .manual(NAME);
    let mut all = vec![(man.get_filename(), page(command, &man)?)];
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        all.extend(pages(verb)?);
    }
    Ok(all)
}

fn page(command: &Command, man: &Man) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let below = command
        .get_after_long_help()
        .or_else(|| command.get_after_help());
    if let Some(below) = below {
        lists(&below.to_string()).to_writer(&mut page)?;
    }
    Ok(page)
}

/// The lists that stand below the help, as sections: a title, then names and meanings by their indentation.
fn lists(text: &str) -> Roff {
    let mut roff = Roff::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let word = line.trim_start();
        match line.len() - word.len() {
            0 => {
                let title = word.trim_end_matches(':').to_uppercase();
                roff.control("SH", [title.as_str()]);
            }
            2 => {
                roff.control("TP", []);
                roff.text([bold(word)]);
            }
            _ => {
                roff.text([roman(word)]);
            }
        }
    }
    roff
}

const NAME: &str = "model-lock";
