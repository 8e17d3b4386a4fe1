//! What holds of every operation of every dialect.

#![expect(clippy::disallowed_types, reason = "contents are put together")]

use lockpolicy::dialect::{Content, Entry, Message, ModelAt, Operation, Places, Table};
use lockpolicy::http::ws_message::judge_message;
use lockpolicy::path::is_plain_path;
use lockpolicy::{
    Capability, Condition, Decision, ForceAction, Limit, Policy, Reason, Setting, Source, edit,
};
use serde_json::{Value, json};

use super::{PINS, ask, dialects, policy};

/// A path that a pattern stands for, with this model.
fn path(pattern: &str, model: &str) -> String {
    pattern.replace("{model}", model).replace('*', "any-1")
}

/// The content that names the right models where they are expected.
pub(super) fn proper(places: &Places) -> Value {
    let mut content = json!({});
    for entry in places
        .entries
        .iter()
        .filter(|entry| entry.insert_if_missing)
    {
        if let Some(Setting::Model(capability)) = entry.setting {
            put(
                &mut content,
                &entry.pointer,
                json!(named(entry, capability)),
            );
        }
    }
    content
}

fn named(entry: &Entry, capability: Capability) -> String {
    format!("{}p-{}", entry.prefix, capability.as_str())
}

/// Puts a value at a pointer; `*` is the first element.
pub(super) fn put(content: &mut Value, pointer: &str, value: Value) {
    let mut at = content;
    for step in pointer.split('/').skip(1) {
        if step == "*" {
            if !at.is_array() {
                *at = json!([{}]);
            }
            at = &mut at[0];
        } else {
            if !at.is_object() {
                *at = json!({});
            }
            at = &mut at[step];
        }
    }
    *at = value;
}

/// The target of an operation with the right model, or with this one.
pub(super) fn target(operation: &Operation, model: Option<&str>) -> String {
    let pin = operation.capability.map_or("", Capability::as_str);
    let pin = model.map_or(format!("p-{pin}"), str::to_owned);
    let path = path(&operation.pattern, &pin);
    match &operation.model {
        ModelAt::Query(name) => format!("{path}?{name}={pin}"),
        ModelAt::Content(_) | ModelAt::Nowhere | ModelAt::Path => path,
    }
}

fn text(operation: &Operation, content: &Value) -> String {
    if is_json(operation) {
        content.to_string()
    } else {
        String::new()
    }
}

/// Every operation with the table of its dialect alone.
pub(super) fn each(mut check: impl FnMut(&Table, &Operation, &str)) {
    for dialect in dialects() {
        let table = Table::of([dialect.name.as_str()]).unwrap();
        for operation in &dialect.operations {
            let name = format!(
                "{}: {} {}",
                dialect.name, operation.method, operation.pattern
            );
            check(&table, operation, &name);
        }
    }
}

fn is_json(operation: &Operation) -> bool {
    matches!(
        operation.content,
        Content::Json | Content::JsonAnyType | Content::JsonOrMultipart
    )
}

fn is_form(operation: &Operation) -> bool {
    operation.content == Content::Multipart
}

#[test]
fn pattern_of_an_operation_is_plain_and_hides_no_other() {
    each(|table, operation, name| {
        let path = path(&operation.pattern, "some-model");
        let found = table.find(&operation.method, &path).expect(name);
        // One client writes two slashes.
        assert!(is_plain_path(&path) || path.starts_with("//ws/"), "{name}");
        assert!(found.is_plain(&path), "{name}");
        assert_eq!(found.operation, operation, "{name} is hidden");
        assert_eq!(
            found.model.is_some(),
            operation.model == ModelAt::Path,
            "{name}"
        );
    });
}

#[test]
fn operation_of_a_dialect_is_listed_once() {
    for dialect in dialects() {
        let mut seen: Vec<String> = dialect
            .operations
            .iter()
            .map(|operation| format!("{} {}", operation.method, operation.pattern))
            .collect();
        seen.sort_unstable();
        let twice = seen.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None, "{}", dialect.name);
    }
}

#[test]
fn refused_entry_is_listed_as_no_operation() {
    for dialect in dialects() {
        let table = Table::of([dialect.name.as_str()]).unwrap();
        for refused in &dialect.refused {
            let (method, pattern) = refused.at.split_once(' ').unwrap();
            for rest in ["", "/any-1", "/any-1/any-2"] {
                let full = pattern.replace("/**", rest).replace('*', "any-1");
                assert!(table.find(method, &full).is_none(), "{}", refused.at);
            }
        }
    }
}

