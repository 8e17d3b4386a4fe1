//! codex's configuration files: those that define its providers, and the file of its login.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use lockpolicy::agents::codex::cli::directories;
use lockpolicy::agents::codex::config::{Layer, Providers, Unreadable, is_account, role_files};

use crate::regular_file::{self, CONFIGURATION_CAP};
use crate::workspace::{File, Workspace};
use crate::{Process, ShimError};

/// Reads the files of the working directory, the machine and the user, lowest first, and then those of
/// their roles.
///
/// # Errors
///
/// Returns [`ShimError::Configuration`] where a file states an address that nothing can override, and
/// [`ShimError::NotRead`] where one that may do so cannot be read. Returns [`ShimError::NoHome`] where codex's home
/// directory is not known.
pub(crate) fn providers(process: &Process, ignores_user: bool) -> Result<Providers, ShimError> {
    let mut workspace = Workspace::default();
    let project = workspace.texts(project(process))?;
    let home = home(process).ok_or(ShimError::NoHome)?;
    let user = (!ignores_user).then(|| home.join("config.toml"));
    let own = [Some(PathBuf::from(MACHINE)), user].into_iter().flatten();
    let own = workspace.texts(own)?;
    let mut owned: Vec<Layer<'_>> = Vec::new();
    for (file, text) in &own {
        owned.push(Layer::Own(text));
        if let Err(why) = Providers::read(owned.iter().copied()) {
            // The user's file, which comes behind, may select another provider.
            if why == Unreadable::Syntax || owned.len() == own.len() {
                return Err(refused(file, why));
            }
        }
    }
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
    let by_project = project_roles(process, &project, &mut workspace)?;
    let by_user = own_roles(process, &own, &mut workspace)?;
    let of_project = by_project
        .iter()
        .map(|(file, text)| (file, Layer::ProjectRole(text)));
    let of_user = by_user.iter().map(|(file, text)| (file, Layer::Role(text)));
    // No codex takes what is no TOML as a role.
    let is_role =
        |(_, role): &(&PathBuf, Layer<'_>)| Providers::read([*role]) != Err(Unreadable::Syntax);
    let roles: Vec<_> = of_project.chain(of_user).filter(is_role).collect();
    check_roles(&layers, &roles)?;
    Providers::read(layers).map_err(|why| refused(Path::new(MACHINE), why))
}

/// Checks each role on top of the other files: all at once, and where one is refused, half of them, and so on, since
/// the other files are read again each time.
fn check_roles(layers: &[Layer<'_>], roles: &[(&PathBuf, Layer<'_>)]) -> Result<(), ShimError> {
    let texts = roles.iter().map(|(_, role)| *role);
    let Err(why) = Providers::read(layers.iter().copied().chain(texts)) else {
        return Ok(());
    };
    match roles {
        [] => Err(refused(Path::new(MACHINE), why)),
        [(file, _)] => Err(refused(file, why)),
        several => {
            let (first, rest) = several.split_at(several.len() / 2);
            check_roles(layers, first)?;
            check_roles(layers, rest)
        }
    }
}

fn project_roles(
    process: &Process,
    configurations: &[File],
    workspace: &mut Workspace,
) -> Result<Vec<File>, ShimError> {
    let beside = project(process).filter_map(|file| Some(file.parent()?.join("agents")));
    roles(beside, configurations, (workspace, false))
}

fn own_roles(
    process: &Process,
    configurations: &[File],
    workspace: &mut Workspace,
) -> Result<Vec<File>, ShimError> {
    let beside = home(process).map(|home| home.join("agents"));
    roles(beside.into_iter(), configurations, (workspace, true))
}

/// Returns the files of all roles: those in these directories, and those that a configuration names.
fn roles(
    directories: impl Iterator<Item = PathBuf>,
    configurations: &[File],
    (workspace, own): (&mut Workspace, bool),
) -> Result<Vec<File>, ShimError> {
    let mut files = Vec::new();
    for directory in directories {
        files.append(&mut workspace.below(&directory, own)?);
    }
    for (file, text) in configurations {
        let beside = |name: &String| Some(file.parent()?.join(name));
        files.extend(role_files(text).iter().filter_map(beside));
    }
    workspace.texts(files)
}

fn refused(file: &Path, why: Unreadable) -> ShimError {
    let file = file.to_owned();
    ShimError::Configuration { file, why }
}

/// The machine's configuration.
const MACHINE: &str = "/etc/codex/config.toml";

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

/// Returns codex's home directory, where one is known: below the user's, which is that of `HOME` or else that of the
/// user's entry in `/etc/passwd`, as codex finds it.
pub fn home(process: &Process) -> Option<PathBuf> {
    let user = || process.variable("HOME").map(PathBuf::from);
    process
        .variable("CODEX_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(user().or_else(entered_home)?.join(".codex")))
}

/// Returns the home directory in the user's entry of `/etc/passwd`.
fn entered_home() -> Option<PathBuf> {
    let entries = regular_file::read(Path::new("/etc/passwd"), CONFIGURATION_CAP).ok()?;
    let user = rustix::process::getuid().as_raw();
    home_in(&entries, user).filter(|home| !home.as_os_str().is_empty())
}

fn home_in(entries: &[u8], user: u32) -> Option<PathBuf> {
    let mut entries = entries.split(|byte| *byte == b'\n');
    entries.find_map(|entry| {
        let fields: Vec<&[u8]> = entry.split(|byte| *byte == b':').collect();
        let [_, _, number, _, _, home, ..] = fields.as_slice() else {
            return None;
        };
        let number: u32 = std::str::from_utf8(number).ok()?.parse().ok()?;
        (number == user).then(|| PathBuf::from(OsStr::from_bytes(home)))
    })
}

/// Returns true where codex is logged in with an account. Only the presence of fields is read.
pub(crate) fn has_account(process: &Process) -> bool {
    if process.variable("CODEX_API_KEY").is_some() {
        return false;
    }
    let file = home(process).map(|home| home.join("auth.json"));
    let file = file.and_then(|file| regular_file::read(&file, CONFIGURATION_CAP).ok());
    file.is_some_and(|text| is_account(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_is_found_as_codex_finds_it() {
        let process = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            let env = pairs.map(|(name, value)| ((*name).into(), (*value).into()));
            Process {
                env: env.collect(),
                ..Process::default()
            }
        };
        let own = process(&[("CODEX_HOME", "/c"), ("HOME", "/h")]);
        assert_eq!(home(&own), Some("/c".into()));
        let user = process(&[("CODEX_HOME", ""), ("HOME", "/h")]);
        assert_eq!(home(&user), Some("/h/.codex".into()));
        let entered = entered_home().map(|home| home.join(".codex"));
        assert_eq!(home(&process(&[("HOME", "")])), entered);
        let entries =
            b"# x\nroot:x:0:0:root:/root:/bin/sh\nu:x:1000:1000::/home/u:/bin/sh\nshort:x:7\n";
        assert_eq!(home_in(entries, 1000), Some("/home/u".into()));
        assert_eq!((home_in(entries, 7), home_in(entries, 8)), (None, None));
    }
}
