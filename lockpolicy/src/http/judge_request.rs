//! An HTTP request: target, headers and content, judged together.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem;

use super::content_type::{Media, media};
use super::request::Request;
use super::{fields, json_body, multipart, path_and_query};
use crate::dialect::{Content, Dialect, Found};
use crate::edit::Edit;
use crate::finds::Finds;
use crate::json::encode;
use crate::{
    Action, AttemptResult, Change, Decision, Occurrence, Origin, Policy, Reason, Rejection,
    Surface, Verdict, judge, refuse,
};

/// A verdict with the cuts that carry it out. All are empty unless the decision is a rewrite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The decision.
    pub verdict: Verdict,
    /// Cuts in the path.
    pub path: Vec<Edit>,
    /// Cuts in the query.
    pub query: Vec<Edit>,
    /// Headers that get another value, by their index.
    pub headers: Vec<(usize, String)>,
    /// Cuts in the content.
    pub content: Vec<Edit>,
}

/// Judges a request.
///
/// Takes path, query, headers and the whole content together. Cuts name byte ranges of what was given:
/// a value that is replaced, a member that goes with its comma, a place where one is put in. Every
/// other byte stays, and the result is judged [`Decision::Pass`].
///
/// What cannot be understood is refused in every mode, `audit` too: a media type that the operation does
/// not take, a content that is no complete I-JSON object (RFC 8259, RFC 7493), a form with more
/// than one spelling (RFC 7578). Everything else is answered by [`judge()`].
///
/// # Limits
///
/// Time and memory grow with the content; its size is the caller's to cap. JSON may nest
/// [`DEPTH_CAP`](crate::json::DEPTH_CAP) deep.
pub fn judge_request(policy: &Policy, request: Request<'_>) -> Judged {
    let content = match content_finds(&request) {
        Ok(content) => content,
        Err(rejection) => return refused(rejection),
    };
    let (headers, header_index) = header_finds(policy, &request);
    // The headers come last: what they repeat has been counted by then.
    let mut parts = [
        path_and_query::path(&request),
        path_and_query::query(policy, &request),
        content,
        headers,
    ];
    let origin = Origin {
        surface: surface(&request, &parts),
        source: request.source,
    };
    let occurrences = parts
        .iter_mut()
        .map(|part| mem::take(&mut part.occurrences));
    let occurrences: Vec<Occurrence<'_>> = occurrences.flatten().collect();
    let verdict = judge(policy, origin, &occurrences);
    let judged = with_edits(&request, verdict, &parts, &header_index);
    if keeps_segments(&request, &judged.path) {
        judged
    } else {
        rejected_path(judged.verdict)
    }
}

/// Returns true if the path is still one of as many plain segments with its cuts made: a pin such as
/// `vendor/model` would make another path of it.
fn keeps_segments(request: &Request<'_>, edits: &[Edit]) -> bool {
    let edited = crate::edit::apply(request.path.as_bytes(), edits.to_vec());
    let segments = |path: &[u8]| path.split(|byte| *byte == b'/').count();
    let plain = core::str::from_utf8(&edited).is_ok_and(crate::path::is_plain_path);
    edits.is_empty() || (plain && segments(&edited) == segments(request.path.as_bytes()))
}

fn rejected_path(mut verdict: Verdict) -> Judged {
    for attempt in &mut verdict.attempts {
        attempt.result = AttemptResult::Rejected;
    }
    let what = "the approved model's name does not fit into this path";
    let rejection = Rejection::whole(Reason::Malformed, what);
    unchanged(Verdict {
        decision: Decision::Reject(rejection),
        ..verdict
    })
}

/// Returns what the content states, read as the operation and the media type say.
fn content_finds<'a>(request: &Request<'a>) -> Result<Finds<'a>, Rejection> {
    let operation = request.found.operation;
    let whole = |reason: Reason, what: &str| Rejection::whole(reason, what);
    let json = |request: &Request<'a>| {
        let finds = json_body::finds(&operation.places, request.content);
        finds.map_err(|error| Rejection::whole(error.reason(), error.to_string()))
    };
    match (operation.content, media(request)) {
        (Content::None | Content::WebSocket, _) => Ok(Finds::default()),
        (Content::Json | Content::JsonAnyType | Content::JsonOrMultipart, Media::Json)
        | (Content::JsonAnyType, Media::Other) => json(request),
        (Content::Multipart | Content::JsonOrMultipart, Media::Form(media)) => {
            let finds = multipart::finds(&operation.places, media, request.content);
            finds.map_err(|reason| whole(reason, "multipart form"))
        }
        (
            Content::Json | Content::JsonAnyType | Content::Multipart | Content::JsonOrMultipart,
            _,
        ) => Err(whole(Reason::Type, "content-type")),
    }
}

fn refused(rejection: Rejection) -> Judged {
    unchanged(refuse(rejection))
}

