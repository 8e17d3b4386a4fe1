//! The laws again, for every operation of every dialect: members are made from the tables themselves,
//! so that a new line in a table is tried without a new line here.

use std::sync::LazyLock;

use lockpolicy::dialect::{Content, Found, ModelAt, Operation, Table, names};
use lockpolicy::http::{Judged, Request, judge_request};
use lockpolicy::{Capability, Decision, Source, edit};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseError;

use crate::naive::{self, Answer, steps};
use crate::spelled::Spelled;
use crate::tree::Tree;
use crate::wish::{Rules, Wish, free, rules};
use crate::{PIN, cases, policy};

/// Every dialect, each in a table of its own: some list the same path.
static TABLES: LazyLock<Vec<Table>> =
    LazyLock::new(|| names().map(|name| Table::of([name]).unwrap()).collect());

/// Whether what becomes of a request hangs on its JSON content, given a path that names the pin.
fn is_judged_by_body(operation: &Operation) -> bool {
    let elsewhere = match operation.model {
        ModelAt::Nowhere | ModelAt::Content(_) => false,
        ModelAt::Path => operation.capability != Some(Capability::Generation),
        ModelAt::Query(_) => true,
    };
    operation.content == Content::Json && !elsewhere
}

/// Every operation with a JSON content: its table, its method, and a path that names the pin.
static DOORS: LazyLock<Vec<(usize, &str, String)>> = LazyLock::new(|| {
    let mut doors = Vec::new();
    for (index, table) in TABLES.iter().enumerate() {
        let operations = table
            .dialects()
            .iter()
            .flat_map(|dialect| &dialect.operations);
        for operation in operations.filter(|operation| is_judged_by_body(operation)) {
            let path = operation.pattern.replace("{model}", PIN).replace('*', "x");
            doors.push((index, operation.method.as_str(), path));
        }
    }
    doors
});

fn found(door: Index) -> Found<'static> {
    let (table, method, path) = door.get(&DOORS);
    TABLES[*table].find(method, path).unwrap()
}

/// A document with values at some of the places that an operation governs.
fn document(entries: Vec<(Index, Spelled)>, door: Index) -> Spelled {
    let mut root = Spelled::Object(Vec::new());
    let all = &found(door).operation.places.entries;
    for (index, value) in entries {
        if !all.is_empty() {
            put(&mut root, &steps(&index.get(all).pointer), value);
        }
    }
    root
}

/// Puts a value at a place, with what is missing on the way there; what is in the way stays.
fn put(at: &mut Spelled, steps: &[String], value: Spelled) {
    let Some((step, rest)) = steps.split_first() else {
        *at = value;
        return;
    };
    let below = match rest.first().map(String::as_str) {
        Some("*") => Spelled::List(Vec::new()),
        Some(_) => Spelled::Object(Vec::new()),
        None => Spelled::leaf("null"),
    };
    match at {
        Spelled::List(items) if step == "*" => {
            if items.is_empty() || rest.is_empty() {
                items.push(below);
            }
            put(items.last_mut().unwrap(), rest, value);
        }
        Spelled::Object(members) if step != "*" => {
            if !members.iter().any(|(name, _)| name == step) {
                members.push((step.clone(), below));
            }
            let inner = members.iter_mut().find(|(name, _)| name == step).unwrap();
            put(&mut inner.1, rest, value);
        }
        Spelled::Leaf(_) | Spelled::List(_) | Spelled::Object(_) => {}
    }
}

fn value() -> impl Strategy<Value = Spelled> {
    let words = select(vec![
        "gpt-5.5",
        "other-model",
        "openai/gpt-5.5",
        "models/gpt-5.5",
        "models/x",
        "low",
        "flex",
        "image-1",
        "moderation-1",
        "x:y",
    ]);
    prop_oneof![
        4 => words.prop_map(Spelled::quoted),
        1 => Just(Spelled::leaf("null")),
        1 => free(),
    ]
}

/// A wish at some operation.
fn wish() -> impl Strategy<Value = (Index, Wish)> {
    let source = select(vec![Source::User, Source::User, Source::Background]);
    let entries = vec((any::<Index>(), value()), 0..5);
    (
        any::<Index>(),
        rules(),
        source,
        entries,
        0..3_usize,
        any::<bool>(),
    )
        .prop_map(|(door, rules, source, entries, more, first)| {
            let mut body = document(entries, door);
            if let Some(members) = body.object(0) {
                let at = if first { 0 } else { members.len() };
                let more = (0..more).map(|n| (format!("zz{n}"), Spelled::leaf("1.0")));
                members.splice(at..at, more);
            }
            let body = body.write(&[""]);
            let path = "";
            (
                door,
                Wish {
                    rules,
                    path,
                    source,
                    body,
                },
            )
        })
}

fn judged(door: Index, rules: &Rules, source: Source, body: &[u8]) -> Judged {
    let (_, _, path) = door.get(&DOORS);
    let request = Request {
        found: &found(door),
        path,
        query: "",
        headers: &[("content-type", "application/json")],
        content: body,
        source,
    };
    judge_request(&policy(rules), request)
}

fn agree(door: Index, wish: &Wish) -> Result<(), TestCaseError> {
    let first = judged(door, &wish.rules, wish.source, &wish.body);
    let text = format!("{:?} {wish:?}", door.get(&DOORS));
    let answer = match first.verdict.decision {
        Decision::Pass => Answer::Pass,
        Decision::Reject(_) => Answer::Reject,
        Decision::Rewrite(_) => {
            let sent = edit::apply(&wish.body, first.content);
            let tree = Tree::parse(&sent);
            prop_assert!(
                tree.is_some(),
                "{}: {}",
                text,
                String::from_utf8_lossy(&sent)
            );
            let again = judged(door, &wish.rules, wish.source, &sent);
            prop_assert_eq!(again.verdict.decision, Decision::Pass, "{}", text);
            prop_assert_eq!(again.verdict.attempts, vec![], "{}", text);
            Answer::Rewrite(tree.unwrap_or(Tree::Null))
        }
    };
    prop_assert_eq!(
        answer.sorted(),
        naive::judge(wish, found(door).operation).sorted(),
        "{}",
        text
    );
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn both_implementations_agree_at_every_operation((door, wish) in wish()) {
        agree(door, &wish)?;
    }
}

#[test]
fn there_are_operations_to_try() {
    assert!(DOORS.len() >= 50, "{}", DOORS.len());
}

/// A pointer twice in one operation would have the later rule hide the earlier one; an expected
/// member more than one object deep would be put in at the wrong place.
#[test]
fn the_tables_say_each_thing_once() {
    for door in DOORS.iter() {
        let found = TABLES[door.0].find(door.1, &door.2).unwrap();
        let entries = &found.operation.places.entries;
        let mut pointers: Vec<&str> = entries.iter().map(|entry| entry.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert!(
            pointers.array_windows().all(|[a, b]| a != b),
            "{door:?}: {pointers:?}"
        );
        for entry in entries.iter().filter(|entry| entry.expected) {
            assert!(
                entry
                    .pointer
                    .split('*')
                    .next_back()
                    .unwrap()
                    .matches('/')
                    .count()
                    <= 2,
                "{door:?}: {}",
                entry.pointer
            );
        }
    }
}