#[test]
fn request_with_the_pin_is_untouched_in_both_modes() {
    for mode in ["force", "reject"] {
        let policy = policy(mode, PINS);
        each(|table, operation, name| {
            if is_form(operation) {
                return;
            }
            let (target, content) = (
                target(operation, None),
                text(operation, &proper(&operation.places)),
            );
            let found = table
                .find(&operation.method, target.split('?').next().unwrap())
                .unwrap();
            let passed = ask(&policy, &found, &target, &content);
            assert_eq!(passed, Ok((target, content)), "{mode} {name}");
        });
    }
}

#[test]
fn request_with_another_model_is_forced_or_refused() {
    let (force, reject) = (policy("force", PINS), policy("reject", PINS));
    each(|table, operation, name| {
        let mut content = proper(&operation.places);
        let model = match operation.model {
            ModelAt::Nowhere => return,
            ModelAt::Content(index) => {
                let pointer = &operation.places.entries[index].pointer;
                put(&mut content, pointer, json!("other"));
                None
            }
            ModelAt::Path | ModelAt::Query(_) => Some("other"),
        };
        if is_form(operation) {
            return;
        }
        let (target, content) = (target(operation, model), text(operation, &content));
        let found = table
            .find(&operation.method, target.split('?').next().unwrap())
            .unwrap();
        let refused = ask(&reject, &found, &target, &content);
        assert_eq!(refused.unwrap_err().reason, Reason::ModelLocked, "{name}");
        let (target, content) = ask(&force, &found, &target, &content).expect(name);
        let pin = format!("p-{}", operation.capability.unwrap().as_str());
        let all = [target, content].concat();
        assert!(
            all.contains(&pin) && !all.contains("other"),
            "{name}: {all}"
        );
    });
}

#[test]
fn request_without_a_model_gets_the_pin_or_is_refused() {
    let (force, reject) = (policy("force", PINS), policy("reject", PINS));
    each(|table, operation, name| {
        let ModelAt::Content(_) = operation.model else {
            return;
        };
        if is_form(operation) {
            return;
        }
        let path = target(operation, None);
        let found = table.find(&operation.method, &path).unwrap();
        let refused = ask(&reject, &found, &path, "{}").unwrap_err().reason;
        assert_eq!(refused, Reason::ModelAbsent, "{name}");
        let (_, content) = ask(&force, &found, &path, "{}").expect(name);
        let content: Value = serde_json::from_str(&content).unwrap();
        assert_eq!(content, proper(&operation.places), "{name}");
    });
}

#[test]
fn request_for_a_capability_without_a_pin_is_refused() {
    let policy = policy("force", "model='p-generation'");
    each(|table, operation, name| {
        let capability = operation.capability;
        let Some(capability) = capability.filter(|c| *c != Capability::Generation) else {
            return;
        };
        let named = operation.model != ModelAt::Nowhere;
        if is_form(operation) || !named {
            return;
        }
        let (target, content) = (
            target(operation, None),
            text(operation, &proper(&operation.places)),
        );
        let found = table
            .find(&operation.method, target.split('?').next().unwrap())
            .unwrap();
        let refused = ask(&policy, &found, &target, &content).unwrap_err();
        let refusal = (refused.reason, refused.capability);
        assert_eq!(refusal, (Reason::NoPin, Some(capability)), "{name}");
        assert!(
            refused.to_string().contains(capability.variable()),
            "{name}"
        );
    });
}

/// Each place with another model in it.
fn strays(places: &Places) -> impl Iterator<Item = (&Entry, ForceAction, String)> {
    places.entries.iter().filter_map(|entry| {
        let remedy = match entry.setting? {
            Setting::Model(_) => ForceAction::Pin,
            Setting::OtherSelector(_, remedy) => remedy,
            Setting::Effort | Setting::Limited(..) | Setting::ToolType | Setting::Tier => {
                return None;
            }
        };
        let mut content = proper(places);
        put(&mut content, &entry.pointer, json!("other"));
        Some((entry, remedy, content.to_string()))
    })
}

fn strayed(
    name: &str,
    remedy: ForceAction,
    force: Result<String, Reason>,
    reject: &Result<String, Reason>,
) {
    assert!(reject.is_err(), "{name}: {reject:?}");
    match (remedy, force) {
        (ForceAction::Refuse, force) => assert_eq!(force, Err(Reason::Secondary), "{name}"),
        (
            ForceAction::Drop
            | ForceAction::DropCredential
            | ForceAction::DropOthers
            | ForceAction::Pin,
            Ok(text),
        ) => {
            assert!(!text.contains("other"), "{name}: {text}");
        }
        (_, Err(reason)) => panic!("{name}: {reason:?}"),
    }
}

