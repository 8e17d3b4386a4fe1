//! The file system of the images, staged: what their Dockerfiles copy where, with the real program in it.

use std::fs;
use std::time::Duration;

use fake_provider::process::{self, Finished};

use crate::PIN;
use crate::stage::{Stage, of_the_repository};
use crate::text::file;

const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");

/// The agent's image: the shim's directory out of the one image, the real codex where npm puts it.
fn image() -> Stage {
    let stage = Stage::new();
    // `ln -s model-lock codex`, `COPY --from=model-lock /usr/local/bin/ /opt/model-lock/`
    fs::create_dir_all(stage.place("opt/model-lock")).unwrap();
    fs::hard_link(PROGRAM, stage.place("opt/model-lock/model-lock"))
        .or_else(|_| fs::copy(PROGRAM, stage.place("opt/model-lock/model-lock")).map(drop))
        .unwrap();
    stage.link("opt/model-lock/codex", "model-lock");
    stage.link("usr/local/bin/codex", fake_provider::codex("0.154.0"));
    fs::create_dir(stage.place("home")).unwrap();
    stage
}

fn run(stage: &Stage, arguments: &[&str], policy: bool) -> Finished {
    let place = |name: &str| stage.place(name).display().to_string();
    let mut command = stage.command(place("opt/model-lock/codex"), arguments);
    command
        .env(
            "PATH",
            format!(
                "{}:{}:/usr/bin:/bin",
                place("opt/model-lock"),
                place("usr/local/bin")
            ),
        )
        .env("HOME", place("home"));
    if policy {
        command.env("OPENCLAW_MODEL", PIN);
    }
    process::run(&mut command, LONG).unwrap()
}

#[test]
fn codex_version_is_the_real_one_with_and_without_policy() {
    let stage = image();
    for policy in [true, false] {
        let finished = run(&stage, &["--version"], policy);
        assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
        assert_eq!(finished.out(), "codex-cli 0.154.0\n");
    }
}

#[test]
fn missing_policy_runs_no_model() {
    let finished = run(&image(), &["exec", "hi"], false);
    assert_eq!(finished.status.code(), Some(78), "{}", finished.err());
    assert_eq!(finished.out(), "");
}

#[test]
fn dockerfiles_create_the_tested_layout() {
    let lock = file("Dockerfile");
    assert!(
        lock.contains("ln -s model-lock /out/usr/local/bin/codex")
            && lock.contains("\nFROM scratch\n")
    );
    assert!(lock.contains("\nUSER 65532:65532\n"));
    let agent = file("deploy/compose/openclaw/Dockerfile");
    assert!(agent.contains("\nCOPY --from=model-lock /usr/local/bin/ /opt/model-lock/\n"));
    assert!(agent.contains("\nENV PATH=/opt/model-lock:$PATH "));
    assert!(agent.contains("OPENCLAW_CODEX_APP_SERVER_BIN=/opt/model-lock/codex"));
    let user = agent.find("\nUSER app\n").unwrap();
    assert!(
        !agent.get(user + 1..).unwrap().contains("\nUSER "),
        "nobody becomes root again"
    );
}

/// An init container that cannot write leaves nothing that could be started; one that can leaves the shim.
#[test]
fn init_container_leaves_the_shim_or_no_codex() {
    let stage = Stage::new();
    stage.write("tools/bin/codex.of-before", "");
    stage.write("file", "");
    let failed = stage.run(PROGRAM, &["install", "--to", "file/bin"]);
    assert_eq!(failed.status.code(), Some(1), "{}", failed.err());
    let done = stage.run(PROGRAM, &["install", "--to", "tools/bin"]);
    assert_eq!(done.status.code(), Some(0), "{}", done.err());
    assert_eq!(
        fs::read_link(stage.place("tools/bin/codex"))
            .unwrap()
            .to_str(),
        Some("model-lock")
    );
}

/// A host: the script stages what the unit starts, keeps a policy that is there, and refuses to go on without one.
#[test]
fn host_installation_stages_program_policy_and_service() {
    let mut stage = Stage::new();
    let script = of_the_repository("deploy/systemd/install");
    let root = stage.place("root").display().to_string();
    stage.set("DESTDIR", &root);
    assert_eq!(stage.run(&script, &[]).status.code(), Some(64));
    assert_eq!(
        stage.run(&script, &["/nonexistent"]).status.code(),
        Some(66)
    );
    assert_eq!(
        stage.run(&script, &[PROGRAM]).status.code(),
        Some(78),
        "no model is named"
    );
    stage.set("OPENCLAW_MODEL", "a\"b");
    assert_eq!(stage.run(&script, &[PROGRAM]).status.code(), Some(78));
    stage.set("OPENCLAW_MODEL", PIN);
    let done = stage.run(&script, &[PROGRAM]);
    assert_eq!(done.status.code(), Some(0), "{}", done.err());
    assert_eq!(
        stage.read("root/etc/model-lock/policy.toml"),
        "model = \"gpt-5.5\"\nmode = \"force\"\n"
    );
    let unit = stage.read("root/etc/systemd/system/model-lock.service");
    let program = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=")?.split(' ').next());
    assert!(fs::exists(format!("{root}{}", program.unwrap())).unwrap());
    stage.set("OPENCLAW_MODEL", "another");
    assert_eq!(stage.run(&script, &[PROGRAM]).status.code(), Some(0));
    assert!(
        stage.read("root/etc/model-lock/policy.toml").contains(PIN),
        "a policy that is there stays"
    );
    stage.write("root/etc/model-lock/policy.toml", "mode = \"x\"\n");
    assert_eq!(stage.run(&script, &[PROGRAM]).status.code(), Some(78));
}

const LONG: Duration = Duration::from_mins(1);
