//! What bad input gets, and the verbs that only read or copy.

use std::ffi::OsString;
use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rustix::process::geteuid;

use crate::{SERVE, finish, program, run};

/// Flags, variables, and the one line they get.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

#[test]
fn bad_setting_prints_one_line_and_exits_78() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.toml");
    std::fs::write(&file, "model = 'gpt-5.5'\nmodle = 'x'").unwrap();
    let file = file.to_str().unwrap();
    let model = ("OPENCLAW_MODEL", "gpt-5.5");
    let dialects = lockpolicy::dialect::names().collect::<Vec<_>>().join(", ");
    let dialect = format!("model-lock: --dialect: unknown dialect `klingon`: {dialects} expected");
    let unknown =
        format!("model-lock: {file}: line 2: modle: unknown key: `mode` or `model` expected");
    let renamed = "MODEL_LOCK_DISCLOSE: renamed to `MODEL_LOCK_DISCLOSE_MODEL_IN_ERRORS`";
    let renamed = format!("model-lock: {renamed}");
    let empty = "model-lock: OPENCLAW_MODEL: empty: a model's name expected";
    let cases: [Case<'_>; 11] = [
        (
            &[],
            &[],
            "model-lock: OPENCLAW_MODEL: not set: set it to the one approved model, like gpt-5.5",
        ),
        (&[], &[("OPENCLAW_MODEL", "")], empty),
        (&[], &[("OPENCLAW_MODEL", " ")], empty),
        (
            &[],
            &[model, ("OPENCLAW_MODEL_LOCK_MODE", "Force")],
            "model-lock: OPENCLAW_MODEL_LOCK_MODE: unknown mode `Force`: force, reject or report_only expected",
        ),
        (&["--policy", file], &[], &unknown),
        (&[], &[model, ("MODEL_LOCK_DISCLOSE", "true")], &renamed),
        (
            &["--policy", "/nowhere"],
            &[model],
            "model-lock: /nowhere: No such file or directory (os error 2); --policy, MODEL_LOCK_POLICY or the default names this file",
        ),
        (
            &["--policy", "/"],
            &[model],
            "model-lock: /: not a regular file; --policy, MODEL_LOCK_POLICY or the default names this file",
        ),
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
        (&["--dialect", "klingon"], &[model], &dialect),
    ];
    for (flags, variables, line) in cases {
        let arguments = [&SERVE[..], flags].concat();
        let (status, out, errors) = run(&arguments, variables);
        assert_eq!(
            (status, out.as_str(), errors),
            (78, "", vec![line.to_owned()]),
            "{flags:?} {variables:?}"
        );
    }
}

#[test]
fn problems_of_settings_and_policy_are_reported_together() {
    let flags = ["serve", "--listen", "nowhere", "--upstream", "ftp://x"];
    let (status, _, errors) = run(
        &flags,
        &[("OPENCLAW_MODEL_LOCK_MODE", "x"), ("STATSD_PORT", "x")],
    );
    assert_eq!((status, errors.len()), (78, 5), "{errors:#?}");
}

#[test]
fn setting_that_is_not_utf8_is_reported() {
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
fn serve_on_a_used_port_prints_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen", "--admin"] {
        let arguments = if flag == "--listen" {
            vec!["serve", flag, &address]
        } else {
            vec!["serve", "--listen", "127.0.0.1:0", flag, &address]
        };
        let (status, out, errors) = run(&arguments, &[("OPENCLAW_MODEL", "gpt-5.5")]);
        assert_eq!(
            (status, out.as_str(), errors.len()),
            (1, "", 1),
            "{errors:?}"
        );
        assert!(
            errors[0].starts_with(&format!("model-lock: cannot listen on {address}: ")),
            "{errors:?}"
        );
    }
}

#[test]
fn renamed_flag_of_serve_exits_64_and_names_the_new_one() {
    for (old, new) in [
        ("--max-head", "--max-header-bytes"),
        ("--head-time", "--header-timeout"),
        ("--body-time", "--body-timeout"),
        ("--idle", "--idle-timeout"),
        ("--drain", "--drain-timeout"),
    ] {
        let (status, out, errors) = run(&["serve", old, "1"], &[]);
        assert_eq!((status, out.as_str()), (64, ""), "{errors:?}");
        let names_new = format!("'{new}'");
        assert!(errors.concat().contains(&names_new), "{errors:?}");
    }
}

