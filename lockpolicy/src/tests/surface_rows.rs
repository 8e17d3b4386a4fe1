//! Each row of a table that states a setting, with an input that states a value there and nothing else.

#![expect(clippy::disallowed_types, reason = "contents are put together")]

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::agents::codex::app_server::tests::printed::selecting;
use crate::agents::codex::app_server::{Server, judge_line};
use crate::agents::codex::cli::{self, Command, ModelSource, OptionSpec, ROOT, Role, Takes};
use crate::agents::codex::config::keys::KEYS;
use crate::dialect::{Content, Entry, Message, ModelAt, Operation, Places, Table, names};
use crate::http::ws_message::judge_message;
use crate::http::{Request, judge_request};
use crate::{Capability, ForceAction, Policy, Setting, Source, Verdict};

/// A row of one surface's table.
pub(super) struct Row {
    /// The surface, with the dialect where it has one.
    pub(super) surface: String,
    /// The place.
    pub(super) place: String,
    pub(super) setting: Setting,
    judge: Box<Judge>,
}

type Judge = dyn Fn(&Policy, &str) -> Verdict + Send + Sync;

impl Row {
    /// Judges the input that states a value here.
    pub(super) fn judge(&self, policy: &Policy, value: &str) -> Verdict {
        (self.judge)(policy, value)
    }
}

/// Every row of every table.
pub(super) static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut rows = Vec::new();
    options(&mut rows, &ROOT, "");
    keys(&mut rows);
    fields(&mut rows);
    for table in TABLES.iter() {
        operations(&mut rows, table);
    }
    rows
});

static TABLES: LazyLock<Vec<Table>> =
    LazyLock::new(|| names().map(|name| Table::of([name]).unwrap()).collect());

fn add(
    rows: &mut Vec<Row>,
    (surface, place): (&str, String),
    setting: Setting,
    judge: impl Fn(&Policy, &str) -> Verdict + Send + Sync + 'static,
) {
    rows.push(Row {
        surface: surface.to_string(),
        place,
        setting,
        judge: Box::new(judge),
    });
}

/// The options of commands that run what their command line names.
fn options(rows: &mut Vec<Row>, command: &'static Command, above: &str) {
    let path = [above, " ", command.name].concat().trim().to_string();
    let runs = command.model == ModelSource::CommandLine;
    for option in command.own_options().filter(|_| runs) {
        let Role::Selects(setting) = option.role else {
            continue;
        };
        let words: Vec<String> = path.split_whitespace().map(ToString::to_string).collect();
        let place = format!("{path} --{}", option.long);
        add(rows, ("argv", place), setting, move |policy, value| {
            by_argv(
                policy,
                words.iter().cloned().chain([spelled(option, value)]),
            )
        });
    }
    for child in command.children {
        options(rows, child, &path);
    }
}

fn spelled(option: &OptionSpec, value: &str) -> String {
    match option.takes {
        Takes::Nothing => format!("--{}", option.long),
        Takes::One | Takes::Many => format!("--{}={value}", option.long),
    }
}

fn by_argv(policy: &Policy, args: impl Iterator<Item = String>) -> Verdict {
    let args: Vec<String> = args.collect();
    let args: Vec<&[u8]> = args.iter().map(String::as_bytes).collect();
    cli::judge(policy, &args).verdict
}

/// The keys of the configuration: behind `-c`, in a config map, and in a write to the file.
fn keys(rows: &mut Vec<Row>) {
    for row in &KEYS {
        let Some(selects) = row.selects else { continue };
        let setting = selects.setting();
        let name = |pattern: &str| pattern.replace('*', "some_");
        let key = match row.last {
            "" => name(row.first),
            last => [&name(row.first), ".", &name(last)].concat(),
        };
        let key = key.trim_end_matches('_').to_string();
        let (argv, map, write) = (key.clone(), key.clone(), key.clone());
        add(rows, ("-c", key.clone()), setting, move |policy, value| {
            let override_ = format!("{argv}=\"{value}\"");
            by_argv(policy, ["exec".into(), "-c".into(), override_].into_iter())
        });
        add(
            rows,
            ("config map", key.clone()),
            setting,
            move |policy, value| {
                let params = json!({"config": {map.as_str(): value}});
                by_json_rpc(policy, (Server::App, "thread/start"), &params)
            },
        );
        add(
            rows,
            ("config file", key),
            written(setting),
            move |policy, value| {
                let params = json!({"keyPath": write, "value": value});
                by_json_rpc(policy, (Server::App, "config/value/write"), &params)
            },
        );
    }
}

