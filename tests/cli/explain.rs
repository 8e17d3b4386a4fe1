//! What a person is told who asks: `explain`, `which`, and what `uninstall` takes out again.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::{finish, program, run};

const FORCE: [(&str, &str); 1] = [("OPENCLAW_MODEL", "gpt-5.5")];
const OFF: [(&str, &str); 2] = [("OPENCLAW_MODEL", "gpt-5.5"), ("MODEL_LOCK_PROXY", "off")];
const REJECT: [(&str, &str); 2] = [
    ("OPENCLAW_MODEL", "gpt-5.5"),
    ("OPENCLAW_MODEL_LOCK_MODE", "reject"),
];

#[test]
fn explain_of_forced_command_line_lists_each_change() {
    let line = [
        "explain",
        "--",
        "/opt/codex",
        "exec",
        "resume",
        "-m",
        "gpt-x",
        "--last",
        "it's",
    ];
    let (status, out, errors) = run(&line, &FORCE);
    let expected = "\
verdict: forced; it would run with changes
command: exec resume
reason: -m names `gpt-x`, which is not approved: it is replaced by `gpt-5.5`
reason: model is not set: `gpt-5.5` is added, so that no configuration file decides
reason: review_model is not set: `gpt-5.5` is added, so that no configuration file decides
proxy: codex's base URLs are overridden to an embedded proxy
runs: codex exec resume -c 'model=\"gpt-5.5\"' -c 'review_model=\"gpt-5.5\"' -m gpt-5.5 --last 'it'\\''s'
";
    assert_eq!(
        (status, out.as_str(), errors.len()),
        (0, expected, 0),
        "{errors:?}"
    );
}

#[test]
fn explain_of_refused_command_line_exits_77_and_prints_no_command() {
    let line = ["explain", "--", "codex", "exec", "-m", "gpt-x"];
    let (status, out, _) = run(&line, &REJECT);
    let expected = "\
verdict: refused; nothing would run
command: exec
reason: -m names `gpt-x`, which is not approved: nothing runs
refusal: model `gpt-x` is not permitted here (-m); locked by policy
";
    assert_eq!((status, out.as_str()), (77, expected));
    let (status, out, _) = run(&["explain", "--json", "--", "exec", "-m", "gpt-x"], &REJECT);
    let expected = concat!(
        r#"{"verdict":"refused","command":"exec","#,
        r#""reasons":[{"place":"-m","requested":"gpt-x","becomes":"refused","text":null}],"#,
        r#""refusal":{"reason":"model_locked","#,
        r#""message":"model `gpt-x` is not permitted here (-m); locked by policy"},"#,
        r#""filtered":false,"proxy":null,"arguments":null,"line":null}"#,
        "\n"
    );
    assert_eq!((status, out.as_str()), (77, expected));
}

/// What is looked at of the answer.
#[derive(serde::Deserialize)]
struct Report {
    arguments: Vec<String>,
}

#[test]
fn explained_command_line_is_the_one_that_the_shim_runs() {
    let directory = tempfile::tempdir().unwrap();
    for words in [
        &["exec", "-m", "gpt-x", "-i", "a b", "hi"][..],
        &["-c", "model=x", "-p", "p", "review"],
        &["login", "status"],
        &["--remote", "ws://x", "--remote-auth-token-env", "T"],
        &["app-server", "daemon", "stop"],
    ] {
        let request = [&["explain", "--json", "--", "codex"], words].concat();
        let errors: Report = serde_json::from_str(&run(&request, &OFF).1).unwrap();
        let (_, ran, _) = finish(crate::shim::shim(directory.path(), words, &OFF));
        assert_eq!(
            ran,
            format!("real: {}\n", errors.arguments.join(" ")),
            "{words:?}"
        );
    }
}

