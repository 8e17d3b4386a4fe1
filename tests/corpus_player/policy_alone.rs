//! Decides an exchange with `lockpolicy::http` alone, without a socket, and compares verdict, status, error
//! body and forwarded bytes with what the binary made of it.

use lockpolicy::agents::codex::identity::source;
use lockpolicy::dialect::Table;
use lockpolicy::edit::apply;
use lockpolicy::http::ws_message::judge_message;
use lockpolicy::http::{
    Exchange, Forwarded, Refusal, RefusalContext, RequestHead, decide_exchange, wants_upgrade,
};
use lockpolicy::{Decision, Policy, PolicyConfig};

use crate::corpus_player::PIN;
use crate::corpus_player::case::Request;
use crate::corpus_player::oracle::decoded;
use crate::corpus_player::play::Played;
use crate::corpus_player::server::{self, EFFORT, TIER};
use crate::corpus_player::upstream::Seen;

/// The groups about bytes that only a transport sees: framing, HTTP/2, and the program's command line.
pub(crate) const OF_THE_TRANSPORT: [&str; 3] = ["http-framing", "http2", "cli-config"];

/// The fields that a transport adds to a request that it sends.
const ADDED: [&str; 8] = [
    "connection",
    "content-length",
    "host",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "upgrade",
];

/// The policy and the tables of a profile, as the server of the binary has them.
pub(crate) struct PolicyAlone {
    policy: Policy,
    table: Table,
}

impl PolicyAlone {
    pub(crate) fn new(profile: &str, mode: &str) -> Self {
        let (profile, with_settings) = server::pinned(profile);
        let pinned: &[&str] = match profile {
            "realtime" => &["audio"],
            "media" => &["audio", "embedding", "image", "moderation", "video"],
            _ => &[],
        };
        let pins: Vec<String> = pinned
            .iter()
            .map(|name| format!("{name} = '{PIN}'"))
            .collect();
        let mut text = format!(
            "model = '{PIN}'\nmode = '{mode}'\npins = {{ {} }}\n",
            pins.join(", ")
        );
        if with_settings {
            let settings = format!("reasoning_effort = '{EFFORT}'\nservice_tier = '{TIER}'\n");
            text.push_str(&settings);
        }
        let dialects = match profile {
            "openai" | "chatgpt" | "realtime" | "media" => "openai,chatgpt",
            dialects => dialects,
        };
        Self {
            policy: PolicyConfig::from_toml(&text).build().unwrap(),
            table: Table::of(dialects.split(',')).unwrap(),
        }
    }

    /// Returns what differs between the policy alone and the binary, for one exchange.
    pub(crate) fn differences(&self, played: &Played<'_>) -> Vec<String> {
        match &played.request.handshake {
            Some(handshake) => self.websocket(played, handshake),
            None => self.http(played),
        }
    }

    fn http(&self, played: &Played<'_>) -> Vec<String> {
        let content = played.request.body().unwrap_or_default();
        let coding = played.request.header("content-encoding");
        let coding = coding.map(|coding| coding.trim().to_ascii_lowercase());
        // A coding that is refused, or that the content does not have, is no reason to read it in another way.
        let content = decoded(coding.as_deref(), &content).unwrap_or(content);
        let fields = fields(played.request);
        let fields = borrowed(&fields);
        let head = head(played.request, &fields);
        let exchange = decide_exchange(&self.policy, &self.table, &head, &content);
        let seen: Vec<&Seen> = played
            .connections
            .iter()
            .flat_map(|c| &c.requests)
            .collect();
        let mut found = self.decision(played, &exchange, &head);
        match (&exchange.result, seen.as_slice()) {
            (Ok(forwarded), [seen]) => found.extend(request_differences(forwarded, seen, &head)),
            (Err(_), []) => {}
            (result, seen) => found.push(format!(
                "{} requests arrived, and the policy alone says {result:?}",
                seen.len()
            )),
        }
        found
    }

    /// Compares the decision, and the refusal where it is one.
    fn decision(
        &self,
        played: &Played<'_>,
        exchange: &Exchange,
        head: &RequestHead<'_>,
    ) -> Vec<String> {
        let decision = header(&played.answers.head, "x-model-lock-decision");
        let wanted = match (&exchange.result, &exchange.verdict.decision) {
            (Err(_), _) => "rejected",
            (Ok(_), Decision::Rewrite(_)) => "forced",
            (Ok(_), _) => "matched",
        };
        let mut found = Vec::new();
        if decision != Some(wanted) {
            found.push(format!("decision {decision:?}, alone {wanted}"));
        }
        let Err(refusal) = &exchange.result else {
            return found;
        };
        let id = header(&played.answers.head, "x-request-id").unwrap_or_default();
        let refused = RefusalContext {
            errors: exchange.errors,
            id,
            path: head.path,
            policy: self.policy.hash(),
            upgrade: wants_upgrade(head),
        };
        found.extend(refusal_differences(played, refusal, &refused));
        found
    }

    fn websocket(&self, played: &Played<'_>, handshake: &Request) -> Vec<String> {
        let fields = fields(handshake);
        let fields = borrowed(&fields);
        let head = RequestHead {
            is_http_1_1: true,
            ..head(handshake, &fields)
        };
        let exchange = decide_exchange(&self.policy, &self.table, &head, &[]);
        let handshakes: Vec<&Seen> = played
            .connections
            .iter()
            .flat_map(|c| &c.handshakes)
            .collect();
        let mut found = Vec::new();
        match (&exchange.result, handshakes.as_slice()) {
            (Ok(forwarded), [seen]) => found.extend(request_differences(forwarded, seen, &head)),
            (Err(_), []) => return self.decision(played, &exchange, &head),
            (result, seen) => found.push(format!(
                "{} handshakes arrived, and the policy alone says {result:?}",
                seen.len()
            )),
        }
        if played.answers.statuses == [101] {
            found.extend(self.messages(played, &head));
        }
        found
    }

