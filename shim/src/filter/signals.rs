//! Signals that are sent to the shim and meant for codex.

use std::io::{self, IsTerminal as _};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals as Caught;

/// Signals that wait for somebody to get them.
#[derive(Debug)]
pub(super) struct Signals {
    caught: Caught,
    over: Arc<AtomicBool>,
}

impl Signals {
    /// Catches them from now on.
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self {
            caught: Caught::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?,
            over: Arc::default(),
        })
    }

    /// Hands them on, in a thread of its own. What is returned ends that: when a program is gone, its
    /// number may become another's.
    pub(super) fn hand_on_to(mut self, child: &Child) -> Arc<AtomicBool> {
        let (program, over) = (Pid::from_child(child), Arc::clone(&self.over));
        thread::spawn(move || {
            for number in self.caught.forever() {
                if self.over.load(Ordering::Acquire) {
                    return;
                }
                if let Some(signal) = meant(number) {
                    // Gone already: then its end is on the way.
                    kill_process(program, signal).unwrap_or_default();
                }
            }
        });
        over
    }
}

/// What codex has to be told. The keyboard's signals reach every program of a terminal by themselves.
fn meant(number: i32) -> Option<Signal> {
    let keyboard = || io::stdin().is_terminal();
    match number {
        SIGHUP => Some(Signal::HUP),
        SIGINT if !keyboard() => Some(Signal::INT),
        SIGQUIT if !keyboard() => Some(Signal::QUIT),
        SIGTERM => Some(Signal::TERM),
        _ => None,
    }
}