/// A write to the file cannot be half done: what is dropped elsewhere is refused there.
fn written(setting: Setting) -> Setting {
    if let Setting::OtherSelector(capability, ForceAction::Drop) = setting {
        Setting::OtherSelector(capability, ForceAction::Refuse)
    } else {
        setting
    }
}

/// The fields of JSON-RPC requests.
fn fields(rows: &mut Vec<Row>) {
    for (server, method, pointer, setting) in selecting() {
        let place = format!("{method} {pointer}");
        add(rows, ("json-rpc", place), setting, move |policy, value| {
            let mut params = json!({});
            put(&mut params, &pointer, value);
            by_json_rpc(policy, (server, method), &params)
        });
    }
}

fn by_json_rpc(policy: &Policy, (server, method): (Server, &str), params: &Value) -> Verdict {
    let line = json!({"id": 1, "method": method, "params": params}).to_string();
    judge_line(policy, server, line.as_bytes()).verdict
}

/// Puts a text at a pointer; `*` is the first element, and `{}` a member that is called so.
fn put(content: &mut Value, pointer: &str, text: &str) {
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
            at = &mut at[if step == "{}" { text } else { step }];
        }
    }
    *at = json!(text);
}

/// The places of a dialect: contents, forms, messages, headers and targets.
fn operations(rows: &mut Vec<Row>, table: &'static Table) {
    let dialect = &table.dialects()[0];
    for operation in &dialect.operations {
        let at = (dialect.name.as_str(), operation);
        for message in &operation.messages {
            for entry in &message.places.entries {
                stated(rows, "websocket", at, (Some(message), entry), table);
            }
        }
        for entry in &operation.places.entries {
            if operation.content != Content::Multipart {
                stated(rows, "http", at, (None, entry), table);
            }
            let is_form = matches!(
                operation.content,
                Content::Multipart | Content::JsonOrMultipart
            );
            if is_form && !entry.pointer.contains(['*', '{']) {
                stated(rows, "form", at, (None, entry), table);
            }
        }
        head(rows, at, table);
    }
}

