//! A body that passes as it comes, and is observed.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::stream_decoder::TextReader;
use crate::error::BodyError;

/// Observes the texts of a response.
pub(crate) trait ResponseObserver {
    /// Takes one text. Returns true if the response has to end before it.
    fn observe(&mut self, text: &[u8]) -> bool;

    /// Returns the event that then ends the stream.
    fn last_event(&self) -> Bytes;
}

/// Passes each frame at once, after the observer has read it.
#[derive(Debug)]
pub(crate) struct ObservedBody<B, E> {
    body: B,
    reader: TextReader,
    observer: E,
    is_ended: bool,
}

impl<B, E: ResponseObserver> ObservedBody<B, E> {
    pub(crate) fn new(body: B, reader: TextReader, observer: E) -> Self {
        Self {
            body,
            reader,
            observer,
            is_ended: false,
        }
    }

    fn observe_data(&mut self, data: &[u8]) {
        let Self {
            reader,
            observer,
            is_ended,
            ..
        } = self;
        reader.push(data, &mut |text| *is_ended |= observer.observe(text));
    }

    fn observe_end(&mut self) {
        let Self {
            reader,
            observer,
            is_ended,
            ..
        } = self;
        reader.finish(&mut |text| *is_ended |= observer.observe(text));
    }
}

impl<B, E> Body for ObservedBody<B, E>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
    E: ResponseObserver + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    /// Polls a frame. A response into which no event can be written, as into a coded stream, ends with an error.
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.observe_data(frame.data_ref().map_or(&[][..], |data| data));
        }
        // Who knows the length does not ask for the end.
        if frame.is_none() || self.body.is_end_stream() {
            self.observe_end();
        }
        if self.is_ended {
            return Poll::Ready(Some(Err("another model was served".into())));
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Full};

    use super::*;
    use lockpolicy::http::BodyFormat;

    /// Ends before a text that names `q`.
    struct Strict;

    impl ResponseObserver for Strict {
        fn observe(&mut self, text: &[u8]) -> bool {
            text.contains(&b'q')
        }

        fn last_event(&self) -> Bytes {
            Bytes::new()
        }
    }

    /// Nobody asks a content for more than the length that it has announced.
    #[tokio::test]
    async fn last_line_without_a_line_feed_is_observed_before_it_passes() {
        for (text, passes) in [("data: 1\n\ndata: q", false), ("data: 1\n\ndata: p", true)] {
            let body = Full::new(Bytes::from_static(text.as_bytes()));
            let reader = TextReader::new(BodyFormat::Sse, None);
            let mut watched = ObservedBody::new(body, reader, Strict);
            let frame = watched.frame().await.unwrap();
            assert_eq!(frame.is_ok(), passes, "{text}");
        }
    }
}
