//! The contents that go to the client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::delay_error::Late;
use super::line_rewrite::Events;
use super::observer::Watched;
use super::served_model::Watch;
use crate::error::BodyError;
use crate::meter::Carried;
use crate::upstream::body::Pieces;

/// A response's content.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The upstream's, as it comes.
    Passed(Incoming),
    /// The upstream's, with each line held until it is whole.
    Edited(Box<Events<Incoming, Watch>>),
    /// The upstream's, its first pieces read already.
    Begun(Pieces, Box<Watched<Incoming, Watch>>),
    /// The upstream's as it comes, listened to.
    Watched(Box<Watched<Incoming, Watch>>),
    /// Our own.
    Whole(Full<Bytes>),
}

impl Answer {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Passed(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Self::Edited(body) => Pin::new(&mut **body).poll_frame(cx),
            Self::Begun(pieces, _) if !pieces.is_end_stream() => Pin::new(pieces).poll_frame(cx),
            Self::Begun(_, body) | Self::Watched(body) => Pin::new(&mut **body).poll_frame(cx),
            Self::Whole(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Passed(body) => body.is_end_stream(),
            Self::Edited(_) => false,
            Self::Begun(pieces, body) => pieces.is_end_stream() && body.is_end_stream(),
            Self::Watched(body) => body.is_end_stream(),
            Self::Whole(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Passed(body) => body.size_hint(),
            Self::Edited(_) | Self::Begun(..) => SizeHint::default(),
            Self::Watched(body) => body.size_hint(),
            Self::Whole(body) => body.size_hint(),
        }
    }
}

/// An answer that is counted as it goes, and as long as it goes. Its error comes late.
#[derive(Debug)]
pub(crate) struct Counted {
    answer: Late<Answer>,
    carried: Arc<Carried>,
}

impl Counted {
    pub(crate) fn new(answer: Answer, carried: Arc<Carried>) -> Self {
        Self {
            answer: Late::new(answer),
            carried,
        }
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.answer).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let count = frame.data_ref().map_or(0, Bytes::len);
            self.carried.passed(count as u64);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.answer.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.size_hint()
    }
}
