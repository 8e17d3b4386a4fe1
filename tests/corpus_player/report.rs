//! What is told at the end, and what may differ and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use crate::corpus_player::case::Case;

/// More exceptions than this, in percent of all cases, are no exceptions.
const MOST: usize = 2;

/// A case whose expectation the design does not share.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    pub(crate) id: String,
    /// `force`, `reject` or `both`.
    pub(crate) mode: String,
    pub(crate) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    #[serde(default)]
    case: Vec<Exception>,
}

pub(crate) fn exceptions(path: &Path) -> Vec<Exception> {
    let text = std::fs::read_to_string(path).unwrap();
    let read: Exceptions = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    read.case
}

/// Why cases are no matter of the policy alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfTheTransport {
    reason: String,
    ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AloneExceptions {
    exception: Vec<OfTheTransport>,
}

/// Returns the report about the policy alone, and whatever that has to fail for.
pub(crate) fn judge_alone(lines: &[Line<'_>], exceptions: &Path) -> (String, Vec<String>) {
    let text = std::fs::read_to_string(exceptions).unwrap();
    let listed: AloneExceptions = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    let ids = listed.exception.iter().flat_map(|entry| &entry.ids);
    let mut unused: BTreeSet<&str> = ids.map(String::as_str).collect();
    let all = unused.clone();
    let mut cases: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut failures = Vec::new();
    for (line, found) in lines
        .iter()
        .filter_map(|line| Some((line, line.alone.as_ref()?)))
    {
        let (file, id) = (line.case.file.as_str(), line.case.id.as_str());
        cases.entry(file).or_default().insert(id);
        if all.contains(id) {
            if !found.is_empty() {
                unused.remove(id);
            }
        } else if !found.is_empty() {
            failures.push(format!("{file} {id} {}: {}", line.mode, found.join("; ")));
        }
    }
    failures.extend(
        unused
            .iter()
            .map(|id| format!("{id}: listed, and nothing differs")),
    );
    let bare = listed
        .exception
        .iter()
        .filter(|entry| entry.reason.len() < 20);
    failures.extend(bare.map(|entry| format!("no reason: {entry:?}")));
    (alone_table(&cases, &listed), failures)
}

fn alone_table(cases: &BTreeMap<&str, BTreeSet<&str>>, listed: &AloneExceptions) -> String {
    let mut text = String::new();
    for (file, ids) in cases {
        writeln!(text, "{file:<18} {:>6}", ids.len()).unwrap();
    }
    let all: usize = cases.values().map(BTreeSet::len).sum();
    let excepted: usize = listed.exception.iter().map(|entry| entry.ids.len()).sum();
    let same = all.saturating_sub(excepted);
    writeln!(text, "{all} cases in force and in reject, {same} decided by lockpolicy::http alone as by the binary").unwrap();
    for entry in &listed.exception {
        writeln!(text, "{} not: {}", entry.ids.len(), entry.reason).unwrap();
    }
    text
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Result {
    Passed,
    /// What differs.
    Differs(Vec<String>),
}

impl Result {
    pub(crate) fn from_differences(differences: Vec<String>) -> Self {
        if differences.is_empty() {
            Self::Passed
        } else {
            Self::Differs(differences)
        }
    }
}

/// One case in one mode.
pub(crate) struct Line<'a> {
    pub(crate) case: &'a Case,
    pub(crate) mode: &'static str,
    pub(crate) result: Result,
    /// What differs between the binary and the policy alone, where that was compared.
    pub(crate) alone: Option<Vec<String>>,
}

impl Line<'_> {
    fn is_listed(&self, exceptions: &[Exception]) -> bool {
        exceptions
            .iter()
            .any(|exception| exception.is_about(&self.case.id, self.mode))
    }
}

impl Exception {
    fn is_about(&self, id: &str, mode: &str) -> bool {
        self.id == id && (self.mode == "both" || self.mode == mode)
    }
}

#[derive(Default)]
struct Row {
    played: usize,
    passed: usize,
    listed: usize,
    differs: usize,
}

/// How the id of a case of our own begins; none of them may be an exception.
const OWN: &str = "own-";

/// The ids that stand twice, or in the wrong directory: the first cases are the corpus', the rest ours.
pub(crate) fn misnamed(cases: &[Case], corpus: usize) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let cases = cases.iter().enumerate();
    let wrong = cases.filter(|(index, case)| {
        let is_own = case.id.starts_with(OWN);
        !seen.insert(&case.id) || is_own != (*index >= corpus)
    });
    wrong
        .map(|(_, case)| format!("{} {}: twice, or not in its directory", case.file, case.id))
        .collect()
}

/// The report, and whatever the run has to fail for.
pub(crate) fn judge(
    lines: &[Line<'_>],
    exceptions: &[Exception],
    corpus: usize,
) -> (String, Vec<String>) {
    let mut failures = Vec::new();
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for line in lines {
        let row = rows.entry(&line.case.file).or_default();
        row.played += 1;
        match (&line.result, line.is_listed(exceptions)) {
            (Result::Passed, false) => row.passed += 1,
            (Result::Differs(_), true) => row.listed += 1,
            (Result::Passed, true) => {
                row.passed += 1;
                failures.push(format!(
                    "{} {}: listed, and passes",
                    line.case.id, line.mode
                ));
            }
            (Result::Differs(what), false) => {
                row.differs += 1;
                let Case {
                    file, id, title, ..
                } = line.case;
                let mode = line.mode;
                failures.push(format!("{file} {id} {mode} ({title}): {}", what.join("; ")));
            }
        }
    }
    failures.extend(wrong(lines, exceptions, corpus));
    (table(&rows, exceptions), failures)
}

/// What is wrong with the list itself.
fn wrong(lines: &[Line<'_>], exceptions: &[Exception], corpus: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    for exception in exceptions {
        let is_played = lines
            .iter()
            .any(|line| exception.is_about(&line.case.id, line.mode));
        let is_mode = ["force", "reject", "both"].contains(&exception.mode.as_str());
        let is_own = exception.id.starts_with(OWN);
        if !is_played || is_own || !is_mode || exception.reason.len() < 20 {
            wrong.push(format!("{}: listed in vain: {exception:?}", exception.id));
        }
    }
    let mut ids: Vec<&str> = exceptions
        .iter()
        .map(|exception| exception.id.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() * 100 > corpus * MOST {
        wrong.push(format!(
            "{} of {corpus} cases listed: more than {MOST} %",
            ids.len()
        ));
    }
    wrong
}

fn table(rows: &BTreeMap<&str, Row>, exceptions: &[Exception]) -> String {
    let mut text = format!(
        "{:<18} {:>6} {:>6} {:>6} {:>7}\n",
        "file", "played", "passed", "listed", "differs"
    );
    let mut sum = Row::default();
    for (file, row) in rows {
        line(&mut text, file, row);
        sum.played += row.played;
        sum.passed += row.passed;
        sum.listed += row.listed;
        sum.differs += row.differs;
    }
    line(&mut text, "all", &sum);
    text.push_str("each case in force and in reject\n");
    for exception in exceptions {
        writeln!(
            text,
            "listed: {} {}: {}",
            exception.id, exception.mode, exception.reason
        )
        .unwrap();
    }
    text
}

fn line(text: &mut String, file: &str, row: &Row) {
    writeln!(
        text,
        "{file:<18} {:>6} {:>6} {:>6} {:>7}",
        row.played, row.passed, row.listed, row.differs
    )
    .unwrap();
}
