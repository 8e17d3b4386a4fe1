//! Compares an exchange over HTTP with what its case expects.

use crate::case::{Count, Models, decode, joined};
use crate::exchange::Played;
use crate::exchange::Seen;
use crate::exchange::find;
use crate::oracle::{OTHER, decoded, objection};
use crate::profile::PIN;
use crate::strict;

/// What the raw requests of the corpus carry where they are approved.
const APPROVED: &[u8] = br#"{"model":"gpt-5.5","input":"hi"}"#;

pub fn differences(played: &Played<'_>) -> Vec<String> {
    let mut found = played.answers.problems.clone();
    for connection in &played.connections {
        found.extend(connection.problems.iter().cloned());
    }
    outcome(played, &mut found);
    status(played, &mut found);
    for seen in requests(played) {
        found.extend(request_differences(played, seen));
    }
    if let (Some(seen), Some(kind)) = (requests(played).next(), &played.expect.upstream_body) {
        // Two that were sent at once are judged by the oracle alone.
        if played.case.pipelined.is_none() {
            found.extend(body(played, seen, kind));
        }
    }
    if let Some(at) = other(played) {
        found.push(format!("{OTHER} reached the provider: {at:?}"));
    }
    if played.expect.connection.is_some() && !played.answers.is_closed {
        found.push("the connection stays open".to_owned());
    }
    if played.case.file == "response-side" {
        found.extend(untouched(played));
    }
    found
}

fn requests<'a>(played: &'a Played<'_>) -> impl Iterator<Item = &'a Seen> {
    played
        .connections
        .iter()
        .flat_map(|connection| &connection.requests)
}

fn outcome(played: &Played<'_>, found: &mut Vec<String>) {
    let calls = requests(played).count();
    let expect = played.expect;
    match expect.outcome.as_str() {
        // Not even a connection.
        "refuse" if played.connections.is_empty() => {}
        "refuse" => found.push(format!(
            "refuse, but {} connections, {calls} requests: {:?}",
            played.connections.len(),
            played
                .connections
                .iter()
                .map(|c| c.bytes.len())
                .collect::<Vec<_>>()
        )),
        "forward" | "forward_then_error" => {}
        "refuse_or_forward" if calls > 0 || played.connections.is_empty() => {}
        "refuse_or_forward" => found.push("a connection to the provider for nothing".to_owned()),
        other => found.push(format!("outcome {other:?}?")),
    }
    let allowed = expect.upstream_calls.as_ref();
    // Each of several streams may be forwarded.
    let most = played.case.streams.unwrap_or_default();
    if !allowed.is_some_and(|allowed| allowed.allows(calls)) && !(1..=most).contains(&calls) {
        let allowed = allowed.map_or("nothing said".to_owned(), Count::text);
        // A case that says nothing leaves it open.
        if expect.upstream_calls.is_some() {
            found.push(format!("{calls} calls, want {allowed}"));
        }
    }
    let (says_none, names_none) = match &expect.upstream_models {
        Models::Sentence(text) => (text == "no upstream call", false),
        Models::List(list) => (false, list.iter().any(|model| model == "-")),
    };
    if says_none && calls > 0 {
        found.push("no call expected".to_owned());
    }
    if names_none && requests(played).any(|seen| !seen.body.is_empty()) {
        found.push("content on a call that names no model".to_owned());
    }
}

fn status(played: &Played<'_>, found: &mut Vec<String>) {
    let class = match &played.case.expect_client_status {
        Some(class) => class.as_str(),
        None => played.expect.status_class.as_str(),
    };
    let statuses = &played.answers.statuses;
    if class == "any" || class.is_empty() {
        return;
    }
    let fits = |class: &str, status: &u16| {
        let text = status.to_string();
        class
            .split('|')
            .any(|one| one == text || (one.ends_with("xx") && one[..1] == text[..1]))
    };
    // A malformed request of HTTP/2 is a stream error (RFC 9113 section 8.1.1): a refusal by itself.
    let is_reset = statuses.is_empty() && played.request.transport.as_deref() == Some("h2c");
    // And who has closed one half may be taken for gone.
    let is_silent = is_reset || (statuses.is_empty() && played.case.half_close);
    if is_silent && class.contains("4xx") && played.connections.is_empty() {
        return;
    }
    let is_right = if class.contains(',') {
        let wanted: Vec<&str> = class.split(',').collect();
        // A connection may be ended after a refusal.
        (statuses.len() == wanted.len() || (played.answers.is_closed && !statuses.is_empty()))
            && statuses
                .iter()
                .zip(wanted)
                .all(|(status, class)| fits(class, status))
    } else {
        !statuses.is_empty() && statuses.iter().all(|status| fits(class, status))
    };
    if !is_right {
        found.push(format!("status {statuses:?}, want {class}"));
    }
    let is_ok = statuses.first().is_some_and(|status| *status < 400);
    if is_ok && requests(played).next().is_none() && played.case.streams.is_none() {
        found.push(format!("status {statuses:?} and no call"));
    }
}