#[test]
fn unparsable_command_line_exits_64_and_help_exits_0() {
    assert_eq!(run(&["serve", "--lisen", "x"], &[]).0, 64);
    assert_eq!(run(&[], &[]).0, 64);
    let (status, out, errors) = run(&["serve", "--help"], &[]);
    assert_eq!((status, errors.len()), (0, 0));
    for word in [
        "--upstream",
        "MODEL_LOCK_DRAIN_TIMEOUT",
        "STATSD_HOST",
        "OPENCLAW_MODEL_LOCK_MODE",
    ] {
        assert!(out.contains(word), "{word} in {out}");
    }
}

#[test]
fn check_prints_the_policy_and_its_origin() {
    let (status, out, errors) = run(&["check"], &[("OPENCLAW_MODEL", "gpt-5.5")]);
    assert_eq!((status, errors.len()), (0, 0));
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

#[test]
fn check_names_what_the_dialects_take_from_each_other() {
    for (dialects, warnings) in [
        ("openai,chatgpt", vec![]),
        (
            "openai,anthropic",
            vec!["warning = dialect `anthropic`: GET /v1/files/*/content is refused"],
        ),
        (
            "mistral,openai",
            vec!["warning = dialect `openai`: `mistral`, which is named first, has what both list"],
        ),
    ] {
        let variables = [
            ("OPENCLAW_MODEL", "gpt-5.5"),
            ("MODEL_LOCK_DIALECT", dialects),
        ];
        let (status, out, _) = run(&["check"], &variables);
        assert_eq!(status, 0);
        let lines: Vec<&str> = out
            .lines()
            .filter(|line| line.starts_with("warning"))
            .collect();
        assert_eq!(lines.len(), warnings.len(), "{out}");
        for (line, start) in lines.iter().zip(warnings) {
            assert!(line.starts_with(start), "{line}");
        }
    }
}

#[test]
fn check_names_the_dialects_that_do_not_put_a_pin_in() {
    let pinned = [
        ("OPENCLAW_MODEL", "gpt-5.5"),
        ("OPENCLAW_REASONING_EFFORT", "low"),
        ("OPENCLAW_SERVICE_TIER", "default"),
        ("MODEL_LOCK_DIALECT", "openai,deepseek"),
    ];
    let (status, out, errors) = run(&["check"], &pinned);
    assert_eq!((status, errors.len()), (0, 0));
    let is_of_a_pin = |line: &&str| line.starts_with("warning = ") && line.contains(": the pinned");
    let warnings = out.lines().filter(is_of_a_pin);
    let starts: Vec<&str> = warnings
        .filter_map(|line| line.split(" is not").next())
        .collect();
    assert_eq!(
        starts,
        [
            "warning = dialect `openai`: the pinned reasoning_effort",
            "warning = dialect `deepseek`: the pinned reasoning_effort",
            "warning = dialect `deepseek`: the pinned service_tier",
        ]
    );
    let (_, out, _) = run(&["check"], &pinned[..1]);
    assert!(!out.contains("warning"), "{out}");
}

#[test]
fn check_names_an_allowed_operation_that_runs_a_model() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.toml");
    std::fs::write(&file, "model = 'gpt-5.5'\nallow = ['POST /v1/messages']").unwrap();
    let (status, out, _) = run(&["check", "--policy", file.to_str().unwrap()], &[]);
    let warning = "\nwarning = `allow`: POST /v1/messages runs a model in dialect `anthropic`, and";
    assert!(status == 0 && out.contains(warning), "{out}");
    assert!(out.contains("--dialect"), "{out}");
}

