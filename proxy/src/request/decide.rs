//! The call into the policy, and the content that it lets through.

use bytes::Bytes;
use lockpolicy::edit::{Piece, pieces};
use lockpolicy::http::{Approved, Refusal, RequestHead, Route, decide};

use crate::call::Call;
use crate::upstream::segmented_body::SegmentedBody;

/// Judges a request whose content is whole and decoded, and reports the verdict.
pub(super) fn judge(
    call: &Call,
    route: &Route<'_>,
    head: &RequestHead<'_>,
    content: &[u8],
) -> Result<Approved, Refusal> {
    let decided = decide(&call.policy, route, head, content);
    let status = decided.result.as_ref().err().map_or(0, |no| no.status);
    call.report(&decided.verdict, decided.runs_model, status);
    decided.result
}

/// Returns the content that goes on; its pieces are shared, not copied.
pub(super) fn approved_content(approved: &Approved, content: &Bytes) -> SegmentedBody {
    let piece = |piece| match piece {
        Piece::Kept(range) => content.slice(range),
        Piece::New(text) => Bytes::from(text),
    };
    let all = pieces(content.len(), approved.content.clone());
    SegmentedBody::new(all.into_iter().map(piece))
}
