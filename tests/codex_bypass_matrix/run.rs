//! One way, gone once.

use std::process::Command;
use std::time::Duration;

use fake_provider::process;

use crate::outcome::Outcome;
use crate::rpc;
use crate::trial::{LONG, Trial};
use crate::way::Way;

/// How it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Unlocked,
    Force,
    Reject,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::Unlocked, Self::Force, Self::Reject];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unlocked => "report_only",
            Self::Force => "force",
            Self::Reject => "reject",
        }
    }
}

/// Goes the way and tells what became of it.
pub(crate) fn run(way: &Way, version: &str, mode: Mode) -> Outcome {
    if way.leaves && mode == Mode::Unlocked {
        return Outcome::left();
    }
    let trial = Trial::new(way, version, mode);
    let command = trial.command(way);
    let ended = if way.rpc.is_empty() {
        plain(command)
    } else {
        rpc::play(&trial, command, &way.rpc)
    };
    settle(&trial);
    Outcome::new(way, &trial, ended)
}

/// How codex ended, and what it said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) output: String,
}

fn plain(mut command: Command) -> Ended {
    match process::run(&mut command, LONG) {
        Ok(finished) => Ended {
            status: finished.status.code(),
            output: finished.err(),
        },
        Err(error) => Ended {
            status: None,
            output: error.to_string(),
        },
    }
}

/// Waits until everything is heard that was told before this: the companion has ended by now, since the
/// end of its standard error was waited for.
fn settle(trial: &Trial) {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .send_to(b"settled:1|c", trial.fixture.statsd.address())
        .unwrap();
    let settled = |line: &str| line.starts_with("settled:");
    assert!(
        trial
            .fixture
            .statsd
            .wait_for(settled, Duration::from_secs(10))
            .is_some()
    );
}
