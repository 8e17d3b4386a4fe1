//! The command from outside: what bad input gets, what is printed, logged and counted.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::Permissions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use serde_json::value::RawValue;

const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");
const PATIENCE: Duration = Duration::from_secs(20);

/// The program with nothing of our own environment.
fn program(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .args(arguments)
        .envs(variables.iter().copied());
    command
}

/// Status, standard output, the lines of standard error.
fn finish(mut command: Command) -> (i32, String, Vec<String>) {
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        told,
    )
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, Vec<String>) {
    finish(program(arguments, variables))
}

/// Flags, variables, and the one line they get.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

#[test]
fn each_bad_input_gets_one_clear_line_and_status_78() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.toml");
    std::fs::write(&file, "model = 'gpt-5.5'\nmodle = 'x'").unwrap();
    let file = file.to_str().unwrap();
    let model = ("OPENCLAW_MODEL", "gpt-5.5");
    let cases: [Case<'_>; 10] = [
        (
            &[],
            &[],
            "model-lock: OPENCLAW_MODEL: not set: it names the one approved model",
        ),
        (
            &[],
            &[("OPENCLAW_MODEL", "")],
            "model-lock: OPENCLAW_MODEL: empty: a model's name expected",
        ),
        (
            &[],
            &[("OPENCLAW_MODEL", " ")],
            "model-lock: OPENCLAW_MODEL: empty: a model's name expected",
        ),
        (
            &[],
            &[model, ("OPENCLAW_MODEL_LOCK_MODE", "Force")],
            "model-lock: OPENCLAW_MODEL_LOCK_MODE: unknown mode `Force`: force, reject or audit expected",
        ),
        (&["--policy", file], &[], "model-lock: modle: unknown key"),
        (
            &["--policy", "/nowhere"],
            &[model],
            "model-lock: /nowhere: No such file or directory (os error 2)",
        ),
        (&["--policy", "/"], &[model], "model-lock: /: not a file"),
        (
            &["--upstream", "https://"],
            &[model],
            "model-lock: --upstream: upstream `https://`: not a URL",
        ),
        (
            &["--admin", "8384"],
            &[model],
            "model-lock: --admin: `8384`: an address and port like 127.0.0.1:8383 expected",
        ),
        (
            &["--dialect", "klingon"],
            &[model],
            "model-lock: --dialect: unknown dialect `klingon`: openai, chatgpt expected",
        ),
    ];
    for (flags, variables, line) in cases {
        let arguments = [&SERVE[..], flags].concat();
        let (status, out, told) = run(&arguments, variables);
        assert_eq!(
            (status, out.as_str(), told),
            (78, "", vec![line.to_owned()]),
            "{flags:?} {variables:?}"
        );
    }
}

#[test]
fn settings_and_policy_are_told_together() {
    let flags = ["serve", "--listen", "nowhere", "--upstream", "ftp://x"];
    let (status, _, told) = run(
        &flags,
        &[("OPENCLAW_MODEL_LOCK_MODE", "x"), ("STATSD_PORT", "x")],
    );
    assert_eq!((status, told.len()), (78, 5), "{told:#?}");
}

#[test]
fn bytes_that_are_no_text_are_a_problem() {
    for name in ["OPENCLAW_MODEL", "MODEL_LOCK_LISTEN"] {
        let mut command = program(&["check"], &[("OPENCLAW_MODEL", "gpt-5.5")]);
        command.env(name, OsString::from_vec(vec![b'a', 0xff]));
        assert_eq!(
            finish(command),
            (
                78,
                String::new(),
                vec![format!("model-lock: {name}: not UTF-8")]
            )
        );
    }
}

#[test]
fn a_port_in_use_is_told_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen", "--admin"] {
        let arguments = if flag == "--listen" {
            vec!["serve", flag, &address]
        } else {
            vec!["serve", "--listen", "127.0.0.1:0", flag, &address]
        };
        let (status, out, told) = run(&arguments, &[("OPENCLAW_MODEL", "gpt-5.5")]);
        assert_eq!((status, out.as_str(), told.len()), (1, "", 1), "{told:?}");
        assert!(
            told[0].starts_with(&format!("model-lock: cannot listen on {address}: ")),
            "{told:?}"
        );
    }
}

#[test]
fn a_command_line_that_cannot_be_read_is_64_and_help_is_0() {
    assert_eq!(run(&["serve", "--lisen", "x"], &[]).0, 64);
    assert_eq!(run(&[], &[]).0, 64);
    let (status, out, told) = run(&["serve", "--help"], &[]);
    assert_eq!((status, told.len()), (0, 0));
    for word in [
        "--upstream",
        "MODEL_LOCK_DRAIN",
        "STATSD_HOST",
        "OPENCLAW_MODEL_LOCK_MODE",
    ] {
        assert!(out.contains(word), "{word} in {out}");
    }
}

