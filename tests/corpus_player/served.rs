//! Compares what is told and done about the model that served with what a case expects.

use std::sync::atomic::{AtomicUsize, Ordering};

use fake_provider::http_client::HttpClient;
use policy_corpus::exchange::{Played, find};

use crate::corpus_player::PATIENCE;
use crate::corpus_player::case::{Expect, decode};
use crate::corpus_player::server::Server;

/// The receipts of what was asked before. Lines come in the order in which they were told, and a receipt is told
/// before its answer ends: when a call of our own is in the log, they are.
pub(crate) fn receipts(server: &Server) -> Vec<String> {
    static MARKS: AtomicUsize = AtomicUsize::new(0);
    let mark = format!("/mark-{}-", MARKS.fetch_add(1, Ordering::Relaxed));
    let call = format!("GET {mark} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let answer = HttpClient::connect(server.address).call(call.as_bytes());
    let output = server
        .daemon
        .wait_for(|line| line.contains(&mark), PATIENCE);
    assert!(output.is_some(), "{mark} is not in the log: {answer:?}");
    let mut lines = server.daemon.lines();
    lines.retain(|line| is_receipt(line));
    lines
}

fn is_receipt(line: &str) -> bool {
    line.contains(r#""event":"served""#)
}

/// What the receipt of this exchange says, where the case expects anything of it. `before` were there
/// before it.
pub(crate) fn differences(server: &Server, before: &[String], expect: &Expect) -> Vec<String> {
    let alert = expect
        .warn
        .as_ref()
        .and_then(|warn| warn.log_event.as_deref());
    let wanted = match (expect.verdict.as_deref(), alert, expect.verify.as_deref()) {
        (None, None, None) => return Vec::new(),
        (Some("alert"), Some("upstream_model_mismatch"), None) => true,
        // The provider of the corpus says that the pin made what it kept.
        (Some("pass"), None, None) | (None, None, Some("response_model")) => false,
        other => return vec![format!("expectations that contradict: {other:?}")],
    };
    let mut found = Vec::new();
    // The log has a thread of its own, and each receipt a request of its own.
    let is_new = |line: &str| is_receipt(line) && !before.iter().any(|old| old == line);
    let Some(line) = server.daemon.wait_for(is_new, PATIENCE) else {
        return vec!["no receipt".to_owned()];
    };
    if line.contains(r#""result":"mismatch""#) != wanted {
        found.push(format!("mismatch {wanted} wanted: {line}"));
    }
    if expect.verify.is_some() && !line.contains(r#""result":"match""#) {
        found.push(format!("not verified: {line}"));
    }
    found
}

/// What the client got where another model ends an answer.
pub(crate) fn ended(played: &Played<'_>) -> Vec<String> {
    let (Some(enforce), Some(response)) = (&played.expect.enforce, &played.case.upstream_response)
    else {
        return vec!["nothing to compare with".to_owned()];
    };
    let body = response
        .body_base64
        .as_deref()
        .map(decode)
        .unwrap_or_default();
    let answers = &played.answers;
    let message = |text: &[u8]| find(&answers.all, text).is_some();
    let is_right = match (enforce.client_status.as_str(), answers.statuses.as_slice()) {
        // A whole answer is refused; a stream says so in its own shape, and nothing of what ended it.
        ("502|stream_aborted", [502]) => message(b"\"model_mismatch\""),
        ("502|stream_aborted", [200]) => {
            message(b"another model was served")
                && !message(&body)
                && !message(b"response.completed")
        }
        ("2xx", [200]) if response.raw_base64.is_some() => answers.body == b"{}",
        ("2xx", [200]) => answers.body == body,
        ("4xx", [status @ 400..=499]) => *status == response.status && answers.body == body,
        _ => false,
    };
    let all = String::from_utf8_lossy(&answers.all);
    let wanted = &enforce.client_status;
    (!is_right)
        .then(|| format!("with fail: {wanted} wanted, {all:?}"))
        .into_iter()
        .collect()
}
