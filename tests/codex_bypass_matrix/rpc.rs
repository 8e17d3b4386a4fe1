//! A client of codex's servers: it asks one thing after another.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use fake_provider::json::Json;

use crate::run::Ended;
use crate::trial::Trial;

/// Asks everything, ends the server, and tells how it ended. Its last words are the last error answer.
pub(crate) fn play(trial: &Trial, command: Command, request: &[(String, String)]) -> Ended {
    let mut client = Client::start(command);
    client.ask("initialize", HELLO);
    client.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    for (method, params) in request {
        client.step(method, &trial.filled(params));
    }
    client.end()
}

struct Client {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: Receiver<String>,
    /// The thread that the last answer told of.
    thread: Option<String>,
    count: usize,
    reply: String,
}

impl Client {
    fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            output
                .lines()
                .try_for_each(|line| sender.send(line.unwrap_or_default()))
        });
        let mut pipe = child.stderr.take().unwrap();
        let (sender, errors) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).unwrap_or_default();
            sender.send(String::from_utf8_lossy(&bytes).into_owned())
        });
        Self {
            input: child.stdin.take(),
            child,
            lines,
            errors,
            thread: None,
            count: 0,
            reply: String::new(),
        }
    }

    /// One step. What needs a thread is left out where none was opened.
    fn step(&mut self, method: &str, params: &str) {
        let (method, params) = if method == "turn" {
            let input = r#"[{"type":"text","text":"hi"}]"#;
            let whole = format!(r#"{{"threadId":"@THREAD@","input":{input}{params}}}"#);
            ("turn/start", whole)
        } else {
            (method, params.to_owned())
        };
        let params = match (&self.thread, params.contains("@THREAD@")) {
            (None, true) => return,
            (Some(thread), true) => params.replace("@THREAD@", thread),
            (_, false) => params,
        };
        let Some(answer) = self.ask(method, &params) else {
            return;
        };
        if let Some(why) = answer.text_at(&["error", "message"]) {
            why.clone_into(&mut self.reply);
            return;
        }
        let opened = answer.text_at(&["result", "thread", "id"]);
        self.thread = opened.map(str::to_owned).or(self.thread.take());
        if TURNS.contains(&method) {
            self.receive(|reply| reply.text_at(&["method"]) == Some("turn/completed"));
        }
    }

    fn ask(&mut self, method: &str, params: &str) -> Option<Json> {
        self.count += 1;
        let id = self.count;
        self.say(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#
        ));
        let id = Json::Number(id.to_string());
        self.receive(|reply| reply.get("id") == Some(&id) && reply.get("method").is_none())
    }

    fn say(&mut self, line: &str) {
        if let Some(input) = &mut self.input {
            // A server that has ended is told by what it does not answer.
            input
                .write_all(format!("{line}\n").as_bytes())
                .unwrap_or_default();
        }
    }

    fn receive(&mut self, wanted: impl Fn(&Json) -> bool) -> Option<Json> {
        let deadline = Instant::now() + LONG;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                self.reply.push_str("no answer");
                return None;
            };
            match Json::parse(line.as_bytes()) {
                Some(reply) if wanted(&reply) => return Some(reply),
                _ => {}
            }
        }
    }

    /// Ends it as its client would.
    fn end(mut self) -> Ended {
        drop(self.input.take());
        let errors = self.errors.recv_timeout(LONG);
        if errors.is_err() {
            self.child.kill().unwrap_or_default();
        }
        let status = self.child.wait().unwrap().code();
        Ended {
            status: status.filter(|_| errors.is_ok()),
            output: if self.reply.is_empty() {
                errors.unwrap_or_default()
            } else {
                self.reply
            },
        }
    }
}

/// What is over when a turn is.
const TURNS: [&str; 3] = ["turn/start", "review/start", "thread/compact/start"];
/// How long a server may take for one thing; it takes less than a second.
const LONG: Duration = Duration::from_secs(20);
const HELLO: &str = r#"{"clientInfo":{"name":"t","title":"t","version":"1"},"capabilities":{"experimentalApi":true},"protocolVersion":"2025-03-26"}"#;
