//! Being a companion.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use lockpolicy::Problems;
use observe::ProcessState;
use observe::audit::AuditSink;
use observe::log::{self, LogQueue, audit_failed};
use observe::metrics::{Flusher, Metrics};
use proxy::{BindError, Config, Limits, Mount, Server, UpstreamError};
use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use tokio::signal::unix::{SignalKind, signal};

use super::request::{self, StartReply, StartRequest};
use crate::adapters::{ProxyMeter, proxy_observer};
use crate::exit;
use crate::policy_source::reload::Reloader;
use crate::policy_source::{self, Location};
use crate::settings::Settings;
use crate::settings::environment::Environment;

/// Why it cannot be one.
#[derive(Debug, thiserror::Error)]
enum EmbeddedError {
    #[error("{0}")]
    Settings(Problems),
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Machine(#[from] io::Error),
}

/// Reads its order, listens, and serves until the program is gone that ordered it.
pub(crate) fn serve(environment: Environment) -> ExitCode {
    let Ok(order) = request::read::<StartRequest>(io::stdin().lock()) else {
        return exit::USAGE.into();
    };
    let code = match die_with_parent(order.parent).and_then(|()| run(&order, environment)) {
        Ok(()) => exit::DONE,
        Err(error) => {
            let reply = StartReply::Failed(error.to_string());
            // Where nobody listens any more, nobody wants to know.
            request::write(&reply, io::stdout().lock()).unwrap_or_default();
            exit::FAILED
        }
    };
    if let Some(directory) = order.cleanup_dir {
        std::fs::remove_dir_all(directory).unwrap_or_default();
    }
    code.into()
}

/// Lets the kernel end this process with its parent.
fn die_with_parent(parent: i32) -> Result<(), EmbeddedError> {
    set_parent_process_death_signal(Some(Signal::TERM)).map_err(io::Error::from)?;
    let now = getppid().map(|pid| pid.as_raw_nonzero().get());
    if now == Some(parent) {
        Ok(())
    } else {
        Err(io::Error::other("the program is gone that it was for").into())
    }
}

fn run(order: &StartRequest, environment: Environment) -> Result<(), EmbeddedError> {
    let mut problems = Vec::new();
    let settings = Settings::shared(&environment, &mut problems);
    let location = Location::choose(None, &environment);
    let reading = policy_source::read(&location);
    let loaded = reading.compile_after(problems, &environment);
    let loaded = loaded.map_err(EmbeddedError::Settings)?;
    let (metrics, state) = (Arc::<Metrics>::default(), Arc::<ProcessState>::default());
    metrics.serving();
    // What is decided does not depend on the file: codex is not kept from its work by it.
    let audit = settings
        .audit_file()
        .map(|place| AuditSink::queued(&place, Arc::clone(&metrics)));
    let (audit, unwritten) = match audit.transpose() {
        Ok(audit) => (audit.map(Arc::new), None),
        Err(error) => (None, Some(error)),
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
    let config = config(order, &settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let queue = LogQueue::start(Arc::clone(&metrics))?;
    let sink = proxy_observer(&metrics, &queue, audit.clone(), None);
    let meter = Arc::new(ProxyMeter::new(Arc::clone(&metrics), false));
    let (server, ended, hangup) = runtime.block_on(async {
        let (ended, hangup) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        );
        let server = Server::bind(config, policy, sink).await?.metered(meter);
        Ok::<_, EmbeddedError>((server, ended, hangup))
    })?;
    log::start_embedded(!order.log_to_stderr, queue.clone());
    if let Some(error) = unwritten {
        audit_failed(&error);
    }
    let flusher = settings
        .statsd()
        .map(|daemon| Flusher::start(daemon, metrics, state))
        .transpose()?;
    request::write(&StartReply::Ready(server.address()), io::stdout().lock())?;
    runtime.block_on(until(server, reloader, ended, hangup));
    runtime.shutdown_background();
    if let Some(flusher) = flusher {
        flusher.finish();
    }
    if let Some(audit) = audit {
        audit.finish();
    }
    queue.finish();
    Ok(())
}

fn config(order: &StartRequest, settings: &Settings) -> Result<Config, EmbeddedError> {
    let egress = settings.egress();
    let egress = egress.map_err(|problems| EmbeddedError::Settings(Problems(problems)))?;
    let mounted = |route: &lockpolicy::agents::codex::config::ProviderRoute| {
        Mount::new(format!("/{}/{}", order.secret, route.name), route)
    };
    Ok(Config {
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
        admin: None,
        upstreams: Vec::new(),
        mounts: order.routes.iter().map(mounted).collect::<Result<_, _>>()?,
        dialects: order.dialects.clone(),
        egress,
        // Clients have their own: they are the user's.
        key: None,
        limits: Limits {
            // Nobody is left who could read an answer.
            drain: Duration::ZERO,
            ..Limits::default()
        },
    })
}

async fn until(
    server: Server,
    reloader: Reloader,
    mut ended: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
) {
    tokio::select! {
        () = server.run(async { ended.recv().await.unwrap_or_default() }) => {}
        () = reloader.run(hangup) => {}
    }
}
