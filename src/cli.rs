//! The command line as it is written: texts, checked later and together with the environment.

use std::fmt::Display;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::doctor::Doctor;
use crate::commands::explain::Explain;
use crate::commands::man::Shell;
use crate::commands::route::Route;
use crate::exit;
use crate::settings::flags::Flags;
use crate::settings::table::{SHIM, Setting, TABLE};

/// One approved model runs, whatever a coding agent asks for.
///
/// The approved model is named by `OPENCLAW_MODEL`, or by a policy file that the agent cannot write.
/// Called as `codex`, this program stands in for codex: it puts the approved model in and becomes
/// the real one.
#[derive(Debug, Parser)]
#[command(name = "model-lock", version, max_term_width = 100, after_long_help = codex_and_statuses())]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run the proxy that every model call goes through
    ///
    /// Each flag has an environment variable; the flag wins. Whatever is wrong with them or with the
    /// policy is told at once, before anything listens, and ends with status 78.
    #[command(after_help = variables())]
    Serve(Flags),
    /// Show the policy that holds here, or everything that is wrong with it (status 78)
    Check {
        #[arg(long, value_name = "FILE", help = Setting::policy().help())]
        policy: Option<PathBuf>,
    },
    /// Ask a running proxy whether it is ready; status 1 where it is not, or does not answer
    ///
    /// For a container's health check: there is no shell in the image that could ask.
    Health {
        #[arg(long, value_name = "ADDRESS", help = Setting::admin().help())]
        admin: Option<String>,
    },
    /// Look into the audit file
    Audit {
        /// What to do with it
        #[command(subcommand)]
        verb: AuditVerb,
    },
    /// Copy this program into a directory, and link `codex` there to it
    ///
    /// Put the directory before the real codex's on PATH. Running it again updates the copy; a `codex`
    /// that is not ours is never overwritten.
    Install {
        /// The directory; made if it does not exist
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Run any program under the lock
    ///
    /// It finds the shim first on its PATH, and the base URLs that clients of model APIs read from the
    /// environment (`OPENAI_BASE_URL`, `ANTHROPIC_BASE_URL`, `GOOGLE_GEMINI_BASE_URL`, `OLLAMA_HOST`) lead
    /// to a proxy that ends with it. A client that is told another address in another way is not led.
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
    /// Be the proxy of one program; what to do is read from standard input
    #[command(hide = true)]
    Companion,
    /// Take out what `install` put into a directory, and only that
    Uninstall {
        /// The directory
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
    /// Say what would become of a codex command line, and why; runs nothing
    ///
    /// Ends with 0 where it would run, 77 where it would be refused, 78 without a policy.
    Explain(Explain),
    /// Show the real codex, and every other codex on PATH in order
    Which,
    /// Make the proxy the way that a client's model traffic takes
    #[command(subcommand)]
    Route(Route),
    /// Find out which of the layers hold here, by trying, and what to do about the rest
    ///
    /// Run it as the agent's user, in the agent's environment. Nothing that is tried reaches a provider.
    Doctor(Doctor),
    /// Print what completes this program's command line in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages into a directory
    Man {
        /// The directory; made if it does not exist
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
}

/// What can be done with an audit file.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Tell where a line is missing or altered (status 1), in the file and those put aside from it
    Verify {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// What stands below the flags of `serve`: the variables that have none, and the policy's own.
fn variables() -> String {
    let process = TABLE.iter().filter(|setting| setting.flag().is_none());
    let process = process.map(|setting| (setting.variable(), setting.doc()));
    list("Environment:", process.chain(lockpolicy::VARIABLES))
}

/// What stands below everything: what `codex` looks at besides the policy, and how it can end.
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
