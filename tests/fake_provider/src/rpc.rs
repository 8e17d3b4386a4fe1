//! The client of a codex that runs as a server: JSON-RPC, one line each, over its standard streams.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on fails"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use crate::json::Json;

/// A server that runs, and its client.
#[derive(Debug)]
pub struct Server {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    count: usize,
}

impl Server {
    /// Starts it and greets it.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            output
                .lines()
                .try_for_each(|line| sender.send(line.unwrap()))
        });
        let mut server = Self {
            input: child.stdin.take(),
            child,
            lines,
            count: 0,
        };
        let capabilities = r#"{"experimentalApi":true}"#;
        server.ask(
            "initialize",
            &format!(
                r#"{{"clientInfo":{{"name":"t","title":"t","version":"1"}},"capabilities":{capabilities},"protocolVersion":"2025-03-26"}}"#
            ),
        );
        server
    }

    /// Sends a line.
    pub fn say(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Waits for something that it says; what it says before is passed over.
    pub fn receive(&self, wanted: impl Fn(&Json) -> bool) -> Json {
        loop {
            let line = self.lines.recv_timeout(LONG).unwrap();
            let message = Json::parse(line.as_bytes()).unwrap();
            if wanted(&message) {
                return message;
            }
        }
    }

    /// Asks and waits for the answer, an error or not.
    pub fn ask(&mut self, method: &str, params: &str) -> Json {
        self.count += 1;
        let id = self.count;
        self.say(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#
        ));
        let id = Json::Number(id.to_string());
        self.receive(|message| message.get("id") == Some(&id) && message.get("method").is_none())
    }

    /// Opens a thread and returns its id.
    pub fn thread(&mut self, method: &str, params: &str) -> String {
        let answer = self.ask(method, params);
        let id = answer.text_at(&["result", "thread", "id"]);
        id.unwrap_or_else(|| panic!("{method} {params}: {answer:?}"))
            .to_owned()
    }

    /// Runs a turn to its end; `more` is what else the request says.
    pub fn turn(&mut self, thread: &str, more: &str) {
        let input = r#"[{"type":"text","text":"hi"}]"#;
        let params = format!(r#"{{"threadId":"{thread}","input":{input}{more}}}"#);
        let answer = self.ask("turn/start", &params);
        assert!(answer.get("result").is_some(), "{params}: {answer:?}");
        self.receive(|message| message.text_at(&["method"]) == Some("turn/completed"));
    }

    /// Ends it as its client would.
    pub fn end(mut self) {
        drop(self.input.take());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

/// How long the real codex may take for one thing; it takes less than a second.
const LONG: Duration = Duration::from_mins(1);
