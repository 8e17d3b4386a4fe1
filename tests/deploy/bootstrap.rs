//! `tools/bootstrap-openclaw-codex-volume.sh`: every way that it fails, with a status and one message of its own, and what it
//! leaves behind. The docker beside it plays the states, and runs the small programs on volumes that are directories.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use standin::process::Finished;

use crate::stage::{Stage, of_the_repository, told};

const SOURCE: &str = "volumes/codex_auth_volume";
const OURS: &str = "volumes/openclaw_codex_auth_volume";
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
    stage.write(&format!("{SOURCE}/sub/moonmind_worker_token.2"), "worker-secret");
    let fake = stage.place("").display().to_string();
    stage.set("FAKE", fake.trim_end_matches('/'));
    stage.set("USER", "an \"operator\"\\");
    stage.set("OPENCLAW_DOCKER_USER", &rustix::process::geteuid().as_raw().to_string());
    stage
}

fn login(key: &str) -> String {
    format!("{{\"OPENAI_API_KEY\":\"{key}\"}}")
}

fn run(stage: &Stage, flags: &[&str]) -> Finished {
    stage.run(of_the_repository("tools/bootstrap-openclaw-codex-volume.sh"), flags)
}

/// One way to fail.
struct Case {
    name: &'static str,
    status: i32,
    message: &'static str,
    flags: &'static [&'static str],
    arrange: fn(&mut Stage),
}

fn case(status: i32, message: &'static str, name: &'static str, arrange: fn(&mut Stage)) -> Case {
    Case { name, status, message, flags: &[], arrange }
}

fn scratch(status: i32, message: &'static str, name: &'static str, arrange: fn(&mut Stage)) -> Case {
    Case { name, status, message, flags: &["--from-scratch"], arrange }
}

/// Docker fails at a step, and says this.
macro_rules! fails {
    ($step:literal) => {
        |stage| stage.write(concat!("fail/", $step), "docker's \"own\" words\n")
    };
}

fn occupied(stage: &mut Stage) {
    stage.write(&format!("{OURS}/auth.json"), &login("sk-good-of-before"));
}

fn in_use(stage: &mut Stage, volume: &str) {
    stage.write(&format!("users/{volume}"), "0123456789abcdef\n");
}

