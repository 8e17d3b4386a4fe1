//! The Debian package: what is in it, and a machine that gets it, changes it and gives it back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fake_provider::process::{self, Finished};
use tempfile::TempDir;

use crate::{PROGRAM, SOON, is_there, run};

/// Builds the package, uncompressed since it is thrown away.
fn build(to: &Path) -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/debian/build");
    let mut command = Command::new(script);
    command
        .arg(PROGRAM)
        .arg(to)
        .env("DPKG_DEB_COMPRESSOR_TYPE", "none");
    let built = process::run(&mut command, SOON).unwrap();
    assert!(built.status.success(), "{}", built.err());
    built.out().trim_end().into()
}

fn can_package() -> bool {
    is_there("dpkg-deb", "dpkg") && is_there("strip", "binutils")
}

#[test]
fn package_holds_what_a_host_needs_and_no_codex_on_path() {
    if !can_package() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let package = build(directory.path());
    let package = package.to_str().unwrap();
    let field = |name| run("dpkg-deb", &["--field", package, name]).out();
    let machine = run("dpkg", &["--print-architecture"]).out();
    assert_eq!(field("Package"), "model-lock\n");
    assert_eq!(field("Architecture"), machine);
    let file = format!(
        "model-lock_{}_{}.deb",
        field("Version").trim(),
        machine.trim()
    );
    assert!(package.ends_with(&file), "{package}");

    let contents = run("dpkg-deb", &["--contents", package]).out();
    let names: Vec<_> = contents
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5)?.strip_prefix('.'))
        .collect();
    for name in [
        "/usr/bin/model-lock",
        "/usr/lib/model-lock/codex",
        "/usr/lib/systemd/system/model-lock.service",
        "/usr/share/man/man1/model-lock.1.gz",
        "/usr/share/man/man1/model-lock-serve.1.gz",
        "/usr/share/bash-completion/completions/model-lock",
        "/usr/share/zsh/vendor-completions/_model-lock",
        "/usr/share/fish/vendor_completions.d/model-lock.fish",
        "/usr/share/doc/model-lock/copyright",
        "/etc/model-lock/policy.toml.example",
        "/etc/model-lock/environment",
    ] {
        assert!(names.contains(&name), "{name} in\n{contents}");
    }
    assert!(!names.iter().any(|name| name.ends_with("bin/codex")));
    assert!(
        !names.contains(&"/etc/model-lock/policy.toml"),
        "no model is chosen for anybody"
    );
    // Owned by root, and nobody else can write: mode, owner.
    for line in contents.lines().filter(|line| !line.starts_with('l')) {
        let modes = [
            "drwxr-xr-x root/root",
            "-rwxr-xr-x root/root",
            "-rw-r--r-- root/root",
        ];
        assert!(modes.iter().any(|mode| line.starts_with(mode)), "{line}");
    }
}

#[test]
fn package_of_the_same_program_is_reproducible() {
    if !can_package() {
        return;
    }
    let [one, two] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, two] = [&one, &two].map(|directory| fs::read(build(directory.path())).unwrap());
    assert!(one == two, "two packages of one program differ");
}

/// A machine without anything but dpkg's own register.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["var/lib/dpkg/info", "var/lib/dpkg/updates"] {
            fs::create_dir_all(root.path().join(name)).unwrap();
        }
        fs::write(root.path().join("var/lib/dpkg/status"), "").unwrap();
        Self(root)
    }

    fn place(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The machine has no libc and no shell of its own: what the package needs is not looked for, its scripts run outside.
    fn dpkg(&self, arguments: &[&str]) {
        let root = format!("--root={}", self.0.path().display());
        let own = [
            root.as_str(),
            "--force-script-chrootless",
            "--force-depends",
        ];
        run("dpkg", &[&own, arguments].concat());
    }

    /// Its files, without dpkg's.
    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        below(self.0.path(), &mut files);
        let root = format!("{}/", self.0.path().display());
        files.retain(|file| !file.contains("/var/"));
        files.iter().map(|file| file.replace(&root, "")).collect()
    }
}

fn below(place: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(place).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            below(&entry.path(), files);
        } else {
            files.push(entry.path().display().to_string());
        }
    }
    files.sort();
}

fn on(machine: &Machine, program: &str, arguments: &[&str]) -> Finished {
    let mut command = Command::new(machine.place(program));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    process::run(&mut command, SOON).unwrap()
}

#[test]
fn package_is_installed_changed_removed_and_purged() {
    if !can_package() {
        return;
    }
    assert!(
        rustix::process::geteuid().is_root(),
        "dpkg installs for root alone"
    );
    let directory = tempfile::tempdir().unwrap();
    let package = build(directory.path());
    let machine = Machine::new();
    let install = ["--install", package.to_str().unwrap()];
    machine.dpkg(&install);

    let version = on(&machine, "usr/bin/model-lock", &["--version"]);
    assert_eq!(
        version.out(),
        concat!("model-lock ", env!("CARGO_PKG_VERSION"), "\n")
    );
    // By the name of the link, it is the shim: without a policy, no codex runs.
    let shim = on(&machine, "usr/lib/model-lock/codex", &["exec", "hi"]);
    assert_eq!(shim.status.code(), Some(78), "{}", shim.err());
    let example = machine.place("etc/model-lock/policy.toml.example");
    let checked = on(
        &machine,
        "usr/bin/model-lock",
        &["check", "--policy", example.to_str().unwrap()],
    );
    assert_eq!(checked.status.code(), Some(0), "{}", checked.err());

    // What an operator changes and adds stays, through an upgrade and a removal.
    let changed = machine.place("etc/model-lock/environment");
    fs::write(&changed, "STATSD_HOST=127.0.0.1\n").unwrap();
    fs::write(
        machine.place("etc/model-lock/policy.toml"),
        "model = \"gpt-5.5\"\n",
    )
    .unwrap();
    machine.dpkg(&install);
    assert_eq!(
        fs::read_to_string(&changed).unwrap(),
        "STATSD_HOST=127.0.0.1\n"
    );
    machine.dpkg(&["--remove", "model-lock"]);
    assert_eq!(
        machine.files(),
        ["environment", "policy.toml", "policy.toml.example"]
            .map(|name| format!("etc/model-lock/{name}"))
    );
    machine.dpkg(&["--purge", "model-lock"]);
    assert_eq!(machine.files(), ["etc/model-lock/policy.toml"]);
}

#[test]
fn package_of_a_file_that_is_no_program_is_refused() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/debian/build");
    for (arguments, status) in [
        (&[][..], 64),
        (&["/nonexistent"], 66),
        (&[PROGRAM, "/nonexistent"], 66),
        (&["/bin/true", "/tmp"], 66),
    ] {
        let built = process::run(Command::new(script).args(arguments), SOON).unwrap();
        assert_eq!(
            built.status.code(),
            Some(status),
            "{arguments:?} {}",
            built.err()
        );
        assert!(built.err().starts_with("build: "), "{}", built.err());
    }
}