#[test]
fn check_prints_what_holds_and_where_it_came_from() {
    let (status, out, told) = run(&["check"], &[("OPENCLAW_MODEL", "gpt-5.5")]);
    assert_eq!((status, told.len()), (0, 0));
    assert!(out.starts_with("mode = force\nmodel = gpt-5.5\n"), "{out}");
    assert!(out.ends_with("from = the environment\n"), "{out}");
    let hash = out
        .lines()
        .find_map(|line| line.strip_prefix("hash = "))
        .unwrap();
    assert!(
        hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()),
        "{hash}"
    );
}

/// Runs as somebody who owns nothing where we may; as ourselves where we are nobody special.
#[test]
fn a_file_that_the_user_cannot_change_stands_alone() {
    let agent = [
        ("OPENCLAW_MODEL", "gpt-x"),
        ("OPENCLAW_MODEL_LOCK_MODE", "audit"),
    ];
    if !geteuid().is_root() {
        let (status, _, told) = run(&["check", "--policy", "/etc/passwd"], &agent);
        assert_eq!(status, 78);
        assert!(
            told[0].starts_with("model-lock: /etc/passwd: policy file"),
            "{told:?}"
        );
        return;
    }
    // Below /tmp, which anybody can write: its sticky bit is what keeps our directory in place.
    let directory = tempfile::tempdir().unwrap();
    let open =
        |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    open(directory.path(), 0o755);
    let (file, copy) = (
        directory.path().join("policy.toml"),
        directory.path().join("model-lock"),
    );
    std::fs::write(&file, "model = 'gpt-5.5'\nmode = 'reject'").unwrap();
    std::fs::copy(PROGRAM, &copy).unwrap();
    let check = || {
        let mut command = Command::new(&copy);
        command
            .env_clear()
            .args(["check", "--policy"])
            .arg(&file)
            .envs(agent)
            .uid(65534)
            .gid(65534);
        finish(command).1
    };
    let sealed = check();
    assert!(
        sealed.starts_with("mode = reject\nmodel = gpt-5.5\n"),
        "{sealed}"
    );
    assert!(sealed.contains("alone"), "{sealed}");
    open(directory.path(), 0o777);
    assert!(
        check().starts_with("mode = audit\nmodel = gpt-x\n"),
        "whoever can replace the file can change it"
    );
    open(directory.path(), 0o755);
    open(&file, 0o666);
    assert!(check().starts_with("mode = audit\nmodel = gpt-x\n"));
}

#[test]
fn install_makes_both_commands_and_keeps_a_codex_that_is_not_ours() {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().join("bin");
    for _ in 0..2 {
        let (status, out, told) = run(&["install", "--to", to.to_str().unwrap()], &[]);
        assert_eq!((status, told.len()), (0, 0), "{told:?}");
        assert!(out.contains("export PATH="), "{out}");
    }
    assert_eq!(
        std::fs::read_link(to.join("codex")).unwrap(),
        Path::new("model-lock")
    );
    let mut command = Command::new(to.join("model-lock"));
    command
        .env_clear()
        .args(["check"])
        .env("OPENCLAW_MODEL", "gpt-5.5");
    assert_eq!(finish(command).0, 0);

    let theirs = directory.path().join("codex");
    std::fs::write(&theirs, "real").unwrap();
    let (status, out, told) = run(
        &["install", "--to", directory.path().to_str().unwrap()],
        &[],
    );
    assert_eq!((status, out.as_str(), told.len()), (1, "", 1), "{told:?}");
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "real");
}

/// A running proxy, and the lines of its log.
struct Proxy {
    child: Child,
    lines: Receiver<String>,
}

type Event = BTreeMap<String, Box<RawValue>>;