fn cases() -> Vec<Case> {
    vec![
        Case { flags: &["--force"], ..case(64, "there is no flag --force", "an unknown flag", |_| ()) },
        Case { flags: &["--verbose", "volume"], ..case(64, "there is no flag volume", "an operand", |_| ()) },
        case(65, "CODEX_VOLUME_NAME is \"\"", "an empty source", |s| s.set("CODEX_VOLUME_NAME", "")),
        case(65, "OPENCLAW_CODEX_VOLUME_NAME is \"/etc\"", "a path as the destination", |s| s.set("OPENCLAW_CODEX_VOLUME_NAME", "/etc")),
        case(65, "OPENCLAW_CODEX_VOLUME_NAME is \"a:/from\"", "a mount as the destination", |s| s.set("OPENCLAW_CODEX_VOLUME_NAME", "a:/from")),
        case(65, "OPENCLAW_NETWORK is \"--driver\"", "an option as the network", |s| s.set("OPENCLAW_NETWORK", "--driver")),
        case(65, "OPENCLAW_DOCKER_USER is \"a b\"", "two users", |s| s.set("OPENCLAW_DOCKER_USER", "a b")),
        case(65, "OPENCLAW_IMAGE is \"--privileged\"", "an option as the image", |s| s.set("OPENCLAW_IMAGE", "--privileged")),
        case(65, "OPENCLAW_BOOTSTRAP_OVERWRITE is \"yes\"", "an overwrite that is neither 0 nor 1", |s| s.set("OPENCLAW_BOOTSTRAP_OVERWRITE", "yes")),
        case(66, "source and destination are both codex_auth_volume", "the shared volume as the destination", |s| s.set("OPENCLAW_CODEX_VOLUME_NAME", "codex_auth_volume")),
        case(10, "docker is not installed", "no docker", |s| {
            fs::remove_file(s.place("bin/docker")).unwrap();
            only(s, &["sh", "awk", "date", "id", "uname", "mktemp", "rm", "sed", "tail", "tr", "dirname", "cat", "head", "cut", "grep"]);
        }),
        case(11, "no docker engine answers: start it", "no engine", fails!("version")),
        case(11, "in WSL: start Docker Desktop", "no engine, in WSL", |s| {
            s.program("bin/uname", "#!/bin/sh\necho 5.15.167.4-microsoft-standard-WSL2\n");
            s.write("fail/version", "Cannot connect");
        }),
        case(12, "docker has no compose", "no compose", fails!("compose-version")),
        case(13, "is not valid: docker's \"own\" words", "a compose file that is not valid", fails!("compose-config")),
        case(13, "is not valid", "services that cannot be told", fails!("compose-services")),
        case(14, "has no service openclaw", "a compose file without the service", |s| s.write("services", "api\nopenclaw-x\n")),
        case(15, "the image openclaw:local is not here; run: docker compose", "no image", |s| fs::remove_file(s.place("image")).unwrap()),
        case(16, "docker does not say who uses the volume codex_auth_volume", "users that cannot be told", fails!("ps")),
        case(30, "the source volume codex_auth_volume does not exist", "no source", |s| fs::remove_dir_all(s.place(SOURCE)).unwrap()),
        case(31, "the volume codex_auth_volume is in use by the container 0123456789ab", "a source in use", |s| in_use(s, "codex_auth_volume")),
        case(32, "holds no login (no auth.json)", "a source without a login", |s| fs::remove_file(s.place(SOURCE).join("auth.json")).unwrap()),
        case(32, "holds no login", "a source with an empty login", |s| s.write(&format!("{SOURCE}/auth.json"), "")),
        case(32, "holds no login", "a source whose login is a link", |s| {
            fs::remove_file(s.place(SOURCE).join("auth.json")).unwrap();
            s.link(&format!("{SOURCE}/auth.json"), "/etc/passwd");
        }),
        case(43, "the volume codex_auth_volume cannot be looked at", "a source that cannot be looked at", fails!("source")),
        case(43, "the volume openclaw_codex_auth_volume cannot be looked at", "a destination that cannot be looked at", fails!("look")),
        case(40, "the volume openclaw_codex_auth_volume cannot be made", "a destination that cannot be made", fails!("volume")),
        case(41, "the volume openclaw_codex_auth_volume is in use", "a destination in use", |s| {
            occupied(s);
            in_use(s, "openclaw_codex_auth_volume");
        }),
        case(42, "is not empty and holds something else; nothing was changed", "a destination with another login", occupied),
        case(42, "is not empty", "a destination with anything in it", |s| s.write(&format!("{OURS}/.note"), "")),
        case(20, "the network local-network cannot be made", "a network that cannot be made", fails!("network")),
        case(50, "failed, and openclaw_codex_auth_volume is as it was: docker's \"own\" words", "a copy that fails", fails!("copy")),
        case(52, "codex does not take the login that was copied", "a login that codex does not take", |s| s.write(&format!("{SOURCE}/auth.json"), &login("sk-bad"))),
        case(52, "that of codex_auth_volume already, and codex does not take it", "the same login, not taken", |s| {
            s.write(&format!("{SOURCE}/auth.json"), &login("sk-bad"));
            s.write(&format!("{OURS}/auth.json"), &login("sk-bad"));
        }),
        case(53, "the volume codex_auth_volume came in use", "a source that is used meanwhile", |s| s.write("after-login", "codex_auth_volume")),
        case(53, "the volume openclaw_codex_auth_volume came in use", "a destination that is used meanwhile", |s| s.write("after-login", "openclaw_codex_auth_volume")),
        case(54, "cannot be put in place in openclaw_codex_auth_volume", "a copy that cannot be put in place", fails!("switch")),
        scratch(41, "the volume openclaw_codex_auth_volume is in use", "from scratch, in use", |s| {
            occupied(s);
            in_use(s, "openclaw_codex_auth_volume");
        }),
        scratch(42, "is not empty", "from scratch, not empty and no login", |s| s.write(&format!("{OURS}/auth.json"), &login("sk-bad"))),
        scratch(43, "cannot be looked at", "from scratch, cannot be looked at", fails!("look")),
        scratch(50, "the copy into openclaw_codex_auth_volume failed", "from scratch, cannot be made ready", fails!("copy")),
        scratch(60, "is ready and nobody is logged in; in a terminal, run this again or: docker run -it --rm", "from scratch, without a terminal", |_| ()),
    ]
}

