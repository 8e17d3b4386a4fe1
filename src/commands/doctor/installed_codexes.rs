//! Finds every codex that can be started here.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lockpolicy::agents::codex::CODEX;
use shim::Process;

use super::finding::Finding;
use super::trial::output;
use crate::codex_on_path::{self, Reachable};

/// The codexes that can be started.
#[derive(Debug)]
pub(crate) struct Codexes {
    /// The shim, where it stands on `PATH`.
    pub(crate) shim: Option<PathBuf>,
    /// The real codex that it runs.
    pub(crate) real: Option<PathBuf>,
    /// Every codex that is not ours, each file once; the one that the shim becomes first.
    pub(crate) others: Vec<PathBuf>,
}

/// Looks at `PATH`, at a login shell, and where programs are put by hand and by package managers.
pub(crate) fn find(process: &Process, findings: &mut Vec<Finding>) -> Codexes {
    let found = codex_on_path::of_process(process);
    let shim = found.iter().find(|codex| codex.ours);
    match (shim, found.first()) {
        (None, _) => findings.push(Finding::no_shim()),
        (Some(_), Some(first)) if !first.ours => {
            findings.push(Finding::shim_not_first(first.path.display()));
        }
        _ => findings.extend(in_login_shell(process)),
    }
    let real = match shim::find_real(&codex_on_path::as_shim(process.clone(), &found), CODEX) {
        Ok(real) => Some(real),
        Err(error) => {
            findings.push(Finding::no_codex(error));
            None
        }
    };
    let others = others(process, &found, real.as_deref());
    let other = |path: &PathBuf| Finding::other_codex(path.display());
    findings.extend(others.iter().map(other));
    Codexes {
        shim: shim.map(|codex| codex.path.clone()),
        real,
        others,
    }
}

/// codex runs its tool calls in a login shell, whose profile may set `PATH` anew.
fn in_login_shell(process: &Process) -> Option<Finding> {
    let shell = process.variable("SHELL").map(PathBuf::from);
    let known = |shell: &PathBuf| {
        let name = shell.file_name().and_then(OsStr::to_str);
        shell.is_file() && name.is_some_and(|name| SHELLS.contains(&name))
    };
    let shell = shell
        .filter(known)
        .unwrap_or_else(|| PathBuf::from("/bin/sh"));
    let mut command = Command::new(&shell);
    command
        .args(["-l", "-c", "command -v codex"])
        .env_clear()
        .envs(&process.env);
    let (_, text) = output(&mut command, Duration::from_secs(10))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let last = text.lines().rfind(|line| line.starts_with('/'));
    let program = process.program.as_deref().unwrap_or(Path::new("/"));
    // Where it finds none, nothing can run there.
    let found = Reachable::at(PathBuf::from(last?), program)?;
    (!found.ours).then(|| Finding::login_shell(found.path.display()))
}

fn others(process: &Process, on_path: &[Reachable], real: Option<&Path>) -> Vec<PathBuf> {
    let program = process.program.as_deref().unwrap_or(Path::new("/"));
    let known = places(process).into_iter();
    let known = known.filter_map(|place| Reachable::at(place, program));
    let all = on_path.iter().cloned().chain(known);
    let paths = all.filter(|codex| !codex.ours).map(|codex| codex.path);
    let (mut others, mut files) = (Vec::new(), Vec::new());
    for path in real.map(Path::to_owned).into_iter().chain(paths) {
        let file = path.canonicalize().unwrap_or_else(|_| path.clone());
        if !files.contains(&file) {
            files.push(file);
            others.push(path);
        }
    }
    others
}

/// Returns the places where a codex may stand besides `PATH`.
fn places(process: &Process) -> Vec<PathBuf> {
    let directory = process.directory.iter();
    let directories = directory.flat_map(|directory| directory.ancestors());
    let bin = |directory: &Path| directory.join("node_modules/.bin");
    let mut places: Vec<PathBuf> = directories.map(bin).collect();
    places.extend(MACHINE.map(PathBuf::from));
    let home = process.variable("HOME").map(Path::new);
    if let Some(home) = home {
        places.extend(HOMES.map(|name| home.join(name)));
    }
    for (name, below) in PREFIXES {
        let prefix = process.variable(name).map(Path::new);
        places.extend(prefix.map(|prefix| prefix.join(below)));
    }
    let versions = home.map(|home| home.join(".nvm/versions/node"));
    let versions = versions.and_then(|place| place.read_dir().ok());
    let versions = versions.into_iter().flatten().flatten();
    places.extend(versions.map(|version| version.path().join("bin")));
    let codex = |place: PathBuf| place.join(CODEX.executable);
    places.into_iter().map(codex).collect()
}

/// Returns codex's home directory.
pub(crate) fn home(process: &Process) -> PathBuf {
    shim::codex_home(process).unwrap_or_else(|| PathBuf::from("/.codex"))
}

/// The shells that are asked by `-l -c`.
const SHELLS: [&str; 5] = ["bash", "dash", "ksh", "sh", "zsh"];
/// Directories of the machine.
const MACHINE: [&str; 4] = [
    "/usr/local/bin",
    "/usr/bin",
    "/opt/homebrew/bin",
    "/opt/codex/bin",
];
/// Variables that name a prefix of packages, and where programs are below it.
const PREFIXES: [(&str, &str); 3] = [
    ("NPM_CONFIG_PREFIX", "bin"),
    ("npm_config_prefix", "bin"),
    ("PNPM_HOME", ""),
];
/// Below a home.
const HOMES: [&str; 7] = [
    ".local/bin",
    ".npm-global/bin",
    ".bun/bin",
    ".volta/bin",
    ".cargo/bin",
    ".local/share/pnpm",
    "bin",
];
