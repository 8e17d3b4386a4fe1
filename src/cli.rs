//! The command line as clap reads it. Values stay texts here; `settings` checks them together with the environment.

use std::fmt::Display;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::completions::Shell;
use crate::commands::doctor::Doctor;
use crate::commands::explain::Explain;
use crate::commands::route::Route;
use crate::exit;
use crate::settings::flags::Flags;
use crate::settings::table::{SHIM, Setting, TABLE};

/// One approved model runs, whatever a coding agent requests.
///
/// `OPENCLAW_MODEL` names the approved model, or a policy file that the agent cannot write. Called as
/// `codex`, this program is the shim: it writes the approved model into the command line and execs the
/// real codex.
#[derive(Debug, Parser)]
#[command(name = "model-lock", version, max_term_width = 100, after_long_help = codex_and_statuses())]
pub(crate) struct Cli {
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run the proxy that every model call passes
    ///
    /// A flag overrides its environment variable. All problems in flags, variables and policy are printed
    /// before anything listens, and the program exits with 78.
    #[command(after_help = variables())]
    Serve(Flags),
    /// Show the policy that holds here, or every problem in it (status 78)
    Check {
        #[arg(long, value_name = "FILE", help = Setting::policy().help())]
        policy: Option<PathBuf>,
    },
    /// Ask a running proxy whether it is ready; status 1 if it is not ready or does not respond
    ///
    /// The health check of the image uses it, because the image has no shell.
    Health {
        #[arg(long, value_name = "ADDRESS", help = Setting::admin().help())]
        admin: Option<String>,
    },
    /// Check the audit file
    Audit {
        /// The verb
        #[command(subcommand)]
        verb: AuditVerb,
    },
    /// Copy this program into a directory, and link `codex` there to it
    ///
    /// Put the directory before the real codex's on PATH. Running it again updates the copy; a `codex`
    /// that is not ours is never overwritten.
    Install {
        /// The directory; it is created if it does not exist
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Run any program under the lock
    ///
    /// The shim stands first on its PATH, and the base URLs that clients of model APIs read from the
    /// environment (`OPENAI_BASE_URL`, `ANTHROPIC_BASE_URL`, `GOOGLE_GEMINI_BASE_URL`, `OLLAMA_HOST`) name
    /// a proxy that exits with it. A client that gets another address in another way does not use it.
    Run {
        /// The program and its arguments
        #[arg(
            required = true,
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "CMD"
        )]
        command: Vec<std::ffi::OsString>,
    },
    /// Serve one program as its proxy; standard input says how
    #[command(hide = true)]
    EmbeddedProxy,
    /// Become a program that ends with its parent
    #[command(hide = true, name = shim::BOUND_VERB)]
    BoundCodex {
        /// The parent
        parent: i32,
        /// The program
        program: std::ffi::OsString,
        /// Its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
    /// Remove what `install` put into a directory, and only that
    Uninstall {
        /// The directory
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
    /// Show what the shim would do with a codex command line, and why; runs nothing
    ///
    /// The status is 0 if the command line would run, 77 if it would be refused, 78 without a policy.
    Explain(Explain),
    /// Show the real codex, and every other codex on PATH in order
    Which,
    /// Make a client send its model calls to the proxy, however it is started
    #[command(subcommand)]
    Route(Route),
    /// Find out by trying which layers hold here, and what to do about the rest
    ///
    /// Run it as the agent's user, in the agent's environment. No trial reaches a provider.
    Doctor(Doctor),
    /// Print the completions of this command line for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages into a directory
    Man {
        /// The directory; it is created if it does not exist
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
}

/// The verbs of `audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Report where a line is missing or altered (status 1), in the file and in its older parts
    Verify {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Returns the text below the flags of `serve`: the variables without a flag, and those of the policy.
fn variables() -> String {
    let process = TABLE.iter().filter(|setting| setting.flag().is_none());
    let process = process.map(|setting| (setting.variable(), setting.doc()));
    list(
        "Environment:",
        process.chain(lockpolicy::policy_variables()),
    )
}

/// Returns the text below all verbs: the variables that `codex` reads besides the policy, and its exit statuses.
fn codex_and_statuses() -> String {
    let codex = SHIM.iter().map(|(name, _, doc)| (*name, *doc));
    let statuses = exit::ALL.iter().map(|exit| (exit.code, exit.meaning));
    [
        list("Environment of codex:", codex),
        list("Exit status:", statuses),
        list("Exit status of codex, besides its own:", shim::exit::ALL),
    ]
    .join("\n\n")
}

fn list<N: Display>(title: &str, items: impl IntoIterator<Item = (N, &'static str)>) -> String {
    let lines = items
        .into_iter()
        .map(|(name, meaning)| format!("\n  {name}\n          {meaning}"));
    [title.to_owned(), lines.collect()].concat()
}
