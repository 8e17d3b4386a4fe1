//! The page of limits: every bound of what a request, a message, a line or a file may cost. A limit that is a setting
//! has its default from the table of settings; what a client is told is made by the code that tells it.

use lockpolicy::http::{DecodedLimits, Fault, PART_CAP, Refusal, Resource};
use lockpolicy::json::{DEPTH_CAP, JsonError, NAME_CAP};
use lockpolicy::{Reason, Rejection};
use shim::workspace;

use super::docs::{compare, table};
use crate::settings::table::{Group, Setting, TABLE};

/// One limit.
struct Limit {
    what: &'static str,
    /// The setting, or the value of a limit that is none.
    value: Value,
    /// What happens beyond it.
    result: String,
}

enum Value {
    Set(Setting),
    Fixed(String),
}

fn set(what: &'static str, setting: Setting, result: impl Into<String>) -> Limit {
    Limit {
        what,
        value: Value::Set(setting),
        result: result.into(),
    }
}

fn fixed(what: &'static str, value: &dyn ToString, result: impl Into<String>) -> Limit {
    Limit {
        what,
        value: Value::Fixed(value.to_string()),
        result: result.into(),
    }
}

fn rejected(reason: Reason, place: impl Into<String>) -> String {
    let rejection = Rejection::whole(reason, place);
    format!("{}: {rejection}", Refusal::from(&rejection).status)
}

fn too_large(place: impl Into<String>) -> String {
    rejected(Reason::TooLarge, place)
}

fn failed(fault: &Fault) -> String {
    format!("{}: {fault}", Refusal::from(fault).status)
}

fn json(error: JsonError) -> String {
    rejected(error.reason(), error.to_string())
}

fn exhausted(resource: Resource) -> String {
    failed(&Fault::Exhausted(resource))
}

fn of_requests() -> Vec<Limit> {
    let ratio = DecodedLimits {
        bytes: usize::MAX,
        ratio: 200,
    };
    let ratio = ratio.check(1, usize::MAX).unwrap_err().place;
    let unchecked = format!("{} MiB", DecodedLimits::UNCHECKED >> 20);
    vec![
        set(
            "header section of a request",
            Setting::max_header_bytes(),
            too_large("the head is too large"),
        ),
        set(
            "time of a header section",
            Setting::header_timeout(),
            failed(&Fault::HeadTimeout),
        ),
        set(
            "content as it arrives; message of a WebSocket",
            Setting::max_body(),
            too_large("content"),
        ),
        set(
            "content after decoding",
            Setting::max_decoded(),
            too_large("decoded content"),
        ),
        set(
            "decoded bytes for each byte that arrives",
            Setting::max_expansion(),
            too_large(ratio),
        ),
        fixed(
            "decoded bytes up to which that is not checked",
            &unchecked,
            "",
        ),
        set(
            "places of a content that can select something",
            Setting::max_locations(),
            json(JsonError::Locations(65_536)),
        ),
        fixed(
            "member names of JSON objects that are open at a time",
            &NAME_CAP,
            json(JsonError::ManyNames),
        ),
        fixed("depth of JSON", &DEPTH_CAP, json(JsonError::Depth)),
        fixed(
            "parts of a form",
            &PART_CAP,
            rejected(Reason::Ambiguous, "multipart form"),
        ),
    ]
}

fn of_time() -> Vec<Limit> {
    vec![
        set(
            "wait for the next part of a content",
            Setting::body_timeout(),
            failed(&Fault::BodyTimeout),
        ),
        set(
            "time of a whole content; of a WebSocket message, which closes it with 1008",
            Setting::body_deadline(),
            failed(&Fault::BodyTimeout),
        ),
    ]
}

