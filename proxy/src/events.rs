//! The events of a forced stream: `openai-model` taken out where it names the pin (rule 12).
//!
//! codex asked for another model and takes a difference for a security downgrade. What goes is a
//! member that equals the pin; any other value is a true reroute and passes.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use lockpolicy::surface::answer;

use crate::error::BodyError;

/// The longest line that is held until it is whole; a longer one passes as it comes.
const LINE_CAP: usize = 16 << 20;

/// A stream of server-sent events whose lines are looked at when they are whole.
#[derive(Debug)]
pub(crate) struct Events<B> {
    body: B,
    pin: String,
    /// The line that is not whole yet.
    held: BytesMut,
    /// The error that ended it, until what was held has gone.
    broken: Option<BodyError>,
    ended: bool,
}

impl<B> Events<B> {
    pub(crate) fn new(body: B, pin: String) -> Self {
        Self {
            body,
            pin,
            held: BytesMut::new(),
            broken: None,
            ended: false,
        }
    }

    /// Takes what came and gives what may go: everything up to the last line feed.
    fn pass(&mut self, data: &Bytes) -> Bytes {
        self.held.extend_from_slice(data);
        let whole = match self.held.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => at + 1,
            None if self.held.len() > LINE_CAP => self.held.len(),
            None => 0,
        };
        self.edited(whole)
    }

    fn edited(&mut self, count: usize) -> Bytes {
        let whole = self.held.split_to(count).freeze();
        if !answer::may_name_model(&whole) {
            return whole;
        }
        let mut out = BytesMut::with_capacity(whole.len());
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            out.extend_from_slice(&answer::without_pin(line, &self.pin));
        }
        out.freeze()
    }
}

impl<B> Body for Events<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        while !self.ended {
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) else {
                self.ended = true;
                break;
            };
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => {
                    self.broken = Some(error.into());
                    self.ended = true;
                    break;
                }
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let passed = self.pass(&data);
            if !passed.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(passed))));
            }
        }
        let rest = self.held.len();
        let rest = self.edited(rest);
        Poll::Ready(if rest.is_empty() {
            self.broken.take().map(Err)
        } else {
            Some(Ok(Frame::data(rest)))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use http_body_util::BodyExt as _;

    use super::*;
    use crate::late::tests::Breath;

    #[tokio::test]
    async fn half_a_line_goes_before_the_error_that_ended_it() {
        let text = |text: &'static str| Ok(Frame::data(Bytes::from_static(text.as_bytes())));
        let lost: io::Error = io::ErrorKind::UnexpectedEof.into();
        let said = Breath([text("data: 1\n\nda"), text("ta: 2"), Err(lost)].into());
        let mut events = Events::new(said, "pin".to_owned());
        for piece in ["data: 1\n\n", "data: 2"] {
            let frame = events.frame().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), piece);
        }
        assert!(events.frame().await.unwrap().is_err());
        assert!(events.frame().await.is_none());
    }
}
