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
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and its texts are short"
)]

mod corpus_player;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Instant;

use corpus_player::case::{self, Case};
use corpus_player::cli;
use corpus_player::play::Player;
use corpus_player::policy_alone::PolicyAlone;
use corpus_player::report::{self, Line, Result};
use corpus_player::server::Server;
use policy_corpus::profile::OF_THE_TRANSPORT;

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

/// All cases, played once for both tests.
struct Run {
    /// How many cases are the corpus' own; ours follow.
    corpus: usize,
    cases: &'static [Case],
    lines: Vec<Line<'static>>,
    seconds: f64,
}

static RUN: LazyLock<Run> = LazyLock::new(|| {
    let began = Instant::now();
    let mut cases = case::all(&tests().join("corpus"));
    let corpus = cases.len();
    cases.append(&mut case::all(&tests().join("corpus/extra")));
    let cases: &'static [Case] = cases.leak();
    let queue = Mutex::new(batches(cases, &only()));
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
    Run {
        corpus,
        cases,
        lines,
        seconds: began.elapsed().as_secs_f64(),
    }
});

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// What the ids of the cases have to contain that are played.
fn only() -> String {
    std::env::var("CORPUS_ONLY").unwrap_or_default()
}

#[test]
fn each_corpus_case_has_the_expected_outcome() {
    let run = &*RUN;
    let mut failures = report::misnamed(run.cases, run.corpus);
    let mut exceptions = report::exceptions(&tests().join("corpus-exceptions.toml"));
    exceptions.retain(|exception| exception.id.contains(&only()));
    let (mut table, differences) = report::judge(&run.lines, &exceptions, run.corpus);
    failures.extend(differences);
    table.push_str(&format!("{:.1} s\n", run.seconds));
    publish("corpus-report.txt", table, &failures);
}

#[test]
fn each_corpus_case_is_decided_by_the_policy_alone_as_by_the_binary() {
    let exceptions = tests().join("policy-alone-exceptions.toml");
    let (table, mut failures) = report::judge_alone(&RUN.lines, &exceptions);
    if !only().is_empty() {
        // What is not played cannot differ.
        failures.retain(|failure| !failure.contains("listed, and nothing differs"));
    }
    publish("policy-alone-report.txt", table, &failures);
}

/// Prints a report, keeps it in the target directory, and fails where something differs.
fn publish(name: &str, mut table: String, failures: &[String]) {
    for failure in failures {
        table.push_str(&format!("DIFFERS {failure}\n"));
    }
    // Written past the test runner, which keeps what a passing test prints to itself.
    std::io::stderr().write_all(table.as_bytes()).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    std::fs::write(target.join(name), &table).unwrap();
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
        return lines(batch, |case| (cli::play(case, mode), None));
    }
    let on_mismatch = if batch.strict { "fail" } else { "log" };
    let server = match Server::start(&batch.profile, mode, on_mismatch) {
        Ok(server) => server,
        Err(output) => return lines(batch, |_| (vec![output.clone()], None)),
    };
    let alone = PolicyAlone::new(&batch.profile, mode);
    lines(batch, |case| {
        let compared = !batch.strict && !OF_THE_TRANSPORT.contains(&case.file.as_str());
        let player = Player {
            server: &server,
            strict: batch.strict,
            alone: compared.then_some(&alone),
        };
        let outcome = player.play(case, mode);
        (outcome.differences, compared.then_some(outcome.alone))
    })
}

/// What was found in a case: what differs from what it expects, and what the policy alone decides otherwise.
type Found = (Vec<String>, Option<Vec<String>>);

fn lines<'a>(batch: &Batch<'a>, mut found: impl FnMut(&Case) -> Found) -> Vec<Line<'a>> {
    let cases = batch.cases.iter();
    cases
        .map(|case| {
            let (differences, alone) = found(case);
            Line {
                case,
                mode: batch.mode,
                result: Result::from_differences(differences),
                alone,
            }
        })
        .collect()
}
