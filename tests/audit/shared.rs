//! Two proxies and several shims on one file: one chain, and in it whatever was tried and changed.

use std::process::Command;

use fake_provider::process::run;

use fake_provider::fixture;
use fake_provider::fixture::{Fixture, ProxyProcess};

use crate::audit_file::{
    EACH, PROGRAM, SOON, attack, audit_file, count_events, files, send, start_proxy, verify,
    whole_lines,
};

const SHIMS: usize = 4;
const CALLS: usize = 10;
const REQUESTS: usize = 50;

#[test]
fn concurrent_writers_share_one_valid_chain() {
    let fixture = fixture!("reject");
    let codex = fixture.directory.path().join("codex");
    std::os::unix::fs::symlink(PROGRAM, &codex).unwrap();
    let flags = ["--audit-size", "500KiB"];
    let mut proxies = [start_proxy(&fixture, &flags), start_proxy(&fixture, &flags)];
    let addresses = proxies.each_ref().map(ProxyProcess::address);
    std::thread::scope(|scope| {
        for address in addresses {
            scope.spawn(move || assert_eq!(send(address, &attack(), REQUESTS), REQUESTS));
        }
        for _ in 0..SHIMS {
            scope.spawn(|| (0..CALLS).for_each(|_| refused(&fixture, &codex)));
        }
    });
    for proxy in &mut proxies {
        proxy.daemon().signal("TERM").unwrap();
        assert_eq!(proxy.daemon().wait(SOON).unwrap().code(), Some(0));
    }
    let attempts = 2 * REQUESTS * EACH + SHIMS * CALLS;
    assert_eq!(count_events(&audit_file(&fixture), "attempt"), attempts);
    let aside = files(&audit_file(&fixture)).len() - 1;
    assert!(aside > 2, "{aside}");
    assert_eq!(whole_lines(&audit_file(&fixture)), attempts + 2 + aside);
}

/// Runs a shim that refuses a command line, and so records one attempt.
pub(crate) fn refused(fixture: &Fixture, codex: &std::path::Path) {
    let mut command = Command::new(codex);
    command
        .env_clear()
        .envs(fixture.lock.environment())
        .env("MODEL_LOCK_PROXY", "off")
        .env("MODEL_LOCK_REAL_CODEX", "/bin/true")
        .env("MODEL_LOCK_AUDIT", audit_file(fixture))
        .env("MODEL_LOCK_AUDIT_SIZE", "500KiB")
        .args(["exec", "-m", "other", "sk-secret prompt"]);
    assert_eq!(run(&mut command, SOON).unwrap().status.code(), Some(77));
}

/// The lines of a proxy that refuses one request, takes one change of its policy and keeps another back.
fn lines_of_each_event(fixture: &Fixture) -> String {
    let policy = fixture.directory.path().join("policy.toml");
    std::fs::write(&policy, "aliases = ['a']").unwrap();
    let mut proxy = start_proxy(fixture, &["--policy", policy.to_str().unwrap()]);
    let body = "{\"model\":\"<img src=x onerror=alert(1)>\\n\",\"input\":\"sk-prompt\"}";
    let request = format!(
        "POST /v1/responses HTTP/1.1\r\nhost: a\r\nauthorization: Bearer sk-key\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(send(proxy.address(), request.as_bytes(), 1), 1);
    for (text, result) in [("aliases = ['b']", "applied"), ("mode = 3", "kept")] {
        // Replaced whole; the proxy looks every two seconds.
        let next = fixture.directory.path().join("next.toml");
        std::fs::write(&next, text).unwrap();
        std::fs::rename(&next, &policy).unwrap();
        let reloaded = format!(r#""event":"policy_reload","result":"{result}""#);
        let line = proxy
            .daemon()
            .wait_for(|line| line.contains(&reloaded), SOON);
        assert!(line.is_some(), "{result}");
    }
    proxy.daemon().signal("TERM").unwrap();
    proxy.daemon().wait(SOON).unwrap();
    std::fs::read_to_string(audit_file(fixture)).unwrap()
}

/// What each of them says, in order.
const SAID: [[&str; 3]; 4] = [
    [
        r#""seq":1,"#,
        r#""event":"policy","result":"started""#,
        r#""approved_model":"gpt-5.5""#,
    ],
    [
        r#""event":"attempt","enforcement_point":"proxy","result":"rejected""#,
        r#""requested_model":"<img src=x onerror=alert(1)>\\n""#,
        r#""path":"/v1/responses""#,
    ],
    [r#""seq":3,"#, r#""result":"applied""#, r#""policy_hash":""#],
    [r#""seq":4,"#, r#""result":"kept""#, r#""mode":"reject""#],
];

#[test]
fn entry_records_the_attempt_and_no_secret() {
    let fixture = fixture!("reject");
    let text = lines_of_each_event(&fixture);
    assert_eq!(text.lines().count(), SAID.len(), "{text}");
    for (line, words) in text.lines().zip(SAID) {
        for word in words {
            assert!(line.contains(word), "{word} in {line}");
        }
    }
    assert!(!text.contains("sk-"), "{text}");
    // And the verb finds the one line that somebody has changed.
    std::fs::write(audit_file(&fixture), text.replace("rejected", "audited!")).unwrap();
    let found = verify(&audit_file(&fixture));
    assert_eq!(found.status.code(), Some(1));
    let altered = found.out().contains("audit.jsonl:2: altered");
    assert!(altered, "{}", found.out());
}
