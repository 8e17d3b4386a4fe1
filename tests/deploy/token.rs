//! The script that makes the token of a client, and the proxy that reads it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::stage::of_the_repository;

fn make(name: &str, directory: &Path) -> Output {
    let script = of_the_repository("tools/make-client-token.sh");
    let mut command = Command::new("sh");
    command.arg(script).arg(name).arg(directory);
    command.output().unwrap()
}

fn read(directory: &Path, name: &str) -> String {
    let path = directory.join(name);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{name}");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn script_lists_each_client_once_with_a_token_that_the_proxy_takes() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("made");
    for name in ["agent", "ci", "agent"] {
        assert!(make(name, &place).status.success(), "{name}");
    }
    let list = read(&place, "client-tokens");
    let [agent, ci] = ["agent.token", "ci.token"].map(|file| read(&place, file));
    assert_eq!(list, format!("agent {agent}ci {ci}"));
    assert_ne!(agent, ci);
    assert_eq!(agent.trim().len(), 48);
    assert!(lockpolicy::http::ClientTokens::from_file("made", &list).is_ok());
}

#[test]
fn script_rejects_a_name_that_the_proxy_would_not_take() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["", "a b", "a/b", "a,b"] {
        let output = make(name, directory.path());
        assert_eq!(output.status.code(), Some(65), "{name}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
