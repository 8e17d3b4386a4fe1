//! `model-lock serve`: everything is checked, then the sockets are taken, then it runs to its drain.

use std::io;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use lockpolicy::{Mode, Problem, Problems};
use observe::ProcessState;
use observe::dashboard::{About, Dashboard, DashboardRoutes};
use observe::log;
use proxy::{BindError, Config, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::adapters::AdminPage;
use crate::assurance::Level;
use crate::bootstrap::{Observers, Process, Signals, StartError};
use crate::policy_source::reload::Reloader;
use crate::policy_source::{self, Loaded, Location, user_namespace};
use crate::settings::environment::Environment;
use crate::settings::flags::Flags;
use crate::settings::table::Setting;
use crate::settings::tls_files::TlsFiles;
use crate::settings::{Given, Settings};
use crate::{exit, output};

/// Runs the proxy until a signal ends it.
pub(crate) fn serve(flags: &Flags, environment: Environment) -> ExitCode {
    let mut problems = Vec::new();
    let named = Settings::read(flags, &environment, &mut Vec::new()).policy;
    let flag = named.as_ref().filter(|given| given.is_flag());
    let location = Location::choose(flag.map(Given::path), &environment);
    let reading = policy_source::read(&location);
    let (effective, ignored) = reading.effective(&environment);
    let settings = reading.settings(flags, (&environment, &effective), &mut problems);
    let config = settings.config(&mut problems);
    let loaded = match reading.compile_after(problems, &environment) {
        Ok(loaded) => loaded,
        Err(Problems(problems)) => return output::problems(&problems),
    };
    if settings.has_other_authorities(&environment) {
        return output::failure(&restart(&settings));
    }
    let observers = match Observers::open(&loaded, settings.audit_file().as_ref()) {
        Ok(observers) => observers,
        Err(error) => return output::failure(&error),
    };
    let reloader = observers.reloader(reading, environment);
    match run(
        (&settings, config),
        (&loaded, &ignored),
        reloader,
        observers,
    ) {
        Ok(code) => code,
        Err(StartError::Bind(BindError::Dialect(unknown))) => {
            let problem = Problem::new(Setting::dialect().variable(), unknown.to_string());
            output::problems(&[problem])
        }
        Err(error) => output::failure(&error),
    }
}

/// Becomes the same program with the authorities of the settings: the TLS library reads them from the environment
/// alone. Returns only where that failed.
fn restart(settings: &Settings) -> io::Error {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("model-lock").args(std::env::args_os().skip(1));
    for (name, value) in settings.authorities() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.exec()
}

/// Returns the dashboard, where there is a port for it.
fn dashboard(settings: &Settings, observers: &Observers) -> Option<Dashboard> {
    settings.admin?;
    let statsd = settings.statsd().map(|target| target.to_string());
    let about = About {
        statsd: statsd.unwrap_or_default(),
        holds_key: !settings.key.is_empty(),
        level: |mode| level(mode).as_str(),
    };
    let (metrics, state) = (Arc::clone(&observers.metrics), Arc::clone(&observers.state));
    let policy = Arc::clone(&observers.policy);
    Some(Dashboard::new(metrics, state, policy, about))
}

/// Returns the level that a proxy reaches by itself. That nothing goes around it, the network has to see to.
fn level(mode: Mode) -> Level {
    match mode {
        Mode::ReportOnly => Level::Open,
        Mode::Force | Mode::Reject => Level::Enforced,
    }
}

fn run(
    (settings, config): (&Settings, Config),
    (loaded, ignored): (&Loaded, &[&str]),
    reloader: Reloader,
    observers: Observers,
) -> Result<ExitCode, StartError> {
    let dashboard = dashboard(settings, &observers);
    let state = Arc::clone(&observers.state);
    let mut process = Process::start(observers, None)?;
    let sink = dashboard.as_ref().map(Dashboard::sink);
    let interrupt = async { signal(SignalKind::interrupt()) };
    let interrupt = process.runtime.block_on(interrupt)?;
    let tls = config.access.tls.as_ref();
    let tls = tls.map(|tls| TlsFiles::of(settings, Arc::clone(&tls.config)));
    let (mut server, signals) = process.bind(config, sink, true)?;
    log::start(settings.log.clone(), process.queue.clone());
    let token = settings.admin_token.as_ref();
    if let Some(dashboard) = dashboard {
        let page = AdminPage(DashboardRoutes::open(dashboard, settings.audit.clone())?);
        server = server.with_page(Arc::new(page), token.map(|file| file.key.clone()));
    }
    let keys = settings.key.iter().map(|key| &key.file);
    for secret in keys.chain(&settings.admin_token) {
        process.runtime.spawn(secret.clone().follow());
    }
    if let Some(clients) = &settings.client_tokens {
        process.runtime.spawn(clients.clone().follow());
    }
    if let Some(tls) = tls {
        process.runtime.spawn(tls.follow());
    }
    process.send_metrics(settings.statsd())?;
    announce(&server, loaded, settings);
    warn(ignored);
    announce_dialects(settings, loaded);
    reloader.record_start();
    let stopped = until_stopped(server, reloader, signals, interrupt, &state);
    let code = process.runtime.block_on(stopped);
    process.finish();
    Ok(code)
}

fn announce(server: &Server, loaded: &Loaded, settings: &Settings) {
    let has_token = settings.admin_token.is_some();
    let policy = &loaded.policy;
    macro_rules! listening {
        ($level:ident) => {
            tracing::$level!(
                event = "listening",
                address = %server.address(),
                tls = settings.tls_cert.is_some(),
                clients = settings.served_clients(),
                admin = server.admin().map(tracing::field::display),
                page = server.admin().map(|at| who_may_see(at, has_token)),
                mode = policy.mode().as_str(),
                model = policy.pin(),
                policy_hash = policy.hash(),
                from = %loaded.origin,
            )
        };
    }
    if settings.serves_nobody() {
        listening!(warn);
    } else {
        listening!(info);
    }
    if policy.mode() == Mode::ReportOnly {
        tracing::warn!(
            event = "report_only",
            "mode is report_only: nothing is locked, attempts are only counted"
        );
    }
}

/// Logs where a pinned effort or tier holds only what a request states, one line for each dialect, what the dialects
/// take from each other, and what is allowed although a model runs there.
fn announce_dialects(settings: &Settings, loaded: &Loaded) {
    let (unheld, overlaps, allowed) = settings.dialect_notes(&loaded.policy);
    for allowed in allowed {
        let dialect = allowed.dialect;
        tracing::warn!(event = "allow_runs_model", dialect, "{allowed}");
    }
    for unheld in unheld {
        tracing::warn!(
            event = "pin_not_inserted",
            dialect = unheld.dialect,
            "{unheld}"
        );
    }
    for overlap in overlaps {
        tracing::warn!(
            event = "dialects_overlap",
            dialect = overlap.dialect(),
            "{overlap}"
        );
    }
}

/// Logs what makes the policy file less than it seems, or the environment less than it says.
fn warn(ignored: &[&str]) {
    for variable in ignored {
        tracing::warn!(
            event = "setting_ignored",
            variable,
            "the user cannot change the policy file: only that or a flag sets this"
        );
    }
    if user_namespace::is_private() {
        tracing::warn!(event = "user_namespace", "{}", user_namespace::WARNING);
    }
}

/// Returns who may see the dashboard.
fn who_may_see(admin: SocketAddr, has_token: bool) -> &'static str {
    match (has_token, admin.ip().is_loopback()) {
        (true, _) => "token",
        (false, true) => "loopback",
        (false, false) => "nobody",
    }
}

async fn until_stopped(
    server: Server,
    reloader: Reloader,
    signals: Signals,
    mut interrupt: Signal,
    state: &ProcessState,
) -> ExitCode {
    let mut terminate = signals.terminate;
    let (stop, stopped) = oneshot::channel::<()>();
    let two_signals = async {
        either(&mut interrupt, &mut terminate).await;
        tracing::info!(event = "draining");
        state.drain();
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
        () = reloader.run(signals.hangup) => exit::DONE.into(),
    }
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
