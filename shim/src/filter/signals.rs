//! Forwards signals that are sent to the shim and meant for codex.

use std::io::{self, IsTerminal as _};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals as Caught;

/// Signals that wait to be forwarded.
#[derive(Debug)]
pub(super) struct Signals {
    caught: Caught,
    over: Arc<AtomicBool>,
}

impl Signals {
    /// Catches signals from now on.
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self {
            caught: Caught::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?,
            over: Arc::default(),
        })
    }

    /// Forwards them, in a thread of its own. The returned flag ends that: when a program has ended, its
    /// number may become another's.
    pub(super) fn forward_to(mut self, child: &Child) -> Arc<AtomicBool> {
        let (program, over) = (Pid::from_child(child), Arc::clone(&self.over));
        thread::spawn(move || {
            for number in self.caught.forever() {
                if self.over.load(Ordering::Acquire) {
                    return;
                }
                if let Some(signal) = for_codex(number) {
                    // Gone already: then its end is on the way.
                    kill_process(program, signal).unwrap_or_default();
                }
            }
        });
        over
    }
}

/// Returns the signal to send to codex. The keyboard's signals reach every program of a terminal anyway.
fn for_codex(number: i32) -> Option<Signal> {
    let keyboard = || io::stdin().is_terminal();
    match number {
        SIGHUP => Some(Signal::HUP),
        SIGINT if !keyboard() => Some(Signal::INT),
        SIGQUIT if !keyboard() => Some(Signal::QUIT),
        SIGTERM => Some(Signal::TERM),
        _ => None,
    }
}
