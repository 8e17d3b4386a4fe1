//! Starts a proxy process: its policy and the file that it follows, its observers, its runtime.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use lockpolicy::Policy;
use observe::audit::{AuditFile, AuditSink};
use observe::log::LogQueue;
use observe::metrics::{Flusher, Metrics, StatsdTarget};
use observe::{ProcessState, Sink, proxy_observer};
use proxy::{BindError, Config, Server};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::adapters::MetricsAdapter;
use crate::background_read::BackgroundRead;
use crate::policy_source::reload::Reloader;
use crate::policy_source::{Loaded, Reading};
use crate::settings::environment::Environment;

/// The reason why a process did not start although all settings are right.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the audit file {} cannot be written", .0.display())]
    Audit(PathBuf, #[source] io::Error),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("the machine does not give what is needed")]
    Machine(#[from] io::Error),
}

/// The policy that is in force, and what records what happens under it.
#[derive(Debug)]
pub(crate) struct Observers {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) state: Arc<ProcessState>,
    pub(crate) policy: Arc<ArcSwap<Policy>>,
    pub(crate) audit: Option<Arc<AuditSink>>,
}

impl Observers {
    /// Opens the audit file, if there is one.
    pub(crate) fn open(loaded: &Loaded, audit: Option<&AuditFile>) -> Result<Self, StartError> {
        let (metrics, state) = (Arc::<Metrics>::default(), Arc::<ProcessState>::default());
        metrics.serving();
        state.policy_applied(loaded.origin.to_string());
        let open = |file: &AuditFile| {
            let sink = AuditSink::queued(file, Arc::clone(&metrics)).map(Arc::new);
            sink.map_err(|error| StartError::Audit(file.path.clone(), error))
        };
        let audit = audit.map(open).transpose()?;
        let policy = Arc::new(ArcSwap::new(Arc::clone(&loaded.policy)));
        Ok(Self {
            metrics,
            state,
            policy,
            audit,
        })
    }

    /// Returns what keeps the policy as its file has it.
    pub(crate) fn reloader(&self, reading: Reading, environment: Environment) -> Reloader {
        Reloader {
            location: reading.location.clone(),
            environment,
            last: reading,
            file: BackgroundRead::default(),
            policy: Arc::clone(&self.policy),
            metrics: Arc::clone(&self.metrics),
            state: Arc::clone(&self.state),
            audit: self.audit.clone(),
        }
    }
}

/// The signals that every proxy handles.
#[derive(Debug)]
pub(crate) struct Signals {
    pub(crate) terminate: Signal,
    pub(crate) hangup: Signal,
}

/// A process whose server runs on a runtime, and whose records are written by threads.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) runtime: Runtime,
    pub(crate) queue: LogQueue,
    observers: Observers,
    flusher: Option<Flusher>,
}

impl Process {
    /// Starts the runtime and the log's thread.
    pub(crate) fn start(observers: Observers, workers: Option<usize>) -> Result<Self, StartError> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        if let Some(workers) = workers {
            runtime.worker_threads(workers);
        }
        Ok(Self {
            runtime: runtime.enable_all().build()?,
            queue: LogQueue::start(Arc::clone(&observers.metrics))?,
            observers,
            flusher: None,
        })
    }

    /// Catches the signals, then binds the server: whoever sees the port open may send one. Only a process that
    /// `has_gauges` exports gauges: several would overwrite each other's.
    pub(crate) fn bind(
        &self,
        config: Config,
        dashboard: Option<Arc<dyn Sink>>,
        has_gauges: bool,
    ) -> Result<(Server, Signals), StartError> {
        let Observers {
            metrics,
            policy,
            audit,
            ..
        } = &self.observers;
        let observer = proxy_observer(metrics, &self.queue, audit.clone(), dashboard);
        let meter = MetricsAdapter {
            metrics: Arc::clone(metrics),
            has_gauges,
        };
        self.runtime.block_on(async {
            let signals = Signals {
                terminate: signal(SignalKind::terminate())?,
                hangup: signal(SignalKind::hangup())?,
            };
            let server = Server::bind(config, Arc::clone(policy), observer).await?;
            Ok((server.with_metrics(Arc::new(meter)), signals))
        })
    }

    /// Sends metrics to a daemon from now on.
    pub(crate) fn send_metrics(&mut self, target: Option<StatsdTarget>) -> Result<(), StartError> {
        let (metrics, state) = (&self.observers.metrics, &self.observers.state);
        let start = |target| Flusher::start(target, Arc::clone(metrics), Arc::clone(state));
        self.flusher = target.map(start).transpose()?;
        Ok(())
    }

    /// Writes what is still to be written. What hangs in a read of a dead mount does not hold up the end.
    pub(crate) fn finish(self) {
        self.runtime.shutdown_background();
        if let Some(flusher) = self.flusher {
            flusher.finish();
        }
        if let Some(audit) = self.observers.audit {
            audit.finish();
        }
        self.queue.finish();
    }
}
