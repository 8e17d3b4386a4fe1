//! How the parts of this process stand now, as far as no count tells it.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use arc_swap::ArcSwap;

use super::log::now;

#[derive(Debug, Default)]
pub(crate) struct Standing {
    draining: AtomicBool,
    kept: AtomicBool,
    statsd: AtomicU8,
    policy: ArcSwap<Taken>,
}

/// Where the policy that holds came from, and when.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// In words.
    pub(crate) from: String,
    /// As in the log.
    pub(crate) ts: String,
}

/// What becomes of counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Sending {
    /// Nobody wants them.
    Off,
    /// The daemon's name has no address.
    Unresolved,
    /// They are sent. Whether they arrive, UDP does not tell.
    Sent,
}

impl Sending {
    /// The word of the page.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Unresolved => "unresolved",
            Self::Sent => "sent",
        }
    }
}

impl Standing {
    /// From now on requests that run are finished, and no other is taken.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// A policy holds from now on.
    pub(crate) fn taken(&self, from: String) {
        self.kept.store(false, Ordering::Relaxed);
        self.policy.store(Taken { from, ts: now() }.into());
    }

    /// The policy file has changed and is not valid: the last good policy holds.
    pub(crate) fn kept(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    pub(crate) fn policy(&self) -> arc_swap::Guard<std::sync::Arc<Taken>> {
        self.policy.load()
    }

    pub(super) fn sending(&self, sending: Sending) {
        self.statsd.store(sending as u8, Ordering::Relaxed);
    }

    pub(crate) fn statsd(&self) -> Sending {
        let now = self.statsd.load(Ordering::Relaxed);
        let all = [Sending::Off, Sending::Unresolved, Sending::Sent];
        let known = all.into_iter().find(|sending| *sending as u8 == now);
        known.unwrap_or(Sending::Off)
    }
}
