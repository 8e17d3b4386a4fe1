//! The shim is invisible: argument bytes, environment, streams, status and death by signal are the
//! real program's. Here the real program is a script.
//!
//! This program is its own subject: called as `codex`, it is the shim.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that brings its own harness prints, and fails where it cannot go on"
)]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::Arc;

use lockpolicy::{Event, Observer, PolicyConfig, RequestContext};
use shim::Process;
use tempfile::TempDir;

type Test = (&'static str, fn());

const TESTS: [Test; 11] = [
    (
        "arguments_arrive_byte_for_byte",
        arguments_arrive_byte_for_byte,
    ),
    ("environment_is_inherited", environment_is_inherited),
    (
        "standard_streams_and_exit_status_are_inherited",
        standard_streams_and_exit_status_are_inherited,
    ),
    ("death_by_signal_is_reported", death_by_signal_is_reported),
    (
        "refused_command_line_starts_nothing",
        refused_command_line_starts_nothing,
    ),
    (
        "attempt_is_reported_before_codex_starts",
        attempt_is_reported_before_codex_starts,
    ),
    (
        "codex_newer_than_the_tables_is_reported_and_gets_the_pin",
        codex_newer_than_the_tables_is_reported_and_gets_the_pin,
    ),
    (
        "missing_policy_lets_only_probes_run",
        missing_policy_lets_only_probes_run,
    ),
    (
        "recursion_through_copies_and_scripts_is_ended",
        recursion_through_copies_and_scripts_is_ended,
    ),
    (
        "launcher_that_drops_variables_is_ended",
        launcher_that_drops_variables_is_ended,
    ),
    ("shim_writes_no_file", shim_writes_no_file),
];

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    if Path::new(&name).file_name() == Some(OsStr::new("codex")) {
        return be_the_shim();
    }
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    // What test runners ask of a program that brings its own harness.
    if args.iter().any(|arg| arg == "--list") {
        if !args.iter().any(|arg| arg == "--ignored") {
            for (name, _) in TESTS {
                println!("{name}: test");
            }
        }
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<&str> = args
        .iter()
        .filter_map(|arg| arg.to_str())
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for (name, test) in TESTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted)) {
            test();
            println!("test {name} ... ok");
        }
    }
    ExitCode::SUCCESS
}

fn be_the_shim() -> ExitCode {
    let text = std::env::var("TEST_POLICY").unwrap_or_default();
    let policy = PolicyConfig::from_toml(&text).build();
    shim::run(
        &Process::current(),
        policy.map(Arc::new),
        Arc::new(Report),
        &NoProxy,
    )
}

/// The policies of these tests want no proxy.
#[derive(Debug)]
struct NoProxy;

impl shim::StartProxy for NoProxy {
    fn start(&self, _: &shim::ProxyRequest<'_>) -> std::io::Result<shim::ProxyAddress> {
        Err(std::io::Error::other("no proxy was wanted"))
    }
}

/// Tells what it is told on standard error.
#[derive(Debug)]
struct Report;

impl Observer for Report {
    fn observe(&self, event: Event<'_>, context: &RequestContext<'_>) {
        match event {
            Event::Attempt(attempt) => eprintln!(
                "attempt {} {} {} {} {}",
                context.method, attempt.place, attempt.requested, context.status, context.reason
            ),
            Event::Judged { model_match, .. } => eprintln!("judged {model_match}"),
            Event::Undecidable { reason, .. } => eprintln!("undecidable {reason}"),
            Event::Served(_) => {}
        }
    }
}

struct House {
    root: TempDir,
}

impl House {
    /// The shim in `bin/`, and a codex in `real/` that is this script.
    fn new(script: &str) -> Self {
        let house = Self {
            root: TempDir::new().unwrap(),
        };
        for directory in ["bin", "real"] {
            fs::create_dir(house.root.path().join(directory)).unwrap();
        }
        symlink(
            std::env::current_exe().unwrap(),
            house.root.path().join("bin/codex"),
        )
        .unwrap();
        house.script("real/codex", script);
        house
    }

