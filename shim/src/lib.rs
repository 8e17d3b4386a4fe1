//! Puts a codex command line past the policy: judges it, finds the real program, becomes it.
//!
//! ```text
//! Process → recursion → plan (lockpolicy::agents::codex::cli) → Observer → find_real
//!         → proxy_overrides (lockpolicy::agents::codex::config) → exec
//!                                                               → filter (lockpolicy::agents::codex::app_server)
//! ```
//!
//! The shim decides nothing: every rule is in `lockpolicy`. It writes no file but one that keeps the version of a codex
//! without a package, and prints nothing but one line on standard error where it refuses, fails, meets a codex that is
//! newer than the tables, or finds that a running proxy of this machine does not answer. It is gone once the real program
//! runs, and stays only in front of a server, whose client it answers where a request is refused.

mod bound;
mod codex_files;
mod codex_version;
mod error;
mod exec;
pub mod exit;
mod filter;
mod find_real;
mod notice;
mod plan;
mod process;
mod proxy_overrides;
mod recursion;
pub mod regular_file;
mod running_proxy;
pub mod workspace;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::process::ExitCode;
use std::sync::Arc;

use lockpolicy::agents::codex::CODEX;
use lockpolicy::agents::codex::cli::{CommandAction, CommandVerdict};
use lockpolicy::{Judged, Observer, Policy, Problems, RequestContext, Surface, report};

use exec::Start;
use notice::print;
use proxy_overrides::{ProxyOverrides, proxy_overrides};

pub use bound::{VERB as BOUND_VERB, become_bound, end_with_parent};
pub use codex_files::home as codex_home;
pub use codex_version::CodexVersion;
pub use error::ShimError;
pub use filter::LINE_CAP;
pub use find_real::find_real;
pub use plan::{Plan, plan};
pub use process::Process;
pub use proxy_overrides::{ProxyAddress, ProxyRequest, StartProxy, no_proxy_including};
pub use recursion::DEPTH;
pub use running_proxy::unanswered;

/// Judges the command line and becomes the real codex, or its parent where it is a server on standard
/// input: then every request is judged, and the status is the server's.
///
/// Returns only then, or where nothing was run: the line was refused, or no codex could be run. Then one line was
/// written to standard error. Every attempt is reported to `observer` before that, and before the real
/// program takes over.
///
/// Without a policy only a line that runs no model is run.
pub fn run(
    process: &Process,
    policy: Result<Arc<Policy>, Problems>,
    observer: Arc<dyn Observer>,
    proxy: &dyn StartProxy,
) -> ExitCode {
    let error = match start(process, policy, observer, proxy) {
        Ok(status) => return status.into(),
        Err(error) => error,
    };
    print(&error.line());
    error.exit().into()
}

fn start(
    process: &Process,
    policy: Result<Arc<Policy>, Problems>,
    observer: Arc<dyn Observer>,
    proxy: &dyn StartProxy,
) -> Result<u8, ShimError> {
    let depth = recursion::next_depth(process)?;
    recursion::mark();
    let found = find_real(process, CODEX);
    let Plan {
        verdict: judged,
        version,
    } = plan(process, policy.as_deref(), found.as_deref().ok())?;
    if let Ok(policy) = &policy {
        report_verdict(&judged, policy, &*observer);
    }
    let (arguments, server) = match &judged.action {
        CommandAction::Refuse(rejection) => return Err(ShimError::Refused(rejection.clone())),
        CommandAction::Run(arguments) => (arguments, None),
        CommandAction::Filter(arguments, server) => (arguments, Some(*server)),
    };
    let program = found?;
    if let Some(warning) = version.warning() {
        print(&warning);
    }
    let overrides = match &policy {
        Ok(policy) if arguments.runs_model() => proxy_overrides(process, policy, arguments, proxy)?,
        _ => ProxyOverrides::default(),
    };
    if let Ok(policy) = &policy
        && arguments.runs_model()
        && let Some(warning) = policy.proxy().and_then(unanswered)
    {
        print(&warning);
    }
    let args = arguments.with_overrides(&overrides.config);
    let mut env = overrides.env;
    env.insert(DEPTH, depth.to_string().into());
    let start = Start {
        args: args.into_iter().map(OsString::from_vec).collect(),
        env,
    };
    match (server, policy) {
        (Some(server), Ok(policy)) => {
            let client = filter::Client {
                policy,
                observer,
                server,
                overrides: overrides.config,
            };
            filter::run(program, &start, client)
        }
        _ => Err(exec::exec(program, &start)),
    }
}

fn report_verdict(judged: &CommandVerdict<'_>, policy: &Policy, observer: &dyn Observer) {
    let context = RequestContext {
        method: &judged.command,
        status: u16::from(exit::REFUSED),
        ..RequestContext::default()
    };
    let judged = Judged {
        policy,
        surface: Surface::Argv,
        verdict: &judged.verdict,
        runs_model: true,
    };
    report(observer, judged, &context);
}
