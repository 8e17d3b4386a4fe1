//! What names no model comes through as if nothing stood in between.

use crate::VERSIONS;
use crate::locked_codex::{EnforcementPoints, LockedCodex};

const PLAIN: [&[&str]; 7] = [
    &["--version"],
    &["-V"],
    &["--help"],
    &["exec", "--help"],
    &["exec", "--version"],
    &["completion", "bash"],
    &["exec", "--skip-git-repo-check", "--", "--model", "x"],
];

#[test]
fn output_of_the_real_codex_is_byte_identical() {
    for version in VERSIONS {
        for mode in ["force", "reject"] {
            let plain = LockedCodex::new(version, EnforcementPoints::None, mode);
            let locked = LockedCodex::new(version, EnforcementPoints::Shim, mode);
            for arguments in PLAIN {
                let real = plain.codex.run(arguments).unwrap();
                let ours = locked.codex.run(arguments).unwrap();
                assert!(real.stdout.len() + real.stderr.len() > 10, "{arguments:?}");
                assert_eq!(ours, real, "{version} {mode} {arguments:?}");
            }
        }
    }
}
