//! Finds out if this process runs in a user namespace that is not the machine's first one.
//!
//! Any user can make such a namespace, and in it mount a file of their own over any other (`unshare -Urm`). What this
//! process then finds at a protected path says nothing about what root has put there.

use std::io;

/// The map of the first namespace: every user has its own number.
const IDENTITY: [&str; 3] = ["0", "0", "4294967295"];

/// The text for whoever reads a report.
pub(crate) const WARNING: &str = "this process runs in a user namespace of its own: whoever made that may have put \
     another file at the policy's path";

/// Returns whether the namespace is a private one. What cannot be read counts as one, unless the kernel has none.
pub(crate) fn is_private() -> bool {
    match std::fs::read_to_string("/proc/self/uid_map") {
        Ok(map) => !is_identity(&map),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

fn is_identity(map: &str) -> bool {
    map.split_whitespace().eq(IDENTITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_identity_is_the_first_namespace() {
        assert!(is_identity("         0          0 4294967295\n"));
        for map in [
            "",
            "         0       1000          1\n",
            "         0          0          1\n",
            "         0     100000      65536\n",
            "0 0 1000\n1000 1000 4294966295\n",
        ] {
            assert!(!is_identity(map), "{map}");
        }
    }
}
