//! A conversation through the filter: lines arrive as they are and in order, refusals stand between
//! them, and the end, the signals and the status are codex's. Here codex is a script.
//!
//! This program is its own subject: called as `codex`, it is the shim.
#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that brings its own harness prints, and fails where it cannot go on"
)]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::thread;

use lockpolicy::{NoObserver, PolicyConfig};
use rustix::process::{Pid, Signal, kill_process};
use shim::Process;
use tempfile::TempDir;

type Test = (&'static str, fn());

const TESTS: [Test; 11] = [
    (
        "million_lines_are_relayed_in_bounded_memory",
        million_lines_are_relayed_in_bounded_memory,
    ),
    ("line_of_each_kind_arrives", line_of_each_kind_arrives),
    (
        "refusals_keep_the_order_of_requests",
        refusals_keep_the_order_of_requests,
    ),
    (
        "line_with_another_model_is_forced",
        line_with_another_model_is_forced,
    ),
    (
        "line_over_the_limit_is_refused",
        line_over_the_limit_is_refused,
    ),
    (
        "refusal_is_written_between_two_lines",
        refusal_is_written_between_two_lines,
    ),
    (
        "codex_output_arrives_byte_for_byte",
        codex_output_arrives_byte_for_byte,
    ),
    (
        "end_of_input_and_exit_status_are_those_of_codex",
        end_of_input_and_exit_status_are_those_of_codex,
    ),
    (
        "client_that_kills_codex_sees_an_orderly_end",
        client_that_kills_codex_sees_an_orderly_end,
    ),
    ("signals_arrive", signals_arrive),
    (
        "codex_ends_with_the_shim_that_is_killed",
        codex_ends_with_the_shim_that_is_killed,
    ),
];

/// The policies of these tests want no proxy.
#[derive(Debug)]
struct NoProxy;

impl shim::StartProxy for NoProxy {
    fn start(&self, _: &shim::ProxyRequest<'_>) -> std::io::Result<shim::ProxyAddress> {
        Err(std::io::Error::other("no proxy was wanted"))
    }
}

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    if Path::new(&name).file_name() == Some(OsStr::new("codex")) {
        let text = std::env::var("TEST_POLICY").unwrap_or_default();
        let policy = PolicyConfig::from_toml(&text).build().map(Arc::new);
        return shim::run(&Process::current(), policy, Arc::new(NoObserver), &NoProxy);
    }
    let args: Vec<OsString> = std::env::args_os().collect();
    if let [_, verb, parent, _, program, args @ ..] = &args[..]
        && verb == shim::BOUND_VERB
    {
        let parent = parent.to_str().unwrap().parse().unwrap();
        return shim::become_bound(parent, program, args);
    }
    let args: Vec<String> = args
        .into_iter()
        .skip(1)
        .filter_map(|arg| arg.into_string().ok())
        .collect();
    // What test runners ask of a program that brings its own harness.
    if args.iter().any(|arg| arg == "--list") {
        if !args.iter().any(|arg| arg == "--ignored") {
            for (name, _) in TESTS {
                println!("{name}: test");
            }
        }
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    for (name, test) in TESTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| name.contains(*wanted)) {
            test();
            println!("test {name} ... ok");
        }
    }
    ExitCode::SUCCESS
}

/// A server behind the shim.
struct Talk {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    _root: TempDir,
}

impl Talk {
    /// The shim in `bin/`, and a codex in `real/` that is this script.
    fn start(policy: &str, script: &str) -> Self {
        Self::start_with(policy, script, Stdio::inherit())
    }

