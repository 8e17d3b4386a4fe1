//! The table of the log's fields, compared with what the code logs: every field and every event is on the page.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::docs::sources;

/// The macros whose events the log has at its usual level.
const LOGGED: [&str; 4] = ["error!(", "warn!(", "info!(", "$level!("];

/// What an event has that is no field of its line.
const NO_FIELD: [&str; 1] = ["target"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the words in backticks of a row's first cell, or of its second one.
fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Returns the fields that the page has, and the events.
fn page() -> (BTreeSet<String>, BTreeSet<String>) {
    let text = fs::read_to_string(root().join("docs/guide/metrics-and-log.md")).unwrap();
    let (_, table) = text.split_once("| Field | Meaning |\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let (mut fields, mut events) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        fields.extend(words(cells[0]).map(str::to_owned));
        if cells[0].contains("`event`") {
            events.extend(words(cells[1]).map(str::to_owned));
        }
    }
    (fields, events)
}

/// Returns the arguments of a call, without those in brackets of their own; `text` begins behind its bracket.
fn arguments(text: &str) -> Vec<String> {
    let (mut all, mut depth, mut quoted, mut escaped) = (vec![String::new()], 0, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                all.push(String::new());
                continue;
            }
            _ => {}
        }
        all.last_mut().unwrap().push(c);
    }
    all.iter().map(|one| one.trim().to_owned()).collect()
}

/// Returns the name of the field that an argument states, with its value where it has one.
fn field(argument: &str) -> Option<(&str, &str)> {
    let (name, value) = argument.split_once(" = ").unwrap_or((argument, ""));
    let name = name.trim_start_matches(['%', '?']);
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_name.then_some((name, value))
}

/// Returns the fields and the events of all that is logged.
fn logged() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut fields, mut events) = (BTreeSet::new(), BTreeSet::new());
    let crates = ["src", "proxy/src", "observe/src", "shim/src"];
    for file in crates.iter().flat_map(|own| sources(root().join(own))) {
        if file.extension().is_none_or(|end| end != "rs") || file.ends_with(Path::new(file!())) {
            continue;
        }
        let text = fs::read_to_string(file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let calls = text.split("tracing::").skip(1);
        let logged = calls.filter_map(|call| LOGGED.iter().find_map(|own| call.strip_prefix(own)));
        for call in logged {
            let arguments = arguments(call);
            for (name, value) in arguments.iter().filter_map(|argument| field(argument)) {
                if name == "event" {
                    events.insert(value.trim_matches('"').to_owned());
                } else if !NO_FIELD.contains(&name) {
                    fields.insert(name.to_owned());
                }
            }
        }
    }
    (fields, events)
}

/// Returns the fields of a record, and those that the log adds to it.
fn recorded() -> BTreeSet<String> {
    let record = fs::read_to_string(root().join("observe/src/record.rs")).unwrap();
    let (_, members) = record.split_once("pub struct Record {\n").unwrap();
    let (members, _) = members.split_once("\n}").unwrap();
    let members = members
        .lines()
        .filter_map(|line| line.strip_prefix("    pub "));
    let members = members.filter_map(|line| line.split(':').next());
    let line = fs::read_to_string(root().join("observe/src/log/mod.rs")).unwrap();
    let renamed = line.split("rename = \"").skip(1);
    let renamed = renamed.filter_map(|rest| rest.split('"').next());
    members.chain(renamed).map(str::to_owned).collect()
}

#[test]
fn page_has_every_field_and_every_event_of_the_log() {
    let (on_page, events_on_page) = page();
    let (fields, events) = logged();
    assert!(fields.contains("address") && events.contains("listening"));
    let missing: Vec<_> = fields
        .union(&recorded())
        .filter(|own| !on_page.contains(*own))
        .cloned()
        .collect();
    assert_eq!(
        missing, [""; 0],
        "docs/guide/metrics-and-log.md has no such field"
    );
    let missing: Vec<_> = events.difference(&events_on_page).collect();
    assert_eq!(
        missing, [""; 0],
        "docs/guide/metrics-and-log.md has no such event"
    );
}

#[test]
fn field_of_a_call_is_found_in_each_spelling() {
    let call = "target: A, event = \"x\", of = f(a, b), %why, status, ?error, \"text, {more}\")";
    let arguments = arguments(call);
    let fields: Vec<_> = arguments.iter().filter_map(|one| field(one)).collect();
    let wanted = [
        ("event", "\"x\""),
        ("of", "f(a, b)"),
        ("why", ""),
        ("status", ""),
        ("error", ""),
    ];
    assert_eq!(fields, wanted);
}
