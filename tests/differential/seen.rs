//! What a provider got, without what differs from run to run.

use std::collections::BTreeSet;

use fake_provider::json::Json;

/// A request, as far as two runs can have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Method and target.
    pub(crate) line: String,
    /// The fields in their order, by name.
    fields: BTreeSet<String>,
    body: String,
}

/// The fields that belong to a connection, or that tell how a content is written.
const CONNECTION: [&str; 8] = [
    "accept-encoding",
    "connection",
    "content-length",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "te",
    "traceparent",
    "tracestate",
];

/// Returns the requests; `named` puts the placeholders back.
pub(crate) fn requests(
    arrived: &[fake_provider::Request],
    named: impl Fn(&str) -> String,
) -> Vec<Request> {
    let one = |request: &fake_provider::Request| {
        let fields = request.fields.iter();
        let kept = fields.filter(|(name, _)| !CONNECTION.contains(&name.as_str()));
        let kept = kept.map(|(name, value)| format!("{name}: {}", content(&named(value))));
        Request {
            line: format!(
                "{} {}",
                request.method,
                plain(&named(&target(&request.target)))
            ),
            fields: kept.collect(),
            body: content(&named(&String::from_utf8_lossy(&request.body))),
        }
    };
    arrived.iter().map(one).collect()
}

/// Returns a target with its parameters in order: codex writes them in another order each time.
fn target(text: &str) -> String {
    let Some((path, query)) = text.split_once('?') else {
        return text.to_owned();
    };
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    [path, "?", &pairs.join("&")].concat()
}

/// Returns a content with the members of its objects in order: codex writes some in another order each time.
fn content(text: &str) -> String {
    Json::parse(text.as_bytes()).map_or_else(|| plain(text), |json| ordered(&json))
}

fn ordered(json: &Json) -> String {
    match json {
        Json::Object(members) => {
            let member =
                |(name, value): &(String, Json)| format!("{}:{}", plain(name), ordered(value));
            // Whether codex has looked at the repository yet is chance.
            let members = members.iter().filter(|(name, _)| name != "workspaces");
            let members: BTreeSet<String> = members.map(member).collect();
            format!("{{{}}}", members.into_iter().collect::<Vec<_>>().join(","))
        }
        Json::List(items) => {
            let items: Vec<String> = items.iter().map(ordered).collect();
            format!("[{}]", items.join(","))
        }
        // A time in parts of seconds.
        Json::Number(number) if number.contains('.') => "#".to_owned(),
        Json::Number(text) => plain(text),
        Json::Text(text) => content(text),
        Json::Null | Json::Bool(_) => format!("{json:?}"),
    }
}

/// Returns a text with one mark in the place of each number that is made up for a run: a UUID, a time.
pub(crate) fn plain(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_hexdigit() || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for letter in text.chars().chain(['\n']) {
        if is_part(letter) {
            word.push(letter);
            continue;
        }
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let is_made_up = digits >= 10 || (word.len() >= 32 && digits > 4);
        out.push_str(if is_made_up { "#" } else { &word });
        word.clear();
        out.push(letter);
    }
    out.pop();
    out
}
