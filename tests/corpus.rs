//! Every case of `tests/corpus` and `tests/corpus/extra` against the real binary over raw sockets, in both
//! modes, before a provider that records every byte.
//!
//! What may differ, and why, stands in `tests/corpus-exceptions.toml`: cases of the corpus alone, never
//! our own. The table of the last run is printed and written to `target/corpus-report.txt`.
#![expect(
    clippy::expect_used,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and its texts are short"
)]

mod corpus_player;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use corpus_player::case::{self, Case};
use corpus_player::cli;
use corpus_player::play::play;
use corpus_player::report::{self, Line, Result};
use corpus_player::server::Server;

/// Many: what takes long is waiting for what never comes.
const WORKERS: usize = 8;
/// How many cases one server sees.
const BATCH: usize = 40;

/// Cases of one profile, one mode.
struct Batch<'a> {
    profile: String,
    mode: &'static str,
    /// Whether another model ends an answer.
    strict: bool,
    cases: Vec<&'a Case>,
}

#[test]
fn each_corpus_case_has_the_expected_outcome() {
    let began = Instant::now();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut cases = case::all(&tests.join("corpus"));
    let corpus = cases.len();
    cases.append(&mut case::all(&tests.join("corpus/extra")));
    let mut failures = report::misnamed(&cases, corpus);
    let only = std::env::var("MODEL_LOCK_CORPUS_ONLY").unwrap_or_default();
    let mut exceptions = report::exceptions(&tests.join("corpus-exceptions.toml"));
    exceptions.retain(|exception| exception.id.contains(&only));
    let queue = Mutex::new(batches(&cases, &only));
    let lines = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(batch) = queue.lock().unwrap().pop() else {
                        return;
                    };
                    let mut done = run(&batch);
                    lines.lock().unwrap().append(&mut done);
                }
            });
        }
    });
    let mut lines = lines.into_inner().unwrap();
    lines.sort_by(|one, two| (&one.case.file, &one.case.id).cmp(&(&two.case.file, &two.case.id)));
    let (mut table, differences) = report::judge(&lines, &exceptions, corpus);
    failures.extend(differences);
    table.push_str(&format!("{:.1} s\n", began.elapsed().as_secs_f64()));
    for failure in &failures {
        table.push_str(&format!("DIFFERS {failure}\n"));
    }
    print!("{table}");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    std::fs::write(target.join("corpus-report.txt"), &table).unwrap();
    assert!(failures.is_empty(), "{} differ\n{table}", failures.len());
}

/// What has to be switched on for a case.
fn profile(case: &Case) -> String {
    match (case.layer.as_str(), case.file.as_str()) {
        ("cli", _) => "cli".to_owned(),
        // Whatever the answer looks like, what is asked here is OpenAI's.
        (_, "response-side") if case.profile != "openai" => format!("openai,{}", case.profile),
        _ => case.profile.clone(),
    }
}

/// Both modes of every case, in batches of one server each.
fn batches<'a>(cases: &'a [Case], only: &str) -> Vec<Batch<'a>> {
    let mut groups: BTreeMap<(String, &'static str, bool), Vec<&Case>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.id.contains(only)) {
        for mode in ["force", "reject"] {
            let mut add = |strict| {
                let key = (profile(case), mode, strict);
                groups.entry(key).or_default().push(case);
            };
            add(false);
            if case.expect(mode).enforce.is_some() {
                add(true);
            }
        }
    }
    let mut batches = Vec::new();
    for ((profile, mode, strict), cases) in groups {
        batches.extend(cases.chunks(BATCH).map(|cases| Batch {
            profile: profile.clone(),
            mode,
            strict,
            cases: cases.to_vec(),
        }));
    }
    batches
}

fn run<'a>(batch: &Batch<'a>) -> Vec<Line<'a>> {
    let mode = batch.mode;
    if batch.profile == "cli" {
        return lines(batch, |case| {
            Result::from_differences(cli::play(case, mode))
        });
    }
    let on_mismatch = if batch.strict { "fail" } else { "log" };
    match Server::start(&batch.profile, mode, on_mismatch) {
        Ok(server) => lines(batch, |case| {
            Result::from_differences(play(&server, case, mode, batch.strict))
        }),
        Err(said) => lines(batch, |_| Result::Differs(vec![said.clone()])),
    }
}

fn lines<'a>(batch: &Batch<'a>, mut result: impl FnMut(&Case) -> Result) -> Vec<Line<'a>> {
    let cases = batch.cases.iter();
    cases
        .map(|case| Line {
            case,
            mode: batch.mode,
            result: result(case),
        })
        .collect()
}
