//! A body whose error is delayed.
//!
//! An error ends the client's connection at once, with what was handed over just before it and is not
//! written yet: the last event of an upstream that died with it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// The time that data before an error has for being written.
const MOMENT: Duration = Duration::from_millis(100);

/// Holds a content's error back for a moment; everything else passes as it comes.
#[derive(Debug)]
pub(crate) struct DelayErrorBody<B: Body> {
    body: B,
    error: Option<(B::Error, Pin<Box<Sleep>>)>,
}

impl<B: Body> DelayErrorBody<B> {
    pub(crate) fn new(body: B) -> Self {
        Self { body, error: None }
    }
}

impl<B> Body for DelayErrorBody<B>
where
    B: Body + Unpin,
    B::Error: Unpin,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        if self.error.is_none() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Err(error)) => {
                    let moment = Box::pin(tokio::time::sleep(MOMENT));
                    self.error = Some((error, moment));
                }
                frame => return Poll::Ready(frame),
            }
        }
        if let Some((_, moment)) = &mut self.error {
            ready!(moment.as_mut().poll(cx));
        }
        Poll::Ready(self.error.take().map(|(error, _)| Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        self.error.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::io;

    use bytes::Bytes;
    use hyper::body::Incoming;
    use hyper::service::service_fn;
    use hyper::{Request, Response};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_util::task::TaskTracker;

    use super::*;

    /// A body that has these frames at once, an error at its end.
    pub(crate) struct ScriptedBody(pub(crate) VecDeque<Result<Frame<Bytes>, io::Error>>);

    impl Body for ScriptedBody {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
            Poll::Ready(self.0.pop_front())
        }
    }

    fn scripted() -> DelayErrorBody<ScriptedBody> {
        let event = Ok(Frame::data(Bytes::from_static(b"data: last\n\n")));
        let error = Err(io::ErrorKind::UnexpectedEof.into());
        DelayErrorBody::new(ScriptedBody([event, error].into()))
    }

    #[tokio::test]
    async fn data_before_an_error_is_written_over_http_1() {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let answer =
            service_fn(async |_: Request<Incoming>| Ok::<_, Infallible>(Response::new(scripted())));
        let serving = hyper::server::conn::http1::Builder::new();
        TaskTracker::new().spawn(serving.serve_connection(TokioIo::new(server), answer));
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        let mut all = Vec::new();
        client.read_to_end(&mut all).await.unwrap();
        assert!(
            all.ends_with(b"data: last\n\n\r\n"),
            "{}",
            String::from_utf8_lossy(&all)
        );
    }

    #[tokio::test]
    async fn data_before_an_error_is_written_over_http_2() {
        use http_body_util::BodyExt as _;
        let (client, server) = tokio::io::duplex(1 << 16);
        let answer =
            service_fn(async |_: Request<Incoming>| Ok::<_, Infallible>(Response::new(scripted())));
        let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        TaskTracker::new().spawn(serving.serve_connection(TokioIo::new(server), answer));
        let opened =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(client));
        let (mut sender, connection) = opened.await.unwrap();
        TaskTracker::new().spawn(connection);
        let request = Request::get("http://a/")
            .body(http_body_util::Empty::<Bytes>::new())
            .unwrap();
        let mut body = sender.send_request(request).await.unwrap().into_body();
        let event = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(event, "data: last\n\n");
        assert!(body.frame().await.unwrap().is_err(), "it was cut off");
    }
}
