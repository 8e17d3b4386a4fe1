//! What the image is built of: the files that may come in are enough for a build, and what is written in two places agrees.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fake_provider::process;

use crate::stage::{Stage, of_the_repository};
use crate::text::file;

/// The files that `.dockerignore` lets in; everything else stays out.
fn let_in() -> Vec<String> {
    let ignore = file(".dockerignore");
    let mut lines = ignore
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    assert_eq!(
        lines.next(),
        Some("*"),
        "nothing comes in unless it is named"
    );
    lines
        .map(|line| line.strip_prefix('!').expect(line).to_owned())
        .collect()
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        copy(&from.join(&name), &to.join(&name));
    }
}

/// cargo finds every package of the workspace and a lock file that is whole, without the rest of the repository.
#[test]
fn build_context_holds_the_whole_workspace() {
    let stage = Stage::new();
    for name in let_in() {
        copy(&of_the_repository(&name), &stage.place("src").join(&name));
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["tree", "--workspace", "--edges", "normal", "--prefix"])
        .args(["none", "--locked", "--offline", "--quiet"])
        .current_dir(stage.place("src"));
    let finished = process::run(&mut cargo, Duration::from_mins(1)).unwrap();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
    for package in [
        "lockpolicy",
        "model-lock",
        "observe",
        "proxy",
        "shim",
        "fake_provider",
    ] {
        let named = format!("{package} v{}", env!("CARGO_PKG_VERSION"));
        assert!(
            finished.out().lines().any(|line| line.starts_with(&named)),
            "{package}"
        );
    }
}

/// Neither tests, nor documents, nor what a developer left lying about.
#[test]
fn build_context_holds_nothing_else() {
    let packages = [
        "lockpolicy",
        "observe",
        "proxy",
        "shim",
        "src",
        "tests/fake_provider",
        "tests/policy_corpus",
    ];
    let all = packages.iter().chain(&["Cargo.lock", "Cargo.toml"]);
    let found: BTreeSet<_> = let_in().into_iter().collect();
    assert_eq!(found, all.map(|name| (*name).to_owned()).collect());
}

#[test]
fn repeated_versions_agree() {
    let image = file("Dockerfile");
    let toolchain = file("rust-toolchain.toml");
    let channel = toolchain
        .lines()
        .find_map(|line| line.strip_prefix("channel = \""));
    let channel = channel.unwrap().trim_end_matches('"');
    assert!(image.contains(&format!("\nFROM rust:{channel}-slim-bookworm AS build\n")));
    assert!(image.contains(&format!("\nENV RUSTUP_TOOLCHAIN={channel}\n")));
    let version = env!("CARGO_PKG_VERSION");
    let label = format!("org.opencontainers.image.version=\"{version}\"");
    assert!(image.contains(&label));
    let tag = format!("${{MODEL_LOCK_IMAGE:-model-lock:{version}}}");
    assert_eq!(file("deploy/compose/compose.yaml").matches(&tag).count(), 2);
    let agent = file("deploy/compose/openclaw/Dockerfile");
    assert!(agent.contains(&format!("ARG MODEL_LOCK_IMAGE=model-lock:{version}\n")));
}
