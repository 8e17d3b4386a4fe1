//! What names no model comes through as if nothing stood in between.

use crate::VERSIONS;
use crate::bench::{Bench, Doors};

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
            let plain = Bench::new(version, Doors::None, mode);
            let locked = Bench::new(version, Doors::Shim, mode);
            for arguments in PLAIN {
                let real = plain.codex.run(arguments).unwrap();
                let ours = locked.codex.run(arguments).unwrap();
                assert!(real.stdout.len() + real.stderr.len() > 10, "{arguments:?}");
                assert_eq!(ours, real, "{version} {mode} {arguments:?}");
            }
        }
    }
}
