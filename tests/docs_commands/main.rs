//! Every command that a page tells its reader to type is run by a test, or listed with the reason why it is not.
//!
//! `table.toml` has them all. A command that no page has any more is taken out of it; a test that it names is there.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod page;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What is said of a command.
#[derive(Debug)]
enum Coverage {
    /// Run here, from the page's own words, and ends so.
    Run { status: i64 },
    /// Run by this test: file and function.
    Test(String),
    /// Not run, and why.
    Not(String),
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table: a command, and what is said of it.
fn table() -> BTreeMap<String, Coverage> {
    let text = fs::read_to_string(repository().join("tests/docs_commands/table.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let commands = table.get("command").unwrap().as_array().unwrap();
    let all: BTreeMap<_, _> = commands.iter().map(entry).collect();
    assert_eq!(all.len(), commands.len(), "one is listed twice");
    all
}

fn entry(entry: &toml::Value) -> (String, Coverage) {
    let text = |name| {
        entry
            .get(name)
            .and_then(toml::Value::as_str)
            .map(str::to_owned)
    };
    let command = text("text").unwrap_or_else(|| panic!("no text: {entry:?}"));
    let status = entry.get("status").and_then(toml::Value::as_integer);
    let coverage = match (status, text("test"), text("not_run")) {
        (Some(status), None, None) => Coverage::Run { status },
        (None, Some(test), None) => Coverage::Test(test),
        (None, None, Some(reason)) => Coverage::Not(reason),
        _ => panic!("neither run, nor by a test, nor with a reason: {command}"),
    };
    (command, coverage)
}

/// Returns the pages that people read. `codex-bypass-matrix.md` is made of the commands that its own test runs.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ]
    .map(|name| repository().join(name))
    .into();
    pages.extend(files_below(&repository().join("docs")));
    pages.retain(|page| page.extension().is_some_and(|end| end == "md"));
    pages.retain(|page| !page.ends_with("codex-bypass-matrix.md"));
    assert!(pages.len() > 30, "{pages:?}");
    pages
}

/// Returns every file below `directory`.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.flat_map(|path| {
        if path.is_dir() {
            files_below(&path)
        } else {
            vec![path]
        }
    });
    files.collect()
}

#[test]
fn commands_of_pages_and_table_are_the_same() {
    let mut documented: BTreeMap<String, PathBuf> = BTreeMap::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let commands = page::commands(&text).into_iter();
        documented.extend(commands.map(|command| (command, page.clone())));
    }
    assert!(documented.len() > 60, "{}", documented.len());
    let listed: BTreeSet<_> = table().into_keys().collect();
    let unlisted: Vec<_> = documented
        .iter()
        .filter(|(command, _)| !listed.contains(*command))
        .collect();
    let gone: Vec<_> = listed
        .iter()
        .filter(|command| !documented.contains_key(*command))
        .collect();
    assert!(
        unlisted.is_empty() && gone.is_empty(),
        "not in tests/docs_commands/table.toml: {unlisted:#?}\nin it, but on no page: {gone:#?}"
    );
}

#[test]
fn tests_named_in_the_table_exist() {
    for (command, coverage) in table() {
        match coverage {
            Coverage::Run { .. } => {}
            Coverage::Not(reason) => assert!(reason.split(' ').count() > 3, "{command}: {reason}"),
            Coverage::Test(test) => {
                let (file, name) = test.split_once("::").unwrap();
                let source = fs::read_to_string(repository().join(file)).unwrap_or_default();
                let head = format!("#[test]\nfn {name}(");
                assert!(source.contains(&head), "{command}: there is no {test}");
            }
        }
    }
}

/// From the page's own words, in a place of their own.
#[test]
fn runnable_commands_end_with_the_listed_status() {
    let mut count = 0;
    for (command, coverage) in table() {
        if let Coverage::Run { status } = coverage {
            let finished = run::run(&command);
            let code = finished.status.code().map(i64::from);
            assert_eq!(
                code,
                Some(status),
                "{command}\n{}{}",
                finished.out(),
                finished.err()
            );
            count += 1;
        }
    }
    assert!(count >= 10, "only {count} were run");
}
