//! The page: every case, and what was seen when all of them were played last.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::Case;
use crate::play::Outcome;

/// Writes what was seen.
pub(crate) fn write(cases: &[Case], outcomes: &[Outcome]) {
    let commit = said("git", &["rev-parse", "--short=12", "HEAD"]);
    let date = said("date", &["-u", "+%Y-%m-%d"]);
    let mut page = HEAD.replace("@CASES@", &cases.len().to_string());
    page = page.replace("@DATE@", &date).replace("@COMMIT@", &commit);
    page.push_str(COLUMNS);
    for outcome in outcomes {
        let cells = outcome.cells().map(|cell| cell.replace('|', "\\|"));
        writeln!(page, "| {} |", cells.join(" | ")).unwrap();
    }
    fs::write(place(), page).unwrap();
}

/// Compares the names on the page with the cases that there are.
pub(crate) fn compare(cases: &[Case]) {
    let page = fs::read_to_string(place()).unwrap();
    let absent = cases
        .iter()
        .filter(|case| !page.contains(&format!("\n| {} | ", case.name)));
    let absent: Vec<&str> = absent.map(|case| case.name.as_str()).collect();
    assert!(
        absent.is_empty(),
        "docs/reference/codex-differential.md lacks {absent:?}: UPDATE_DOCS=1 cargo test --test differential writes it"
    );
}

fn said(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/codex-differential.md")
}

const COLUMNS: &str = "| case | codex | without the shim | behind the shim | why |\n| --- | --- | --- | --- | --- |\n";

const HEAD: &str = "\
# codex with and without the shim

@CASES@ environments and configurations, each played with the oldest and the newest codex of the tables: once without the
shim and once behind it, with nothing else set than `OPENCLAW_MODEL`. The configuration names the approved model, so
nothing has to differ: exit status, standard output, and every request that arrived (method, target, fields, content)
were compared. Fields of a connection, identifiers and times were not.

Played last on @DATE@ at commit `@COMMIT@`. `UPDATE_DOCS=1 cargo test --test differential` plays
`tests/differential/cases.toml` and writes this page; without it a sample is played.

**A** is the provider that the configuration selects, **B** another one. A cell says the exit status and what arrived
where. `@A@`, `@HOSTA@` and `@B@` stand for their addresses, `@ROOT@` for the directory of a run.

";
