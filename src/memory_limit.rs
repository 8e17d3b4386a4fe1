//! The memory that this process may use: the limit of its control group.

use std::path::{Path, PathBuf};

use shim::regular_file;

/// The budget of requests where no control group limits the memory.
const USUAL: usize = 512 << 20;

/// The most bytes of a file of the kernel that is read here.
const CAP: u64 = 64 << 10;

/// A limit from here on is none: version 1 writes a number where version 2 writes `max`.
const NONE: u64 = 1 << 60;

/// Returns the bytes that all requests together may hold: half of what the control group allows, where it allows a
/// number.
pub(crate) fn default_budget() -> usize {
    budget(Path::new("/"))
}

fn budget(root: &Path) -> usize {
    let half = limit(root).map(|limit| usize::try_from(limit / 2).unwrap_or(usize::MAX));
    half.unwrap_or(USUAL)
}

/// Returns the smallest limit of the process's group and of those around it.
fn limit(root: &Path) -> Option<u64> {
    let groups = regular_file::read_text(&root.join("proc/self/cgroup"), CAP).ok()?;
    let limits = groups.lines().filter_map(|line| limit_of(root, line));
    limits.min()
}

/// Returns the limit of one line of `/proc/self/cgroup`: `0::PATH` of version 2, `NUMBER:memory:PATH` of version 1.
fn limit_of(root: &Path, line: &str) -> Option<u64> {
    let (_, rest) = line.split_once(':')?;
    let (controllers, path) = rest.split_once(':')?;
    let mounted = root.join("sys/fs/cgroup");
    let (base, file) = if controllers.is_empty() {
        (mounted, "memory.max")
    } else if controllers.split(',').any(|name| name == "memory") {
        (mounted.join("memory"), "memory.limit_in_bytes")
    } else {
        return None;
    };
    let group: PathBuf = base.join(path.trim_start_matches('/'));
    // In a container the path may be that of the host: then the group is mounted itself.
    let around = group
        .ancestors()
        .take_while(|place| place.starts_with(&base));
    let limits = around.filter_map(|place| {
        let text = regular_file::read_text(&place.join(file), CAP).ok()?;
        text.trim().parse().ok().filter(|limit| *limit < NONE)
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> usize {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        budget(root.path())
    }

    #[test]
    fn budget_is_half_of_the_smallest_limit() {
        let group = ("proc/self/cgroup", "0::/a/b\n");
        let own = "sys/fs/cgroup/a/b/memory.max";
        let around = "sys/fs/cgroup/a/memory.max";
        assert_eq!(
            with(&[group, (own, "max\n"), (around, "1048576\n")]),
            524_288
        );
        assert_eq!(with(&[group, (own, "4096\n"), (around, "1048576\n")]), 2048);
        assert_eq!(with(&[group, ("sys/fs/cgroup/memory.max", "8192")]), 4096);
        let old = ("proc/self/cgroup", "5:cpu:/x\n4:memory:/docker/1\n");
        let file = "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes";
        assert_eq!(with(&[old, (file, "65536\n")]), 32_768);
        assert_eq!(with(&[old, (file, "9223372036854771712\n")]), USUAL);
    }

    #[test]
    fn budget_without_a_limit_is_the_usual_one() {
        assert_eq!(with(&[]), USUAL);
        assert_eq!(with(&[("proc/self/cgroup", "0::/\n")]), USUAL);
    }
}
