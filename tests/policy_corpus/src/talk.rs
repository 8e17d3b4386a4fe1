//! Compares an exchange over a WebSocket with what its case expects.
//!
//! The corpus ends the connection with 1008 where a message is refused. The design (§3) answers it
//! with one error event instead and keeps the connection, and where both disagree the design holds:
//! a refusal shows in either.

use crate::case::Count;
use crate::exchange::Played;
use crate::exchange::find;
use crate::oracle::{OTHER, document};
use crate::strict::{Tree, parse};

pub fn differences(played: &Played<'_>) -> Vec<String> {
    let mut found = played.answers.problems.clone();
    for connection in &played.connections {
        found.extend(connection.problems.iter().cloned());
        if !connection.requests.is_empty() {
            found.push("a request beside the handshake".to_owned());
        }
    }
    handshake(played, &mut found);
    messages(played, &mut found);
    if played.answers.statuses == [101] {
        refusal(played, &mut found);
    }
    found
}

fn handshake(played: &Played<'_>, found: &mut Vec<String>) {
    let handshakes: Vec<_> = played
        .connections
        .iter()
        .flat_map(|c| &c.handshakes)
        .collect();
    let statuses = &played.answers.statuses;
    // Where the provider does wrong, the fault is not the client's.
    let is_wrong = played.case.upstream_behaviour.handshake_status.is_some();
    let refusals = if is_wrong { 502..503 } else { 400..500 };
    let is_refused = statuses.len() == 1 && refusals.contains(&statuses[0]);
    let is_right = match played.expect.status_class.as_str() {
        "101" => *statuses == [101],
        "4xx" => is_refused,
        "101|4xx" => *statuses == [101] || is_refused,
        // Refused sooner, if nobody was asked.
        "101 then close" => *statuses == [101] || (is_refused && handshakes.is_empty()),
        other => panic!("status_class {other:?}"),
    };
    if !is_right {
        found.push(format!(
            "status {statuses:?}, want {}",
            played.expect.status_class
        ));
    }
    if is_refused && !is_wrong && !played.connections.is_empty() {
        found.push("the handshake was refused and reached the provider".to_owned());
    }
    let target = played
        .request
        .handshake
        .as_ref()
        .and_then(|request| request.target.clone());
    for seen in handshakes {
        if target.as_ref() != Some(&seen.target) {
            found.push(format!("handshake {}", seen.target));
        }
        if !seen.problems.is_empty() {
            found.push(seen.problems.join(", "));
        }
        if let Some(extensions) = seen.header("sec-websocket-extensions") {
            found.push(format!("extensions {extensions} were passed on"));
        }
        for line in &played.expect.upstream_forbid_headers {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            if seen.header(name).is_some_and(|came| came.contains(value)) {
                found.push(format!("header {line} arrived"));
            }
        }
    }
}

fn messages(played: &Played<'_>, found: &mut Vec<String>) {
    let connections = &played.connections;
    let messages: Vec<_> = connections.iter().flat_map(|c| &c.messages).collect();
    let allowed = played.expect.upstream_messages.as_ref().unwrap();
    if !allowed.allows(messages.len()) {
        found.push(format!(
            "{} messages, want {}",
            messages.len(),
            allowed.text()
        ));
    }
    let pieces: usize = connections.iter().map(|c| c.pieces).sum();
    if messages.is_empty() && pieces > 0 {
        found.push(format!("{pieces} pieces of no message"));
    }
    let mut sent = Vec::new();
    let frames = played.request.frames();
    let mut left = frames.as_slice();
    while let Some((frame, length)) = fake_provider::websocket::first(left) {
        sent.push(frame.content);
        left = &left[length..];
    }
    for message in messages {
        if let Err(why) = document("openai", "/v1/responses", message) {
            found.push(format!("oracle: {why}"));
        }
        if find(message, OTHER.as_bytes()).is_some() {
            found.push(format!("{OTHER} reached the provider"));
        }
        if played.expect.upstream_message_identical && !sent.contains(message) {
            found.push(format!(
                "a message was changed: {:?}",
                String::from_utf8_lossy(message)
            ));
        }
    }
}

fn refusal(played: &Played<'_>, found: &mut Vec<String>) {
    let errors = played
        .answers
        .messages
        .iter()
        .filter(|message| is_error(message))
        .count();
    let codes = played.expect.close_code.as_ref().map(Count::text);
    let (is_refused, codes) = match (&codes, played.expect.outcome.as_str()) {
        (Some(codes), _) => (true, codes.as_str()),
        (None, outcome) => (outcome == "refuse", "any"),
    };
    if !is_refused || codes == "-" {
        return;
    }
    let code = played.answers.close_code.map(|code| code.to_string());
    let is_closed = code
        .as_ref()
        .is_some_and(|code| codes.split('|').any(|one| one == code));
    let is_error = codes.split('|').any(|one| one == "1008") && errors > 0;
    if codes != "any" && !is_closed && !is_error {
        found.push(format!("close {code:?} and {errors} errors, want {codes}"));
    }
}

/// `{"type":"error","status":400,"error":{…}}`, and never `status_code` beside it: codex would hang.
fn is_error(message: &[u8]) -> bool {
    let Ok(Tree::Object(members)) = parse(message) else {
        return false;
    };
    let of = |name: &str| {
        members
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    };
    of("type") == Some(&Tree::Text("error".to_owned()))
        && of("status") == Some(&Tree::Number)
        && matches!(of("error"), Some(Tree::Object(_)))
        && of("status_code").is_none()
}