/// What must hold for each request that arrived, whatever the case is about.
fn request_differences(played: &Played<'_>, seen: &Seen) -> Vec<String> {
    let expect = played.expect;
    let mut found = Vec::new();
    let names_none = matches!(&expect.upstream_models, Models::List(list) if list.iter().any(|model| model == "-"));
    if !names_none && let Some(why) = objection(&played.case.profile, seen) {
        found.push(format!("oracle: {why}"));
    }
    for name in &expect.upstream_forbid_headers {
        let header = seen.headers.iter().map(|(key, _)| key);
        if header.chain(&seen.trailers).any(|key| key == name) {
            found.push(format!("header {name} arrived"));
        }
    }
    for (name, value) in &expect.upstream_require_headers {
        if seen.header(name) != Some(value) {
            found.push(format!("header {name}: {:?}", seen.header(name)));
        }
    }
    if let Some(paths) = &expect.upstream_path_in
        && !paths.iter().any(|path| path == seen.path())
    {
        found.push(format!("path {}", seen.path()));
    }
    if let Some(names) = &expect.upstream_query_allowed {
        let query = seen.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        for pair in pairs {
            let name = pair.split('=').next().unwrap_or_default();
            if !names.iter().any(|allowed| allowed == name) {
                found.push(format!("query {pair}"));
            }
        }
    }
    let one = expect.upstream_target.iter();
    let targets: Vec<&String> = one
        .chain(expect.upstream_targets.iter().flatten())
        .collect();
    if !targets.is_empty() && !targets.contains(&&seen.target) {
        found.push(format!("target {}", seen.target));
    }
    found
}

fn body(played: &Played<'_>, seen: &Seen, kind: &str) -> Option<String> {
    let sent = match &played.request.method {
        Some(_) => played.request.body().unwrap_or_default(),
        None => APPROVED.to_vec(),
    };
    let base64 = || played.expect.upstream_body_base64.as_deref().map(decode);
    let is_right = match kind {
        // The oracle has said what is to be said, and `other` as well.
        "safe" | "decoded-safe" | "no-secondary" | "multipart-safe" => true,
        "identical" => seen.body == sent,
        "span" => base64().is_some_and(|body| body == seen.body),
        "span-large" => {
            let parts = played
                .expect
                .upstream_body_parts
                .as_deref()
                .unwrap_or_default();
            !parts.is_empty() && joined(parts) == seen.body
        }
        "none" => seen.body.is_empty(),
        "decoded-identical" => {
            let plain = decoded(played.request.header("content-encoding"), &sent);
            plain.is_ok() && plain == decoded(seen.header("content-encoding"), &seen.body)
        }
        "json-plus-model" => is_plus_model(&sent, &seen.body),
        other => return Some(format!("content {other:?}?")),
    };
    let shown = &seen.body[..seen.body.len().min(90)];
    (!is_right).then(|| format!("content not {kind}: {:?}", String::from_utf8_lossy(shown)))
}

/// The same members in the same order, and the pin.
fn is_plus_model(sent: &[u8], came: &[u8]) -> bool {
    let (Ok(strict::Tree::Object(mut sent)), Ok(strict::Tree::Object(mut came))) =
        (strict::parse(sent), strict::parse(came))
    else {
        return false;
    };
    sent.retain(|(name, _)| name != "model");
    let count = came.len();
    came.retain(|(name, value)| name != "model" || *value != strict::Tree::Text(PIN.to_owned()));
    count == came.len() + 1 && sent == came
}

/// Where the other model's name arrived, unless the case itself says that it has to.
fn other(played: &Played<'_>) -> Option<String> {
    let kind = played.expect.upstream_body.as_deref().unwrap_or_default();
    let sent = played.request.body().unwrap_or_default();
    if kind.ends_with("identical") && find(&sent, OTHER.as_bytes()).is_some() {
        return None;
    }
    for seen in requests(played) {
        let plain = decoded(seen.header("content-encoding"), &seen.body).unwrap_or_default();
        if find(&plain, OTHER.as_bytes()).is_some() {
            return Some("in the content".to_owned());
        }
    }
    // With a note the case says that the target is where it stands.
    let bytes = played
        .connections
        .iter()
        .map(|connection| &connection.bytes);
    for bytes in bytes.filter(|_| played.expect.note.is_none()) {
        if let Some(at) = find(bytes, OTHER.as_bytes()) {
            let around = &bytes[at.saturating_sub(30)..(at + 30).min(bytes.len())];
            return Some(String::from_utf8_lossy(around).into_owned());
        }
    }
    None
}

/// An answer is passed as it came (design, rule 12): status, content, and the header fields that
/// say which model was served.
fn untouched(played: &Played<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let Some(response) = &played.case.upstream_response else {
        return vec!["nothing to compare with".to_owned()];
    };
    let (status, body) = match &response.raw_base64 {
        // Two answers where one was asked for: the first is passed, the second reaches nobody.
        Some(_) => (200, b"{}".to_vec()),
        None => (
            response.status,
            response
                .body_base64
                .as_deref()
                .map(decode)
                .unwrap_or_default(),
        ),
    };
    if played.answers.statuses != [status] {
        found.push(format!(
            "status {:?}, want {status}",
            played.answers.statuses
        ));
    }
    if played.answers.body != body {
        let came = String::from_utf8_lossy(&played.answers.body);
        found.push(format!("the answer was changed: {came:?}"));
    }
    for (name, value) in &response.headers {
        let is_there = played.answers.head.lines().any(|line| {
            line.split_once(':')
                .is_some_and(|(key, text)| key.eq_ignore_ascii_case(name) && text.trim() == value)
        });
        if !is_there {
            found.push(format!("the answer lost {name}: {value}"));
        }
    }
    if find(&played.answers.all, b"bad").is_some() {
        found.push("a second answer was delivered".to_owned());
    }
    found
}
