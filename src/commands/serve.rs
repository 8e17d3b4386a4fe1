//! `model-lock serve`: everything is checked, then the sockets are taken, then it runs to its drain.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use arc_swap::ArcSwap;
use lockpolicy::{Mode, Policy, Problem, Problems};
use observe::audit::AuditSink;
use observe::dashboard::{About, Dashboard, DashboardRoutes};
use observe::log::{self, LogQueue};
use observe::metrics::{Flusher, Metrics};
use observe::{Fanout, ProcessState};
use proxy::{BindError, Config, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::adapters::{AdminPage, ProxyMeter, proxy_observer};
use crate::assurance::Level;
use crate::policy_source::reload::Reloader;
use crate::policy_source::{self, Loaded, Location};
use crate::settings::environment::Environment;
use crate::settings::flags::Flags;
use crate::settings::table::Setting;
use crate::settings::{Given, Settings};
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
    let (metrics, state) = (Arc::<Metrics>::default(), Arc::<ProcessState>::default());
    metrics.serving();
    let audit = match settings.audit_file() {
        Some(place) => match AuditSink::queued(&place, Arc::clone(&metrics)) {
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
        Arc::clone(&metrics),
    );
    let reloader = reloader.reporting_to(Arc::clone(&state), audit.clone());
    state.policy_applied(loaded.origin.to_string());
    let parts = Parts {
        audit: audit.clone(),
        metrics,
        state,
        policy,
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

/// What observes the proxy.
struct Parts {
    audit: Option<Arc<AuditSink>>,
    metrics: Arc<Metrics>,
    state: Arc<ProcessState>,
    policy: Arc<ArcSwap<Policy>>,
}

impl Parts {
    /// Returns the dashboard, where there is a port for it.
    fn dashboard(&self, settings: &Settings) -> Option<Dashboard> {
        settings.admin?;
        let statsd = settings.statsd().map(|target| target.to_string());
        let about = About {
            statsd: statsd.unwrap_or_default(),
            holds_key: settings.key.is_some(),
            level: |mode| level(mode).as_str(),
        };
        let (metrics, state) = (Arc::clone(&self.metrics), Arc::clone(&self.state));
        let policy = Arc::clone(&self.policy);
        Some(Dashboard::new(metrics, state, policy, about))
    }
}

/// Returns the level that a proxy reaches by itself. That nothing goes around it, the network has to see to.
fn level(mode: Mode) -> Level {
    match mode {
        Mode::ReportOnly => Level::Open,
        Mode::Force | Mode::Reject => Level::Enforced,
    }
}

fn run(
    (settings, config): (Settings, Config),
    loaded: &Loaded,
    reloader: Reloader,
    parts: Parts,
) -> Result<ExitCode, StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let queue = LogQueue::start(Arc::clone(&parts.metrics))?;
    let dashboard = parts.dashboard(&settings);
    let Parts {
        audit,
        metrics,
        state,
        policy,
    } = parts;
    let sink = dashboard.as_ref().map(Dashboard::sink);
    let observer = proxy_observer(&metrics, &queue, audit, sink);
    let meter = ProxyMeter::new(Arc::clone(&metrics), true);
    let (server, signals) = runtime.block_on(start(config, policy, observer))?;
    let mut server = server.metered(Arc::new(meter));
    log::start(settings.log.clone(), queue.clone());
    if let Some(dashboard) = dashboard {
        let page = AdminPage(DashboardRoutes::open(dashboard, settings.audit.clone())?);
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
    let flusher = settings
        .statsd()
        .map(|target| Flusher::start(target, metrics, Arc::clone(&state)))
        .transpose()?;
    announce(&server, loaded, has_token);
    reloader.begin();
    let stop = Stop { signals, state };
    let code = runtime.block_on(until_stopped(server, reloader, stop));
    // What is still stuck in a read of a dead mount does not hold up the end.
    runtime.shutdown_background();
    if let Some(flusher) = flusher {
        flusher.finish();
    }
    queue.finish();
    Ok(code)
}

/// The signals are caught before the sockets are taken: whoever sees the port open may send one.
async fn start(
    config: Config,
    policy: Arc<ArcSwap<Policy>>,
    observer: Arc<Fanout>,
) -> Result<(Server, Signals), StartError> {
    let signals = Signals {
        interrupt: signal(SignalKind::interrupt())?,
        terminate: signal(SignalKind::terminate())?,
        hangup: signal(SignalKind::hangup())?,
    };
    let server = Server::bind(config, policy, observer).await?;
    Ok((server, signals))
}

/// What ends it, and who is told.
struct Stop {
    signals: Signals,
    state: Arc<ProcessState>,
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
        end.state.drain();
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
