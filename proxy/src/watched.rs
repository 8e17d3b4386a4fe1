//! An answer that passes as it comes, and is listened to.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::error::BodyError;
use crate::reader::Reader;

/// Hears what an answer says of itself.
pub(crate) trait Ear {
    /// Takes one text of the answer; whether the answer has to end before it.
    fn hear(&mut self, text: &[u8]) -> bool;

    /// What the client is told where the answer ends so.
    fn last(&self) -> Bytes;
}

/// A content whose frames are passed at once, after a look at them.
#[derive(Debug)]
pub(crate) struct Watched<B, E> {
    body: B,
    reader: Reader,
    ear: E,
    broken: bool,
}

impl<B, E: Ear> Watched<B, E> {
    pub(crate) fn new(body: B, reader: Reader, ear: E) -> Self {
        Self {
            body,
            reader,
            ear,
            broken: false,
        }
    }

    fn look(&mut self, data: &[u8]) {
        let Self {
            reader,
            ear,
            broken,
            ..
        } = self;
        reader.take(data, &mut |text| *broken |= ear.hear(text));
    }

    fn end(&mut self) {
        let Self {
            reader,
            ear,
            broken,
            ..
        } = self;
        reader.finish(&mut |text| *broken |= ear.hear(text));
    }
}

impl<B, E> Body for Watched<B, E>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
    E: Ear + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    /// Where nothing can be put into what the client reads, as in a coded stream, breaking off is the
    /// only way to end it.
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => self.look(frame.data_ref().map_or(&[][..], |data| data)),
            Some(Err(_)) => {}
            None => self.end(),
        }
        if self.broken {
            return Poll::Ready(Some(Err("another model was served".into())));
        }
        // Who knows the length does not ask for the end.
        if self.body.is_end_stream() {
            self.end();
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
