//! A proxy with an audit file, requests that are many attempts, and the verb that looks into the file.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fake_provider::Statsd;
use fake_provider::fixture::{Lock, Proxy, Scratch};
use fake_provider::process::{Finished, run};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// How many attempts are told of one request.
pub(crate) const EACH: usize = 64;

pub(crate) struct Bench {
    pub(crate) statsd: Statsd,
    pub(crate) scratch: Scratch,
    lock: Lock,
}

impl Bench {
    pub(crate) fn new(mode: &str) -> Self {
        let statsd = Statsd::start().unwrap();
        let lock = Lock {
            program: PROGRAM.into(),
            model: "gpt-5.5".into(),
            mode: mode.into(),
            statsd: statsd.address(),
        };
        let below = Path::new(env!("CARGO_TARGET_TMPDIR"));
        Self {
            statsd,
            scratch: Scratch::new(below).unwrap(),
            lock,
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.scratch.path().join("audit.jsonl")
    }

    pub(crate) fn lock(&self) -> &Lock {
        &self.lock
    }

    /// A proxy that appends to the file. In reject nothing goes upstream.
    pub(crate) fn proxy(&self, flags: &[&str]) -> Proxy {
        let file = self.file();
        let mut all = vec!["--audit", file.to_str().unwrap()];
        all.extend(flags);
        Proxy::start(&self.lock, "http://127.0.0.1:9", &all).unwrap()
    }
}

/// A request of [`EACH`] attempts, none of which is let through.
pub(crate) fn attack() -> Vec<u8> {
    let tools: Vec<String> = (1..EACH)
        .map(|number| format!(r#"{{"type":"image_generation","model":"evil\u001b[31m{number}"}}"#))
        .collect();
    let body = format!(r#"{{"model":"evil\n0","tools":[{}]}}"#, tools.join(","));
    let head = format!(
        "POST /v1/responses HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

/// Sends requests one after the other; how many were answered before the connection ended, if there was
/// one at all.
pub(crate) fn send(address: SocketAddr, request: &[u8], count: usize) -> usize {
    let Ok(mut socket) = TcpStream::connect(address) else {
        return 0;
    };
    socket.set_read_timeout(Some(SOON)).unwrap();
    let mut pending = Vec::new();
    for done in 0..count {
        if socket.write_all(request).is_err() || !answered(&mut socket, &mut pending) {
            return done;
        }
    }
    count
}

/// Reads one answer, whose content has a length.
fn answered(socket: &mut TcpStream, pending: &mut Vec<u8>) -> bool {
    let mut piece = [0; 16 << 10];
    loop {
        if let Some(end) = whole(pending) {
            pending.drain(..end);
            return true;
        }
        match socket.read(&mut piece) {
            Ok(0) | Err(_) => return false,
            Ok(count) => pending.extend_from_slice(piece.get(..count).unwrap()),
        }
    }
}

fn whole(pending: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(pending);
    let head = text.find("\r\n\r\n")? + 4;
    let (_, length) = text.get(..head)?.split_once("content-length: ")?;
    let length: usize = length.lines().next()?.parse().unwrap();
    (pending.len() >= head + length).then_some(head + length)
}

/// What `model-lock audit verify` says of a file.
pub(crate) fn verify(file: &Path) -> Finished {
    let mut command = Command::new(PROGRAM);
    command.args(["audit", "verify"]).arg(file);
    run(&mut command, SOON).unwrap()
}

/// The lines that the verb counts, in a file that it finds whole.
pub(crate) fn whole_lines(file: &Path) -> usize {
    let found = verify(file);
    let said = found.out();
    assert_eq!(found.status.code(), Some(0), "{said} {}", found.err());
    let last = said
        .lines()
        .last()
        .unwrap()
        .strip_prefix("whole: ")
        .unwrap();
    last.split(' ').next().unwrap().parse().unwrap()
}

/// The files, the one that is written to last.
pub(crate) fn files(file: &Path) -> Vec<PathBuf> {
    let aside = (1..10_000).map(|number| PathBuf::from(format!("{}.{number}", file.display())));
    let aside = aside.take_while(|path| path.exists());
    aside.chain([file.to_owned()]).collect()
}

/// How many lines of all files tell of this event.
pub(crate) fn told(file: &Path, event: &str) -> usize {
    let event = format!("\"event\":\"{event}\"");
    let lines = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().filter(|line| line.contains(&event)).count()
    };
    files(file).iter().map(lines).sum()
}
