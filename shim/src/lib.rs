//! A codex command line past the policy: judge it, find the real program, become it.
//!
//! ```text
//! Process → guard → plan (lockpolicy::agents::codex::cli) → sink → find → lead (lockpolicy::agents::codex::config) → exec
//!                                                                                      → filter (lockpolicy::agents::codex::app_server)
//! ```
//!
//! The shim decides nothing: every rule is in `lockpolicy`. It writes no file, prints nothing but
//! one line on standard error where it refuses or fails, and is gone once the real program runs; it stays
//! only before a server, whose client it answers where a request is refused.

mod error;
mod exec;
pub mod exit;
mod filter;
mod find;
mod guard;
mod lead;
mod plan;
mod process;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use lockpolicy::agents::codex::config::Override;
use lockpolicy::{Judged, Observer, Policy, Problems, RequestContext, Surface, report};

pub use error::ShimError;
pub use find::find;
pub use guard::GUARD;
pub use lead::{Mounts, Opener, around};
pub use plan::{Plan, Verdict, plan};
pub use process::Process;

/// Judges the command line and becomes the real codex, or its parent where it is a server on standard
/// input: then every request is judged, and the status is the server's.
///
/// Returns only then, or where nothing was run: the line was refused, or no codex could be run. Then one line was
/// written to standard error. Every attempt is told to `sink` before that, and before the real
/// program takes over.
///
/// Without a policy only what starts no model is run.
pub fn run(
    process: &Process,
    policy: Result<Arc<Policy>, Problems>,
    sink: Arc<dyn Observer>,
    opener: &dyn Opener,
) -> ExitCode {
    let error = match start(process, policy, sink, opener) {
        Ok(status) => return status.into(),
        Err(error) => error,
    };
    // Where standard error is gone, nobody can be told.
    drop(writeln!(
        std::io::stderr().lock(),
        "model-lock: {}",
        error.line()
    ));
    error.exit().into()
}

fn start(
    process: &Process,
    policy: Result<Arc<Policy>, Problems>,
    sink: Arc<dyn Observer>,
    opener: &dyn Opener,
) -> Result<u8, ShimError> {
    let depth = guard::deeper(process)?;
    let plan = plan(process, policy.as_deref())?;
    if let (Some(verdict), Ok(policy)) = (&plan.verdict, &policy) {
        tell(verdict, policy, &*sink);
        if let Some(rejection) = &verdict.rejection {
            return Err(ShimError::Refused(rejection.clone()));
        }
    }
    let program = find(process)?;
    let start = led(process, &plan, policy.as_deref().ok(), depth, opener)?;
    match (plan.server, policy) {
        (Some(server), Ok(policy)) => {
            let client = filter::Client {
                policy,
                sink,
                server,
                lead: start.overrides.clone(),
            };
            filter::run(program, &start, client)
        }
        _ => Err(exec::exec(program, &start)),
    }
}

/// How the real program is started.
#[derive(Debug)]
struct Start {
    args: Vec<OsString>,
    /// What leads it through a proxy; it stands in the arguments too.
    overrides: Vec<Override>,
    /// What differs from the shim's own environment.
    env: BTreeMap<&'static str, OsString>,
}

/// What runs a model is led through a proxy; everything else starts as it was judged.
fn led(
    process: &Process,
    plan: &Plan,
    policy: Option<&Policy>,
    depth: u32,
    opener: &dyn Opener,
) -> Result<Start, ShimError> {
    let mut start = Start {
        args: plan.args.clone(),
        overrides: Vec::new(),
        env: [(GUARD, depth.to_string().into())].into(),
    };
    if let (Some(policy), Some(verdict), true) = (policy, &plan.verdict, plan.runs) {
        let led = lead::lead(process, policy, &verdict.command, opener)?;
        if !led.overrides.is_empty() {
            start.args = plan::lead(process, policy, &led.overrides);
        }
        start.overrides = led.overrides;
        start.env.extend(led.env);
    }
    Ok(start)
}

fn tell(verdict: &Verdict, policy: &Policy, sink: &dyn Observer) {
    let context = RequestContext {
        method: &verdict.command,
        status: u16::from(exit::REFUSED),
        ..RequestContext::default()
    };
    let judged = Judged {
        policy,
        surface: Surface::Argv,
        verdict: &verdict.verdict,
        runs_model: true,
    };
    report(sink, judged, &context);
}
