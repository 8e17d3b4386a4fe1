//! `model-lock serve`: everything is checked, then the sockets are taken, then it runs to its drain.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use arc_swap::ArcSwap;
use lockpolicy::{Mode, Policy, Problem, Problems};
use proxy::{BindError, Config, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::audit::Audit;
use crate::cli::Serve;
use crate::env::{self, Environment};
use crate::policy::{self, Loaded, Location};
use crate::reload::Reloader;
use crate::settings::Settings;
use crate::telemetry::{self, Counts, Flusher, Lines, ProxySink};
use crate::{exit, report};

/// Runs the proxy until a signal ends it.
pub(crate) fn serve(flags: &Serve, environment: Environment) -> ExitCode {
    let mut problems = Vec::new();
    let settings = Settings::read(flags, &environment, &mut problems);
    let location = Location::choose(flags.policy.as_deref(), &environment);
    let reading = policy::read(&location);
    let loaded = match reading.compile_after(problems, &environment) {
        Ok(loaded) => loaded,
        Err(Problems(problems)) => return report::problems(&problems),
    };
    let counts = Arc::<Counts>::default();
    counts.serving();
    let audit = match &settings.audit {
        Some(place) => match Audit::queued(place, Arc::clone(&counts)) {
            Ok(audit) => Some(Arc::new(audit)),
            Err(source) => return report::failure(&AuditError(place.path.clone(), source)),
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
    let sink = ProxySink::new(Arc::clone(&counts), audit.clone());
    let ended = run(settings, &loaded, reloader, policy, (sink, counts));
    if let Some(audit) = audit {
        audit.finish();
    }
    match ended {
        Ok(code) => code,
        Err(StartError::Bind(BindError::Dialect(name))) => {
            let what = format!("unknown dialect `{name}`");
            report::problems(&[Problem {
                place: env::DIALECT.flag.to_owned(),
                what,
            }])
        }
        Err(error) => report::failure(&error),
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

fn run(
    settings: Settings,
    loaded: &Loaded,
    reloader: Reloader,
    policy: Arc<ArcSwap<Policy>>,
    (sink, counts): (ProxySink, Arc<Counts>),
) -> Result<ExitCode, StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let (server, signals) = runtime.block_on(start(settings.config, policy, Arc::new(sink)))?;
    let lines = Lines::start(Arc::clone(&counts))?;
    telemetry::start(settings.log, lines.clone());
    if let Some(key) = settings.key {
        runtime.spawn(key.follow());
    }
    let flusher = settings
        .daemon
        .map(|daemon| Flusher::start(daemon, counts))
        .transpose()?;
    announce(&server, loaded);
    reloader.begin();
    let code = runtime.block_on(until_stopped(server, reloader, signals));
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

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

fn announce(server: &Server, loaded: &Loaded) {
    let policy = &loaded.policy;
    tracing::info!(
        event = "listening",
        address = %server.address(),
        admin = server.admin().map(tracing::field::display),
        mode = policy.mode().as_str(),
        model = policy.pin(),
        policy_hash = policy.hash(),
        from = %loaded.origin,
    );
    if policy.mode() == Mode::Audit {
        tracing::warn!(
            event = "audit",
            "mode is audit: nothing is locked, attempts are only counted"
        );
    }
}

async fn until_stopped(server: Server, reloader: Reloader, signals: Signals) -> ExitCode {
    let Signals {
        mut interrupt,
        mut terminate,
        hangup,
    } = signals;
    let (stop, stopped) = oneshot::channel::<()>();
    let two_signals = async {
        either(&mut interrupt, &mut terminate).await;
        tracing::info!(event = "draining");
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
