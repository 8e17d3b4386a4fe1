//! The command. Called as `codex` it is the shim; called by its own name it has verbs.

mod adapters;
mod assurance;
mod background_read;
mod bootstrap;
mod cli;
mod codex_on_path;
mod commands;
mod descriptor_limit;
mod embedded;
mod exit;
mod memory_limit;
mod output;
mod policy_source;
mod probe;
mod settings;
mod shell_quote;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, Parser as _};
use lockpolicy::agents;

use crate::cli::{AuditVerb, Cli, Verb};
use crate::commands::{
    audit, check, codex, completions, doctor, explain, health, install, man, route, run, serve,
    uninstall, which,
};
use crate::settings::environment::Environment;
use crate::settings::flags;

/// musl's own allocator has one lock for all threads.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let environment: Environment = std::env::vars_os().collect();
    if is_shim() {
        return codex::run(&environment);
    }
    match Cli::try_parse() {
        Ok(cli) => run(cli.verb, environment),
        Err(error) => usage(error),
    }
}

/// Returns true where this program was called by the name of an agent.
fn is_shim() -> bool {
    let name = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&name).file_name();
    agents::ALL
        .iter()
        .any(|agent| name == Some(OsStr::new(agent.executable)))
}

fn run(verb: Verb, environment: Environment) -> ExitCode {
    match verb {
        Verb::Serve(flags) => serve::serve(&flags, environment),
        Verb::Health { admin } => health::health(admin.as_deref(), &environment),
        Verb::Check { policy } => check::check(policy.as_deref(), &environment),
        Verb::Audit {
            verb: AuditVerb::Verify { file },
        } => audit::verify(&file),
        Verb::Install { to } => install::install(&to),
        Verb::Run { command } => run::run(&command, &environment),
        Verb::EmbeddedProxy => embedded::serve(environment),
        Verb::BoundCodex {
            parent,
            program,
            arguments,
        } => shim::become_bound(parent, &program, &arguments),
        Verb::Uninstall { from } => uninstall::uninstall(&from),
        Verb::Explain(options) => explain::explain(&options, &environment),
        Verb::Which => which::which(),
        Verb::Doctor(options) => doctor::doctor(&options, &environment),
        Verb::Route(options) => route::route(&options, &environment),
        Verb::Completions { shell } => completions::completions(&Cli::command(), shell),
        Verb::Man { to } => man::man(Cli::command(), &to),
    }
}

/// Help and version are asked for and go to standard output; anything else is a usage error.
fn usage(mut error: clap::Error) -> ExitCode {
    let is_serve = std::env::args_os().nth(1) == Some("serve".into());
    if let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg)
        && let Some(new) = flags::renamed_to(flag)
        && is_serve
    {
        let new = ContextValue::String(new.to_owned());
        error.insert(ContextKind::SuggestedArg, new);
    }
    if error.print().is_err() {
        return exit::FAILED.into();
    }
    if error.use_stderr() {
        exit::USAGE.into()
    } else {
        exit::DONE.into()
    }
}