    fn script(&self, name: &str, script: &str) {
        let path = self.root.path().join(name);
        // Written aside: a file that is open for writing in a forked child cannot be run.
        let aside = path.with_extension("new");
        fs::write(&aside, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&aside, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(aside, path).unwrap();
    }

    fn command(&self, policy: &str) -> Command {
        let root = self.root.path();
        let path = std::env::join_paths([
            root.join("bin"),
            root.join("real"),
            "/usr/bin".into(),
            "/bin".into(),
        ])
        .unwrap();
        let mut command = Command::new(root.join("bin/codex"));
        command
            .env_clear()
            .current_dir(root)
            .env("PATH", path)
            .env("TEST_POLICY", policy)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, policy: &str, args: &[&[u8]]) -> Output {
        self.command(policy)
            .args(args.iter().map(|arg| OsStr::from_bytes(arg)))
            .output()
            .unwrap()
    }
}

const FORCE: &str = "model = 'pin'\nproxy = 'off'";
const REJECT: &str = "model = 'pin'\nmode = 'reject'\nproxy = 'off'";
const PRINT: &str = r#"for arg in "$@"; do printf '%s\0' "$arg"; done"#;

fn arguments_arrive_byte_for_byte() {
    let house = House::new(PRINT);
    let words: [&[u8]; 6] = [b"exec", b"--", b"\xff\xfe", b"", b"a b\nc", b"--model x"];
    let out = house.run(FORCE, &words).stdout;
    let expected = b"exec\0-m\0pin\0-c\0model=\"pin\"\0-c\0review_model=\"pin\"\0--\0\xff\xfe\0\0a b\nc\0--model x\0";
    assert_eq!(out, expected);
    let untouched: [&[u8]; 4] = [b"login", b"\x80", b"-m", b"--help"];
    assert_eq!(
        house.run(FORCE, &untouched).stdout,
        b"login\0\x80\0-m\0--help\0"
    );
}

fn environment_is_inherited() {
    let house = House::new("exec env -0");
    let odd = OsString::from_vec(b"\xff=\n".to_vec());
    let mut command = house.command(FORCE);
    command
        .env("CODEX_HOME", "/x y")
        .env("ODD", &odd)
        .env("CODEX_MODEL", "other")
        .arg("--version");
    let out = command.output().unwrap().stdout;
    let mut lines: Vec<&[u8]> = out
        .split(|byte| *byte == 0)
        .filter(|line| !line.is_empty())
        .collect();
    lines.retain(|line| {
        ["PATH=", "TEST_POLICY=", "PWD=", "OLDPWD=", "SHLVL=", "_="]
            .iter()
            .all(|own| !line.starts_with(own.as_bytes()))
    });
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            &b"CODEX_HOME=/x y"[..],
            b"CODEX_MODEL=other",
            b"MODEL_LOCK_DEPTH=1",
            b"ODD=\xff=\n"
        ]
    );
}

fn standard_streams_and_exit_status_are_inherited() {
    let house = House::new("cat; echo to-stderr >&2; exit 41");
    let mut child = house
        .command(FORCE)
        .arg("login")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"bytes \xff\0\n")
        .unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(
        (out.status.code(), &out.stdout[..]),
        (Some(41), &b"bytes \xff\0\n"[..])
    );
    assert!(
        String::from_utf8(out.stderr)
            .unwrap()
            .ends_with("to-stderr\n")
    );
}

fn death_by_signal_is_reported() {
    let house = House::new("kill -TERM $$; sleep 60");
    assert_eq!(
        house.run(FORCE, &[b"exec", b"hi"]).status.signal(),
        Some(15)
    );
}

fn refused_command_line_starts_nothing() {
    let house = House::new("echo started; touch started");
    let mut command = house.command(REJECT);
    let out = command
        .args(["exec", "-m", "other", "a secret prompt"])
        .output()
        .unwrap();
    assert_eq!((out.status.code(), &out.stdout[..]), (Some(77), &b""[..]));
    assert!(!house.root.path().join("started").exists());
    let report = String::from_utf8(out.stderr).unwrap();
    let own: Vec<&str> = report
        .lines()
        .filter(|line| line.starts_with("model-lock: "))
        .collect();
    assert_eq!(
        own,
        ["model-lock: model `other` is not permitted here (-m); locked by policy"]
    );
    assert!(
        report.contains("attempt exec -m other 77 model_locked\n") && !report.contains("secret")
    );
    let passed = house.run(REJECT, &[b"exec", b"-m", b"pin", b"hi"]);
    assert_eq!(
        (passed.status.code(), &passed.stdout[..]),
        (Some(0), &b"started\n"[..])
    );
}

