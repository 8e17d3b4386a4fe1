//! A place to run a page's command in: our program and a codex on `PATH`, a policy, and a file for what is called FILE.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;
use std::time::Duration;

use fake_provider::process::{self, Finished};

pub(crate) fn run(command: &str) -> Finished {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    for name in ["bin", "real", "target/release"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    for name in ["bin/model-lock", "bin/codex", "target/release/model-lock"] {
        symlink(env!("CARGO_BIN_EXE_model-lock"), at(name)).unwrap();
    }
    fs::write(at("real/codex"), "#!/bin/sh\necho codex-cli 0.169.0\n").unwrap();
    fs::set_permissions(at("real/codex"), fs::Permissions::from_mode(0o755)).unwrap();
    let file = if command.contains("--policy") {
        "model = \"gpt-5.5\"\n"
    } else {
        ""
    };
    fs::write(at("FILE"), file).unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .env_clear()
        .current_dir(place.path());
    shell
        .env(
            "PATH",
            format!(
                "{}:{}:/usr/bin:/bin",
                at("bin").display(),
                at("real").display()
            ),
        )
        .env("HOME", place.path())
        .env("OPENCLAW_MODEL", "gpt-5.5");
    process::run(&mut shell, LONG).unwrap()
}

const LONG: Duration = Duration::from_mins(1);
