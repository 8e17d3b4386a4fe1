//! The state of this process, as far as no metric tells it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arc_swap::{ArcSwap, Guard};
use lockpolicy::label_enum;

use crate::clock;

/// The state of this process.
#[derive(Debug, Default)]
pub struct ProcessState {
    draining: AtomicBool,
    reload_failed: AtomicBool,
    statsd: AtomicUsize,
    policy: ArcSwap<PolicyProvenance>,
}

/// The origin of the policy that is in force.
#[derive(Debug, Default)]
pub struct PolicyProvenance {
    /// The file or the variables that it was read from, in words.
    pub from: String,
    /// The time at which it came into force.
    pub ts: String,
}

label_enum! {
    /// The state of the connection to the `StatsD` daemon.
    pub enum StatsdState {
        /// No daemon is configured.
        Off = "off",
        /// The daemon's name has no address.
        Unresolved = "unresolved",
        /// Metrics are sent. Whether they arrive, UDP does not tell.
        Sent = "sent",
    }
}

impl ProcessState {
    /// Notes that running requests are finished and no new ones are accepted.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Returns whether the process drains.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Notes that a policy is in force from now on.
    pub fn policy_applied(&self, from: String) {
        let ts = clock::timestamp();
        self.reload_failed.store(false, Ordering::Relaxed);
        self.policy.store(Arc::new(PolicyProvenance { from, ts }));
    }

    /// Notes that the policy file has changed and is not valid: the last good policy stays in force.
    pub fn reload_failed(&self) {
        self.reload_failed.store(true, Ordering::Relaxed);
    }

    /// Returns whether the last reload failed.
    pub fn has_failed_reload(&self) -> bool {
        self.reload_failed.load(Ordering::Relaxed)
    }

    /// Returns the origin of the policy that is in force.
    pub fn policy(&self) -> Guard<Arc<PolicyProvenance>> {
        self.policy.load()
    }

    /// Notes the state of the connection to the `StatsD` daemon.
    pub fn set_statsd(&self, state: StatsdState) {
        self.statsd.store(state as usize, Ordering::Relaxed);
    }

    /// Returns the state of the connection to the `StatsD` daemon.
    pub fn statsd(&self) -> StatsdState {
        let state = StatsdState::ALL.get(self.statsd.load(Ordering::Relaxed));
        state.copied().unwrap_or(StatsdState::Off)
    }
}
