//! The version of the real codex: from the `package.json` of its package, or else from what it prints.
//!
//! Asking the program takes longer than reading a file, so its answer is kept in the user's cache directory for as long
//! as the file of the program stays the same.

use std::fs::{self, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use lockpolicy::agents::codex::{Release, printed_version, version_of_package};

use crate::Process;
use crate::recursion::DEPTH;
use crate::regular_file;

/// The version of a codex, and what the tables know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodexVersion {
    /// The version as it is written; `None` where it is not known.
    pub text: Option<String>,
    /// What the tables know of it.
    pub release: Release,
}

impl CodexVersion {
    /// Returns the version of a program.
    pub fn of(process: &Process, program: &Path) -> Self {
        let text = packaged(program).or_else(|| printed(process, program));
        let release = text.as_deref().map_or(Release::Unknown, Release::of);
        Self { text, release }
    }

    /// Returns what a person has to know of a codex that is newer than the tables.
    pub fn warning(&self) -> Option<String> {
        let text = self
            .text
            .as_deref()
            .filter(|_| self.release == Release::Newer)?;
        Some(format!(
            "codex {} is newer than {}, the newest that this model-lock was tested with: commands, options and JSON-RPC methods that are new in it are not known; the pin is put into every command line; update model-lock",
            lockpolicy::escape_for_log(text),
            Release::newest(),
        ))
    }
}

/// Returns the version in the package of a program: beside the program itself or above it, where npm and the archives
/// of the vendor put it.
fn packaged(program: &Path) -> Option<String> {
    let file = program.canonicalize().ok()?;
    let above = file.ancestors().skip(1).take(LEVELS);
    let mut packages = above.flat_map(|place| PACKAGES.map(|name| place.join(name)));
    packages.find_map(|package| {
        let text = regular_file::read(&package, PACKAGE_CAP).ok()?;
        version_of_package(&text)
    })
}

/// Returns the version that the program printed when it was last changed, or prints now.
fn printed(process: &Process, program: &Path) -> Option<String> {
    let file = fs::metadata(program).ok()?;
    let cache = cache(process, &file);
    let known = cache.as_deref().and_then(|place| cached(place, &file));
    let known = known.or_else(|| {
        let answer = ask(process, program)?;
        if let Some(place) = &cache {
            // Without it the program is asked again.
            drop(keep(place, &file, &answer));
        }
        Some(answer)
    });
    known.filter(|text| text != SILENT)
}

/// Returns the file that keeps the version of a program, by its device and inode.
fn cache(process: &Process, file: &Metadata) -> Option<PathBuf> {
    let home = || Some(Path::new(process.variable("HOME")?).join(".cache"));
    let own = process.variable("XDG_CACHE_HOME").map(PathBuf::from);
    let directory = own.filter(|place| place.is_absolute()).or_else(home)?;
    let name = format!("codex-version-{:x}-{:x}", file.dev(), file.ino());
    Some(directory.join("model-lock").join(name))
}

fn cached(place: &Path, file: &Metadata) -> Option<String> {
    let text = regular_file::read_text(place, PACKAGE_CAP).ok()?;
    let (time, version) = text.trim_end().split_once(' ')?;
    (time == modified(file)).then(|| version.to_owned())
}

fn keep(place: &Path, file: &Metadata, version: &str) -> std::io::Result<()> {
    let aside = place.with_extension(std::process::id().to_string());
    fs::create_dir_all(place.parent().unwrap_or(place))?;
    fs::write(&aside, format!("{} {version}\n", modified(file)))?;
    fs::rename(aside, place)
}

fn modified(file: &Metadata) -> String {
    format!("{}.{}", file.mtime(), file.mtime_nsec())
}

