//! The call into the policy, and what is told about it.

use bytes::Bytes;
use http::request::Parts;
use lockpolicy::agents::codex::identity::source;
use lockpolicy::dialect::Found;
use lockpolicy::edit::{Edit, Piece, apply, pieces};
use lockpolicy::http::{Judged, Request, judge_request};
use lockpolicy::{Decision, ModelChoice, Source};

use super::route::Route;
use super::{Call, respond};
use crate::body::Pieces;
use crate::error::Stop;

/// A request that may go on.
#[derive(Debug)]
pub(super) struct Approved {
    /// The content as it goes on.
    content: Vec<Bytes>,
    /// The path as it goes on, where it differs.
    pub(super) path: Option<String>,
    /// The query as it goes on, where it differs.
    pub(super) query: Option<String>,
    /// Headers that get another value.
    pub(super) headers: Vec<(String, String)>,
    /// What was done, for the client.
    pub(super) outcome: &'static str,
    /// What was asked for in the pin's place, escaped.
    pub(super) asked: Option<String>,
    /// Which model was asked for and which goes on.
    pub(super) wanted: Option<ModelChoice>,
    /// Who asked.
    pub(super) source: Source,
}

impl Approved {
    /// The content; its pieces are shared, not copied.
    pub(super) fn body(&self) -> Pieces {
        Pieces::new(self.content.iter().cloned())
    }

    /// Whether another model than the client's runs.
    pub(super) fn forced(&self) -> bool {
        self.outcome == "forced"
    }
}

/// Judges what a handshake says; its messages are judged when they come.
pub(super) fn handshake(call: &Call, route: &Route<'_>, head: &Parts) -> Result<Approved, Stop> {
    decide(call, route, head, Bytes::new())
}

/// Judges a request whose content is whole and decoded.
pub(super) fn decide(
    call: &Call,
    route: &Route<'_>,
    head: &Parts,
    content: Bytes,
) -> Result<Approved, Stop> {
    let Route::Listed(found) = route else {
        return Ok(untouched(content, "allowed"));
    };
    let fields = fields(head);
    let request = Request {
        found,
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers: &fields,
        content: &content,
        source: source(head.uri.path(), &fields),
    };
    let judged = judge_request(&call.policy, request);
    tell(call, found, &judged);
    let approved = match &judged.verdict.decision {
        Decision::Reject(rejection) => return Err(Stop::Judged(rejection.clone())),
        Decision::Pass => {
            let reported = !judged.verdict.attempts.is_empty();
            untouched(content, if reported { "reported" } else { "matched" })
        }
        Decision::Rewrite(_) => cut(&judged, &fields, head, &content),
    };
    Ok(Approved {
        wanted: judged.verdict.choice,
        source: source(head.uri.path(), &fields),
        ..approved
    })
}

fn untouched(content: Bytes, outcome: &'static str) -> Approved {
    Approved {
        content: vec![content],
        path: None,
        query: None,
        headers: Vec::new(),
        outcome,
        asked: None,
        wanted: None,
        source: Source::default(),
    }
}

fn cut(judged: &Judged, fields: &[(&str, &str)], head: &Parts, content: &Bytes) -> Approved {
    let header =
        |(index, value): &(usize, String)| Some((fields.get(*index)?.0.to_owned(), value.clone()));
    Approved {
        content: slices(content, judged.content.clone()),
        path: edited(head.uri.path(), &judged.path),
        query: edited(head.uri.query().unwrap_or_default(), &judged.query),
        headers: judged.headers.iter().filter_map(header).collect(),
        outcome: "forced",
        asked: judged
            .verdict
            .attempts
            .first()
            .map(|attempt| attempt.requested.clone()),
        wanted: None,
        source: Source::default(),
    }
}

/// A part of the target with its cuts made; `None` where there are none.
fn edited(text: &str, edits: &[Edit]) -> Option<String> {
    let bytes = (!edits.is_empty()).then(|| apply(text.as_bytes(), edits.to_vec()))?;
    String::from_utf8(bytes).ok()
}

/// The header fields as the policy reads them: a value that is no text is empty.
pub(super) fn fields(head: &Parts) -> Vec<(&str, &str)> {
    let fields = head.headers.iter();
    fields
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()))
        .collect()
}

/// Cuts a content without copying what stays.
fn slices(content: &Bytes, edits: Vec<Edit>) -> Vec<Bytes> {
    let piece = |piece| match piece {
        Piece::Kept(range) => content.slice(range),
        Piece::New(text) => Bytes::from(text),
    };
    pieces(content.len(), edits)
        .into_iter()
        .map(piece)
        .collect()
}

/// Reports the verdict.
fn tell(call: &Call, found: &Found<'_>, judged: &Judged) {
    let status = match &judged.verdict.decision {
        Decision::Reject(rejection) => respond::status(rejection.reason).as_u16(),
        Decision::Pass | Decision::Rewrite(_) => 0,
    };
    let runs_model = found.operation.capability.is_some();
    call.report(&judged.verdict, runs_model, status);
}
