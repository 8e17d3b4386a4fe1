//! Somebody who locks the file, cuts it under a running proxy, or hides an altered line behind a long one.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use fake_provider::fixture;

use crate::audit_file::{
    EACH, PROGRAM, SOON, attack, audit_file, count_events, send, start_proxy, verify, whole_lines,
};
use crate::shared::refused;

#[test]
fn lock_on_the_audit_file_delays_neither_shim_nor_proxy() {
    let fixture = fixture!("reject");
    let codex = fixture.directory.path().join("codex");
    symlink(PROGRAM, &codex).unwrap();
    fs::write(audit_file(&fixture), "").unwrap();
    // As `flock -s FILE` has it.
    let reader = fs::File::open(audit_file(&fixture)).unwrap();
    reader.lock_shared().unwrap();
    let began = Instant::now();
    refused(&fixture, &codex);
    assert!(began.elapsed() < Duration::from_secs(10));
    let mut proxy = start_proxy(&fixture, &[]);
    assert_eq!(send(proxy.address(), &attack(), 1), 1);
    proxy.daemon().signal("TERM").unwrap();
    assert_eq!(proxy.daemon().wait(SOON).unwrap().code(), Some(0));
    assert_eq!(count_events(&audit_file(&fixture), "attempt"), EACH + 1);
    assert_eq!(whole_lines(&audit_file(&fixture)), EACH + 2);
    reader.unlock().unwrap();
}

#[test]
fn shim_that_cannot_have_the_lock_ends_and_its_attempt_is_reported_as_lost() {
    let fixture = fixture!("reject");
    let codex = fixture.directory.path().join("codex");
    symlink(PROGRAM, &codex).unwrap();
    refused(&fixture, &codex);
    let lock = fixture.directory.path().join("audit.jsonl.lock");
    let lock = fs::File::options().append(true).open(lock).unwrap();
    lock.lock().unwrap();
    refused(&fixture, &codex);
    let output = verify(&audit_file(&fixture)).out();
    let lost = "1 lines could not be written, and none says so yet";
    assert!(output.contains(lost), "{output}");
    lock.unlock().unwrap();
    refused(&fixture, &codex);
    let output = verify(&audit_file(&fixture)).out();
    let lost = "1 lines could not be written before it";
    assert!(output.contains(lost), "{output}");
}

#[test]
fn audit_file_truncated_under_a_running_proxy_is_logged_and_not_whole() {
    let fixture = fixture!("reject");
    let mut proxy = start_proxy(&fixture, &[]);
    assert_eq!(send(proxy.address(), &attack(), 1), 1);
    let deadline = Instant::now() + SOON;
    while count_events(&audit_file(&fixture), "attempt") < EACH {
        assert!(Instant::now() < deadline);
    }
    fs::write(audit_file(&fixture), "").unwrap();
    let cut = |line: &str| line.contains(r#""event":"audit_cut""#);
    let logged = proxy.daemon().wait_for(cut, SOON);
    let logged = logged.unwrap_or_else(|| panic!("{:?}", proxy.daemon().lines()));
    assert!(logged.contains(r#""last":65"#), "{logged}");
    assert_eq!(send(proxy.address(), &attack(), 1), 1);
    proxy.daemon().signal("TERM").unwrap();
    proxy.daemon().wait(SOON).unwrap();
    let found = verify(&audit_file(&fixture));
    assert_eq!(found.status.code(), Some(1), "{}", found.out());
    let missing = "audit.jsonl:1: lines number 1 to 65 are missing before it";
    assert!(found.out().contains(missing), "{}", found.out());
    let cut = "audit.jsonl:1: truncated or replaced while it was written: line number 65";
    assert!(found.out().contains(cut), "{}", found.out());
}

#[test]
fn altered_line_behind_a_very_long_one_is_reported() {
    let fixture = fixture!("reject");
    let codex = fixture.directory.path().join("codex");
    symlink(PROGRAM, &codex).unwrap();
    (0..4).for_each(|_| refused(&fixture, &codex));
    let text = fs::read_to_string(audit_file(&fixture)).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[2] = lines[2].replace("attempt", "attemqt");
    lines.insert(1, "x".repeat(65_536));
    fs::write(audit_file(&fixture), lines.join("\n") + "\n").unwrap();
    let found = verify(&audit_file(&fixture));
    assert_eq!(found.status.code(), Some(1));
    for line in [2, 4] {
        let altered = format!("audit.jsonl:{line}: altered");
        assert!(found.out().contains(&altered), "{}", found.out());
    }
}
