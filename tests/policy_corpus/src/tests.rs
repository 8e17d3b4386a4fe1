//! Every case that is no matter of the transport, in both modes, decided by `lockpolicy` alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::case::{self, Case, Count, Expect, Request};
use crate::policy_alone::PolicyAlone;
use crate::profile::OF_THE_TRANSPORT;
use crate::{judge, talk};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

/// Returns the ids that a list of exceptions names, of the corpus or of the policy alone.
fn excepted(name: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Entry {
        #[serde(default)]
        ids: Vec<String>,
        id: Option<String>,
    }
    #[derive(Deserialize)]
    struct List {
        #[serde(alias = "case")]
        exception: Vec<Entry>,
    }
    let text = std::fs::read_to_string(corpus().join("..").join(name)).unwrap();
    let list: List = toml::from_str(&text).unwrap();
    let entries = list.exception.into_iter();
    entries
        .flat_map(|entry| entry.ids.into_iter().chain(entry.id))
        .collect()
}

/// A content above this size takes seconds here and says no more than a smaller one. The binary gets it as well.
const LARGE: usize = 1 << 20;

/// Returns whether a case is about the response, about frames that end a connection before a message is judged, or
/// about a large content.
fn is_of_the_wire(case: &Case) -> bool {
    let upstream = &case.upstream_behaviour;
    let codes = case.expect.force.close_code.as_ref().map(Count::text);
    case.file == "response-side"
        || upstream.handshake_status.is_some()
        || upstream.accept.is_some()
        || case.request.body().is_some_and(|body| body.len() > LARGE)
        || codes.is_some_and(|codes| codes.starts_with("100") && !codes.contains("1008"))
}

/// Returns the exchanges of a case.
fn exchanges<'a>(case: &'a Case, mode: &str) -> Vec<(&'a Request, &'a Expect)> {
    let expect = case.expect(mode);
    if case.request.steps.is_empty() {
        return vec![(&case.request, expect)];
    }
    case.request.steps.iter().zip(&expect.steps).collect()
}

fn differences(alone: &PolicyAlone, case: &Case, mode: &str) -> Vec<String> {
    let exchanges = exchanges(case, mode).into_iter();
    exchanges
        .flat_map(|exchange| {
            let played = alone.play(case, exchange, "id");
            match played.request.handshake {
                Some(_) => talk::differences(&played),
                None => judge::differences(&played),
            }
        })
        .collect()
}

#[test]
fn each_case_is_decided_as_it_expects() {
    let mut cases = case::all(&corpus());
    cases.append(&mut case::all(&corpus().join("extra")));
    let mut excepted_ids = excepted("policy-alone-exceptions.toml");
    excepted_ids.append(&mut excepted("corpus-exceptions.toml"));
    cases.retain(|case| {
        !OF_THE_TRANSPORT.contains(&case.file.as_str())
            && !is_of_the_wire(case)
            && !excepted_ids.contains(&case.id)
    });
    let mut policies = BTreeMap::new();
    let mut found = Vec::new();
    for case in &cases {
        for mode in ["force", "reject"] {
            let alone = policies
                .entry((case.profile.as_str(), mode))
                .or_insert_with_key(|(profile, mode)| PolicyAlone::new(profile, mode));
            let differences = differences(alone, case, mode);
            if !differences.is_empty() {
                found.push(format!("{} {mode}: {}", case.id, differences.join("; ")));
            }
        }
    }
    assert!(cases.len() > 2000, "only {} cases", cases.len());
    assert!(
        found.is_empty(),
        "{} differ\n{}",
        found.len(),
        found.join("\n")
    );
}
