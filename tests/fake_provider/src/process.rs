//! Programs under test: run to the end, or kept running, never left behind.

use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, Read};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How a program ended and what it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
}

impl Finished {
    /// Standard output as text.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// Runs a program to its end with an empty standard input.
///
/// # Errors
///
/// Where it cannot be started, or does not end in time: it is ended then, with all that it started,
/// and the error quotes what it wrote.
pub fn run(command: &mut Command, within: Duration) -> io::Result<Finished> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn()?;
    let group = child.id();
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait()));
    let late = match ended.recv_timeout(within) {
        Ok(status) => {
            return Ok(Finished {
                status: status?,
                stdout: rest(&stdout, group),
                stderr: rest(&stderr, group),
            });
        }
        Err(RecvTimeoutError::Timeout) => "did not end in time",
        Err(RecvTimeoutError::Disconnected) => "was lost",
    };
    signal("KILL", format!("-{group}"))?;
    let (out, err) = (rest(&stdout, group), rest(&stderr, group));
    let (out, err) = (String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        format!("{command:?} {late}\n{out}\n{err}"),
    ))
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // Whatever came before an error is what there is.
            pipe.read_to_end(&mut bytes).unwrap_or_default();
        }
        sender.send(bytes)
    });
    receiver
}

/// What came through a pipe. A grandchild may hold it open: it gets a moment, then its end.
fn rest(pipe: &Receiver<Vec<u8>>, group: u32) -> Vec<u8> {
    pipe.recv_timeout(MOMENT).unwrap_or_else(|_| {
        signal("KILL", format!("-{group}")).unwrap_or_default();
        pipe.recv_timeout(MOMENT).unwrap_or_default()
    })
}

/// A program that runs beside a test. It is ended when it is dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    lines: Arc<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    received: Mutex<(Vec<String>, bool)>,
    changed: Condvar,
}

impl Daemon {
    /// Starts a program and keeps what it writes to standard error. Its standard output is dropped.
    ///
    /// # Errors
    ///
    /// Where it cannot be started.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let lines = Arc::new(Lines::default());
        if let Some(pipe) = child.stderr.take() {
            let lines = Arc::clone(&lines);
            thread::spawn(move || lines.follow(pipe));
        }
        Ok(Self { child, lines })
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines
            .received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .clone()
    }

    /// Waits for a line of which something holds. Gives up early when the program says no more.
    pub fn wait_for(&self, holds: impl Fn(&str) -> bool, within: Duration) -> Option<String> {
        let deadline = Instant::now() + within;
        let mut received = self
            .lines
            .received
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(line) = received.0.iter().find(|line| holds(line)) {
                return Some(line.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if received.1 || left.is_zero() {
                return None;
            }
            let woken = self.lines.changed.wait_timeout(received, left);
            received = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Connects to a port of it, once it listens there.
    ///
    /// # Panics
    ///
    /// Where it does not listen in time.
    pub fn connect(&self, port: u16, within: Duration) -> TcpStream {
        let deadline = Instant::now() + within;
        loop {
            if let Ok(socket) = TcpStream::connect(("127.0.0.1", port)) {
                return socket;
            }
            let message = "nobody listens on";
            assert!(
                Instant::now() < deadline,
                "{message} {port}: {:#?}",
                self.lines()
            );
            thread::yield_now();
        }
    }

    /// Sends it a signal, by name.
    ///
    /// # Errors
    ///
    /// Where it cannot be sent.
    pub fn signal(&self, name: &str) -> io::Result<()> {
        signal(name, self.id().to_string())
    }

    /// Waits for its end.
    pub fn wait(&mut self, within: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + within;
        let mut received = self
            .lines
            .received
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Its standard error ends when it does.
        while !received.1 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let woken = self.lines.changed.wait_timeout(received, left);
            received = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(received);
        self.child.wait().ok()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        drop(self.child.wait());
    }
}

impl Lines {
    fn follow(&self, pipe: impl Read) {
        for line in BufReader::new(pipe).split(b'\n') {
            let Ok(line) = line else { break };
            let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
            received.0.push(String::from_utf8_lossy(&line).into_owned());
            self.changed.notify_all();
        }
        self.received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1 = true;
        self.changed.notify_all();
    }
}

fn signal(name: &str, to: impl AsRef<OsStr>) -> io::Result<()> {
    let status = Command::new("kill")
        .arg("-s")
        .arg(name)
        .arg("--")
        .arg(to)
        .stderr(Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other("kill failed"))
    }
}

/// How long a pipe may stay open after its program has ended.
const MOMENT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_over_the_time_limit_ends_the_program() {
        let error = run(
            Command::new("sh").args(["-c", "echo here; sleep 60"]),
            Duration::from_millis(300),
        );
        let error = error.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(error.to_string().contains("here"));
    }

    #[test]
    fn run_returns_status_and_output() {
        let finished = run(
            Command::new("sh").args(["-c", "echo a; echo b >&2; exit 3"]),
            MOMENT,
        )
        .unwrap();
        assert_eq!(
            (finished.status.code(), finished.out(), finished.err()),
            (Some(3), "a\n".into(), "b\n".into())
        );
    }

    #[test]
    fn daemon_receives_signals() {
        let mut daemon = Daemon::start(Command::new("sh").args([
            "-c",
            "trap 'exit 7' TERM; echo up >&2; while :; do sleep 0.1; done",
        ]))
        .unwrap();
        assert!(daemon.wait_for(|line| line == "up", MOMENT).is_some());
        daemon.signal("TERM").unwrap();
        assert_eq!(daemon.wait(MOMENT).unwrap().code(), Some(7));
    }
}
