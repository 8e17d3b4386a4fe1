//! A running proxy with its log, and a `StatsD` daemon that only listens.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::net::UdpSocket;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::value::RawValue;

use crate::{SERVE, program};

const PATIENCE: Duration = Duration::from_secs(20);

/// A running proxy, and the lines of its log.
pub(crate) struct ServedProcess {
    child: Child,
    lines: Receiver<String>,
}

pub(crate) type Event = BTreeMap<String, Box<RawValue>>;

impl ServedProcess {
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = program(&[&SERVE[..], arguments].concat(), variables);
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// The next event of a kind; others before it are passed over.
    pub(crate) fn event(&self, kind: &str) -> Event {
        let deadline = Instant::now() + PATIENCE;
        let wanted = format!("\"{kind}\"");
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self
                .lines
                .recv_timeout(left)
                .unwrap_or_else(|_| panic!("no event `{kind}`"));
            let event: Event =
                serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            if event
                .get("event")
                .is_some_and(|event| event.get() == wanted)
            {
                return event;
            }
        }
    }

    pub(crate) fn address(&self) -> String {
        self.event("listening")["address"]
            .get()
            .trim_matches('"')
            .to_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        // The log ends when the process does.
        while self
            .lines
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            .is_ok()
        {}
        self.child.wait().unwrap()
    }
}

impl Drop for ServedProcess {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn text(event: &Event, name: &str) -> String {
    serde_json::from_str(
        event
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {event:?}"))
            .get(),
    )
    .unwrap()
}

/// A `StatsD` socket that is read line by line.
pub(crate) struct StatsdSocket(UdpSocket);

impl StatsdSocket {
    pub(crate) fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    pub(crate) fn port(&self) -> String {
        self.0.local_addr().unwrap().port().to_string()
    }

    /// The next `count` lines about what was decided, sorted. What is measured beside it goes by.
    pub(crate) fn lines(&self, count: usize) -> Vec<String> {
        let decided = ["override_attempts", "requests", "undecidable"];
        let is_decided = |line: &String| decided.iter().any(|name| line.contains(name));
        let line = || {
            let mut buffer = [0; 1500];
            // A wait with a deadline ends early where the machine is busy enough.
            let length = loop {
                match self.0.recv(&mut buffer) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    received => break received.expect("a line of a counter"),
                }
            };
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        };
        let lines = std::iter::repeat_with(line).filter(is_decided);
        let mut lines: Vec<String> = lines.take(count).collect();
        lines.sort();
        lines
    }
}