    /// Judges each message that the client sent, and compares what arrived and what the client was told.
    fn messages(&self, played: &Played<'_>, head: &RequestHead<'_>) -> Vec<String> {
        let operation = self.table.find(head.method, head.path).unwrap().operation;
        let (mut forwarded, mut errors) = (Vec::new(), Vec::new());
        for message in messages(&played.request.frames()) {
            let source = source(head.path, head.fields);
            let (verdict, edits) = judge_message(&self.policy, operation, &message, source);
            match &verdict.decision {
                Decision::Reject(rejection) => errors.push(Refusal::from(rejection)),
                Decision::Pass | Decision::Rewrite(_) => forwarded.push(apply(&message, edits)),
            }
        }
        let arrived = played.connections.iter().flat_map(|c| &c.messages);
        let mut found = Vec::new();
        if !arrived.eq(&forwarded) {
            found.push("other messages arrived than the policy alone lets through".to_owned());
        }
        let answers = played
            .answers
            .messages
            .iter()
            .map(|text| String::from_utf8_lossy(text));
        let answered: Vec<_> = answers
            .filter(|text| text.starts_with(r#"{"type":"error""#))
            .collect();
        let id = answered
            .first()
            .and_then(|text| Some(text.split_once("(request ")?.1.split_once(')')?.0));
        let wanted: Vec<_> = errors
            .iter()
            .map(|error| error.websocket_error(id.unwrap_or_default()))
            .collect();
        if answered != wanted {
            found.push(format!("errors {answered:?}, alone {wanted:?}"));
        }
        found
    }
}

/// Compares a refusal with the response: status, fields and body.
fn refusal_differences(
    played: &Played<'_>,
    refusal: &Refusal,
    refused: &RefusalContext<'_>,
) -> Vec<String> {
    let answers = &played.answers;
    let mut found = Vec::new();
    if answers.statuses != [refusal.status] {
        found.push(format!(
            "status {:?}, alone {}",
            answers.statuses, refusal.status
        ));
    }
    let body = match played.request.method.as_deref() {
        // A response to HEAD has none.
        Some("HEAD") => String::new(),
        _ => refusal.body(refused),
    };
    if answers.body != body.as_bytes() {
        let came = String::from_utf8_lossy(&answers.body);
        found.push(format!("error body {came}, alone {body}"));
    }
    for (name, value) in refusal.fields(refused) {
        let came = header(&answers.head, name);
        if came != Some(value.as_str()) {
            found.push(format!("response field {name}: {came:?}, alone {value}"));
        }
    }
    found
}

/// Compares a request that goes on with the one that arrived: method, target, fields and content.
fn request_differences(forwarded: &Forwarded, seen: &Seen, head: &RequestHead<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let query = forwarded.query.as_ref().map(|query| format!("?{query}"));
    let target = format!("{}{}", forwarded.path, query.unwrap_or_default());
    if (head.method, &target) != (&seen.method, &seen.target) {
        found.push(format!(
            "arrived {} {}, alone {} {target}",
            seen.method, seen.target, head.method
        ));
    }
    let came = seen
        .headers
        .iter()
        .filter(|(name, _)| !ADDED.contains(&name.as_str()));
    let (mut came, mut sent): (Vec<_>, Vec<_>) =
        (came.collect(), forwarded.fields.iter().collect());
    came.sort();
    sent.sort();
    if came != sent {
        found.push(format!("fields {came:?} arrived, alone {sent:?}"));
    }
    if seen.body != forwarded.content {
        found.push("another content arrived than the policy alone lets through".to_owned());
    }
    found
}

/// Returns the head of a request, as a transport gives it to the policy.
fn head<'a>(request: &'a Request, fields: &'a [(&'a str, &'a str)]) -> RequestHead<'a> {
    let target = request.target.as_deref().unwrap_or_default();
    let absolute = target.split_once("://").map(|(_, rest)| rest);
    let (authority, target) =
        match absolute.map(|rest| rest.split_at(rest.find('/').unwrap_or(rest.len()))) {
            Some((authority, target)) => (Some(authority), target),
            None => (None, target),
        };
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    RequestHead {
        method: request.method.as_deref().unwrap_or_default(),
        authority,
        path,
        query,
        fields,
        is_http_1_1: true,
        ..RequestHead::default()
    }
}

/// Returns the fields that go over the socket, with their names in lower case.
fn fields(request: &Request) -> Vec<(String, String)> {
    let fields = request.headers.iter();
    fields
        .map(|(name, value)| {
            let value = value
                .trim_matches([' ', '\t'])
                .replace("{PROXY_HOST}", "proxy.test");
            // The case says bytes, each as a character of Latin-1.
            let value = if value.is_ascii() {
                value
            } else {
                utf8(&value)
            };
            (name.to_ascii_lowercase(), value)
        })
        .collect()
}

fn utf8(latin: &str) -> String {
    let bytes = latin
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'));
    String::from_utf8(bytes.collect()).unwrap_or_else(|_| "\u{fffd}".to_owned())
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// Returns the value of a field of a response's head.
fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}

/// Returns the whole messages in a client's frames.
fn messages(mut frames: &[u8]) -> Vec<Vec<u8>> {
    let (mut messages, mut message) = (Vec::new(), Vec::new());
    while let Some((frame, length)) = fake_provider::websocket::first(frames) {
        frames = &frames[length..];
        if frame.opcode <= 2 {
            message.extend(frame.content);
            if frame.last {
                messages.push(std::mem::take(&mut message));
            }
        } else if frame.opcode == 8 {
            break;
        }
    }
    messages
}
