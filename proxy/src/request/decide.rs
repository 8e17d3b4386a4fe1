//! The call into the policy, and the content that it lets through.

use bytes::Bytes;
use lockpolicy::edit::{Piece, apply, pieces};
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

/// Returns the content that goes on; its pieces are shared, not copied. Where they are many, they become one: a small
/// piece costs more memory than its bytes.
pub(super) fn approved_content(approved: &mut Approved, content: &Bytes) -> SegmentedBody {
    let edits = std::mem::take(&mut approved.content);
    if edits.len() > FEW {
        return SegmentedBody::new([Bytes::from(apply(content, edits))]);
    }
    let piece = |piece| match piece {
        Piece::Kept(range) => content.slice(range),
        Piece::New(text) => Bytes::from(text),
    };
    let all = pieces(content.len(), edits);
    SegmentedBody::new(all.into_iter().map(piece))
}

/// The most edits whose pieces are kept apart.
const FEW: usize = 64;
