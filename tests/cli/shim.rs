//! Called as `codex`: what is told before the real one takes over.

use std::path::Path;
use std::process::Command;

use crate::served::{Event, StatsdSocket, text};
use crate::{finish, run};

/// A real codex that only says what it got, behind our own.
pub(crate) fn shim(directory: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let real = directory.join("real");
    std::fs::create_dir_all(&real).unwrap();
    let codex = real.join("codex");
    // Written by another process: a thread that forks meanwhile would keep it open, and busy.
    let write = r#"printf '#!/bin/sh\necho real: "$@"\n' > "$0"; chmod 755 "$0""#;
    assert!(
        Command::new("/bin/sh")
            .args(["-c", write])
            .arg(codex)
            .status()
            .unwrap()
            .success()
    );
    let bin = directory.join("bin");
    assert_eq!(run(&["install", "--to", bin.to_str().unwrap()], &[]).0, 0);
    let mut command = Command::new(bin.join("codex"));
    let path = std::env::join_paths([bin, real, "/bin".into(), "/usr/bin".into()]).unwrap();
    command
        .env_clear()
        .env("PATH", path)
        .args(arguments)
        .envs(variables.iter().copied());
    command
}

#[test]
fn shim_reports_the_attempt_before_it_execs_codex() {
    let (directory, daemon) = (tempfile::tempdir().unwrap(), StatsdSocket::start());
    let port = daemon.port();
    // A name, not an address: the counts wait for it, and codex does not wait long.
    let statsd = [("STATSD_HOST", "localhost"), ("STATSD_PORT", port.as_str())];
    let variables = [&statsd[..], &[("OPENCLAW_MODEL", "gpt-5.5")]].concat();
    let (status, out, errors) = finish(shim(
        directory.path(),
        &["exec", "-m", "gpt-x", "sk-prompt"],
        &variables,
    ));
    assert_eq!(status, 0);
    assert!(
        out.starts_with("real: ") && out.contains("gpt-5.5") && !out.contains("gpt-x"),
        "{out}"
    );
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(!errors[0].contains("sk-prompt"), "{errors:?}");
    let attempt: Event = serde_json::from_str(&errors[0]).unwrap();
    let wanted = [
        ("event", "attempt"),
        ("enforcement_point", "shim"),
        ("result", "forced"),
        ("surface", "argv"),
        ("requested_model", "gpt-x"),
        ("applied_model", "gpt-5.5"),
    ];
    for (name, value) in wanted {
        assert_eq!(text(&attempt, name), value, "{name}");
    }
    assert!(attempt.contains_key("ppid"));
    let attempts = "model_lock.override_attempts:1|c|#mode:force,result:forced,surface:argv,source:user,capability:generation";
    let requests = "model_lock.requests:1|c|#mode:force,surface:argv,model_match:other";
    assert_eq!(daemon.lines(2), [attempts, requests]);
}

#[test]
fn shim_without_attempt_prints_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let variables = [("OPENCLAW_MODEL", "gpt-5.5"), ("MODEL_LOCK_LOG", "trace")];
    let (status, out, errors) = finish(shim(directory.path(), &["exec", "hi"], &variables));
    assert_eq!((status, errors.len()), (0, 0), "{errors:?}");
    assert!(out.starts_with("real: "), "{out}");
    let (status, out, errors) = finish(shim(directory.path(), &["--version"], &[]));
    assert_eq!(
        (status, out.as_str(), errors.len()),
        (0, "real: --version\n", 0),
        "{errors:?}"
    );
}

#[test]
fn shim_exits_77_on_refusal_and_78_without_policy() {
    let directory = tempfile::tempdir().unwrap();
    let reject = [
        ("OPENCLAW_MODEL", "gpt-5.5"),
        ("OPENCLAW_MODEL_LOCK_MODE", "reject"),
    ];
    let (status, out, errors) = finish(shim(
        directory.path(),
        &["exec", "-m", "gpt-x", "hi"],
        &reject,
    ));
    assert_eq!(
        (status, out.as_str(), errors.len()),
        (77, "", 2),
        "{errors:?}"
    );
    assert!(errors[0].contains("\"result\":\"rejected\""), "{errors:?}");
    assert!(errors[1].starts_with("model-lock: "), "{errors:?}");
    let (status, out, errors) = finish(shim(
        directory.path(),
        &["exec", "hi"],
        &[("STATSD_PORT", "x")],
    ));
    assert_eq!((status, out.as_str()), (78, ""), "{errors:?}");
    assert!(
        errors.concat().contains("OPENCLAW_MODEL") && errors.concat().contains("STATSD_PORT"),
        "{errors:?}"
    );
}