impl Proxy {
    fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
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
    fn event(&self, kind: &str) -> Event {
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

    fn address(&self) -> String {
        self.event("listening")["address"]
            .get()
            .trim_matches('"')
            .to_owned()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn wait(&mut self) -> ExitStatus {
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

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn text(event: &Event, name: &str) -> String {
    serde_json::from_str(
        event
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {event:?}"))
            .get(),
    )
    .unwrap()
}

#[test]
fn a_signal_ends_it_with_0_and_says_so() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut proxy = Proxy::start(&[], &[("OPENCLAW_MODEL", "gpt-5.5")]);
        let listening = proxy.event("listening");
        assert_eq!(text(&listening, "model"), "gpt-5.5");
        proxy.signal(signal);
        proxy.event("draining");
        proxy.event("stopped");
        assert_eq!(proxy.wait().code(), Some(0));
    }
}

#[test]
fn audit_says_at_the_start_that_nothing_is_locked() {
    let variables = [
        ("OPENCLAW_MODEL", "gpt-5.5"),
        ("OPENCLAW_MODEL_LOCK_MODE", "audit"),
    ];
    let audit = Proxy::start(&[], &variables).event("audit");
    assert_eq!(text(&audit, "level"), "warn");
    assert!(text(&audit, "message").contains("nothing is locked"));
}

#[test]
fn a_changed_file_is_taken_and_a_wrong_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.toml");
    std::fs::write(&file, "model = 'a'").unwrap();
    let proxy = Proxy::start(&["--policy", file.to_str().unwrap()], &[]);
    let first = text(&proxy.event("listening"), "policy_hash");

    // Without a signal: the content is looked at again and again.
    std::fs::write(&file, "model = 'b'").unwrap();
    let applied = proxy.event("policy_reload");
    assert_eq!(
        (
            text(&applied, "result").as_str(),
            text(&applied, "model").as_str()
        ),
        ("applied", "b")
    );
    let second = text(&applied, "policy_hash");
    assert_ne!(first, second);

    std::fs::write(&file, "model = 'c'\nmode = 'x'").unwrap();
    proxy.signal(Signal::HUP);
    let kept = proxy.event("policy_reload");
    assert_eq!(
        (text(&kept, "result").as_str(), text(&kept, "policy_hash")),
        ("kept", second)
    );
    assert!(text(&kept, "problems").contains("unknown mode `x`"));
}

/// A daemon that only listens.
struct Daemon(UdpSocket);

impl Daemon {
    fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    fn port(&self) -> String {
        self.0.local_addr().unwrap().port().to_string()
    }

    /// The next `count` lines, sorted.
    fn lines(&self, count: usize) -> Vec<String> {
        let line = || {
            let mut buffer = [0; 1500];
            let length = self.0.recv(&mut buffer).expect("a line of a counter");
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        };
        let mut lines: Vec<String> = (0..count).map(|_| line()).collect();
        lines.sort();
        lines
    }
}

fn post(address: &str, target: &str, content: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = content.len();
    write!(
        stream,
        "POST {target} HTTP/1.1\r\nhost: a\r\nuser-agent: tests\r\nauthorization: Bearer sk-secret\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{content}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_attempt_is_logged_and_counted_and_holds_no_secret() {
    let daemon = Daemon::start();
    let port = daemon.port();
    let variables = [
        ("OPENCLAW_MODEL", "gpt-5.5"),
        ("OPENCLAW_MODEL_LOCK_MODE", "reject"),
        ("STATSD_HOST", "127.0.0.1"),
        ("STATSD_PORT", &port),
        // Attempts are told whatever the filter says.
        ("MODEL_LOCK_LOG", "info,model_lock::attempt=off"),
    ];
    let mut proxy = Proxy::start(&[], &variables);
    let address = proxy.address();
    let answer = post(
        &address,
        "/v1/responses?key=sk-query",
        r#"{"model":"gpt-x","input":"sk-prompt"}"#,
    );
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");

    let attempt = proxy.event("attempt");
    let wanted = [
        ("level", "warn"),
        ("door", "proxy"),
        ("result", "rejected"),
        ("mode", "reject"),
        ("surface", "http"),
        ("source", "user"),
        ("capability", "generation"),
        ("requested_model", "gpt-x"),
        ("method", "POST"),
        ("path", "/v1/responses"),
        ("user_agent", "tests"),
    ];
    for (name, value) in wanted {
        assert_eq!(text(&attempt, name), value, "{name}");
    }
    for name in ["ts", "place", "request_id", "policy_hash", "reason", "pid"] {
        assert!(attempt.contains_key(name), "{name} in {attempt:?}");
    }
    assert!(!format!("{attempt:?}").contains("sk-"), "{attempt:?}");
    let attempts =
        "model_lock.override_attempts:1|c|#mode:reject,result:rejected,surface:http,source:user";
    let requests = "model_lock.requests:1|c|#mode:reject,surface:http,naming:other";
    assert_eq!(daemon.lines(2), [attempts, requests]);

    // What was counted since the last second goes out at the end.
    post(&address, "/v1/responses", r#"{"model":"gpt-x"}"#);
    proxy.signal(Signal::TERM);
    assert_eq!(daemon.lines(2), [attempts, requests]);
    assert_eq!(proxy.wait().code(), Some(0));
}
