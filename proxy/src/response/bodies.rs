//! The bodies of responses to the client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::delay_error_body::DelayErrorBody;
use super::line_rewrite_body::LineRewriteBody;
use super::observed_body::ObservedBody;
use super::served_model::ServedModelObserver;
use crate::error::BodyError;
use crate::metrics::InFlight;
use crate::upstream::segmented_body::SegmentedBody;

/// The body of a response.
#[derive(Debug)]
pub(crate) enum ResponseBody {
    /// The upstream's, as it comes.
    Upstream(Incoming),
    /// The upstream's, with each line held until it is whole.
    LineRewrite(Box<LineRewriteBody<Incoming, ServedModelObserver>>),
    /// The upstream's, its first pieces read already.
    Prefixed(
        SegmentedBody,
        Box<ObservedBody<Incoming, ServedModelObserver>>,
    ),
    /// The upstream's as it comes, observed.
    Observed(Box<ObservedBody<Incoming, ServedModelObserver>>),
    /// Our own.
    Full(Full<Bytes>),
}

impl ResponseBody {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Full(Full::new(bytes.into()))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Upstream(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Self::LineRewrite(body) => Pin::new(&mut **body).poll_frame(cx),
            Self::Prefixed(pieces, _) if !pieces.is_end_stream() => Pin::new(pieces).poll_frame(cx),
            Self::Prefixed(_, body) | Self::Observed(body) => Pin::new(&mut **body).poll_frame(cx),
            Self::Full(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Upstream(body) => body.is_end_stream(),
            Self::LineRewrite(_) => false,
            Self::Prefixed(pieces, body) => pieces.is_end_stream() && body.is_end_stream(),
            Self::Observed(body) => body.is_end_stream(),
            Self::Full(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Upstream(body) => body.size_hint(),
            Self::LineRewrite(_) | Self::Prefixed(..) => SizeHint::default(),
            Self::Observed(body) => body.size_hint(),
            Self::Full(body) => body.size_hint(),
        }
    }
}

/// A body that is counted as it goes, and as long as it goes. Its error comes late.
#[derive(Debug)]
pub(crate) struct MeteredBody {
    body: DelayErrorBody<ResponseBody>,
    in_flight: Arc<InFlight>,
}

impl MeteredBody {
    pub(crate) fn new(body: ResponseBody, in_flight: Arc<InFlight>) -> Self {
        Self {
            body: DelayErrorBody::new(body),
            in_flight,
        }
    }
}

impl Body for MeteredBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let count = frame.data_ref().map_or(0, Bytes::len);
            self.in_flight.bytes_sent(count as u64);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