/// Leaves only these programs on the `PATH`.
fn only(stage: &mut Stage, programs: &[&str]) {
    for program in programs {
        let real = ["/usr/bin", "/bin"].iter().map(|place| format!("{place}/{program}"));
        let real = real.into_iter().find(|path| fs::exists(path).unwrap()).expect(program);
        stage.link(&format!("bin/{program}"), real);
    }
    let bin = stage.place("bin").display().to_string();
    stage.set("PATH", &bin);
}

/// Every failure: its status, one message, and the login of before where it was.
#[test]
fn each_failure_has_its_status_and_one_message() {
    let cases = cases();
    assert!(cases.len() >= 25);
    for case in cases {
        let mut stage = stage();
        (case.arrange)(&mut stage);
        let before = fs::read(stage.place(OURS).join("auth.json")).ok();
        let finished = run(&stage, case.flags);
        let lines = told(&finished);
        assert_eq!(finished.status.code(), Some(case.status), "{}: {lines:?}", case.name);
        let errors: Vec<_> = lines.iter().filter(|(level, _)| level == "error").collect();
        assert_eq!(errors.len(), 1, "{}: {lines:?}", case.name);
        assert_eq!(lines.last(), errors.first().copied(), "{}", case.name);
        assert!(errors.iter().all(|(_, text)| text.contains(case.message)), "{}: {lines:?}", case.name);
        assert_eq!(fs::read(stage.place(OURS).join("auth.json")).ok(), before, "{}", case.name);
        // A copy that is not taken does not stay; one that could not be put in place does, and is told of.
        let stays = fs::exists(stage.place(OURS).join(".bootstrap-new")).unwrap();
        assert_eq!(stays, case.status == 54, "{}", case.name);
        assert_eq!(fs::read_dir(stage.place("tmp")).unwrap().count(), 0, "{}", case.name);
        nothing_is_told(&finished);
    }
}

/// No credential, nor what codex says of one.
fn nothing_is_told(finished: &Finished) {
    let all = finished.out() + &finished.err();
    for secret in ["sk-", "worker-secret", "Logged in"] {
        assert!(!all.contains(secret), "{all}");
    }
}

#[test]
fn the_login_is_copied_without_the_workers_tokens() {
    let stage = stage();
    let finished = run(&stage, &["--verbose"]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
    assert_eq!(stage.read(&format!("{OURS}/auth.json")), login(KEY));
    assert_eq!(stage.read(&format!("{OURS}/config.toml")), "model = \"other\"\n");
    assert_eq!(entries(&stage, OURS), ["auth.json", "config.toml", "sub"]);
    assert_eq!(entries(&stage, &format!("{OURS}/sub")), [""; 0]);
    let mode = |name: &str| fs::metadata(stage.place(OURS).join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("auth.json"), mode("")), (0o600, 0o700));
    assert_eq!(entries(&stage, SOURCE).len(), 4, "the source stays as it is");
    assert!(fs::exists(stage.place("networks/local-network")).unwrap());
    assert!(told(&finished).iter().any(|(level, text)| level == "debug" && text.contains("docker run")));
    nothing_is_told(&finished);
}

