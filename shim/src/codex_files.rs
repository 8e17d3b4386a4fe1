//! codex's configuration files: those that define its providers, and the file of its login.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use lockpolicy::agents::codex::cli::directories;
use lockpolicy::agents::codex::config::{Layer, Providers, Unreadable, is_account, role_files};

use crate::{Process, ShimError};

/// Reads the files of the working directory, the machine and the user, lowest first, and then those of
/// their roles.
///
/// # Errors
///
/// Returns [`ShimError::Configuration`] where a file states an address that nothing can override.
pub(crate) fn providers(process: &Process) -> Result<Providers, ShimError> {
    let project: Vec<File> = project(process).filter_map(with_text).collect();
    let user = home(process).map(|home| home.join("config.toml"));
    let own = [Some(PathBuf::from(MACHINE)), user].into_iter().flatten();
    let own: Vec<File> = own.filter_map(with_text).collect();
    for (file, text) in &own {
        Providers::read([Layer::Own(text)]).map_err(|why| refused(file, why))?;
    }
    let owned: Vec<Layer<'_>> = own.iter().map(|(_, text)| Layer::Own(text)).collect();
    let mut layers = Vec::new();
    for (file, text) in &project {
        let layer = Layer::Project(text);
        match Providers::read(owned.iter().copied().chain([layer])) {
            Ok(_) => layers.push(layer),
            // Every codex that reads it refuses it.
            Err(Unreadable::Syntax) => {}
            Err(why) => return Err(refused(file, why)),
        }
    }
    layers.extend(owned);
    let read = |role: Option<Layer<'_>>| Providers::read(layers.iter().copied().chain(role));
    let (by_project, by_user) = (project_roles(process, &project), own_roles(process, &own));
    let of_project = by_project
        .iter()
        .map(|(file, text)| (file, Layer::ProjectRole(text)));
    let of_user = by_user.iter().map(|(file, text)| (file, Layer::Role(text)));
    for (file, role) in of_project.chain(of_user) {
        match read(Some(role)) {
            // No codex takes it as a role then.
            Ok(_) | Err(Unreadable::Syntax) => {}
            Err(why) => return Err(refused(file, why)),
        }
    }
    read(None).map_err(|why| refused(Path::new(MACHINE), why))
}

/// A file and its text.
type File = (PathBuf, String);

fn project_roles(process: &Process, configurations: &[File]) -> Vec<File> {
    let beside = project(process).filter_map(|file| Some(file.parent()?.join("agents")));
    roles(beside, configurations)
}

fn own_roles(process: &Process, configurations: &[File]) -> Vec<File> {
    let beside = home(process).map(|home| home.join("agents"));
    roles(beside.into_iter(), configurations)
}

/// Returns the files of all roles: those in these directories, and those that a configuration names.
fn roles(directories: impl Iterator<Item = PathBuf>, configurations: &[File]) -> Vec<File> {
    let mut files = Vec::new();
    for directory in directories {
        below(&directory, MAX_DEPTH, &mut files);
    }
    for (file, text) in configurations {
        let beside = |name: &String| Some(file.parent()?.join(name));
        files.extend(role_files(text).iter().filter_map(beside));
    }
    files.into_iter().filter_map(with_text).collect()
}

/// Collects the files with the extension of a role's, to a depth that no user exceeds.
fn below(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let place = entry.path();
        if place.extension() == Some(OsStr::new("toml")) {
            files.push(place);
        } else if depth > 0 && place.is_dir() {
            below(&place, depth - 1, files);
        }
    }
}

/// The depth to which directories of roles are searched.
const MAX_DEPTH: usize = 8;

fn refused(file: &Path, why: Unreadable) -> ShimError {
    let file = file.to_owned();
    ShimError::Configuration { file, why }
}

/// The machine's configuration.
const MACHINE: &str = "/etc/codex/config.toml";

/// Returns a file and its text; `None` where codex could not read it either.
fn with_text(file: PathBuf) -> Option<File> {
    let bytes = fs::read(&file).ok()?;
    Some((file, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Returns the configuration files of every directory that codex works in, and of those above.
fn project(process: &Process) -> impl Iterator<Item = PathBuf> {
    let args: Vec<&[u8]> = process.args.iter().map(|arg| arg.as_bytes()).collect();
    let start = process.directory.clone().unwrap_or_else(|| "/".into());
    let others = directories(&args).into_iter();
    let others = others.map(|other| start.join(OsStr::from_bytes(other)));
    let places: Vec<PathBuf> = others.chain([start.clone()]).collect();
    let above = places.into_iter().flat_map(|place| {
        let above = place
            .ancestors()
            .map(|place| place.join(".codex/config.toml"));
        above.collect::<Vec<PathBuf>>()
    });
    let own = home(process).map(|home| home.join("config.toml"));
    above.filter(move |file| own.as_ref() != Some(file))
}

/// Returns codex's home directory, where one is known.
pub fn home(process: &Process) -> Option<PathBuf> {
    let home = || Some(PathBuf::from(process.variable("HOME")?).join(".codex"));
    process
        .variable("CODEX_HOME")
        .map(PathBuf::from)
        .or_else(home)
}

/// Returns true where codex is logged in with an account. Only the presence of fields is read.
pub(crate) fn has_account(process: &Process) -> bool {
    if process.variable("CODEX_API_KEY").is_some() {
        return false;
    }
    let file = home(process).and_then(|home| fs::read(home.join("auth.json")).ok());
    file.is_some_and(|text| is_account(&text))
}