#[test]
fn explain_where_the_shim_would_not_start_prints_no_runnable_command() {
    let (status, out, errors) = run(&["explain", "--", "codex", "exec", "hi"], &[]);
    assert_eq!((status, out.as_str()), (78, ""));
    assert!(
        errors.concat().contains("OPENCLAW_MODEL: not set"),
        "{errors:?}"
    );
    let bad = [
        ("OPENCLAW_MODEL", "gpt-5.5"),
        ("MODEL_LOCK_AUDIT_SIZE", "x"),
    ];
    let (status, out, errors) = run(&["explain", "--", "codex", "exec", "hi"], &bad);
    assert_eq!((status, out.as_str()), (78, ""));
    assert!(
        errors.concat().contains("MODEL_LOCK_AUDIT_SIZE"),
        "{errors:?}"
    );
    let (status, out, _) = run(&["explain", "--", "codex", "login", "status"], &[]);
    let expected = "verdict: passes\ncommand: login status\nruns: codex login status\n";
    assert_eq!((status, out.as_str()), (0, expected));
}

#[test]
fn explain_in_audit_mode_reports_the_attempt_and_lets_it_pass() {
    let audit = [
        ("OPENCLAW_MODEL", "gpt-5.5"),
        ("OPENCLAW_MODEL_LOCK_MODE", "report_only"),
    ];
    let (status, out, _) = run(&["explain", "--", "codex", "exec", "-m", "gpt-x"], &audit);
    assert_eq!(status, 0);
    assert!(out.contains("it is counted and passes\n"), "{out}");
    assert!(out.ends_with("runs: codex exec -m gpt-x\n"), "{out}");
}

/// A codex that nobody starts.
fn real(directory: &Path) -> String {
    std::fs::create_dir_all(directory).unwrap();
    let codex = directory.join("codex");
    std::fs::write(&codex, "not ours").unwrap();
    std::fs::set_permissions(&codex, std::fs::Permissions::from_mode(0o755)).unwrap();
    codex.to_str().unwrap().to_owned()
}

#[test]
fn which_lists_the_real_codex_and_all_others_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    let (first, last) = (real(&place("first")), real(&place("last")));
    let bin = place("bin").to_str().unwrap().to_owned();
    assert_eq!(run(&["install", "--to", &bin], &[]).0, 0);
    let path = std::env::join_paths(["first", "bin", "last"].map(place)).unwrap();
    let path = [("PATH", path.to_str().unwrap())];
    let (status, out, _) = run(&["which"], &path);
    let expected = format!(
        "real: {last}\ncodex: {first} (not ours, first on PATH)\ncodex: {bin}/codex (ours)\ncodex: {last} (not ours)\n"
    );
    assert_eq!((status, out), (0, expected));

    let (status, out, errors) = run(&["which"], &[("PATH", &bin)]);
    assert_eq!(
        (status, out),
        (127, format!("codex: {bin}/codex (ours, first on PATH)\n"))
    );
    assert_eq!(errors.len(), 1);
    let fixed = [("PATH", bin.as_str()), ("MODEL_LOCK_REAL_CODEX", &last)];
    assert!(
        run(&["which"], &fixed)
            .1
            .starts_with(&format!("real: {last}\n"))
    );
}

#[test]
fn uninstall_reports_what_it_removed_and_keeps_foreign_files() {
    let directory = tempfile::tempdir().unwrap();
    let bin = directory.path().join("bin");
    let from = bin.to_str().unwrap();
    assert_eq!(run(&["install", "--to", from], &[]).0, 0);
    let removed = format!("removed {from}/codex\nremoved {from}/model-lock\n");
    assert_eq!(run(&["uninstall", "--from", from], &[]).1, removed);
    assert_eq!(
        run(&["uninstall", "--from", from], &[]),
        (0, String::new(), Vec::new())
    );
    real(&bin);
    for verb in [["install", "--to", from], ["uninstall", "--from", from]] {
        let (status, out, errors) = finish(program(&verb, &[]));
        assert_eq!((status, out.as_str()), (1, ""));
        assert!(errors[0].contains("is not ours"), "{errors:?}");
    }
    assert_eq!(
        std::fs::read_to_string(bin.join("codex")).unwrap(),
        "not ours"
    );
}
