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

use crate::generated_request::{GeneratedRequest, Rules, free, rules};
use crate::json_text::JsonText;
use crate::naive::{self, Answer, steps};
use crate::tree::Tree;
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
static OPERATIONS: LazyLock<Vec<(usize, &str, String)>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for (index, table) in TABLES.iter().enumerate() {
        let operations = table
            .dialects()
            .iter()
            .flat_map(|dialect| &dialect.operations);
        for operation in operations.filter(|operation| is_judged_by_body(operation)) {
            let path = operation.pattern.replace("{model}", PIN).replace('*', "x");
            all.push((index, operation.method.as_str(), path));
        }
    }
    all
});

fn found(operation: Index) -> Found<'static> {
    let (table, method, path) = operation.get(&OPERATIONS);
    TABLES[*table].find(method, path).unwrap()
}

/// A document with values at some of the places that an operation governs.
fn document(entries: Vec<(Index, JsonText)>, operation: Index) -> JsonText {
    let mut root = JsonText::Object(Vec::new());
    let all = &found(operation).operation.places.entries;
    for (index, value) in entries {
        if !all.is_empty() {
            let mut steps = steps(&index.get(all).pointer);
            for step in steps.iter_mut().filter(|step| *step == "{}") {
                *step = member(index.index(4)).into();
            }
            put(&mut root, &steps, value);
        }
    }
    root
}

/// The name of a member where any may stand.
fn member(index: usize) -> &'static str {
    ["advisorTool", "functionDeclarations", "toolSpec", "model"][index]
}

/// Puts a value at a place, with what is missing on the way there; what is in the way stays.
fn put(at: &mut JsonText, steps: &[String], value: JsonText) {
    let Some((step, rest)) = steps.split_first() else {
        *at = value;
        return;
    };
    let below = match rest.first().map(String::as_str) {
        Some("*") => JsonText::List(Vec::new()),
        Some(_) => JsonText::Object(Vec::new()),
        None => JsonText::leaf("null"),
    };
    match at {
        JsonText::List(items) if step == "*" => {
            if items.is_empty() || rest.is_empty() {
                items.push(below);
            }
            put(items.last_mut().unwrap(), rest, value);
        }
        JsonText::Object(members) if step != "*" => {
            if !members.iter().any(|(name, _)| name == step) {
                members.push((step.clone(), below));
            }
            let inner = members.iter_mut().find(|(name, _)| name == step).unwrap();
            put(&mut inner.1, rest, value);
        }
        JsonText::Leaf(_) | JsonText::List(_) | JsonText::Object(_) => {}
    }
}

fn value() -> impl Strategy<Value = JsonText> {
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
        4 => words.prop_map(JsonText::quoted),
        1 => Just(JsonText::leaf("null")),
        1 => free(),
    ]
}

/// A request at some operation.
fn generated_request() -> impl Strategy<Value = (Index, GeneratedRequest)> {
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
        .prop_map(|(operation, rules, source, entries, more, first)| {
            let mut body = document(entries, operation);
            if let Some(members) = body.object(0) {
                let at = if first { 0 } else { members.len() };
                let more = (0..more).map(|n| (format!("zz{n}"), JsonText::leaf("1.0")));
                members.splice(at..at, more);
            }
            let body = body.write(&[""]);
            let path = "";
            (
                operation,
                GeneratedRequest {
                    rules,
                    path,
                    source,
                    body,
                },
            )
        })
}

fn judged(operation: Index, rules: &Rules, source: Source, body: &[u8]) -> Judged {
    let (_, _, path) = operation.get(&OPERATIONS);
    let request = Request {
        found: &found(operation),
        path,
        query: "",
        headers: &[("content-type", "application/json")],
        content: body,
        source,
    };
    judge_request(&policy(rules), request)
}

fn agree(operation: Index, request: &GeneratedRequest) -> Result<(), TestCaseError> {
    let first = judged(operation, &request.rules, request.source, &request.body);
    let text = format!("{:?} {request:?}", operation.get(&OPERATIONS));
    let answer = match first.verdict.decision {
        Decision::Pass => Answer::Pass,
        Decision::Reject(_) => Answer::Reject,
        Decision::Rewrite(_) => {
            let sent = edit::apply(&request.body, first.content);
            let tree = Tree::parse(&sent);
            prop_assert!(
                tree.is_some(),
                "{}: {}",
                text,
                String::from_utf8_lossy(&sent)
            );
            let again = judged(operation, &request.rules, request.source, &sent);
            prop_assert_eq!(again.verdict.decision, Decision::Pass, "{}", text);
            prop_assert_eq!(again.verdict.attempts, vec![], "{}", text);
            Answer::Rewrite(tree.unwrap_or(Tree::Null))
        }
    };
    prop_assert_eq!(
        answer.sorted(),
        naive::judge(request, found(operation).operation).sorted(),
        "{}",
        text
    );
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn operation_of_each_table_gets_the_same_verdict_of_both_implementations((operation, request) in generated_request()) {
        agree(operation, &request)?;
    }
}

#[test]
fn tables_have_operations_to_try() {
    assert!(OPERATIONS.len() >= 50, "{}", OPERATIONS.len());
}

/// A pointer twice in one operation would have the later rule hide the earlier one; an expected
/// member more than one object deep would be put in at the wrong place.
#[test]
fn tables_list_each_place_once() {
    for operation in OPERATIONS.iter() {
        let found = TABLES[operation.0].find(operation.1, &operation.2).unwrap();
        let entries = &found.operation.places.entries;
        let mut pointers: Vec<&str> = entries.iter().map(|entry| entry.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert!(
            pointers.array_windows().all(|[a, b]| a != b),
            "{operation:?}: {pointers:?}"
        );
        for entry in entries.iter().filter(|entry| entry.insert_if_missing) {
            assert!(
                entry
                    .pointer
                    .split('*')
                    .next_back()
                    .unwrap()
                    .matches('/')
                    .count()
                    <= 2,
                "{operation:?}: {}",
                entry.pointer
            );
        }
    }
}