fn attempt_is_reported_before_codex_starts() {
    let house = House::new("echo codex >&2");
    let report =
        String::from_utf8(house.run(FORCE, &[b"-c", b"model=x", b"-p", b"q"]).stderr).unwrap();
    assert_eq!(
        report,
        "judged other\nattempt tui -c model x 0 \nattempt tui -p q 0 \ncodex\n"
    );
    let refused = String::from_utf8(house.run(FORCE, &[b"--new", b"exec"]).stderr).unwrap();
    assert!(
        refused.starts_with("judged none\nundecidable ambiguous\nmodel-lock: "),
        "{refused}"
    );
}

fn codex_newer_than_the_tables_is_reported_and_gets_the_pin() {
    let print = format!(r#"[ "$*" = --version ] && echo codex-cli 9.8.7 && exit; {PRINT}"#);
    let house = House::new(&print);
    let out = house.run(FORCE, &[b"logout"]);
    assert!(out.stdout.starts_with(b"-m\0pin\0-c\0model=\"pin\"\0"));
    assert!(out.stdout.ends_with(b"\0logout\0"));
    let report = String::from_utf8(out.stderr).unwrap();
    assert!(
        report.contains("model-lock: codex 9.8.7 is newer than 0."),
        "{report}"
    );
    let out = house.run(REJECT, &[b"logout", b"-m", b"other"]);
    assert_eq!((out.status.code(), &out.stdout[..]), (Some(77), &b""[..]));
    fs::write(
        house.root.path().join("real/package.json"),
        r#"{"name":"@openai/codex","version":"0.171.0"}"#,
    )
    .unwrap();
    let out = house.run(REJECT, &[b"logout"]);
    assert!(out.stdout.ends_with(b"\0logout\0"));
    let report = String::from_utf8(out.stderr).unwrap();
    assert!(!report.contains("newer"), "{report}");
}

fn missing_policy_lets_only_probes_run() {
    let house = House::new("echo ran");
    for policy in ["", "mode = 'x'", "model = ''", "model = 'p'\nunknown = 1"] {
        assert_eq!(house.run(policy, &[b"--version"]).stdout, b"ran\n");
        let out = house.run(policy, &[b"exec", b"hi"]);
        assert_eq!(
            (out.status.code(), &out.stdout[..]),
            (Some(78), &b""[..]),
            "{policy}"
        );
        assert_eq!(String::from_utf8(out.stderr).unwrap().lines().count(), 1);
    }
}

fn recursion_through_copies_and_scripts_is_ended() {
    let house = House::new(r#"exec codex "$@""#);
    let mut command = house.command(FORCE);
    command.env(
        "PATH",
        std::env::join_paths([
            house.root.path().join("bin"),
            house.root.path().join("real"),
            "/bin".into(),
        ])
        .unwrap(),
    );
    let out = command.arg("--version").output().unwrap();
    assert_eq!(out.status.code(), Some(70));
    fs::remove_file(house.root.path().join("real/codex")).unwrap();
    fs::copy(
        std::env::current_exe().unwrap(),
        house.root.path().join("real/codex"),
    )
    .unwrap();
    // Another install of the shim is passed over, and nothing else is there.
    assert_eq!(command.output().unwrap().status.code(), Some(127));
}

fn launcher_that_drops_variables_is_ended() {
    for launcher in [
        r#"exec env -i PATH="$PATH" TEST_POLICY="$TEST_POLICY" codex "$@""#,
        r#"env -u MODEL_LOCK_DEPTH codex "$@"; exit $?"#,
    ] {
        let house = House::new(launcher);
        for words in [&["--version"][..], &["exec", "hi"], &["logout"]] {
            let out = house.command(FORCE).args(words).output().unwrap();
            assert_eq!(out.status.code(), Some(70), "{launcher} {words:?}");
        }
    }
}

fn shim_writes_no_file() {
    let house = House::new("exit 0");
    let before = listing(house.root.path());
    let mut command = house.command(FORCE);
    command
        .env("HOME", house.root.path())
        .current_dir(house.root.path())
        .args(["exec", "-m", "x", "hi"]);
    assert!(command.status().unwrap().success());
    assert_eq!(listing(house.root.path()), before);
    command
        .env("HOME", "/nonexistent")
        .env("TMPDIR", "/nonexistent");
    assert!(command.status().unwrap().success());
}

fn listing(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .collect();
    names.sort();
    names
}
