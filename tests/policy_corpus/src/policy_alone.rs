//! Plays an exchange with `lockpolicy::http` alone, without a socket: what the provider and the client would see.

use lockpolicy::agents::codex::identity::source;
use lockpolicy::dialect::Table;
use lockpolicy::edit::apply;
use lockpolicy::http::ws_message::judge_message;
use lockpolicy::http::{
    Exchange, Forwarded, Refusal, RefusalContext, RequestHead, WebSocketRefusal, decide_exchange,
    wants_upgrade,
};
use lockpolicy::{Decision, Policy, PolicyConfig};

use crate::case::{Case, Expect, Request};
use crate::exchange::{Answers, Connection, Played, Seen};
use crate::oracle::decoded;
use crate::profile::{self, EFFORT, PIN, TIER};

/// The policy and the tables of a profile, as the server of the binary has them.
pub struct PolicyAlone {
    policy: Policy,
    table: Table,
}

impl PolicyAlone {
    pub fn new(profile: &str, mode: &str) -> Self {
        let (profile, with_settings) = profile::pinned(profile);
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

    /// Plays one exchange. `id` is the id of the request that errors name.
    pub fn play<'a>(
        &self,
        case: &'a Case,
        (request, expect): (&'a Request, &'a Expect),
        id: &str,
    ) -> Played<'a> {
        let mut played = Played {
            case,
            request,
            expect,
            answers: Answers::default(),
            connections: Vec::new(),
        };
        match &request.handshake {
            Some(handshake) => self.websocket(&mut played, handshake, id),
            None => self.http(&mut played, id),
        }
        played
    }

    fn http(&self, played: &mut Played<'_>, id: &str) {
        let content = played.request.body().unwrap_or_default();
        let coding = played.request.header("content-encoding");
        let coding = coding.map(|coding| coding.trim().to_ascii_lowercase());
        // A coding that is refused, or that the content does not have, is no reason to read it in another way.
        let content = decoded(coding.as_deref(), &content).unwrap_or(content);
        let fields = fields(played.request);
        let fields = borrowed(&fields);
        let head = head(played.request, &fields);
        let exchange = decide_exchange(&self.policy, &self.table, &head, &content);
        match &exchange.result {
            Err(refusal) => played.answers = self.refused(&exchange, refusal, &head, id),
            Ok(forwarded) => {
                let is_forced = matches!(exchange.verdict.decision, Decision::Rewrite(_));
                let decision = if is_forced { "forced" } else { "matched" };
                let response = played.case.upstream_response.as_ref();
                played.answers.statuses = vec![response.map_or(200, |response| response.status)];
                played.answers.head = format!("x-model-lock-decision: {decision}\r\n");
                played.connections.push(Connection {
                    bytes: bytes(forwarded, &head),
                    requests: vec![seen(forwarded, &head)],
                    ..Connection::default()
                });
            }
        }
    }

    /// Returns what the client gets of a refusal.
    fn refused(
        &self,
        exchange: &Exchange,
        refusal: &Refusal,
        head: &RequestHead<'_>,
        id: &str,
    ) -> Answers {
        let refused = RefusalContext {
            errors: exchange.errors,
            id,
            path: head.path,
            policy: self.policy.hash(),
            upgrade: wants_upgrade(head),
        };
        let fields = refusal.fields(&refused);
        let lines = fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        // A response to HEAD has none.
        let body = match head.method {
            "HEAD" => String::new(),
            _ => refusal.body(&refused),
        };
        Answers {
            statuses: vec![refusal.status],
            head: lines.collect(),
            all: body.clone().into_bytes(),
            body: body.into_bytes(),
            is_closed: refusal.close,
            ..Answers::default()
        }
    }

    fn websocket(&self, played: &mut Played<'_>, handshake: &Request, id: &str) {
        let fields = fields(handshake);
        let fields = borrowed(&fields);
        let head = RequestHead {
            is_http_1_1: true,
            ..head(handshake, &fields)
        };
        let exchange = decide_exchange(&self.policy, &self.table, &head, &[]);
        match &exchange.result {
            Err(refusal) => played.answers = self.refused(&exchange, refusal, &head, id),
            Ok(forwarded) => {
                played.answers.statuses = vec![
                    played
                        .case
                        .upstream_behaviour
                        .handshake_status
                        .unwrap_or(101),
                ];
                let mut connection = Connection {
                    bytes: bytes(forwarded, &head),
                    handshakes: vec![seen(forwarded, &head)],
                    ..Connection::default()
                };
                if played.answers.statuses == [101] {
                    self.messages(played, &head, &mut connection, id);
                }
                played.connections.push(connection);
            }
        }
    }

    /// Judges each message that the client sent: those that pass arrive, and for each other one the client is told.
    fn messages(
        &self,
        played: &mut Played<'_>,
        head: &RequestHead<'_>,
        connection: &mut Connection,
        id: &str,
    ) {
        let operation = self.table.find(head.method, head.path).unwrap().operation;
        for message in messages(&played.request.frames()) {
            let source = source(head.path, head.fields);
            let (verdict, edits) = judge_message(&self.policy, operation, &message, source);
            match &verdict.decision {
                Decision::Reject(rejection) => {
                    let refusal = Refusal::from(rejection);
                    match refusal.on_websocket(operation.errors, id) {
                        WebSocketRefusal::Message(text) => {
                            played.answers.messages.push(text.into_bytes());
                        }
                        // Nothing is read behind it.
                        WebSocketRefusal::Close(_) => return,
                    }
                }
                Decision::Pass | Decision::Rewrite(_) => {
                    connection.messages.push(apply(&message, edits));
                    connection.pieces += 1;
                }
            }
        }
    }
}

/// Returns a request that goes on, as the provider would record it.
fn seen(forwarded: &Forwarded, head: &RequestHead<'_>) -> Seen {
    let query = forwarded.query.as_ref().map(|query| format!("?{query}"));
    Seen {
        method: head.method.to_owned(),
        target: format!("{}{}", forwarded.path, query.unwrap_or_default()),
        headers: forwarded.fields.clone(),
        body: forwarded.content.clone(),
        ..Seen::default()
    }
}

/// Returns the bytes of it.
fn bytes(forwarded: &Forwarded, head: &RequestHead<'_>) -> Vec<u8> {
    let seen = seen(forwarded, head);
    let mut text = format!("{} {} HTTP/1.1\r\n", seen.method, seen.target);
    for (name, value) in &seen.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend(seen.body);
    bytes
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
