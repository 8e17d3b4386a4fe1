//! `model-lock serve`: everything is checked, then the sockets are taken, then it runs to its drain.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use arc_swap::ArcSwap;
use lockpolicy::{Mode, Policy, Problem, Problems};
use proxy::{BindError, Config, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::audit::Audit;
use crate::page::{Desk, Front};
use crate::policy_source::reload::Reloader;
use crate::policy_source::{self, Loaded, Location};
use crate::settings::environment::Environment;
use crate::settings::flags::Flags;
use crate::settings::table::Setting;
use crate::settings::{Given, Settings};
use crate::telemetry::{self, Counts, Flusher, Lines, ProxySink};
use crate::{exit, output};

/// Runs the proxy until a signal ends it.
pub(crate) fn serve(flags: &Flags, environment: Environment) -> ExitCode {
    let mut problems = Vec::new();
    let settings = Settings::read(flags, &environment, &mut problems);
    let config = settings.config(&mut problems);
    let flag = settings.policy.as_ref().filter(|given| given.is_flag());
    let location = Location::choose(flag.map(Given::path), &environment);
    let reading = policy_source::read(&location);
    let loaded = match reading.compile_after(problems, &environment) {
        Ok(loaded) => loaded,
        Err(Problems(problems)) => return output::problems(&problems),
    };
    let counts = Arc::<Counts>::default();
    counts.serving();
    let audit = match settings.audit_file() {
        Some(place) => match Audit::queued(&place, Arc::clone(&counts)) {
            Ok(audit) => Some(Arc::new(audit)),
            Err(source) => return output::failure(&AuditError(place.path, source)),
        },
        None => None,
    };
    let policy = Arc::new(ArcSwap::new(Arc::clone(&loaded.policy)));
    let reloader = Reloader::new(
        location,
        environment,
        reading,
        Arc::clone(&policy),
        Arc::clone(&counts),
    );
    let reloader = reloader.audited(audit.clone());
    counts.standing.taken(loaded.origin.to_string());
    let desk = desk(&settings, &counts, &policy);
    let sink = ProxySink::new(Arc::clone(&counts), audit.clone());
    let parts = Parts {
        sink: sink.booked(desk.as_ref().map(Desk::book)),
        counts,
        policy,
        desk,
    };
    let ended = run((settings, config), &loaded, reloader, parts);
    if let Some(audit) = audit {
        audit.finish();
    }
    match ended {
        Ok(code) => code,
        Err(StartError::Bind(BindError::Dialect(name))) => {
            let what = format!("unknown dialect `{name}`");
            output::problems(&[Problem::new(Setting::dialect().variable(), what)])
        }
        Err(error) => output::failure(&error),
    }
}

/// The audit file cannot be written: nothing is served unseen that was to be seen.
#[derive(Debug, thiserror::Error)]
#[error("the audit file {} cannot be written", .0.display())]
struct AuditError(PathBuf, #[source] io::Error);

/// Why it did not start although all settings are right.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("the machine does not give what is needed")]
    Machine(#[from] io::Error),
}

/// The page, where there is a port for it.
fn desk(settings: &Settings, counts: &Arc<Counts>, policy: &Arc<ArcSwap<Policy>>) -> Option<Desk> {
    settings.admin?;
    let daemon = settings.statsd().map(|daemon| daemon.to_string());
    let desk = Desk::new(Arc::clone(counts), Arc::clone(policy));
    Some(desk.about(daemon, settings.key.is_some()))
}

/// What the doors tell, and who knows of it.
struct Parts {
    sink: ProxySink,
    counts: Arc<Counts>,
    policy: Arc<ArcSwap<Policy>>,
    desk: Option<Desk>,
}

fn run(
    (settings, config): (Settings, Config),
    loaded: &Loaded,
    reloader: Reloader,
    parts: Parts,
) -> Result<ExitCode, StartError> {
    let Parts {
        sink,
        counts,
        policy,
        desk,
    } = parts;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let (mut server, signals) = runtime.block_on(start(config, policy, Arc::new(sink)))?;
    let lines = Lines::start(Arc::clone(&counts))?;
    telemetry::start(settings.log.clone(), lines.clone());
    if let Some(desk) = desk {
        let page = Front::open(desk, settings.audit.clone())?;
        let token = settings.admin_token.as_ref().map(|file| file.key.clone());
        server = server.with_page(Arc::new(page), token);
    }
    let has_token = settings.admin_token.is_some();
    for secret in [settings.key.clone(), settings.admin_token.clone()]
        .into_iter()
        .flatten()
    {
        runtime.spawn(secret.follow());
    }
    let daemon = settings.statsd();
    let flusher = daemon
        .map(|daemon| Flusher::start(daemon, Arc::clone(&counts)))
        .transpose()?;
    announce(&server, loaded, has_token);
    reloader.begin();
    let stop = Stop { signals, counts };
    let code = runtime.block_on(until_stopped(server, reloader, stop));
    // What is still stuck in a read of a dead mount does not hold up the end.
    runtime.shutdown_background();
    if let Some(flusher) = flusher {
        flusher.finish();
    }
    lines.finish();
    Ok(code)
}

/// The signals are caught before the sockets are taken: whoever sees the port open may send one.
async fn start(
    config: Config,
    policy: Arc<ArcSwap<Policy>>,
    sink: Arc<ProxySink>,
) -> Result<(Server, Signals), StartError> {
    let signals = Signals {
        interrupt: signal(SignalKind::interrupt())?,
        terminate: signal(SignalKind::terminate())?,
        hangup: signal(SignalKind::hangup())?,
    };
    let meter = Arc::clone(&sink);
    let server = Server::bind(config, policy, sink).await?;
    Ok((server.metered(meter), signals))
}

/// What ends it, and who is told.
struct Stop {
    signals: Signals,
    counts: Arc<Counts>,
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

fn announce(server: &Server, loaded: &Loaded, has_token: bool) {
    let policy = &loaded.policy;
    tracing::info!(
        event = "listening",
        address = %server.address(),
        admin = server.admin().map(tracing::field::display),
        page = server.admin().map(|at| told_to(at, has_token)),
        mode = policy.mode().as_str(),
        model = policy.pin(),
        policy_hash = policy.hash(),
        from = %loaded.origin,
    );
    if policy.mode() == Mode::ReportOnly {
        tracing::warn!(
            event = "report_only",
            "mode is report_only: nothing is locked, attempts are only counted"
        );
    }
}

/// Who is told what stands on the page.
fn told_to(admin: SocketAddr, has_token: bool) -> &'static str {
    match (has_token, admin.ip().is_loopback()) {
        (true, _) => "token",
        (false, true) => "loopback",
        (false, false) => "nobody",
    }
}

async fn until_stopped(server: Server, reloader: Reloader, end: Stop) -> ExitCode {
    let Signals {
        mut interrupt,
        mut terminate,
        hangup,
    } = end.signals;
    let (stop, stopped) = oneshot::channel::<()>();
    let two_signals = async {
        either(&mut interrupt, &mut terminate).await;
        tracing::info!(event = "draining");
        end.counts.standing.drain();
        drop(stop);
        either(&mut interrupt, &mut terminate).await;
    };
    tokio::select! {
        () = server.run(async { drop(stopped.await) }) => {
            tracing::info!(event = "stopped");
            exit::DONE.into()
        }
        () = two_signals => {
            tracing::warn!(event = "stopped", "a second signal came before the running requests ended");
            exit::INTERRUPTED.into()
        }
        () = reloader.run(hangup) => exit::DONE.into(),
    }
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
