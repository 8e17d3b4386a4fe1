//! The unit, read by systemd.

use std::fs;

use tempfile::TempDir;

use crate::{PROGRAM, is_there, run};

/// The unit with a program that is there; `with` is the last of `[Service]`.
fn unit(directory: &TempDir, with: &str) -> String {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/deploy/systemd/model-lock.service"
    );
    let text = fs::read_to_string(file).unwrap();
    let text = text.replace("/usr/local/lib/model-lock/model-lock", PROGRAM);
    let text = text.replace("[Install]\n", &format!("{with}[Install]\n"));
    let path = directory.path().join("model-lock.service");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A misspelled setting is only told: the status is 0.
#[test]
fn unit_is_valid_for_systemd() {
    if !is_there("systemd-analyze", "systemd") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let output = |with| {
        let verified = run(
            "systemd-analyze",
            &["verify", "--man=no", &unit(&directory, with)],
        );
        // What it says of the machine's own units is not ours.
        let lines = verified.err();
        let lines = lines.lines().filter(|line| line.contains("model-lock"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(output(""), [""; 0]);
    let misspelled = output("ProtectSistem=strict\n").concat();
    assert!(misspelled.contains("ProtectSistem"), "{misspelled}");
}

/// docs/design/deployment.md names the rating; 12 is 1.2 of 10.
#[test]
fn unit_exposure_rating_is_the_documented_one() {
    if !is_there("systemd-analyze", "systemd") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let rated = |with| {
        let unit = unit(&directory, with);
        let rated = run(
            "systemd-analyze",
            &["security", "--offline=true", "--no-pager", &unit],
        );
        let out = rated.out();
        let line = out
            .lines()
            .find(|line| line.contains("Overall exposure level"));
        line.unwrap().rsplit(": ").next().unwrap().to_owned()
    };
    let page = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/design/deployment.md"
    ))
    .unwrap();
    let closed = rated("");
    let rating = closed.split(' ').next().unwrap();
    assert!(page.contains(&format!("is rated {rating} by")), "{closed}");
    assert_ne!(
        rated("PrivateUsers=no\nProtectSystem=no\nCapabilityBoundingSet=CAP_SYS_ADMIN\n"),
        closed
    );
}