/// One place in a content or a message.
fn stated(
    rows: &mut Vec<Row>,
    surface: &'static str,
    (dialect, operation): (&str, &'static Operation),
    (message, entry): (Option<&'static Message>, &'static Entry),
    table: &'static Table,
) {
    let Some(setting) = entry.setting else { return };
    let kind = message.map_or("", |message| &message.kind);
    let place = format!(
        "{} {} {kind} {}",
        operation.method, operation.pattern, entry.pointer
    );
    add(
        rows,
        (&format!("{surface} {dialect}"), place),
        setting,
        move |policy, value| {
            let places = message.map_or(&operation.places, |message| &message.places);
            let mut members = members(policy, places, &entry.pointer);
            members.push((&entry.pointer, [entry.prefix.as_str(), value].concat()));
            match message {
                Some(message) => {
                    let text = body(&members, &message.kind);
                    judge_message(policy, operation, text.as_bytes(), Source::User).0
                }
                None if surface == "form" => {
                    by_http(policy, (table, operation), form(&members), &[])
                }
                None => by_http(
                    policy,
                    (table, operation),
                    ("application/json", body(&members, "")),
                    &[],
                ),
            }
        },
    );
}

/// The header fields, and the model in the path or the query.
fn head(
    rows: &mut Vec<Row>,
    (dialect, operation): (&str, &'static Operation),
    table: &'static Table,
) {
    let at = format!("{} {}", operation.method, operation.pattern);
    let json = |policy: &Policy, places: &Places| {
        let is_json = matches!(
            operation.content,
            Content::Json | Content::JsonAnyType | Content::JsonOrMultipart
        );
        let text = body(&members(policy, places, ""), "");
        (
            "application/json",
            if is_json { text } else { String::new() },
        )
    };
    for (name, setting) in &operation.places.headers {
        let place = format!("{at} @{name}");
        add(
            rows,
            (&format!("header {dialect}"), place),
            *setting,
            move |policy, value| {
                let content = json(policy, &operation.places);
                by_http(policy, (table, operation), content, &[(name, value)])
            },
        );
    }
    let target = matches!(operation.model, ModelAt::Path | ModelAt::Query(_));
    if let Some(capability) = operation.capability.filter(|_| target) {
        let setting = Setting::Model(capability);
        add(
            rows,
            (&format!("target {dialect}"), at),
            setting,
            move |policy, value| {
                let is_form = operation.content == Content::Multipart;
                let content = if is_form {
                    form(&[])
                } else {
                    json(policy, &operation.places)
                };
                requested(policy, (table, operation), content, (value, &[]))
            },
        );
    }
}

fn by_http(
    policy: &Policy,
    at: (&'static Table, &Operation),
    content: (&str, String),
    headers: &[(&str, &str)],
) -> Verdict {
    let pin =
        at.1.capability
            .and_then(|capability| policy.pin_of(capability));
    requested(policy, at, content, (pin.unwrap_or_default(), headers))
}

fn requested(
    policy: &Policy,
    (table, operation): (&'static Table, &Operation),
    (media, content): (&str, String),
    (model, more): (&str, &[(&str, &str)]),
) -> Verdict {
    let path = operation
        .pattern
        .replace("{model}", model)
        .replace('*', "x");
    let query = match &operation.model {
        ModelAt::Query(name) => format!("{name}={model}"),
        ModelAt::Content(_) | ModelAt::Nowhere | ModelAt::Path => String::new(),
    };
    let mut headers = more.to_vec();
    if !content.is_empty() {
        headers.push(("content-type", media));
    }
    let request = Request {
        found: &table.find(&operation.method, &path).unwrap(),
        path: &path,
        query: &query,
        headers: &headers,
        content: content.as_bytes(),
        source: Source::User,
    };
    judge_request(policy, request).verdict
}

/// The members that have to stand in a content that states something at a pointer.
fn members<'p>(policy: &Policy, places: &'p Places, stated: &str) -> Vec<(&'p str, String)> {
    let is_there = |entry: &&Entry| {
        let around = entry.each.map(|each| places.entries[each].pointer.as_str());
        around.is_none_or(|around| stated.starts_with(around))
    };
    let expected = places
        .entries
        .iter()
        .filter(|entry| entry.insert_if_missing);
    let named = expected
        .filter(|entry| entry.pointer != stated)
        .filter(is_there);
    let text = |entry: &'p Entry| {
        let pin = match entry.setting? {
            Setting::Model(capability) => policy.pin_of(capability),
            Setting::Effort => policy.effort(),
            Setting::Tier => policy.tier(),
            Setting::Limited(..) | Setting::OtherSelector(..) | Setting::ToolType => None,
        };
        Some((
            entry.pointer.as_str(),
            [entry.prefix.as_str(), pin?].concat(),
        ))
    };
    named.filter_map(text).collect()
}

fn body(members: &[(&str, String)], kind: &str) -> String {
    let mut content = json!({});
    if !kind.is_empty() {
        put(&mut content, "/type", kind);
    }
    for (pointer, text) in members {
        put(&mut content, pointer, text);
    }
    content.to_string()
}

/// A form: `/a/b` is the part `a[b]`.
fn form(members: &[(&str, String)]) -> (&'static str, String) {
    let name = |pointer: &str| {
        let mut steps = pointer.split('/').skip(1);
        let first = steps.next().unwrap_or_default();
        steps.fold(first.to_string(), |name, step| format!("{name}[{step}]"))
    };
    let part = |name: &str, text: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let parts = members
        .iter()
        .map(|(pointer, text)| part(&name(pointer), text));
    let parts = parts.chain([part("some", "x"), "--B--\r\n".to_string()]);
    ("multipart/form-data; boundary=B", parts.collect())
}

/// The pin that stands for a setting; `None` where any value is another one.
pub(super) fn pin_of(policy: &Policy, setting: Setting) -> Option<&str> {
    match setting {
        Setting::Model(capability)
        | Setting::OtherSelector(capability, ForceAction::DropOthers | ForceAction::Pin) => {
            policy.pin_of(capability)
        }
        Setting::Effort => policy.effort(),
        Setting::Tier => policy.tier(),
        Setting::Limited(..) | Setting::OtherSelector(..) => policy.pin_of(Capability::Generation),
        Setting::ToolType => None,
    }
}
