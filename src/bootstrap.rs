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

use crate::adapters::ProxyMeter;
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
    ///
    /// # Errors
    ///
    /// [`StartError::Audit`] where it cannot be written.
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
        let (policy, metrics) = (Arc::clone(&self.policy), Arc::clone(&self.metrics));
        let reloader = Reloader::new(environment, reading, policy, metrics);
        reloader.reporting_to(Arc::clone(&self.state), self.audit.clone())
    }
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
    ///
    /// # Errors
    ///
    /// [`StartError::Machine`] where there are no threads to be had.
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

    /// Binds the server. Only a process that `has_gauges` exports gauges: several would overwrite each other's.
    ///
    /// # Errors
    ///
    /// [`StartError::Bind`].
    pub(crate) async fn bind(
        &self,
        config: Config,
        dashboard: Option<Arc<dyn Sink>>,
        has_gauges: bool,
    ) -> Result<Server, StartError> {
        let Observers {
            metrics,
            policy,
            audit,
            ..
        } = &self.observers;
        let observer = proxy_observer(metrics, &self.queue, audit.clone(), dashboard);
        let meter = ProxyMeter::new(Arc::clone(metrics), has_gauges);
        let server = Server::bind(config, Arc::clone(policy), observer).await?;
        Ok(server.metered(Arc::new(meter)))
    }

    /// Sends metrics to a daemon from now on.
    ///
    /// # Errors
    ///
    /// [`StartError::Machine`] where there is no thread to be had.
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
