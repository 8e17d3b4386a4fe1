//! Finds out if the user who runs this program could change the file behind a path.
//!
//! A file is tamper-proof where that user can neither write it, nor replace it or any directory or link on
//! the way to it. What somebody owns on a writable mount counts as writable, whatever its mode says:
//! an owner can change the mode.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, StatVfsMountFlags, accessat, statvfs};

/// The number of links that are followed before the path counts as unprotected.
const LINKS: usize = 64;

/// Returns true if the user who runs this program cannot change a file.
///
/// # Errors
///
/// Returns an error if the path or something on the way to it cannot be inspected.
pub(crate) fn is_tamper_proof(path: &Path) -> io::Result<bool> {
    walk(path, &can_change)
}

/// Looks at every step of the way, and of the way of every link on it.
fn walk(path: &Path, can_change: &dyn Fn(&Path) -> io::Result<bool>) -> io::Result<bool> {
    if can_change(path)? {
        return Ok(false);
    }
    let mut seen = BTreeSet::new();
    let mut waiting = vec![std::path::absolute(path)?];
    while let Some(path) = waiting.pop() {
        if seen.len() > LINKS {
            return Ok(false);
        }
        if !seen.insert(path.clone()) {
            continue;
        }
        for step in path.ancestors() {
            if can_replace(step, can_change)? {
                return Ok(false);
            }
            waiting.extend(target(step)?);
        }
    }
    Ok(true)
}

/// Returns the target of a link, if the path is one.
fn target(step: &Path) -> io::Result<Option<PathBuf>> {
    if !std::fs::symlink_metadata(step)?.is_symlink() {
        return Ok(None);
    }
    let target = std::fs::read_link(step)?;
    let parent = step.parent().unwrap_or(step);
    // `..` in a link is resolved by the directory it stands in, not by the text.
    let parent = parent.canonicalize()?;
    Ok(Some(parent.join(target)))
}

/// Returns true if the entry could be unlinked or renamed, and another put in its place.
fn can_replace(entry: &Path, can_change: &dyn Fn(&Path) -> io::Result<bool>) -> io::Result<bool> {
    let Some(directory) = entry.parent() else {
        return Ok(false);
    };
    if !can_change(directory)? || is_mount(entry) {
        return Ok(false);
    }
    Ok(!is_kept_by_sticky(directory, entry)?)
}

/// Returns true if the file or directory can be written, or made writable first.
fn can_change(path: &Path) -> io::Result<bool> {
    if accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok() {
        return Ok(true);
    }
    let owned = std::fs::metadata(path)?.uid() == rustix::process::geteuid().as_raw();
    Ok(owned && !statvfs(path)?.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Returns true if the directory's sticky bit keeps others from replacing the entry.
fn is_kept_by_sticky(directory: &Path, entry: &Path) -> io::Result<bool> {
    const STICKY: u32 = 0o1000;
    let around = std::fs::metadata(directory)?;
    let me = rustix::process::geteuid();
    let mine = |uid: u32| me.is_root() || uid == me.as_raw();
    Ok(around.mode() & STICKY != 0
        && !mine(around.uid())
        && !mine(std::fs::symlink_metadata(entry)?.uid()))
}

/// Returns true if something is mounted on the entry: such an entry can be neither renamed nor unlinked.
#[cfg(target_os = "linux")]
fn is_mount(entry: &Path) -> bool {
    use rustix::fs::{StatxAttributes, StatxFlags, statx};
    statx(CWD, entry, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty())
        .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

#[cfg(not(target_os = "linux"))]
fn is_mount(_entry: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_that_we_made_is_never_tamper_proof() {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("policy.toml");
        std::fs::write(&file, "model = 'a'").unwrap();
        assert!(!is_tamper_proof(&file).unwrap());
        std::fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o500)).unwrap();
        assert!(
            !is_tamper_proof(&file).unwrap(),
            "an owner can change the mode back"
        );
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn link_in_the_middle_of_a_path_is_checked() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        for name in ["protected", "open", "start"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        std::fs::write(root.join("protected/policy.toml"), "").unwrap();
        std::os::unix::fs::symlink("../open/link", root.join("start/link")).unwrap();
        std::os::unix::fs::symlink("../protected", root.join("open/link")).unwrap();
        let open = root.join("open");
        let can_change = |path: &Path| Ok(path == open);
        assert!(walk(&root.join("protected/policy.toml"), &can_change).unwrap());
        assert!(!walk(&root.join("start/link/policy.toml"), &can_change).unwrap());
        assert!(walk(&root.join("start/link/policy.toml"), &|_| Ok(false)).unwrap());
    }

    #[test]
    fn file_that_does_not_exist_is_an_error() {
        assert!(is_tamper_proof(Path::new("/nowhere/policy.toml")).is_err());
    }
}