    /// The same with another standard error.
    fn start_with(policy: &str, script: &str, error: Stdio) -> Self {
        let root = TempDir::new().unwrap();
        let place = |name: &str| root.path().join(name);
        for directory in ["bin", "real"] {
            fs::create_dir(place(directory)).unwrap();
        }
        symlink(std::env::current_exe().unwrap(), place("bin/codex")).unwrap();
        fs::write(place("aside"), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(place("aside"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(place("aside"), place("real/codex")).unwrap();
        let path = [
            place("bin"),
            place("real"),
            "/usr/bin".into(),
            "/bin".into(),
        ];
        let mut child = Command::new(place("bin/codex"))
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("TEST_POLICY", policy)
            .args(["app-server", "--listen", "stdio://"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(error)
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
            _root: root,
        }
    }

    fn say(&mut self, text: &str) {
        self.input
            .as_mut()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    fn receive(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    /// Says everything at once and nothing more; all that comes back.
    fn all(mut self, text: Vec<u8>) -> Vec<u8> {
        let mut input = self.input.take().unwrap();
        let speaker = thread::spawn(move || input.write_all(&text).unwrap());
        let mut received = Vec::new();
        self.output.read_to_end(&mut received).unwrap();
        speaker.join().unwrap();
        assert!(self.child.wait().unwrap().success());
        received
    }

    fn status(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

const FORCE: &str = "model = 'pin'\nproxy = 'off'";
const REJECT: &str = "model = 'pin'\nmode = 'reject'\nproxy = 'off'";
const ECHO: &str = "exec cat";

fn asking(id: usize) -> String {
    format!("{{\"id\":{id},\"method\":\"thread/start\",\"params\":{{\"model\":\"x\"}}}}\n")
}

fn refused(id: usize) -> String {
    format!("{{\"id\":{id},\"error\":{{\"code\":-32001,")
}

fn line_of_each_kind_arrives() {
    let long = "x".repeat(1 << 20);
    let text = [
        "{\"id\":1,\"method\":\"initialize\",\"params\":{}}\r\n",
        "\n \r\n{\"method\":\"initialized\"}\n",
        &format!("{{\"id\":\"a\",\"result\":{{\"model\":\"{long}\"}}}}\n"),
        &format!(" {{\"id\":2,\"method\":\"turn/steer\",\"params\":{{\"input\":\"{long}\"}}}} \n"),
        "{\"id\":3,\"method\":\"turn/start\",\"params\":{\"model\":\"pin\", \"a\":1.50}}\n",
        "{\"id\":4,\"result\":null}",
    ]
    .concat();
    for policy in [FORCE, REJECT] {
        let received = Talk::start(policy, ECHO).all(text.clone().into_bytes());
        assert_eq!(String::from_utf8(received).unwrap(), text);
    }
}

fn refusals_keep_the_order_of_requests() {
    let (mut text, mut passed, mut request) = (String::new(), String::new(), Vec::new());
    for id in 0..10_000 {
        let line = if id % 50 == 7 {
            request.push(id);
            asking(id)
        } else {
            let line =
                format!("{{\"id\":{id},\"method\":\"thread/read\",\"params\":{{\"n\":{id}}}}}\n");
            passed.push_str(&line);
            line
        };
        text.push_str(&line);
    }
    let received = Talk::start(REJECT, ECHO).all(text.into_bytes());
    let received = String::from_utf8(received).unwrap();
    let (errors, echoed): (Vec<&str>, Vec<&str>) = received
        .split_inclusive('\n')
        .partition(|line| line.contains("model_lock_rejected"));
    assert_eq!(echoed.concat(), passed);
    assert_eq!(errors.len(), request.len());
    for (error, id) in errors.iter().zip(request) {
        assert!(error.starts_with(&refused(id)), "{error}");
    }
}

/// A million lines are 60 MB here; a filter that held what passes would hold all of it.
fn million_lines_are_relayed_in_bounded_memory() {
    let line = |id: usize| {
        format!("{{\"id\":{id},\"method\":\"thread/read\",\"params\":{{\"n\":{id}}}}}\n")
    };
    let mut talk = Talk::start(FORCE, ECHO);
    let mut input = talk.input.take().unwrap();
    let speaker = thread::spawn(move || {
        let mut input = BufWriter::with_capacity(1 << 20, &mut input);
        (0..1_000_000).for_each(|id| input.write_all(line(id).as_bytes()).unwrap());
    });
    for id in 0..1_000_000 {
        let received = talk.receive();
        assert!(received == line(id), "{id}: {received}");
        if id == 999_999 {
            let status = fs::read_to_string(format!("/proc/{}/status", talk.child.id())).unwrap();
            let most = status
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:"))
                .unwrap();
            let most: usize = most.trim().trim_end_matches(" kB").parse().unwrap();
            assert!(most < 32 << 10, "{most} kB");
        }
    }
    speaker.join().unwrap();
    assert_eq!(talk.status(), Some(0));
}

fn line_with_another_model_is_forced() {
    let mut talk = Talk::start(FORCE, ECHO);
    talk.say("{\"id\":1,\"method\":\"thread/resume\",\"params\":{\"model\":\"x\",\"threadId\":\"t\"}}\r\n");
    assert_eq!(
        talk.receive(),
        "{\"id\":1,\"method\":\"thread/resume\",\"params\":{\"model\":\"pin\",\"threadId\":\"t\"}}\r\n"
    );
    assert_eq!(talk.status(), Some(0));
}

fn line_over_the_limit_is_refused() {
    let line = |id: usize, length: usize| {
        let head = format!("{{\"id\":{id},\"method\":\"turn/steer\",\"params\":{{\"input\":\"");
        let rest = length - head.len() - 4;
        [head, "x".repeat(rest), "\"}}\n".into()].concat()
    };
    let most = line(1, 64 << 20);
    let mut talk = Talk::start(FORCE, ECHO);
    let mut input = talk.input.take().unwrap();
    let more = [
        most.as_str(),
        &line(2, (64 << 20) + 2),
        "{\"id\":3,\"result\":1}\n",
    ]
    .concat();
    let speaker = thread::spawn(move || input.write_all(more.as_bytes()).unwrap());
    let mut received: Vec<String> = (0..3).map(|_| talk.receive()).collect();
    speaker.join().unwrap();
    // The answer overtakes nothing but what the other program still holds.
    received.sort_by_key(String::len);
    assert_eq!(received[0], "{\"id\":3,\"result\":1}\n");
    assert!(received[1].starts_with(&refused(2)), "{}", received[1]);
    assert!(received[2] == most);
}

fn refusal_is_written_between_two_lines() {
    let mut talk = Talk::start(
        REJECT,
        "printf half; read line; printf ' %s\\nnext ' \"$line\"; read line; echo \"$line\"",
    );
    let mut half = [0; 4];
    talk.output.read_exact(&mut half).unwrap();
    talk.say(&asking(1));
    talk.say("{\"id\":2,\"result\":2}\n");
    assert_eq!(
        (&half, talk.receive().as_str()),
        (b"half", " {\"id\":2,\"result\":2}\n")
    );
    assert!(talk.receive().starts_with(&refused(1)));
    talk.say("{\"id\":3,\"result\":3}\n");
    assert_eq!(talk.receive(), "next {\"id\":3,\"result\":3}\n");
    assert_eq!(talk.status(), Some(0));
}

fn codex_output_arrives_byte_for_byte() {
    let says = "printf '\\377\\000\\n{\"model\":\"x\",\"model\":1}\\r\\n\\n'; head -c 5000000 /dev/zero; printf end";
    let received = Talk::start(REJECT, says).all(Vec::new());
    let expected = [
        &b"\xff\x00\n{\"model\":\"x\",\"model\":1}\r\n\n"[..],
        &vec![0; 5_000_000],
        b"end",
    ]
    .concat();
    assert!(received == expected);
}

fn end_of_input_and_exit_status_are_those_of_codex() {
    assert_eq!(
        Talk::start(FORCE, "cat >/dev/null; exit 7").status(),
        Some(7)
    );
    assert_eq!(Talk::start(FORCE, "kill -9 $$").status(), Some(137));
    // Codex is gone while its client goes on talking, and has left something behind.
    let mut talk = Talk::start(FORCE, "sleep 5 & echo bye; exit 3");
    assert_eq!(talk.receive(), "bye\n");
    assert_eq!(talk.child.wait().unwrap().code(), Some(3));
}

/// As `OpenClaw` ends a server: everything stopped, what the shim started killed, then the shim let go.
fn client_that_kills_codex_sees_an_orderly_end() {
    let mut talk = Talk::start(FORCE, "echo $$; exec sleep 60");
    let codex = talk
        .receive()
        .trim_end()
        .parse()
        .ok()
        .and_then(Pid::from_raw);
    let shim = Pid::from_child(&talk.child);
    kill_process(shim, Signal::STOP).unwrap();
    kill_process(codex.unwrap(), Signal::STOP).unwrap();
    kill_process(codex.unwrap(), Signal::KILL).unwrap();
    drop(talk.input.take());
    kill_process(shim, Signal::CONT).unwrap();
    assert_eq!(talk.child.wait().unwrap().code(), Some(137));
}

fn signals_arrive() {
    let traps = "trap 'exit 5' TERM; trap 'exit 6' INT; trap 'exit 8' HUP; echo ready; while :; do sleep 0.05; done";
    for (signal, code) in [(Signal::TERM, 5), (Signal::INT, 6), (Signal::HUP, 8)] {
        let mut talk = Talk::start(FORCE, traps);
        assert_eq!(talk.receive(), "ready\n");
        kill_process(Pid::from_child(&talk.child), signal).unwrap();
        assert_eq!(talk.child.wait().unwrap().code(), Some(code));
    }
    let mut talk = Talk::start(FORCE, "echo ready; exec sleep 60");
    assert_eq!(talk.receive(), "ready\n");
    kill_process(Pid::from_child(&talk.child), Signal::TERM).unwrap();
    assert_eq!(talk.child.wait().unwrap().code(), Some(143));
}

/// One that reads no input does not see its end.
fn codex_ends_with_the_shim_that_is_killed() {
    let script = "trap 'echo ended >&2; exit' TERM; echo ready; while :; do sleep 0.05; done";
    let mut talk = Talk::start_with(FORCE, script, Stdio::piped());
    assert_eq!(talk.receive(), "ready\n");
    talk.child.kill().unwrap();
    talk.child.wait().unwrap();
    let mut error = String::new();
    // Ends with the last program that holds it.
    let mut stream = talk.child.stderr.take().unwrap();
    stream.read_to_string(&mut error).unwrap();
    assert_eq!(error, "ended\n");
}
