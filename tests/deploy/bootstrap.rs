//! `tools/bootstrap-openclaw-codex-volume.sh`: every way that it fails, with a status and one message of its own, and what it
//! leaves behind. The docker beside it plays the states, and runs the small programs on volumes that are directories.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use fake_provider::process::Finished;

use crate::failures::{CASES, occupied};
use crate::stage::{Stage, log_entries, of_the_repository};

pub(crate) const SOURCE: &str = "volumes/codex_auth_volume";
pub(crate) const OURS: &str = "volumes/openclaw_codex_auth_volume";
const KEY: &str = "sk-good-and-secret";

/// Where everything is as it has to be.
fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.link("bin/docker", of_the_repository("tests/deploy/fake/docker"));
    for name in ["networks", "users", "fail"] {
        fs::create_dir(stage.place(name)).unwrap();
    }
    stage.write("services", "api\nopenclaw\n");
    stage.write("image", "");
    stage.write(&format!("{SOURCE}/auth.json"), &login(KEY));
    stage.write(&format!("{SOURCE}/config.toml"), "model = \"other\"\n");
    stage.write(&format!("{SOURCE}/moonmind_worker_token"), "worker-secret");
    stage.write(
        &format!("{SOURCE}/sub/moonmind_worker_token.2"),
        "worker-secret",
    );
    let fake = stage.place("").display().to_string();
    stage.set("FAKE", fake.trim_end_matches('/'));
    stage.set("USER", "an \"operator\"\\");
    stage.set(
        "OPENCLAW_DOCKER_USER",
        &rustix::process::geteuid().as_raw().to_string(),
    );
    stage
}

pub(crate) fn login(key: &str) -> String {
    format!("{{\"OPENAI_API_KEY\":\"{key}\"}}")
}

fn run(stage: &Stage, flags: &[&str]) -> Finished {
    stage.run(
        of_the_repository("tools/bootstrap-openclaw-codex-volume.sh"),
        flags,
    )
}

/// Every failure: its status, one message, and the login of before where it was.
#[test]
fn bootstrap_failure_of_each_kind_has_its_status_and_one_message() {
    for case in &CASES {
        let mut stage = stage();
        (case.arrange)(&mut stage);
        let before = fs::read(stage.place(OURS).join("auth.json")).ok();
        let finished = run(&stage, case.flags);
        let lines = log_entries(&finished);
        assert_eq!(
            finished.status.code(),
            Some(case.status),
            "{}: {lines:?}",
            case.name
        );
        let errors: Vec<_> = lines.iter().filter(|(level, _)| level == "error").collect();
        assert_eq!(errors.len(), 1, "{}: {lines:?}", case.name);
        assert_eq!(lines.last(), errors.first().copied(), "{}", case.name);
        assert!(
            errors.iter().all(|(_, text)| text.contains(case.message)),
            "{}: {lines:?}",
            case.name
        );
        assert_eq!(
            fs::read(stage.place(OURS).join("auth.json")).ok(),
            before,
            "{}",
            case.name
        );
        // A copy that is not taken does not stay; one that could not be put in place does, and is told of.
        let stays = fs::exists(stage.place(OURS).join(".bootstrap-new")).unwrap();
        assert_eq!(stays, case.status == 54, "{}", case.name);
        assert_eq!(
            fs::read_dir(stage.place("tmp")).unwrap().count(),
            0,
            "{}",
            case.name
        );
        nothing_is_reported(&finished);
    }
}

/// No credential, nor what codex says of one.
fn nothing_is_reported(finished: &Finished) {
    let all = finished.out() + &finished.err();
    for secret in ["sk-", "worker-secret", "Logged in"] {
        assert!(!all.contains(secret), "{all}");
    }
}

