//! A disk that is full, that can only be read, or that has nothing at the path.

use std::path::{Path, PathBuf};
use std::process::Command;

use fake_provider::process::{Daemon, Finished, run};

use fake_provider::fixture;
use fake_provider::fixture::Fixture;

use crate::audit_file::{EACH, PROGRAM, SOON, attack, audit_file, count_events, send, verify};

/// The program with a small disk of its own at `directory`, which nobody else sees.
fn on_disk(directory: &Path, options: &str) -> Command {
    let mut command = Command::new("unshare");
    let mount = r#"mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@""#;
    command.args(["-rm", "sh", "-c", mount, "sh", options]);
    command.arg(directory).arg(PROGRAM);
    command
}

fn serve(command: &mut Command, fixture: &Fixture, file: &Path) {
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .envs(fixture.lock.environment())
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--upstream",
            "http://127.0.0.1:9",
        ])
        .arg("--audit")
        .arg(file);
}

#[test]
fn full_disk_keeps_whole_lines_and_reports_the_loss() {
    let fixture = fixture!("reject");
    let place = fixture.directory.subdirectory("disk").unwrap();
    let file = place.join("audit.jsonl");
    let mut command = on_disk(&place, "size=256k");
    serve(&mut command, &fixture, &file);
    let mut daemon = Daemon::start(&mut command).unwrap();
    let listening = daemon.wait_for(|line| line.contains("listening"), SOON);
    let listening = listening.unwrap_or_else(|| panic!("{:?}", daemon.lines()));
    let (_, address) = listening.split_once(r#""address":""#).unwrap();
    let address = address.split('"').next().unwrap().parse().unwrap();
    // The disk as the program sees it.
    let seen = |path: &Path| {
        let root = PathBuf::from(format!("/proc/{}/root", daemon.id()));
        root.join(path.strip_prefix("/").unwrap())
    };
    let filler = seen(&place.join("filler"));
    std::fs::write(&filler, vec![b'x'; 100 << 10]).unwrap();
    assert_eq!(send(address, &attack(), 20), 20);
    daemon
        .wait_for(|line| line.contains("audit_failed"), SOON)
        .unwrap_or_else(|| panic!("{:?}", daemon.lines()));
    let copy = audit_file(&fixture);
    let deadline = std::time::Instant::now() + SOON;
    // Each line has been tried: else the rest could fill what is made room.
    loop {
        std::fs::copy(seen(&file), &copy).unwrap();
        let (there, dropped) = (count_events(&copy, "attempt"), dropped(&fixture));
        if there + dropped == 20 * EACH {
            break;
        }
        let late = std::time::Instant::now() > deadline;
        assert!(!late, "{there} there, {dropped} dropped");
    }
    // Room again: the next line tells what is missing.
    std::fs::remove_file(&filler).unwrap();
    assert_eq!(send(address, &attack(), 1), 1);
    let deadline = std::time::Instant::now() + SOON;
    loop {
        std::fs::copy(seen(&file), &copy).unwrap();
        let output = verify(&copy);
        assert_eq!(output.status.code(), Some(0), "{}", output.out());
        let (there, lost) = (count_events(&copy, "attempt"), lost(&output));
        // Each of them is there, or one of those of which it is said that they are not.
        if lost > 0 && there + lost == 21 * EACH {
            assert!(there > 50, "{there}");
            break;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "{there} {}",
            output.out()
        );
    }
    daemon.signal("TERM").unwrap();
    assert_eq!(daemon.wait(SOON).unwrap().code(), Some(0));
}

/// How many lines the daemon was told of that could not be written.
fn dropped(fixture: &Fixture) -> usize {
    let lines = fixture.statsd.lines();
    let counts = lines.iter().filter_map(|line| {
        let (_, rest) = line.split_once("audit_lines_dropped:")?;
        rest.split('|').next()?.parse::<usize>().ok()
    });
    counts.sum()
}

/// What the verb says could not be written.
fn lost(output: &Finished) -> usize {
    let out = output.out();
    let lost = out.lines().filter_map(|line| {
        let (_, what) = line.split_once("jsonl:")?.1.split_once(": ")?;
        let lines = what.strip_suffix(" lines could not be written before it")?;
        lines.parse::<usize>().ok()
    });
    lost.sum()
}

#[test]
fn proxy_with_unwritable_audit_file_serves_nothing() {
    let fixture = fixture!("reject");
    let place = fixture.directory.subdirectory("disk").unwrap();
    let mut command = on_disk(&place, "ro");
    serve(&mut command, &fixture, &place.join("audit.jsonl"));
    let finished = run(&mut command, SOON).unwrap();
    assert_eq!(finished.status.code(), Some(1), "{}", finished.err());
    assert!(
        finished
            .err()
            .contains("cannot be written: Read-only file system"),
        "{}",
        finished.err()
    );
}

#[test]
fn shim_with_unwritable_audit_file_warns_and_continues() {
    let fixture = fixture!("force");
    let real = fixture.directory.path().join("real");
    std::fs::write(&real, "#!/bin/sh\necho \"real: $*\"\n").unwrap();
    let mut mode = std::fs::metadata(&real).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    std::fs::set_permissions(&real, mode).unwrap();
    let codex = fixture.directory.path().join("codex");
    std::os::unix::fs::symlink(PROGRAM, &codex).unwrap();
    let mut command = Command::new(codex);
    command
        .env_clear()
        .envs(fixture.lock.environment())
        .env("MODEL_LOCK_REAL_CODEX", &real)
        .env("MODEL_LOCK_PROXY", "off")
        .env("MODEL_LOCK_AUDIT", "/nowhere/audit.jsonl")
        .args(["exec", "-m", "other", "hi"]);
    let finished = run(&mut command, SOON).unwrap();
    assert!(
        finished.out().starts_with("real: ") && finished.out().contains("gpt-5.5"),
        "{}",
        finished.out()
    );
    assert!(
        finished.err().contains(r#""event":"audit_failed""#),
        "{}",
        finished.err()
    );
}