fn of_all() -> Vec<Limit> {
    let beyond = failed(&Fault::BodyBeyondMemory);
    let memory = exhausted(Resource::Memory);
    vec![
        set(
            "memory of all requests",
            Setting::memory_budget(),
            format!(
                "{memory}, after a wait of 5 s; {beyond}, where it never fits; a WebSocket is closed with 1013 or 1009"
            ),
        ),
        set(
            "connections",
            Setting::max_connections(),
            exhausted(Resource::Connections),
        ),
        set(
            "connections of a client",
            Setting::max_client_connections(),
            exhausted(Resource::ClientConnections),
        ),
        set(
            "WebSockets",
            Setting::max_websockets(),
            exhausted(Resource::WebSockets),
        ),
        set(
            "WebSockets of a client",
            Setting::max_client_websockets(),
            exhausted(Resource::ClientWebSockets),
        ),
    ]
}

fn of_connections() -> Vec<Limit> {
    vec![
        set(
            "time of an unused connection of a client",
            Setting::client_idle_timeout(),
            "it is closed",
        ),
        set(
            "time of a WebSocket on which nothing comes from either side",
            Setting::websocket_idle_timeout(),
            "it is closed with 1001",
        ),
        set(
            "time until a client reads on",
            Setting::write_timeout(),
            "the connection is ended",
        ),
        set(
            "time of a connection after a response that came before its request was whole",
            Setting::linger_timeout(),
            "it is closed",
        ),
        set(
            "time to connect to an upstream",
            Setting::connect_timeout(),
            failed(&Fault::UpstreamFailed),
        ),
        set(
            "time in which an upstream acknowledges",
            Setting::upstream_timeout(),
            format!(
                "{}, where it has not responded",
                failed(&Fault::UpstreamFailed)
            ),
        ),
        set(
            "time of an unused connection to an upstream",
            Setting::idle_timeout(),
            "it is closed",
        ),
        set(
            "time of running requests after SIGTERM",
            Setting::drain_timeout(),
            "they are ended",
        ),
    ]
}

fn of_shim() -> Vec<Limit> {
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    let unread = "exit status 78: the file `cannot be read: ";
    let line = format!(
        "error -32001: {}",
        Rejection::whole(Reason::TooLarge, "line")
    );
    vec![
        fixed(
            "configuration file of codex, or of a role",
            &mib(shim::regular_file::CONFIGURATION_CAP),
            format!("{unread}larger than …`"),
        ),
        fixed(
            "all of them together",
            &mib(workspace::TOTAL_CAP),
            format!("{unread}larger than …`"),
        ),
        fixed(
            "entries of the directories of roles",
            &workspace::ENTRY_CAP,
            format!("{unread}too many entries`"),
        ),
        fixed(
            "depth of these directories",
            &workspace::DEPTH_CAP,
            format!("{unread}nested too deeply`"),
        ),
        fixed("line of JSON-RPC", &mib(shim::LINE_CAP as u64), line),
    ]
}

fn rows(limits: &[Limit]) -> Vec<Vec<String>> {
    let row = |limit: &Limit| {
        let (default, setting) = match &limit.value {
            Value::Set(setting) => (
                setting.default_text(),
                format!("`{}`", setting.flag().unwrap_or_default()),
            ),
            Value::Fixed(value) => (value.clone(), String::new()),
        };
        vec![
            limit.what.to_owned(),
            default,
            setting,
            limit.result.clone(),
        ]
    };
    limits.iter().map(row).collect()
}

#[test]
fn limits_page_is_the_code() {
    let head = ["Limit", "Default", "Setting", "Beyond it"];
    for (name, limits) in [
        ("requests", of_requests()),
        ("times", of_time()),
        (
            "all",
            of_all().into_iter().chain(of_connections()).collect(),
        ),
        ("shim", of_shim()),
    ] {
        compare("reference/limits.md", name, &table(&head, rows(&limits)));
    }
}

#[test]
fn every_limit_that_is_a_setting_is_on_the_page() {
    let flag = |limit: &Limit| match &limit.value {
        Value::Set(setting) => setting.flag(),
        Value::Fixed(_) => None,
    };
    let listed: Vec<_> = [of_requests(), of_time(), of_all(), of_connections()]
        .iter()
        .flatten()
        .filter_map(flag)
        .collect();
    for setting in TABLE.iter().filter(|setting| setting.group == Group::Limit) {
        assert!(listed.contains(&setting.flag().unwrap()), "{setting:?}");
    }
}