#[test]
fn bootstrap_copies_the_login_without_the_workers_tokens() {
    let stage = stage();
    let finished = run(&stage, &["--verbose"]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
    assert_eq!(stage.read(&format!("{OURS}/auth.json")), login(KEY));
    assert_eq!(
        stage.read(&format!("{OURS}/config.toml")),
        "model = \"other\"\n"
    );
    assert_eq!(entries(&stage, OURS), ["auth.json", "config.toml", "sub"]);
    assert_eq!(entries(&stage, &format!("{OURS}/sub")), [""; 0]);
    let mode = |name: &str| {
        fs::metadata(stage.place(OURS).join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode("auth.json"), mode("")), (0o600, 0o700));
    assert_eq!(
        entries(&stage, SOURCE).len(),
        4,
        "the source stays as it is"
    );
    assert!(fs::exists(stage.place("networks/local-network")).unwrap());
    assert!(
        log_entries(&finished)
            .iter()
            .any(|(level, text)| level == "debug" && text.contains("docker run"))
    );
    nothing_is_reported(&finished);
}

fn entries(stage: &Stage, name: &str) -> Vec<String> {
    let entries = fs::read_dir(stage.place(name)).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What runs in the image has the source read-only, no network, and nothing that root can do besides files.
#[test]
fn bootstrap_container_runs_with_least_privilege() {
    let stage = stage();
    assert_eq!(run(&stage, &[]).status.code(), Some(0));
    let calls = stage.read("calls");
    let runs: Vec<_> = calls
        .lines()
        .filter(|call| call.starts_with("run "))
        .collect();
    assert_eq!(
        runs.len(),
        5,
        "look at one, at both, copy, ask codex, switch: {calls}"
    );
    for call in runs {
        assert!(
            call.contains("--rm") && call.contains("--network none"),
            "{call}"
        );
        assert!(!call.contains("codex_auth_volume:/from "), "{call}");
        assert!(
            call.contains("login status") || call.contains("--cap-drop ALL"),
            "{call}"
        );
    }
}

#[test]
fn bootstrap_run_again_changes_nothing() {
    let stage = stage();
    assert_eq!(run(&stage, &[]).status.code(), Some(0));
    let calls = stage.read("calls").len();
    let again = run(&stage, &[]);
    assert_eq!(again.status.code(), Some(0));
    assert!(log_entries(&again).iter().all(|(level, _)| level == "info"));
    assert!(again.err().contains("nothing to do"));
    let later = stage.read("calls").split_off(calls);
    assert!(
        !later.contains("create") && !later.contains("mkdir"),
        "{later}"
    );
    assert_eq!(entries(&stage, OURS), ["auth.json", "config.toml", "sub"]);
}

#[test]
fn bootstrap_with_backup_keeps_the_previous_login() {
    let mut stage = stage();
    occupied(&mut stage);
    stage.write(&format!("{OURS}/sessions/one"), "of before");
    stage.set("OPENCLAW_BOOTSTRAP_OVERWRITE", "1");
    let finished = run(&stage, &[]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
    assert_eq!(stage.read(&format!("{OURS}/auth.json")), login(KEY));
    let names = entries(&stage, OURS);
    let backup = names
        .iter()
        .find(|name| name.starts_with(".bootstrap-backup-"))
        .expect("a backup");
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(
        stage.read(&format!("{OURS}/{backup}/auth.json")),
        login("sk-good-of-before")
    );
    assert_eq!(
        stage.read(&format!("{OURS}/{backup}/sessions/one")),
        "of before"
    );
}

/// A run that was ended in the middle leaves a copy; the next one begins anew.
#[test]
fn bootstrap_after_an_interrupted_run_succeeds() {
    let stage = stage();
    stage.write(&format!("{OURS}/.bootstrap-new/auth.json"), "half");
    stage.write(&format!("{OURS}/.bootstrap-new/stale"), "");
    assert_eq!(run(&stage, &[]).status.code(), Some(0));
    assert_eq!(entries(&stage, OURS), ["auth.json", "config.toml", "sub"]);
}

#[test]
fn bootstrap_reads_settings_from_the_env_file() {
    let mut stage = stage();
    stage.write("compose/compose.yaml", "");
    stage.write(
        "compose/.env",
        "OPENCLAW_CODEX_VOLUME_NAME=\"of_the_file\"\r\nCODEX_VOLUME_NAME=wrong\n",
    );
    stage.set(
        "OPENCLAW_COMPOSE_FILE",
        &stage.place("compose/compose.yaml").display().to_string(),
    );
    stage.set("CODEX_VOLUME_NAME", "codex_auth_volume");
    let finished = run(&stage, &[]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
    assert_eq!(stage.read("volumes/of_the_file/auth.json"), login(KEY));
}

#[test]
fn bootstrap_from_scratch_finds_an_existing_login() {
    let mut stage = stage();
    fs::remove_dir_all(stage.place(SOURCE)).unwrap();
    occupied(&mut stage);
    let finished = run(&stage, &["--from-scratch"]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
    assert_eq!(
        stage.read(&format!("{OURS}/auth.json")),
        login("sk-good-of-before")
    );
}

/// In a terminal, it goes on to the login.
#[test]
fn bootstrap_from_scratch_with_terminal_logs_in() {
    let stage = stage();
    fs::remove_dir_all(stage.place(SOURCE)).unwrap();
    let finished = in_a_terminal(&stage);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.out());
    assert!(stage.read(&format!("{OURS}/auth.json")).contains("sk-good"));
    assert!(!finished.out().contains("sk-"), "{}", finished.out());
    assert!(stage.read("calls").contains("run --interactive --tty --rm"));
}

#[test]
fn bootstrap_login_that_fails_has_its_status() {
    let stage = stage();
    stage.write("fail/login", "declined\n");
    let finished = in_a_terminal(&stage);
    assert_eq!(finished.status.code(), Some(61), "{}", finished.out());
    assert!(
        finished
            .out()
            .contains("the login in openclaw_codex_auth_volume failed")
    );
}

fn in_a_terminal(stage: &Stage) -> Finished {
    let script = of_the_repository("tools/bootstrap-openclaw-codex-volume.sh");
    let line = format!("'{}' --from-scratch", script.display());
    stage.run("/usr/bin/script", &["-qec", &line, "/dev/null"])
}

#[test]
fn bootstrap_help_prints_usage_and_does_nothing() {
    let stage = stage();
    let finished = run(&stage, &["--help"]);
    assert_eq!(finished.status.code(), Some(0));
    for case in &CASES {
        assert!(
            finished.out().contains(&case.status.to_string()),
            "{}",
            case.status
        );
    }
    assert!(!fs::exists(stage.place("calls")).unwrap());
}
