//! The same statement gets the same verdict and the same count on every surface that can make it (rule 15).
//!
//! The rows come from the tables alone: options and keys of codex, JSON-RPC fields, and the places of the dialects
//! in contents, forms, messages, headers and targets. Their numbers are committed, so that a row that is gone is
//! noticed. `UPDATE_DOCS=1 cargo test` writes them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::surface_rows::{ROWS, Row, pin_of};
use crate::{
    Decision, Occurrence, Origin, Policy, PolicyConfig, Reason, SelectorValue, Setting, Source,
    Surface, Verdict, judge,
};

const MODES: [&str; 3] = ["force", "reject", "report_only"];

fn policy(mode: &str, pinned: bool) -> Policy {
    let words = "reasoning_effort='low'\nservice_tier='flex'\n";
    let pins = "audio='p-audio'\nembedding='p-embedding'\nimage='p-image'\nmoderation='p-moderation'\nvideo='p-video'";
    let words = if pinned { words } else { "" };
    let text = format!("model='gpt-5.5'\nmode='{mode}'\n{words}[pins]\n{pins}\n");
    PolicyConfig::from_toml(&text).build().unwrap()
}

/// Why it is refused, if it is, and how many attempts are counted. That a command line or JSON-RPC gets the pin
/// where nothing is stated (rule 5) is no difference: neither is counted.
fn summary(verdict: &Verdict) -> (Option<Reason>, usize) {
    let reason = match &verdict.decision {
        Decision::Reject(rejection) => Some(rejection.reason),
        Decision::Pass | Decision::Rewrite(_) => None,
    };
    (reason, verdict.attempts.len())
}

/// The verdict on the statement itself, on no surface.
fn stated(policy: &Policy, setting: Setting, value: &str) -> Verdict {
    let origin = Origin {
        surface: Surface::Http,
        source: Source::User,
    };
    let text = SelectorValue::Text(value.into());
    judge(
        policy,
        origin,
        &[Occurrence::new(setting, text, "/x", 0..0)],
    )
}

fn differs(policy: &Policy, row: &Row, value: &str) -> Option<String> {
    let here = summary(&row.judge(policy, value));
    let anywhere = summary(&stated(policy, row.setting, value));
    let Row {
        surface,
        place,
        setting,
        ..
    } = row;
    (here != anywhere).then(|| {
        let mode = policy.mode();
        format!(
            "{surface}: {place} = {value} ({setting:?}, {mode}): {here:?}, elsewhere {anywhere:?}"
        )
    })
}

#[test]
fn statement_gets_the_same_verdict_and_count_on_every_surface() {
    let policies: Vec<Policy> = MODES
        .into_iter()
        .flat_map(|mode| [policy(mode, true), policy(mode, false)])
        .collect();
    let mut wrong = Vec::new();
    for (index, row) in ROWS.iter().enumerate() {
        let policy = &policies[index % policies.len()];
        let pin = pin_of(policy, row.setting).unwrap_or("any");
        wrong.extend(differs(policy, row, pin));
        wrong.extend(differs(policy, row, "other"));
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

proptest! {
    #![proptest_config(super::cases(512))]

    #[test]
    fn any_statement_gets_the_same_verdict_and_count_on_every_surface(
        row in any::<Index>(),
        mode in select(MODES.to_vec()),
        pinned in any::<bool>(),
        value in "[a-z][a-z0-9_-]{0,12}",
    ) {
        let wrong = differs(&policy(mode, pinned), row.get(&ROWS), &value);
        prop_assert_eq!(wrong, None);
    }
}

#[test]
fn rows_of_each_surface_are_as_many_as_committed() {
    let mut counts: BTreeMap<&str, (usize, BTreeSet<String>)> = BTreeMap::new();
    for row in ROWS.iter() {
        let (count, settings) = counts.entry(&row.surface).or_default();
        *count += 1;
        settings.insert(format!("{:?}", row.setting));
    }
    let pairs: usize = counts.values().map(|(_, settings)| settings.len()).sum();
    let lines = counts.iter().map(|(surface, (count, settings))| {
        format!("{surface}: {count} rows, {} selectors\n", settings.len())
    });
    let made = format!(
        "{}in all: {} rows, {pairs} pairs of selector and surface\n",
        lines.collect::<String>(),
        ROWS.len()
    );
    std::println!("{made}");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/surfaces.txt");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(file, &made).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(
        made, written,
        "a row is gone or new: UPDATE_DOCS=1 cargo test writes {file}"
    );
}