#[test]
fn place_with_another_model_never_passes() {
    let (force, reject) = (policy("force", PINS), policy("reject", PINS));
    each(|table, operation, name| {
        if !is_json(operation) {
            return;
        }
        let path = target(operation, None);
        let found = table.find(&operation.method, &path).unwrap();
        for (entry, remedy, content) in strays(&operation.places) {
            let run = |policy: &Policy| {
                ask(policy, &found, &path, &content)
                    .map(|(_, content)| content)
                    .map_err(|r| r.reason)
            };
            strayed(
                &format!("{name} {}", entry.pointer),
                remedy,
                run(&force),
                &run(&reject),
            );
        }
    });
}

/// Effort and tier pass where nothing pins them, and nowhere differ from their pins where something does.
#[test]
fn place_with_another_effort_or_tier_never_passes_under_a_pin() {
    let pinned = ["reasoning_effort='low'\nservice_tier='flex'\n", PINS].concat();
    let (free, force) = (policy("force", PINS), policy("force", &pinned));
    let reject = policy("reject", &pinned);
    let mut count = 0;
    each(|table, operation, name| {
        let words = operation.places.entries.iter();
        let words = words.filter(|e| matches!(e.setting, Some(Setting::Effort | Setting::Tier)));
        for entry in words.filter(|_| is_json(operation)) {
            let name = format!("{name} {}", entry.pointer);
            let mut content = proper(&operation.places);
            put(&mut content, &entry.pointer, json!("other"));
            let (target, content) = (target(operation, None), content.to_string());
            let found = table.find(&operation.method, &target).unwrap();
            let passed = ask(&free, &found, &target, &content);
            assert_eq!(
                passed.as_ref().map(|(_, text)| text),
                Ok(&content),
                "{name}"
            );
            let (_, forced) = ask(&force, &found, &target, &content).expect(&name);
            assert!(!forced.contains("other"), "{name}: {forced}");
            let refused = ask(&reject, &found, &target, &content).unwrap_err();
            assert_eq!(refused.reason, Reason::SettingLocked, "{name}");
            count += 1;
        }
    });
    assert!(count > 50, "{count} places");
}

/// Where a model generates, a request that states another effort or tier than the pinned one is not forwarded so,
/// whether the API knows the member or not.
#[test]
fn no_generation_lets_another_effort_or_tier_through() {
    let pinned = ["reasoning_effort='low'\nservice_tier='flex'\n", PINS].concat();
    let (force, reject) = (policy("force", &pinned), policy("reject", &pinned));
    let mut count = 0;
    each(|table, operation, name| {
        let generates = operation.capability == Some(Capability::Generation);
        if !generates || !is_json(operation) {
            return;
        }
        let stated = operation.places.entries.iter().filter(|entry| {
            let setting = entry.setting;
            let limited = |condition| match setting {
                Some(Setting::Limited(own, _)) => own == condition,
                _ => false,
            };
            matches!(setting, Some(Setting::Effort | Setting::Tier))
                || limited(Condition::EffortPinned)
                || limited(Condition::TierPinned)
        });
        let stated: Vec<&Entry> = stated.collect();
        let is_effort = |entry: &&&Entry| {
            matches!(
                entry.setting,
                Some(Setting::Effort | Setting::Limited(Condition::EffortPinned, _))
            )
        };
        let efforts = stated.iter().filter(is_effort).count();
        assert!(efforts > 0, "{name}: no place of an effort");
        let header = !operation.places.headers.is_empty();
        assert!(
            stated.len() > efforts || header,
            "{name}: no place of a tier"
        );
        for entry in stated {
            let mut content = proper(&operation.places);
            put(&mut content, &entry.pointer, json!("other"));
            let (target, content) = (target(operation, None), content.to_string());
            let found = table.find(&operation.method, &target).unwrap();
            let refused = ask(&reject, &found, &target, &content).map(drop);
            assert!(refused.is_err(), "{name} {}", entry.pointer);
            let forced = ask(&force, &found, &target, &content);
            assert!(
                forced.is_err() || !forced.unwrap().1.contains("other"),
                "{name} {}",
                entry.pointer
            );
            count += 1;
        }
    });
    println!("{count} places of an effort or a tier where a model generates");
    assert!(count > 200, "{count}");
}