/// Asks the program. `None` where it prints no version; one that takes too long is not asked again.
fn ask(process: &Process, program: &Path) -> Option<String> {
    let mut child = Command::new(program)
        .arg("--version")
        .env_clear()
        .envs(&process.env)
        .env(
            DEPTH,
            crate::recursion::next_depth(process).ok()?.to_string(),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = output.take(PACKAGE_CAP).read_to_string(&mut text);
        sender.send(read.map(|_| text))
    });
    let text = receiver.recv_timeout(PATIENCE);
    // It has printed all that it will, or takes too long.
    child.kill().unwrap_or_default();
    child.wait().ok()?;
    match text {
        Ok(text) => printed_version(&text.ok()?).map(str::to_owned),
        Err(_) => Some(SILENT.to_owned()),
    }
}

/// The names of the file, in packages of npm and in archives.
const PACKAGES: [&str; 2] = ["codex-package.json", "package.json"];
/// The directories that are searched: `vendor/TARGET/bin` is the deepest place of a program in its package.
const LEVELS: usize = 4;
/// The most bytes of a `package.json`, and of what a program prints.
const PACKAGE_CAP: u64 = 64 << 10;
/// What is kept of a program that did not answer in time.
const SILENT: &str = "silent";
/// The time that a program may take to print its version; codex takes some hundredths of a second.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use tempfile::TempDir;

    /// A program that prints a version and counts how often.
    fn program(root: &TempDir, name: &str, version: &str) -> PathBuf {
        let place = root.path().join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let count = root.path().join("asked");
        let script = format!(
            "#!/bin/sh\necho x >> {}\necho codex-cli {version}\n",
            count.display()
        );
        fs::write(&place, script).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        place
    }

    fn asked(root: &TempDir) -> usize {
        let text = fs::read_to_string(root.path().join("asked"));
        text.unwrap_or_default().lines().count()
    }

    fn process(root: &TempDir) -> Process {
        Process {
            env: [("HOME".into(), root.path().into())].into(),
            ..Process::default()
        }
    }

    #[test]
    fn package_of_the_program_states_its_version() {
        let root = TempDir::new().unwrap();
        for (program_name, package) in [
            ("a/codex", "a/package.json"),
            ("b/bin/codex", "b/package.json"),
            ("c/vendor/t/bin/codex", "c/package.json"),
            ("d/bin/codex", "d/codex-package.json"),
        ] {
            let file = program(&root, program_name, "0.1.0");
            let text = r#"{"name":"@openai/codex","version":"0.172.0-linux-x64"}"#;
            fs::write(root.path().join(package), text).unwrap();
            let link = root.path().join("link");
            symlink(&file, &link).unwrap();
            let found = CodexVersion::of(&process(&root), &link);
            assert_eq!(found.text.as_deref(), Some("0.172.0-linux-x64"));
            assert_eq!(found.release, Release::Newer);
            fs::remove_file(link).unwrap();
        }
        assert_eq!(asked(&root), 0);
    }

    #[test]
    fn program_without_a_package_is_asked_once_until_it_changes() {
        let root = TempDir::new().unwrap();
        let file = program(&root, "bin/codex", "0.171.0");
        fs::write(
            root.path().join("package.json"),
            r#"{"name":"mine","version":"9.9.9"}"#,
        )
        .unwrap();
        for _ in 0..3 {
            let found = CodexVersion::of(&process(&root), &file);
            assert_eq!(found.text.as_deref(), Some("0.171.0"));
            assert_eq!((found.release, asked(&root)), (Release::Listed, 1));
        }
        program(&root, "bin/codex", "0.200.0");
        fs::File::open(&file)
            .unwrap()
            .set_modified(std::time::UNIX_EPOCH)
            .unwrap();
        let found = CodexVersion::of(&process(&root), &file);
        assert_eq!((found.release, asked(&root)), (Release::Newer, 2));
        assert!(
            found
                .warning()
                .unwrap()
                .contains("codex 0.200.0 is newer than")
        );
    }

    #[test]
    fn version_of_a_program_that_states_none_is_unknown() {
        let root = TempDir::new().unwrap();
        let file = program(&root, "codex", "of mine");
        assert_eq!(
            CodexVersion::of(&process(&root), &file).release,
            Release::Unknown
        );
        let absent = CodexVersion::of(&process(&root), Path::new("/nowhere/codex"));
        assert_eq!((absent.warning(), absent.release), (None, Release::Unknown));
    }
}
