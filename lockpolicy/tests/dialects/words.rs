//! The words that may be pinned as effort and tier, against those that the vendors' packages name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lockpolicy::{EFFORTS, TIERS};

/// What a package names and nobody would pin: the absence of a tier, and a trial of one vendor.
const NOT_PINNED: [&str; 2] = ["fast_tier_temp_pilot", "unspecified"];

#[test]
fn words_that_may_be_pinned_are_those_that_the_packages_name() {
    let of = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let (efforts, tiers): (BTreeSet<String>, BTreeSet<String>) = (of(&EFFORTS), of(&TIERS));
    assert_eq!(named("effort"), efforts);
    let mut named = named("servicetier");
    named.retain(|word| !NOT_PINNED.contains(&word.as_str()));
    assert_eq!(named, tiers);
}

/// Returns the values of every member and type whose name ends with a word, in small letters.
fn named(member: &str) -> BTreeSet<String> {
    let extracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vendors/extracts");
    let files = fs::read_dir(extracts).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let texts: Vec<String> = texts.collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.flat_map(|line| values(line, member)).collect()
}

/// Returns the values in a line: `effort =high =low`, `alias ServiceTier =flex`.
fn values(line: &str, member: &str) -> Vec<String> {
    let Some((subject, values)) = line.split_once(" =") else {
        return Vec::new();
    };
    let name = subject.to_lowercase().replace('_', "");
    let name = name.trim_end_matches("type");
    if !name.ends_with(member) {
        return Vec::new();
    }
    let values = values.split(' ').map(|value| value.trim_start_matches('='));
    // What is no value is the name of a type.
    let values = values.filter(|value| !value.contains('.') && !value.starts_with("Beta"));
    values.map(str::to_lowercase).collect()
}
