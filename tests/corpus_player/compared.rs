//! Compares what the policy alone makes of an exchange with what the binary made of it: decision, status, error body
//! and forwarded bytes.

use policy_corpus::exchange::{Answers, Played, Seen};
use policy_corpus::policy_alone::PolicyAlone;

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

/// Returns what differs between the policy alone and the binary, for one exchange.
pub(crate) fn differences(played: &Played<'_>, policy: &PolicyAlone) -> Vec<String> {
    let alone = policy.play(played.case, (played.request, played.expect), &id(played));
    let mut found = Vec::new();
    match (requests(&alone).as_slice(), requests(played).as_slice()) {
        ([], []) => found.extend(refusal_differences(&played.answers, &alone.answers)),
        ([sent], [seen]) => found.extend(request_differences(sent, seen)),
        (sent, seen) => found.push(format!(
            "{} requests arrived, alone {}: {:?}",
            seen.len(),
            sent.len(),
            alone.answers
        )),
    }
    if played.request.handshake.is_none() {
        found.extend(field_difference(
            "x-model-lock-decision",
            &played.answers,
            &alone.answers,
        ));
    }
    if played.answers.statuses == [101] {
        found.extend(message_differences(played, &alone));
    }
    found
}

/// Returns the id that the binary gave the request.
fn id(played: &Played<'_>) -> String {
    let in_message = played.answers.errors().first().and_then(|text| {
        let (_, rest) = text.split_once("(request ")?;
        Some(rest.split_once(')')?.0.to_owned())
    });
    let in_head = played.answers.header("x-request-id").map(str::to_owned);
    in_message.or(in_head).unwrap_or_default()
}

/// Returns the requests and the handshakes that reached the provider.
fn requests<'p>(played: &'p Played<'_>) -> Vec<&'p Seen> {
    let connections = played.connections.iter();
    connections
        .flat_map(|connection| connection.requests.iter().chain(&connection.handshakes))
        .collect()
}

fn field_difference(name: &str, came: &Answers, alone: &Answers) -> Option<String> {
    let (came, wanted) = (came.header(name), alone.header(name));
    (came != wanted).then(|| format!("response field {name}: {came:?}, alone {wanted:?}"))
}

/// Compares a refusal with the response: status, fields and body.
fn refusal_differences(came: &Answers, alone: &Answers) -> Vec<String> {
    let mut found = Vec::new();
    if came.statuses != alone.statuses {
        found.push(format!(
            "status {:?}, alone {:?}",
            came.statuses, alone.statuses
        ));
    }
    if came.body != alone.body {
        let [came, alone] = [came, alone].map(|answers| String::from_utf8_lossy(&answers.body));
        found.push(format!("error body {came}, alone {alone}"));
    }
    let names = alone.head.lines().filter_map(|line| line.split_once(':'));
    found.extend(names.filter_map(|(name, _)| field_difference(name, came, alone)));
    found
}

/// Compares a request that goes on with the one that arrived: method, target, fields and content.
fn request_differences(sent: &Seen, seen: &Seen) -> Vec<String> {
    let mut found = Vec::new();
    if (&sent.method, &sent.target) != (&seen.method, &seen.target) {
        found.push(format!(
            "arrived {} {}, alone {} {}",
            seen.method, seen.target, sent.method, sent.target
        ));
    }
    let came = seen.headers.iter();
    let mut came: Vec<_> = came
        .filter(|(name, _)| !ADDED.contains(&name.as_str()))
        .collect();
    let mut sent_fields: Vec<_> = sent.headers.iter().collect();
    came.sort();
    sent_fields.sort();
    if came != sent_fields {
        found.push(format!("fields {came:?} arrived, alone {sent_fields:?}"));
    }
    if seen.body != sent.body {
        found.push("another content arrived than the policy alone lets through".to_owned());
    }
    found
}

/// Compares the messages that arrived, and what the client was told of the others.
fn message_differences(played: &Played<'_>, alone: &Played<'_>) -> Vec<String> {
    let [arrived, sent] = [played, alone].map(|played| {
        let connections = played.connections.iter();
        connections
            .flat_map(|connection| &connection.messages)
            .collect::<Vec<_>>()
    });
    let mut found = Vec::new();
    if arrived != sent {
        found.push("other messages arrived than the policy alone lets through".to_owned());
    }
    let (errors, wanted) = (played.answers.errors(), alone.answers.errors());
    if errors != wanted {
        found.push(format!("errors {errors:?}, alone {wanted:?}"));
    }
    found
}