#[test]
fn check_looks_at_the_way_to_the_provider_that_the_policy_file_names() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.toml");
    let check = |keys: &str| {
        std::fs::write(&file, format!("model = 'gpt-5.5'\n{keys}")).unwrap();
        run(&["check", "--policy", file.to_str().unwrap()], &[])
    };
    let (status, _, errors) = check("forward_proxy = 'ftp://proxy.example:21'");
    assert_eq!(status, 78);
    let named = format!("model-lock: {}: line 2: ", file.display());
    assert!(
        errors[0].starts_with(&(named.clone() + "forward_proxy: ")),
        "{errors:?}"
    );
    let (status, out, errors) = check("ca_file = '/nowhere.pem'");
    assert_eq!((status, out.as_str()), (78, ""));
    let problem = "ca_file: /nowhere.pem: the certificate authorities cannot be read: ";
    assert!(errors[0].starts_with(&(named + problem)), "{errors:?}");
    let serve = ["serve", "--policy", file.to_str().unwrap()];
    let (status, _, told) = run(&serve, &[]);
    assert_eq!((status, told), (78, errors));
    let named = [
        ("OPENCLAW_MODEL", "gpt-5.5"),
        ("SSL_CERT_FILE", "/nowhere.pem"),
    ];
    let (status, _, errors) = run(&["serve"], &named);
    assert_eq!(status, 78);
    assert!(
        errors[0].starts_with("model-lock: SSL_CERT_FILE: /nowhere.pem: "),
        "{errors:?}"
    );
    let (status, out, _) =
        check("forward_proxy = 'http://proxy.example:3128'\nca_file = '/etc/passwd'");
    assert!(status == 0 && !out.contains("warning"), "{out}");
}

#[test]
fn audit_verify_names_the_file_that_it_cannot_read() {
    let (status, _, errors) = run(&["audit", "verify", "/nowhere/audit.jsonl"], &[]);
    assert_eq!(status, 1);
    assert!(
        errors[0].starts_with("model-lock: cannot read /nowhere/audit.jsonl: "),
        "{errors:?}"
    );
}

/// Runs as somebody who owns nothing where we may; as ourselves where we are nobody special.
#[test]
fn policy_file_not_writable_by_the_user_overrides_the_environment() {
    let agent = [
        ("OPENCLAW_MODEL", "gpt-x"),
        ("OPENCLAW_MODEL_LOCK_MODE", "report_only"),
    ];
    if !geteuid().is_root() {
        let (status, _, errors) = run(&["check", "--policy", "/etc/passwd"], &agent);
        assert_eq!(status, 78);
        assert!(
            errors[0].starts_with("model-lock: /etc/passwd: policy file"),
            "{errors:?}"
        );
        return;
    }
    // Below /tmp, which anybody can write: its sticky bit is what keeps our directory in place.
    let directory = tempfile::tempdir().unwrap();
    let open =
        |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    open(directory.path(), 0o755);
    // Copied by another process: a thread that forks meanwhile would keep our copy open, and busy.
    assert_eq!(
        run(
            &["install", "--to", directory.path().to_str().unwrap()],
            &[]
        )
        .0,
        0
    );
    let (file, copy) = (
        directory.path().join("policy.toml"),
        directory.path().join("model-lock"),
    );
    std::fs::write(&file, "model = 'gpt-5.5'\nmode = 'reject'").unwrap();
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
        check().starts_with("mode = report_only\nmodel = gpt-x\n"),
        "whoever can replace the file can change it"
    );
    open(directory.path(), 0o755);
    open(&file, 0o666);
    assert!(check().starts_with("mode = report_only\nmodel = gpt-x\n"));
}

#[test]
fn install_creates_both_commands_and_keeps_a_foreign_codex() {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().join("bin");
    for _ in 0..2 {
        let mut command = program(&["install", "--to", "bin"], &[]);
        command.current_dir(directory.path());
        let (status, out, errors) = finish(command);
        assert_eq!((status, errors.len()), (0, 0), "{errors:?}");
        assert!(
            out.contains(&format!("export PATH=\"{}:$PATH\"", to.display())),
            "{out}"
        );
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
    let (status, out, errors) = run(
        &["install", "--to", directory.path().to_str().unwrap()],
        &[],
    );
    assert_eq!(
        (status, out.as_str(), errors.len()),
        (1, "", 1),
        "{errors:?}"
    );
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "real");
}
