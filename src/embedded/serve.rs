//! Being an embedded proxy.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use lockpolicy::Problems;
use lockpolicy::http::HostRules;
use observe::log::{self, audit_failed};
use proxy::{ClientAccess, Config, Egress, Limits, ProviderRoute, Server, UpstreamError};

use super::certificate::OneTimeCertificate;
use super::request::{self, StartReply, StartRequest};
use super::shim_directory::ShimDirectory;
use crate::bootstrap::{Observers, Process, Signals, StartError};
use crate::descriptor_limit;
use crate::exit;
use crate::memory_limit::default_budget;
use crate::policy_source::reload::Reloader;
use crate::settings::environment::Environment;

/// The reason why it did not start.
#[derive(Debug, thiserror::Error)]
enum EmbeddedError {
    #[error("{0}")]
    Policy(Problems),
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Machine(#[from] io::Error),
}

/// Reads its request, listens, and serves until the program that started it is gone.
pub(crate) fn serve(environment: Environment) -> ExitCode {
    let Ok(order) = request::read::<StartRequest>(io::stdin().lock()) else {
        return exit::USAGE.into();
    };
    let bound = shim::end_with_parent(order.parent).map_err(EmbeddedError::from);
    match bound.and_then(|()| run(order, environment)) {
        Ok(()) => exit::DONE.into(),
        Err(error) => {
            let reply = StartReply::Failed(error.to_string());
            // Where nobody reads any more, nobody wants to know.
            request::write(&reply, io::stdout().lock()).unwrap_or_default();
            exit::FAILED.into()
        }
    }
}

fn run(order: StartRequest, environment: Environment) -> Result<(), EmbeddedError> {
    let loaded = order
        .reading
        .compile(&environment)
        .map_err(EmbeddedError::Policy)?;
    // What is decided does not depend on the audit file: codex is not kept from its work by it.
    let (observers, unwritten) = match Observers::open(&loaded, order.audit.as_ref()) {
        Err(StartError::Audit(_, error)) => (Observers::open(&loaded, None)?, Some(error)),
        opened => (opened?, None),
    };
    let mut config = config(&order)?;
    let certificate = order.tls.then(OneTimeCertificate::new).transpose()?;
    config.access.tls = certificate.as_ref().map(OneTimeCertificate::server);
    let reloader = observers.reloader(order.reading, environment);
    let mut process = Process::start(observers, Some(1))?;
    let (server, signals) = process.bind(config, None, false)?;
    // Signals are caught from here on: whatever ends this process, the directory goes with it.
    let directory = order.shim_directory.map(ShimDirectory::make);
    let _directory = directory.transpose()?;
    log::start_embedded(!order.log_to_stderr, process.queue.clone());
    if let Some(error) = unwritten {
        audit_failed(&error);
    }
    process.send_metrics(order.statsd)?;
    let address = server.address().tcp();
    let address = address.ok_or_else(|| io::Error::other("it has no port"))?;
    let authority = certificate.map(|made| made.authority);
    let reply = StartReply::Ready(address, authority);
    request::write(&reply, io::stdout().lock())?;
    process.runtime.block_on(until(server, reloader, signals));
    process.finish();
    Ok(())
}

fn config(order: &StartRequest) -> Result<Config, EmbeddedError> {
    let egress = order.egress.as_ref();
    let egress = egress.map(|(proxy, direct)| Egress::as_clients_read(proxy, direct));
    let mounted = |route: &lockpolicy::agents::ProviderRoute| {
        ProviderRoute::new(format!("/{}/{}", order.secret, route.name), route)
    };
    Ok(Config {
        access: ClientAccess {
            hosts: HostRules {
                checks_host: true,
                ..HostRules::default()
            },
            // Its address stands in codex's command line, which every user of the machine can read.
            is_for_own_user: true,
            ..ClientAccess::default()
        },
        provider_routes: order.routes.iter().map(mounted).collect::<Result<_, _>>()?,
        egress,
        limits: Limits {
            // Nobody is left who could read an answer.
            drain_timeout: Duration::ZERO,
            memory_budget: default_budget(),
            max_connections: Limits::default()
                .max_connections
                .min(descriptor_limit::connections()),
            ..Limits::default()
        },
        // There is no key: clients have their own, which are the user's.
        ..Config::on_loopback(order.dialects.clone())
    })
}

async fn until(server: Server, reloader: Reloader, signals: Signals) {
    let mut ended = signals.terminate;
    tokio::select! {
        () = server.run(async { ended.recv().await.unwrap_or_default() }) => {}
        () = reloader.run(signals.hangup) => {}
    }
}
