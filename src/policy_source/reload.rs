//! A policy file that changes while the proxy runs: taken whole or not at all.
//!
//! The content is compared every two seconds and on SIGHUP. No file watcher: Kubernetes swaps links,
//! and bind mounts and overlays lose events.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use lockpolicy::Policy;
use observe::audit::AuditSink;
use observe::metrics::Metrics;
use observe::record::{RecordResult, Start};
use observe::{ProcessState, Record, Reload};
use tokio::signal::unix::Signal;
use tokio::time::MissedTickBehavior;

use crate::background_read::BackgroundRead;
use crate::policy_source::{self, Location, Reading};
use crate::settings::environment::Environment;

const PERIOD: Duration = Duration::from_secs(2);

/// Keeps a policy as its file has it.
#[derive(Debug)]
pub(crate) struct Reloader {
    /// The location that the last applied policy came from.
    pub(crate) location: Location,
    pub(crate) environment: Environment,
    pub(crate) last: Reading,
    pub(crate) file: BackgroundRead<Reading>,
    pub(crate) policy: Arc<ArcSwap<Policy>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) state: Arc<ProcessState>,
    pub(crate) audit: Option<Arc<AuditSink>>,
}

impl Reloader {
    /// Records the policy at the start.
    pub(crate) fn record_start(&self) {
        self.record(RecordResult::Start(Start::Started));
    }

    /// Writes down what came of the policy, and which one holds now.
    fn record(&self, result: RecordResult) {
        if let Some(audit) = &self.audit {
            audit.record(&Record::policy(result, &self.policy.load()));
        }
    }

    /// Looks again and again at the policy file, and if the audit file still has what was written to it; never ends.
    pub(crate) async fn run(mut self, mut hangup: Signal) {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_requested = tokio::select! {
                _ = ticks.tick() => false,
                _ = hangup.recv() => true,
            };
            self.check_file(is_requested).await;
            if let Some(audit) = &self.audit {
                audit.inspect();
            }
        }
    }

    async fn check_file(&mut self, is_requested: bool) {
        let location = self.location.clone();
        // A file on a dead network mount must hold up neither the requests nor the reads after it.
        let reading = self.file.read(move || policy_source::read(&location)).await;
        let reading = reading.unwrap_or_else(|why| Reading::unreadable(&self.location, why));
        if reading != self.last || is_requested {
            self.apply(reading);
        }
    }

    fn apply(&mut self, reading: Reading) {
        match reading.compile(&self.environment) {
            Ok(loaded) => {
                self.location = reading.location.clone();
                self.metrics.policy_reloads.add((Reload::Applied,), 1);
                tracing::info!(
                    event = "policy_reload",
                    result = "applied",
                    mode = loaded.policy.mode().as_str(),
                    model = loaded.policy.pin(),
                    policy_hash = loaded.policy.hash(),
                    from = %loaded.origin,
                );
                self.state.policy_applied(loaded.origin.to_string());
                self.policy.store(loaded.policy);
                self.record(RecordResult::Reload(Reload::Applied));
            }
            Err(problems) => {
                self.metrics.policy_reloads.add((Reload::Kept,), 1);
                self.state.reload_failed();
                self.record(RecordResult::Reload(Reload::Kept));
                let kept = self.policy.load();
                tracing::error!(
                    event = "policy_reload",
                    result = "kept",
                    policy_hash = kept.hash(),
                    problems = %problems,
                );
            }
        }
        self.last = reading;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reloader(path: &std::path::Path) -> Reloader {
        let location = Location::At(path.to_owned());
        let first = policy_source::read(&location);
        let loaded = first.compile(&Environment::default()).unwrap();
        let policy = Arc::new(ArcSwap::new(loaded.policy));
        Reloader {
            location,
            environment: Environment::default(),
            last: first,
            file: BackgroundRead::default(),
            policy,
            metrics: Arc::default(),
            state: Arc::default(),
            audit: None,
        }
    }

    #[tokio::test]
    async fn changed_file_is_applied_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("policy.toml");
        std::fs::write(&path, "model = 'a'").unwrap();
        let mut reloader = reloader(&path);
        let pin = |reloader: &Reloader| reloader.policy.load().pin().to_owned();
        let held = reloader.policy.load_full();

        std::fs::write(&path, "model = 'b'").unwrap();
        reloader.check_file(false).await;
        assert_eq!(pin(&reloader), "b");
        assert_eq!(held.pin(), "a", "a request keeps the policy it began with");

        std::fs::write(&path, "model = 'c'\nmode = 'x'").unwrap();
        reloader.check_file(false).await;
        assert_eq!(pin(&reloader), "b");

        std::fs::remove_file(&path).unwrap();
        reloader.check_file(false).await;
        assert_eq!(pin(&reloader), "b", "a file that goes away widens nothing");

        std::fs::write(&path, "model = 'd'").unwrap();
        reloader.check_file(false).await;
        assert_eq!(pin(&reloader), "d");
    }

    /// The things that may stand in the place of a file, and how each is put there.
    type Other = (&'static str, fn(&std::path::Path));

    const OTHERS: [Other; 3] = [
        ("fifo", |path| {
            let mode = rustix::fs::Mode::from_raw_mode(0o600);
            let kind = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, 0).unwrap();
        }),
        ("directory", |path| std::fs::create_dir(path).unwrap()),
        ("endless device", |path| {
            std::os::unix::fs::symlink("/dev/zero", path).unwrap();
        }),
    ];

    #[tokio::test]
    async fn something_else_in_the_place_of_the_file_is_not_waited_for() {
        for (what, put) in OTHERS {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("policy.toml");
            std::fs::write(&path, "model = 'a'").unwrap();
            let mut reloader = reloader(&path);
            std::fs::remove_file(&path).unwrap();
            put(&path);
            let looked = reloader.check_file(false);
            let looked = tokio::time::timeout(Duration::from_mins(1), looked).await;
            assert!(looked.is_ok(), "{what}");
            assert_eq!(reloader.policy.load().pin(), "a", "{what}");
            assert!(reloader.state.has_failed_reload(), "{what}");
            let failed = reloader.last.clone();
            reloader.check_file(false).await;
            assert_eq!(reloader.last, failed, "{what}: it is reported once");
            std::fs::rename(&path, directory.path().join("aside")).unwrap();
            std::fs::write(&path, "model = 'b'").unwrap();
            reloader.check_file(false).await;
            assert_eq!(reloader.policy.load().pin(), "b", "{what}");
        }
    }
}
