//! Every known way to another model, gone with the real codex: without the lock, in force, in reject.
//!
//! The ways are data, in `ways/*.toml`. Each one runs without the lock first, so that it is seen to lead to
//! another model, and then through the shim with nothing else set up. What two fake providers recorded is the
//! table in `docs/reference/codex-bypass-matrix.md`.
//!
//! By default a sample of the rows is played and compared with the page. `TRUTH=all` plays every row, and
//! `TRUTH=WORDS` those whose chapter, title or version has these words. `UPDATE_DOCS=1` plays every row, or those
//! that `TRUTH` asks for, and writes the page.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod outcome;
mod page;
mod row;
mod rpc;
mod run;
mod trial;
mod way;

use std::collections::{HashSet, VecDeque};
use std::env;
use std::time::Instant;

use fake_provider::side_by_side;

use row::{Key, Row};
use way::{Chapter, Way};

/// The oldest codex that is supported, the newest one, and two between.
const VERSIONS: [&str; 4] = lockpolicy::agents::codex::VERIFIED;

/// How many rows run at once: codex waits as much as it works.
const WORKERS: usize = 6;
/// One row of so many is played where nobody asks for more. It shares no factor with the versions' number, so that
/// each of them has its turn.
const SAMPLE: usize = 15;

#[test]
fn bypass_of_each_kind_runs_the_approved_model_or_nothing() {
    let (chapters, begun) = (Chapter::all(), Instant::now());
    let request = env::var("TRUTH").ok();
    let update = env::var_os("UPDATE_DOCS").is_some();
    let keys = wanted(Key::all(&chapters), request.as_deref(), update);
    assert!(!keys.is_empty(), "no row has these words: {request:?}");
    let rows = side_by_side(WORKERS, keys, |(key, way)| Row::play(key, way));
    eprintln!("{} rows in {:?}", rows.len(), begun.elapsed());
    if update {
        let right = rows.iter().filter(|row| row.wrong().is_none());
        page::write(&chapters, right);
    }
    let wrong: Vec<String> = rows.iter().filter_map(Row::wrong).collect();
    assert!(
        wrong.is_empty(),
        "{}\n{} rows are wrong",
        wrong.join("\n"),
        wrong.len()
    );
    page::compare(&chapters, &rows);
}

#[test]
fn bypass_list_is_complete_and_its_titles_are_unique() {
    let chapters = Chapter::all();
    let keys = Key::all(&chapters);
    let different: HashSet<&Key> = keys.iter().map(|(key, _)| key).collect();
    assert!(keys.len() >= 450, "{}", keys.len());
    let mut seen = HashSet::new();
    let twice = keys.iter().find(|(key, _)| !seen.insert(key));
    assert_eq!(different.len(), keys.len(), "{twice:?}");
}

/// The rows to play. By default those whose turn it is.
fn wanted<'a>(
    keys: Vec<(Key, &'a Way)>,
    request: Option<&str>,
    update: bool,
) -> VecDeque<(Key, &'a Way)> {
    let mut turns = 0..;
    let mut keys: VecDeque<_> = keys.into();
    keys.retain(|(key, _)| match request {
        Some("all") => true,
        Some(words) => format!("{} {} {}", key.chapter, key.title, key.version).contains(words),
        None => {
            update
                || turns
                    .next()
                    .is_some_and(|turn: usize| turn.is_multiple_of(SAMPLE))
        }
    });
    keys
}
