//! The call into the policy, and what is told about it.

use bytes::Bytes;
use http::request::Parts;
use lockpolicy::dialect::{Content, Found};
use lockpolicy::edit::{Edit, Piece, pieces};
use lockpolicy::surface::http::{Judged, Request, judge_request, source};
use lockpolicy::{Decision, Naming, Outcome, Reason, Rejection};

use super::route::Route;
use super::{Call, DOOR, headers, respond};
use crate::body::Pieces;
use crate::error::Stop;

/// A request that may go on.
#[derive(Debug)]
pub(super) struct Approved {
    /// The content as it goes on.
    content: Vec<Bytes>,
    /// The path as it goes on, where it differs.
    pub(super) path: Option<String>,
    /// Headers that get another value.
    pub(super) headers: Vec<(String, String)>,
    /// What was done, for the client.
    pub(super) outcome: &'static str,
    /// What was asked for in the pin's place, escaped.
    pub(super) asked: Option<String>,
}

impl Approved {
    /// The content; its pieces are shared, not copied.
    pub(super) fn body(&self) -> Pieces {
        Pieces::new(self.content.iter().cloned())
    }

    /// Whether another model than the client's runs.
    pub(super) fn forced(&self) -> bool {
        self.asked.is_some() || self.outcome == "forced"
    }
}

/// Judges a request whose content is whole and decoded.
pub(super) fn decide(call: &Call, route: &Route<'_>, head: &Parts, content: Bytes) -> Result<Approved, Stop> {
    let Route::Listed(found) = route else { return Ok(untouched(content, "allowed")) };
    if found.operation.content == Content::Json && !headers::is_json(&head.headers) {
        return Err(Rejection::whole(Reason::Type, "content-type").into());
    }
    let fields: Vec<(&str, &str)> =
        head.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default())).collect();
    let request =
        Request { found, path: head.uri.path(), headers: &fields, content: &content, source: source(&fields) };
    let judged = judge_request(&call.policy, request);
    tell(call, found, &judged);
    match &judged.verdict.decision {
        Decision::Reject(rejection) => Err(rejection.clone().into()),
        Decision::Pass => {
            let audited = !judged.verdict.attempts.is_empty();
            Ok(untouched(content, if audited { "audited" } else { "matched" }))
        }
        Decision::Rewrite(_) => Ok(cut(&judged, &fields, head.uri.path(), &content)),
    }
}

fn untouched(content: Bytes, outcome: &'static str) -> Approved {
    Approved { content: vec![content], path: None, headers: Vec::new(), outcome, asked: None }
}

fn cut(judged: &Judged, fields: &[(&str, &str)], path: &str, content: &Bytes) -> Approved {
    let path = (!judged.path.is_empty()).then(|| lockpolicy::edit::apply(path.as_bytes(), judged.path.clone()));
    let header = |(index, value): &(usize, String)| Some((fields.get(*index)?.0.to_owned(), value.clone()));
    Approved {
        content: slices(content, judged.content.clone()),
        path: path.and_then(|path| String::from_utf8(path).ok()),
        headers: judged.headers.iter().filter_map(header).collect(),
        outcome: "forced",
        asked: judged.verdict.attempts.first().map(|attempt| attempt.asked.clone()),
    }
}

/// Cuts a content without copying what stays.
fn slices(content: &Bytes, edits: Vec<Edit>) -> Vec<Bytes> {
    let piece = |piece| match piece {
        Piece::Kept(range) => content.slice(range),
        Piece::New(text) => Bytes::from(text),
    };
    pieces(content.len(), edits).into_iter().map(piece).collect()
}

/// Tells every sink: each attempt once, and the request for the count.
fn tell(call: &Call, found: &Found<'_>, judged: &Judged) {
    let sink = &call.state.sink;
    let (status, reason) = match &judged.verdict.decision {
        Decision::Reject(rejection) => (respond::status(rejection.reason).as_u16(), rejection.reason.as_str()),
        Decision::Pass | Decision::Rewrite(_) => (0, ""),
    };
    for attempt in &judged.verdict.attempts {
        let status = if attempt.result == Outcome::Rejected { status } else { 0 };
        sink.attempt(attempt, &call.facts(status, reason));
    }
    if found.operation.capability.is_some() || judged.verdict.naming != Naming::None {
        sink.judged(call.policy.mode(), DOOR, judged.verdict.naming);
    }
}
