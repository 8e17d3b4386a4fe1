//! The type of a tool: listed, or refused.

#![expect(clippy::disallowed_types, reason = "contents are put together")]

use lockpolicy::dialect::{Entry, Message, Operation, Places, Table};
use lockpolicy::{Policy, Reason};
use serde_json::{Value, json};

use super::every::{each, proper, put, say, target, typed};
use super::{PINS, ask, policy};

/// The places of tools, of contents and of messages.
fn tools(places: &Places) -> impl Iterator<Item = &Entry> {
    places.entries.iter().filter(|entry| entry.tools.is_some())
}

/// A content with one tool of this type.
fn content(places: &Places, entry: &Entry, tool: Value) -> Value {
    let mut content = proper(places);
    match (entry.pointer.strip_suffix("/{}"), &tool) {
        (Some(object), Value::String(name)) => {
            put(&mut content, object, json!({ name.replace(':', "_"): {} }));
        }
        (Some(object), _) => put(&mut content, object, json!({})),
        (None, _) => put(&mut content, &entry.pointer, tool),
    }
    content
}

/// Asks with a content, or says it as a message.
fn answer(
    policy: &Policy,
    (table, operation): (&Table, &Operation),
    message: Option<&Message>,
    content: &Value,
) -> Result<(), Reason> {
    if let Some(message) = message {
        let text = typed(message, &content.to_string());
        return say(policy, operation, &text).map(drop);
    }
    let target = target(operation, None);
    let found = table.find(&operation.method, &target).unwrap();
    let request = ask(policy, &found, &target, &content.to_string());
    request.map(drop).map_err(|rejection| rejection.reason)
}

/// Tries a type at every place of a tool, in every dialect.
fn try_everywhere(policy: &Policy, tool: impl Fn(&Entry) -> Value, expected: Option<Reason>) {
    let mut count = 0;
    each(|table, operation, name| {
        let messages = operation.messages.iter().map(Some);
        for message in messages.chain([None]) {
            let places = message.map_or(&operation.places, |message| &message.places);
            for entry in tools(places) {
                let content = content(places, entry, tool(entry));
                let answer = answer(policy, (table, operation), message, &content);
                let name = format!("{name} {} {content}", entry.pointer);
                assert_eq!(answer.err(), expected, "{name}");
                count += 1;
            }
        }
    });
    assert!(count > 100, "{count} places");
}

#[test]
fn tool_type_without_a_row_is_refused_everywhere() {
    for mode in ["force", "reject"] {
        let policy = policy(mode, PINS);
        for tool in ["advisor_20990101", "vendor:subagent", "Function"] {
            try_everywhere(&policy, |_| json!(tool), Some(Reason::UnknownToolType));
        }
    }
    try_everywhere(&policy("report_only", PINS), |_| json!("x"), None);
}

/// What is below a namespace in a namespace is judged by nothing.
#[test]
fn namespace_in_a_namespace_is_refused() {
    let policy = policy("reject", PINS);
    let table = Table::of(["openai"]).unwrap();
    let found = table.find("POST", "/v1/responses").unwrap();
    let inner = json!({"type": "namespace", "name": "m", "tools": [{"type": "image_generation", "model": "x"}]});
    let outer = json!({"type": "namespace", "name": "n", "tools": [inner]});
    for content in [
        json!({"model": "p-generation", "input": "x", "tools": [outer]}),
        json!({"model": "p-generation", "input": [{"type": "additional_tools", "tools": [outer]}]}),
    ] {
        let answer = answer(&policy, (&table, found.operation), None, &content);
        assert_eq!(answer, Err(Reason::UnknownToolType), "{content}");
    }
}

#[test]
fn tool_type_with_a_row_passes_everywhere() {
    let policy = policy("reject", PINS);
    for index in 0..64 {
        let tool = |entry: &Entry| {
            let listed = &entry.tools.as_ref().unwrap().listed;
            json!(listed[index % listed.len()])
        };
        try_everywhere(&policy, tool, None);
    }
}

#[test]
fn tool_type_of_the_policy_passes_everywhere() {
    let keys = ["allow_tool_types=['advisor_20990101']\n", PINS].concat();
    try_everywhere(
        &policy("reject", &keys),
        |_| json!("advisor_20990101"),
        None,
    );
}

#[test]
fn tool_type_null_passes_where_the_vendor_takes_it() {
    let policy = policy("force", PINS);
    let mut places = (0, 0);
    each(|table, operation, name| {
        for entry in tools(&operation.places).filter(|e| !e.pointer.ends_with("/{}")) {
            let null = entry.tools.as_ref().unwrap().null;
            let content = content(&operation.places, entry, Value::Null);
            let answer = answer(&policy, (table, operation), None, &content);
            assert_eq!(answer.is_ok(), null, "{name} {}", entry.pointer);
            places.0 += usize::from(null);
            places.1 += usize::from(!null);
        }
    });
    assert!(places.0 > 10 && places.1 > 10, "{places:?}");
}
