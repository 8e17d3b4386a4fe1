//! `model-lock man`: the manual pages, made from the definition of the command line.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::exit;
use crate::output::{self, WriteError};

/// Writes a page for the program, and one for each verb. If a file cannot be made, what was written before stays.
pub(crate) fn man(command: Command, to: &Path) -> ExitCode {
    match write(command, to) {
        Ok(()) => exit::DONE.into(),
        Err(error) => output::failure(&error),
    }
}

fn write(command: Command, to: &Path) -> Result<(), WriteError> {
    std::fs::create_dir_all(to).map_err(WriteError::at(to))?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    for (name, page) in pages(&command).map_err(WriteError::at(to))? {
        let path = to.join(name);
        std::fs::write(&path, page).map_err(WriteError::at(&path))?;
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