/// The report at start-up names exactly the operations where force leaves a silent request as it is.
#[test]
fn unheld_operations_are_those_where_nothing_is_put_in() {
    let pinned = ["reasoning_effort='low'\nservice_tier='flex'\n", PINS].concat();
    let policy = policy("force", &pinned);
    each(|table, operation, name| {
        let generates = operation.capability == Some(Capability::Generation);
        if !generates || !is_json(operation) {
            return;
        }
        let target = target(operation, None);
        let found = table.find(&operation.method, &target).unwrap();
        let content = proper(&operation.places).to_string();
        let (_, sent) = ask(&policy, &found, &target, &content).expect(name);
        let at = format!("{} {}", operation.method, operation.pattern);
        for (key, word) in [
            ("reasoning_effort", "\"low\""),
            ("service_tier", "\"flex\""),
        ] {
            let unheld = table.unheld(&policy);
            let mut own = unheld.iter().filter(|unheld| unheld.key == key);
            let output = own.any(|unheld| unheld.operations.contains(&at));
            assert_eq!(output, !sent.contains(word), "{name} {key}: {sent}");
        }
    });
    assert_eq!(
        Table::of(["openai", "chatgpt"])
            .unwrap()
            .unheld(&policy)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        [
            "dialect `openai`: the pinned reasoning_effort is not put into a request that states none, at POST /v1/completions"
        ]
    );
}

/// A limited place passes where nothing pins what it stands for, and else lets nothing but the pin or its
/// word through.
#[test]
fn limited_place_with_another_value_never_passes_under_a_pin() {
    let pinned = ["reasoning_effort='low'\nservice_tier='flex'\n", PINS].concat();
    let free = policy("reject", PINS);
    let (force, reject) = (policy("force", &pinned), policy("reject", &pinned));
    let mut count = 0;
    each(|table, operation, name| {
        let limited = operation.places.entries.iter().filter_map(|entry| {
            let Some(Setting::Limited(condition, limit)) = entry.setting else {
                return None;
            };
            Some((entry, condition, limit))
        });
        for (entry, condition, limit) in limited.filter(|_| is_json(operation)) {
            let name = format!("{name} {}", entry.pointer);
            let target = target(operation, None);
            let found = table.find(&operation.method, &target).unwrap();
            let run = |policy: &Policy, value: Value| {
                let mut content = proper(&operation.places);
                put(&mut content, &entry.pointer, value);
                let content = content.to_string();
                let text = ask(policy, &found, &target, &content).map(|(_, text)| text);
                (content, text.map_err(|r| r.reason))
            };
            for other in [json!("other"), json!(7)] {
                let (sent, passed) = run(&free, other.clone());
                match condition {
                    Condition::Always => assert_eq!(passed, Err(Reason::SettingLocked), "{name}"),
                    Condition::EffortPinned | Condition::TierPinned => {
                        assert_eq!(passed, Ok(sent), "{name}");
                    }
                }
                let refused = run(&reject, other.clone()).1;
                assert_eq!(refused, Err(Reason::SettingLocked), "{name}");
                match (limit, run(&force, other.clone()).1) {
                    (Limit::Drop, Ok(text)) => assert!(!text.contains("other"), "{name}: {text}"),
                    (Limit::Only(word), Ok(text)) => {
                        assert!(text.contains(word.as_str()), "{name}: {text}");
                        assert!(condition != Condition::Always, "{name}");
                    }
                    (Limit::Only(_) | Limit::Refuse, Err(Reason::SettingLocked)) => {}
                    (_, odd) => panic!("{name}: {odd:?}"),
                }
            }
            let (sent, passed) = run(&free, Value::Null);
            assert_eq!(passed, Ok(sent), "{name}");
            count += 1;
        }
    });
    assert!(count > 100, "{count} places");
}

pub(super) fn say(policy: &Policy, operation: &Operation, text: &str) -> Result<String, Reason> {
    let (verdict, edits) = judge_message(policy, operation, text.as_bytes(), Source::User);
    match verdict.decision {
        Decision::Reject(rejection) => Err(rejection.reason),
        Decision::Pass | Decision::Rewrite(_) => {
            Ok(String::from_utf8(edit::apply(text.as_bytes(), edits)).unwrap())
        }
    }
}

pub(super) fn typed(message: &Message, text: &str) -> String {
    let mut text: Value = serde_json::from_str(text).unwrap();
    if !message.kind.is_empty() {
        text["type"] = json!(message.kind);
    }
    text.to_string()
}

#[test]
fn message_with_another_model_never_passes() {
    let (force, reject) = (policy("force", PINS), policy("reject", PINS));
    each(|_, operation, name| {
        for message in &operation.messages {
            let name = format!("{name} {}", message.kind);
            let plain = typed(message, &proper(&message.places).to_string());
            assert_eq!(say(&reject, operation, &plain), Ok(plain.clone()), "{name}");
            for (entry, remedy, text) in strays(&message.places) {
                let text = typed(message, &text);
                let run = |policy| say(policy, operation, &text);
                strayed(
                    &format!("{name} {}", entry.pointer),
                    remedy,
                    run(&force),
                    &run(&reject),
                );
            }
        }
        let stranger = say(&force, operation, r#"{"type":"never.received.of"}"#);
        assert!(stranger.is_err(), "{name}");
    });
}