fn entries(stage: &Stage, name: &str) -> Vec<String> {
    let entries = fs::read_dir(stage.place(name)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What runs in the image has the source read-only, no network, and nothing that root can do besides files.
#[test]
fn the_copy_is_made_with_as_little_as_it_needs() {
    let stage = stage();
    assert_eq!(run(&stage, &[]).status.code(), Some(0));
    let calls = stage.read("calls");
    let runs: Vec<_> = calls.lines().filter(|call| call.starts_with("run ")).collect();
    assert_eq!(runs.len(), 5, "look at one, at both, copy, ask codex, switch: {calls}");
    for call in runs {
        assert!(call.contains("--rm") && call.contains("--network none"), "{call}");
        assert!(!call.contains("codex_auth_volume:/from ") , "{call}");
        assert!(call.contains("login status") || call.contains("--cap-drop ALL"), "{call}");
    }
}

#[test]
fn running_it_again_changes_nothing() {
    let stage = stage();
    assert_eq!(run(&stage, &[]).status.code(), Some(0));
    let calls = stage.read("calls").len();
    let again = run(&stage, &[]);
    assert_eq!(again.status.code(), Some(0));
    assert!(told(&again).iter().all(|(level, _)| level == "info"));
    assert!(again.err().contains("nothing to do"));
    let later = stage.read("calls").split_off(calls);
    assert!(!later.contains("create") && !later.contains("mkdir"), "{later}");
    assert_eq!(entries(&stage, OURS), ["auth.json", "config.toml", "sub"]);
}

#[test]
fn what_is_there_becomes_a_backup_where_that_is_asked_for() {
    let mut stage = stage();
    occupied(&mut stage);
    stage.write(&format!("{OURS}/sessions/one"), "of before");
    stage.set("OPENCLAW_BOOTSTRAP_OVERWRITE", "1");
    let finished = run(&stage, &[]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
    assert_eq!(stage.read(&format!("{OURS}/auth.json")), login(KEY));
    let names = entries(&stage, OURS);
    let backup = names.iter().find(|name| name.starts_with(".bootstrap-backup-")).expect("a backup");
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(stage.read(&format!("{OURS}/{backup}/auth.json")), login("sk-good-of-before"));
    assert_eq!(stage.read(&format!("{OURS}/{backup}/sessions/one")), "of before");
}

/// A run that was ended in the middle leaves a copy; the next one begins anew.
#[test]
fn a_copy_that_was_left_is_no_obstacle() {
    let stage = stage();
    stage.write(&format!("{OURS}/.bootstrap-new/auth.json"), "half");
    stage.write(&format!("{OURS}/.bootstrap-new/stale"), "");
    assert_eq!(run(&stage, &[]).status.code(), Some(0));
    assert_eq!(entries(&stage, OURS), ["auth.json", "config.toml", "sub"]);
}

#[test]
fn settings_come_from_the_file_beside_the_compose_file_too() {
    let mut stage = stage();
    stage.write("compose/compose.yaml", "");
    stage.write("compose/.env", "OPENCLAW_CODEX_VOLUME_NAME=\"of_the_file\"\r\nCODEX_VOLUME_NAME=wrong\n");
    stage.set("OPENCLAW_COMPOSE_FILE", &stage.place("compose/compose.yaml").display().to_string());
    stage.set("CODEX_VOLUME_NAME", "codex_auth_volume");
    let finished = run(&stage, &[]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
    assert_eq!(stage.read("volumes/of_the_file/auth.json"), login(KEY));
}

#[test]
fn from_scratch_finds_a_login_that_is_there() {
    let mut stage = stage();
    fs::remove_dir_all(stage.place(SOURCE)).unwrap();
    occupied(&mut stage);
    let finished = run(&stage, &["--from-scratch"]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
    assert_eq!(stage.read(&format!("{OURS}/auth.json")), login("sk-good-of-before"));
}

#[test]
fn help_is_told_and_nothing_done() {
    let stage = stage();
    let finished = run(&stage, &["--help"]);
    assert_eq!(finished.status.code(), Some(0));
    for case in cases() {
        assert!(finished.out().contains(&case.status.to_string()), "{}", case.status);
    }
    assert!(!fs::exists(stage.place("calls")).unwrap());
}
