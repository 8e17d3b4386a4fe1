//! codex with and without the shim, side by side: in every environment and configuration of `cases.toml` both end alike,
//! print the same, and send the same requests to the same provider.
//!
//! The model that the configuration names is the approved one, so nothing has to differ.
//!
//! By default a sample of the cases is played, each with the newest codex. `DIFFERENTIAL=all` plays every case with the
//! oldest and the newest one, and `DIFFERENTIAL=WORDS` those whose name has these words. `UPDATE_DOCS=1` plays every case
//! and writes `docs/reference/codex-differential.md`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod case;
mod page;
mod play;
mod seen;

use std::collections::HashSet;
use std::env;

use fake_provider::side_by_side;
use lockpolicy::agents::codex::{Release, VERIFIED};

use case::Case;
use play::{Outcome, play};

/// One case of so many is played where nobody asks for more.
const SAMPLE: usize = 8;
/// How many cases are played at once: codex waits as much as it works.
const WORKERS: usize = 6;

#[test]
fn codex_behind_the_shim_behaves_as_codex_does() {
    let (cases, request) = (Case::all(), env::var("DIFFERENTIAL").ok());
    let update = env::var_os("UPDATE_DOCS").is_some();
    let request = if update {
        Some("all".to_owned())
    } else {
        request
    };
    let wanted = wanted(&cases, request.as_deref());
    let outcomes: Vec<Outcome> =
        side_by_side(WORKERS, wanted, |(case, version)| play(case, version));
    assert!(!outcomes.is_empty(), "no case has these words: {request:?}");
    if update {
        page::write(&cases, &outcomes);
    }
    let wrong: Vec<String> = outcomes.iter().filter_map(Outcome::wrong).collect();
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{}\n{count} cases differ",
        wrong.join("\n\n")
    );
    page::compare(&cases);
}

#[test]
fn cases_are_many_and_their_names_are_unique() {
    let cases = Case::all();
    let names: HashSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len());
    assert!(cases.len() >= 60, "{}", cases.len());
}

/// The cases to play, each with a version.
fn wanted<'a>(cases: &'a [Case], request: Option<&str>) -> Vec<(&'a Case, &'static str)> {
    let [oldest, ..] = VERIFIED;
    let newest = Release::newest();
    let (versions, words) = match request {
        Some("all") => (vec![oldest, newest], ""),
        Some(words) => (vec![newest], words),
        None => (vec![newest], ""),
    };
    let step = if request.is_none() { SAMPLE } else { 1 };
    let chosen = cases.iter().step_by(step);
    let chosen = chosen.filter(|case| case.name.contains(words));
    let each = |case: &'a Case| {
        let known = versions.iter().filter(|version| case.concerns(version));
        known.map(|version| (case, *version)).collect::<Vec<_>>()
    };
    chosen.flat_map(each).collect()
}
