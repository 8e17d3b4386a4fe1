//! A stream whose events may have to be changed: each line is held until it is whole.
//!
//! On a forced stream `openai-model` is taken out where it names the pin (rule 12): codex asked for
//! another model and takes a difference for a security downgrade. Any other value is a true reroute and
//! passes, or ends the stream where the policy says so (rule 13).

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use lockpolicy::http::response_edit;

use super::observed_body::ResponseObserver;
use crate::error::BodyError;

/// The longest line that is held until it is whole; a longer one passes as it comes.
const LINE_CAP: usize = 16 << 20;

/// A stream of server-sent events whose lines are looked at when they are whole.
#[derive(Debug)]
pub(crate) struct LineRewriteBody<B, E> {
    /// `None` once the stream was ended: nothing more is read.
    body: Option<B>,
    /// The model that is removed, where the stream is forced.
    pin: Option<String>,
    observer: E,
    /// The line that is not whole yet.
    held: BytesMut,
    /// The error that ended it, until what was held has gone.
    error: Option<BodyError>,
}

impl<B, E: ResponseObserver> LineRewriteBody<B, E> {
    pub(crate) fn new(body: B, pin: Option<String>, observer: E) -> Self {
        Self {
            body: Some(body),
            pin,
            observer,
            held: BytesMut::new(),
            error: None,
        }
    }

    /// Takes what came and gives what may go: everything up to the last line feed.
    fn push(&mut self, data: &Bytes) -> Bytes {
        let before = self.held.len();
        self.held.extend_from_slice(data);
        let whole = match data.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => before + at + 1,
            None if self.held.len() > LINE_CAP => self.held.len(),
            None => 0,
        };
        self.rewritten(whole)
    }

    /// Gives what was held when nothing more comes.
    fn finish(&mut self) -> Bytes {
        self.body = None;
        self.rewritten(self.held.len())
    }

    fn rewritten(&mut self, count: usize) -> Bytes {
        let whole = self.held.split_to(count).freeze();
        let mut out = BytesMut::new();
        // What of `whole` has not been copied yet: most of it passes as it is.
        let (mut from, mut at) = (0, 0);
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            if self.observer.observe(line) {
                out.extend_from_slice(whole.get(from..at).unwrap_or_default());
                out.extend_from_slice(&self.observer.last_event());
                // It has its end: how the provider's own would have been does not matter any more.
                self.body = None;
                self.error = None;
                self.held.clear();
                return out.freeze();
            }
            if let Cow::Owned(edited) = self.without_pin(line) {
                out.extend_from_slice(whole.get(from..at).unwrap_or_default());
                out.extend_from_slice(&edited);
                from = at + line.len();
            }
            at += line.len();
        }
        if from == 0 {
            return whole;
        }
        out.extend_from_slice(whole.get(from..).unwrap_or_default());
        out.freeze()
    }

    fn without_pin<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        match &self.pin {
            Some(pin) if response_edit::may_name_model(line) => {
                response_edit::without_pin(line, pin)
            }
            Some(_) | None => Cow::Borrowed(line),
        }
    }
}

impl<B, E> Body for LineRewriteBody<B, E>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
    E: ResponseObserver + Unpin,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        while let Some(body) = &mut self.body {
            let passed = match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    self.push(&data)
                }
                Some(Err(error)) => {
                    self.error = Some(error.into());
                    self.finish()
                }
                None => self.finish(),
            };
            if !passed.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(passed))));
            }
        }
        Poll::Ready(self.error.take().map(Err))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use http_body_util::BodyExt as _;

    use super::*;
    use crate::response::delay_error_body::tests::ScriptedBody;

    /// Ends before a line that names `q`.
    #[derive(Debug)]
    struct Strict(Vec<Vec<u8>>);

    impl ResponseObserver for Strict {
        fn observe(&mut self, text: &[u8]) -> bool {
            self.0.push(text.to_vec());
            text.windows(3).any(|three| three == b"\"q\"")
        }

        fn last_event(&self) -> Bytes {
            Bytes::from_static(b"data: end\n\n")
        }
    }

    fn run(text: &str, size: usize) -> String {
        let mut events = LineRewriteBody::new((), Some("p".to_owned()), Strict(Vec::new()));
        let mut out = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            if events.body.is_some() {
                out.extend_from_slice(&events.push(&Bytes::copy_from_slice(piece)));
            }
        }
        if events.body.is_some() {
            out.extend_from_slice(&events.finish());
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn stream_cut_anywhere_loses_the_pin_alone() {
        let text = "event: a\ndata: {\"headers\":{\"openai-model\":\"p\"}}\n\ndata: x\n\ndata: {\"headers\":{\"a\":\"b\",\"openai-model\":\"p\"}}\n\ntail";
        let want = "event: a\ndata: {\"headers\":{}}\n\ndata: x\n\ndata: {\"headers\":{\"a\":\"b\"}}\n\ntail";
        for size in 1..=text.len() {
            assert_eq!(run(text, size), want, "{size}");
        }
    }

    #[test]
    fn stream_that_is_ended_lacks_the_line_that_ended_it() {
        let text = "data: 1\n\nevent: x\ndata: {\"model\":\"q\"}\n\ndata: 2\n\n";
        for size in 1..=text.len() {
            assert_eq!(
                run(text, size),
                "data: 1\n\nevent: x\ndata: end\n\n",
                "{size}"
            );
        }
    }

    /// Returns a stream of these pieces that ends with an error.
    fn dying(pieces: [&'static str; 2]) -> LineRewriteBody<ScriptedBody, Strict> {
        let text = |text: &'static str| Ok(Frame::data(Bytes::from_static(text.as_bytes())));
        let lost: io::Error = io::ErrorKind::UnexpectedEof.into();
        let [first, second] = pieces;
        let body = ScriptedBody([text(first), text(second), Err(lost)].into());
        LineRewriteBody::new(body, Some("p".to_owned()), Strict(Vec::new()))
    }

    async fn next(events: &mut LineRewriteBody<ScriptedBody, Strict>) -> Bytes {
        let frame = events.frame().await.unwrap().unwrap();
        frame.into_data().unwrap()
    }

    #[tokio::test]
    async fn half_a_line_before_an_error_is_passed_first() {
        let mut events = dying(["data: 1\n\nda", "ta: 2"]);
        for piece in ["data: 1\n\n", "data: 2"] {
            assert_eq!(next(&mut events).await, piece);
        }
        assert!(events.frame().await.unwrap().is_err());
        assert!(events.frame().await.is_none());
    }

    #[tokio::test]
    async fn half_a_line_that_ends_the_stream_hides_the_error() {
        let mut events = dying(["data: 1\n\nda", "ta: \"q\""]);
        for piece in ["data: 1\n\n", "data: end\n\n"] {
            assert_eq!(next(&mut events).await, piece);
        }
        assert!(events.frame().await.is_none());
    }
}
