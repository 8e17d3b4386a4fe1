//! The content of a request that goes to a provider.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::cost::Lease;
use crate::error::BodyError;

/// The longest content that is kept until the provider responds, so that it can be sent again. A longer one is kept
/// until it was sent.
const KEPT: usize = 4 << 20;

/// A request's content in the pieces that it was cut into; none is copied.
#[derive(Clone, Debug, Default)]
pub(crate) struct SegmentedBody {
    pieces: VecDeque<Bytes>,
    kept: Option<Kept>,
}

/// A piece with the memory of its content. The HTTP library takes a piece long before it can write it.
struct Held {
    bytes: Bytes,
    _lease: Arc<Lease>,
}

impl Held {
    fn of(bytes: Bytes, lease: &Arc<Lease>) -> Bytes {
        Bytes::from_owner(Self {
            bytes,
            _lease: Arc::clone(lease),
        })
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A content that can be sent again, as long as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept(Arc<Mutex<Option<SegmentedBody>>>);

impl Kept {
    /// Takes the content, where it is still kept.
    pub(crate) fn take(&self) -> Option<SegmentedBody> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take()
    }
}

impl SegmentedBody {
    pub(crate) fn new(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
        Self {
            pieces: pieces.collect(),
            kept: None,
        }
    }

    /// Returns the number of bytes.
    pub(crate) fn length(&self) -> usize {
        self.pieces.iter().map(Bytes::len).sum()
    }

    /// Returns the content with the memory that it holds, until the last byte of it was written.
    pub(crate) fn holding(self, lease: Lease) -> Self {
        let lease = Arc::new(lease);
        let hold = |bytes| Held::of(bytes, &lease);
        Self {
            pieces: self.pieces.into_iter().map(hold).collect(),
            ..self
        }
    }

    /// Keeps the content, so that it can be sent again.
    pub(crate) fn keep(&mut self) -> Kept {
        let kept = Kept(Arc::new(Mutex::new(Some(self.clone()))));
        self.kept = (self.length() > KEPT).then(|| kept.clone());
        kept
    }
}

impl Body for SegmentedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let piece = self.pieces.pop_front();
        if self.pieces.is_empty() {
            // It was sent: nothing more than the pieces on their way holds its memory.
            drop(self.kept.take().and_then(|kept| kept.take()));
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::MemoryBudget;
    use http_body_util::BodyExt as _;

    #[tokio::test(start_paused = true)]
    async fn memory_is_held_until_the_last_piece_is_gone() {
        let budget = MemoryBudget::new(8 << 20);
        let (mut lease, mut other) = (budget.lease(), budget.lease());
        lease.grow(7 << 20).await.unwrap();
        let mut body = SegmentedBody::new([Bytes::from_static(b"{}")]).holding(lease);
        let piece = body.frame().await.unwrap().unwrap();
        drop(body);
        assert!(other.grow(1 << 20).await.is_err(), "the piece waits");
        drop(piece);
        assert!(other.grow(1 << 20).await.is_ok());
    }
}