fn unchanged(verdict: Verdict) -> Judged {
    Judged {
        verdict,
        path: Vec::new(),
        query: Vec::new(),
        headers: Vec::new(),
        content: Vec::new(),
    }
}

/// Returns the surface on which an attempt is counted: where the model stands.
fn surface(request: &Request<'_>, parts: &[Finds<'_>; 4]) -> Surface {
    let [path, query, _, _] = parts;
    match media(request) {
        _ if !path.places.is_empty() || !query.places.is_empty() => Surface::Target,
        Media::Form(_) => Surface::Multipart,
        Media::Json | Media::Other => Surface::Http,
    }
}

/// Returns what the headers state, with the index of the header of each occurrence.
fn header_finds<'a>(policy: &Policy, request: &Request<'a>) -> (Finds<'a>, Vec<usize>) {
    let mut finds = Finds::default();
    let mut indexes = Vec::new();
    let Some(capability) = request.found.operation.capability else {
        return (finds, indexes);
    };
    let own = &request.found.operation.places.headers;
    for (index, (name, value)) in request.headers.iter().enumerate() {
        for (_, setting) in own.iter().filter(|(own, _)| own == name) {
            fields::find_setting(&mut finds, (name, value), *setting);
        }
        if let Some(force_action) =
            fields::force_action(name, lists(Some(request.found.dialect), policy))
        {
            fields::find(&mut finds, (name, value), (capability, force_action));
        }
        indexes.resize(finds.occurrences.len(), index);
    }
    (finds, indexes)
}

/// Hands each change to the part that it belongs to, by the places of the parts.
fn with_edits(
    request: &Request<'_>,
    verdict: Verdict,
    parts: &[Finds<'_>; 4],
    header_index: &[usize],
) -> Judged {
    let Decision::Rewrite(changes) = &verdict.decision else {
        return unchanged(verdict);
    };
    let mut start = 0;
    let mut own = parts.iter().map(|part| {
        let range = start..start + part.places.len();
        start = range.end;
        let inside = changes
            .iter()
            .filter(|change| range.contains(&change.occurrence));
        let change = |change: &Change| Change {
            occurrence: change.occurrence - range.start,
            action: change.action.clone(),
        };
        inside.map(change).collect::<Vec<Change>>()
    });
    let [path, query, content, headers] = parts;
    let mut next = || own.next().unwrap_or_default();
    let path = path.edits(&next(), ToString::to_string);
    let query = query.edits(&next(), ToString::to_string);
    let content = match media(request) {
        Media::Form(_) => content.edits(&next(), ToString::to_string),
        Media::Json | Media::Other => {
            json_body::remove_commas(request.content, content.edits(&next(), encode))
        }
    };
    let header_edits = next().into_iter().filter_map(|change| {
        // What is dropped is not on any list, so it stays behind without a word.
        matches!(change.action, Action::Set(_)).then_some(())?;
        let index = *header_index.get(change.occurrence)?;
        let (_, value) = request.headers.get(index)?;
        let edited = crate::edit::apply(
            value.as_bytes(),
            headers.edits(&[change], ToString::to_string),
        );
        Some((index, String::from_utf8(edited).ok()?))
    });
    let headers = header_edits.collect();
    drop(own);
    Judged {
        verdict,
        path,
        query,
        headers,
        content,
    }
}

/// Returns true if a header goes on to the upstream: listed by the dialect or the policy, or a selector that
/// the verdict has pinned.
pub(super) fn passes(found: &Found<'_>, policy: &Policy, name: &str) -> bool {
    match fields::force_action(name, lists(Some(found.dialect), policy)) {
        Some(force_action) => {
            force_action == crate::ForceAction::Pin && found.operation.capability.is_some()
        }
        None => fields::is_listed(name, lists(Some(found.dialect), policy)),
    }
}

/// Returns true if a header goes on with an operation that nobody judges: listed by the dialect or the policy, and no
/// selector.
pub(super) fn passes_unjudged(dialect: Option<&Dialect>, policy: &Policy, name: &str) -> bool {
    let lists = || lists(dialect, policy);
    fields::force_action(name, lists()).is_none() && fields::is_listed(name, lists())
}

/// The headers that go on: the dialect's, where there is one, and the operator's.
fn lists<'l>(dialect: Option<&'l Dialect>, policy: &'l Policy) -> impl Iterator<Item = &'l str> {
    let own = dialect.into_iter().flat_map(|dialect| &dialect.headers);
    let own = own.map(String::as_str);
    own.chain(policy.allow_headers().iter().map(AsRef::as_ref))
}

/// The refusal of a request that no table lists.
pub(super) fn unknown_operation(path: &str) -> Rejection {
    Rejection::whole(Reason::UnknownOperation, crate::escape_for_log(path))
}

#[cfg(test)]
mod tests;
