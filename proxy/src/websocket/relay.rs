//! The two directions of one WebSocket, and their common end.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio_util::sync::CancellationToken;

use super::activity::{Activity, NotedReader};
use super::frame::{Close, MaskKeys, WsError};
use super::frame_writer::FrameWriter;
use super::judge::MessageJudge;
use super::running_responses::RunningResponses;
use super::{from_client, from_provider};

/// The time that the other side may take to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The bytes that are read at a time.
const READ_BUFFER: usize = 32 << 10;

/// When a connection has to end that nobody ends.
#[derive(Debug)]
pub(crate) struct EndRules {
    /// Cancelled when the process is told to stop.
    pub(crate) stop: CancellationToken,
    /// The time that a response may run on then.
    pub(crate) drain_timeout: Duration,
    /// The time for which nothing may go through.
    pub(crate) idle_timeout: Duration,
}

impl EndRules {
    /// Waits for the moment at which a connection is closed: nothing goes through it, or the process is told to stop.
    async fn due(&self, running: &RunningResponses, activity: &Activity) {
        tokio::select! {
            () = self.drained(running) => {}
            () = activity.idle_for(self.idle_timeout) => tracing::debug!("an idle websocket is closed"),
        }
    }

    /// Waits until the process is told to stop, and nothing runs or the time is over, less what a farewell takes.
    async fn drained(&self, running: &RunningResponses) {
        self.stop.cancelled().await;
        let timeout = self.drain_timeout.saturating_sub(CLOSE_TIMEOUT);
        if tokio::time::timeout(timeout, running.idle()).await.is_err() {
            tracing::debug!("the deadline ended a response that was running");
        }
    }
}

/// Relays between a client and a provider until either closes, breaks the protocol or leaves, or until
/// the rules end it; both ends are closed then.
pub(crate) async fn relay<D, U>(client: D, provider: U, judge: impl MessageJudge, rules: EndRules)
where
    D: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    let (client_reader, client_writer) = tokio::io::split(client);
    let (provider_reader, provider_writer) = tokio::io::split(provider);
    let activity = Arc::default();
    let client_reader = NotedReader::new(client_reader, &activity);
    let provider_reader = NotedReader::new(provider_reader, &activity);
    let mut client_reader = BufReader::with_capacity(READ_BUFFER, client_reader);
    let mut provider_reader = BufReader::with_capacity(READ_BUFFER, provider_reader);
    let (to_client, to_provider) = (
        FrameWriter::new(client_writer),
        FrameWriter::new(provider_writer),
    );
    {
        let down =
            from_client::relay_messages(&mut client_reader, &to_provider, &to_client, &judge);
        let up = from_provider::relay_messages(&mut provider_reader, &to_client, &judge);
        tokio::pin!(down, up);
        tokio::select! {
            ended = &mut down => match ended {
                // The client has said goodbye: the provider may answer.
                Ok(()) => drop(tokio::time::timeout(CLOSE_TIMEOUT, up).await),
                Err(error) => {
                    if matches!(error, WsError::WriteFailed(_)) {
                        // The provider has gone; what it said before still has to arrive.
                        drop(tokio::time::timeout(CLOSE_TIMEOUT, up).await);
                    }
                    close_after_error(&error, &to_client, &to_provider, true).await;
                }
            },
            ended = &mut up => match ended {
                Ok(()) => drop(tokio::time::timeout(CLOSE_TIMEOUT, down).await),
                Err(error) => close_after_error(&error, &to_client, &to_provider, false).await,
            },
            () = rules.due(judge.running(), &activity) => {
                close_both(&to_client, Close::AWAY, &to_provider, Close::AWAY).await;
            }
        }
    }
    to_provider.end().await;
    to_client.end().await;
}

/// Tells whoever broke the protocol what it did, and the other that it is over; not for longer than a
/// farewell takes, since the other direction may stand in the middle of a frame.
async fn close_after_error<D, U>(
    error: &WsError,
    client: &FrameWriter<D>,
    provider: &FrameWriter<U>,
    by_client: bool,
) where
    D: AsyncWrite + Unpin,
    U: AsyncWrite + Unpin,
{
    tracing::debug!(%error, by_client, "websocket ended");
    // What was refused is told to the client, whoever sent it.
    let tells_client = by_client || matches!(error, WsError::Refused(_));
    let (to_client, to_provider) = if tells_client {
        (error.close(), Close::AWAY)
    } else {
        (Close::AWAY, error.close())
    };
    close_both(client, to_client, provider, to_provider).await;
}

async fn close_both<D, U>(
    client: &FrameWriter<D>,
    to_client: Close<'_>,
    provider: &FrameWriter<U>,
    to_provider: Close<'_>,
) where
    D: AsyncWrite + Unpin,
    U: AsyncWrite + Unpin,
{
    let mask = Some(MaskKeys::default().next());
    let both = async {
        tokio::join!(
            client.close(to_client, None),
            provider.close(to_provider, mask)
        )
    };
    if tokio::time::timeout(CLOSE_TIMEOUT, both).await.is_err() {
        tracing::debug!("websocket ended without a close frame");
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use lockpolicy::http::{Resource, WebSocketRefusal};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::config::Limits;
    use crate::cost::Cost;
    use crate::websocket::judge::MessageDecision;

    /// Passes everything.
    struct Open(RunningResponses, Cost);

    impl Default for Open {
        fn default() -> Self {
            Self(RunningResponses::default(), Cost::new(&Limits::default()))
        }
    }

    impl MessageJudge for Open {
        fn max_message(&self) -> usize {
            1 << 20
        }

        fn message_deadline(&self) -> Duration {
            Limits::default().body_deadline
        }

        fn cost(&self) -> &Cost {
            &self.1
        }

        fn exhausted(&self, _: Resource) {}

        fn judge(&self, message: Vec<u8>) -> MessageDecision {
            MessageDecision::Forward(message)
        }

        fn is_forced(&self) -> bool {
            false
        }

        fn buffers_messages(&self) -> bool {
            false
        }

        fn observe(&self, _: &[u8]) -> Option<WebSocketRefusal> {
            None
        }

        fn bytes_sent(&self, _: u64) {}

        fn pin(&self) -> String {
            String::new()
        }

        fn running(&self) -> &RunningResponses {
            &self.0
        }
    }

    fn rules() -> EndRules {
        EndRules {
            stop: CancellationToken::new(),
            drain_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_hours(1),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn socket_is_closed_once_nothing_has_gone_through_it_for_the_time() {
        let (mut client, downstream) = tokio::io::duplex(1 << 10);
        let (_provider, upstream) = tokio::io::duplex(1 << 10);
        let began = tokio::time::Instant::now();
        let relayed = relay(downstream, upstream, Open::default(), rules());
        let mut observed = Vec::new();
        let observing = async {
            tokio::time::sleep(Duration::from_secs(3599)).await;
            // The first bytes of a message count: it may be long.
            client.write_all(b"\x81\x85\0\0").await.unwrap();
            client.read_to_end(&mut observed).await.unwrap();
            began.elapsed().as_secs()
        };
        let ((), ended) = tokio::join!(relayed, observing);
        assert_eq!(ended, 3599 + 3600);
        assert_eq!(observed, b"\x88\x02\x03\xe9");
    }

    /// The writing half of a socket whose peer has gone.
    struct Gone;

    impl AsyncWrite for Gone {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// Its last event waits to be read while the client's next message finds nobody.
    #[tokio::test]
    async fn last_event_of_a_provider_that_has_gone_arrives() {
        for _ in 0..64 {
            let (mut client, downstream) = tokio::io::duplex(1 << 10);
            let (mut provider, upstream) = tokio::io::duplex(1 << 10);
            client.write_all(b"\x81\x82\0\0\0\0{}").await.unwrap();
            provider.write_all(b"\x81\x04last").await.unwrap();
            drop(provider);
            let (reader, _) = tokio::io::split(upstream);
            let upstream = tokio::io::join(reader, Gone);
            relay(downstream, upstream, Open::default(), rules()).await;
            let mut observed = Vec::new();
            client.read_to_end(&mut observed).await.unwrap();
            assert_eq!(observed, b"\x81\x04last\x88\x02\x03\xe9");
        }
    }

    /// The frames of a provider's last event, which is longer than what fits between two peers.
    fn last_event(fragments: bool) -> Vec<u8> {
        let (head, tail) = (br#"{"type":"response.completed","text":""#, br#""}"#);
        let text = [&head[..], &[b'x'; 1 << 14], tail].concat();
        let cut = if fragments { head.len() } else { 0 };
        let (first, rest) = text.split_at(cut);
        let opening = [&[0x01, u8::try_from(cut).unwrap()], first].concat();
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        if fragments {
            [&opening[..], b"\x80\x7e", &length, rest].concat()
        } else {
            [b"\x81\x7e", &length[..], rest].concat()
        }
    }

    #[tokio::test]
    async fn last_event_during_a_drain_is_passed_to_its_end() {
        for fragments in [false, true] {
            let (mut client, downstream) = tokio::io::duplex(1 << 10);
            let (mut provider, upstream) = tokio::io::duplex(1 << 20);
            let judge = Open::default();
            judge.running().requested(br#"{"type":"response.create"}"#);
            let event = last_event(fragments);
            provider.write_all(&event).await.unwrap();
            let rules = rules();
            rules.stop.cancel();
            let mut observed = Vec::new();
            let ((), read) = tokio::join!(
                relay(downstream, upstream, judge, rules),
                client.read_to_end(&mut observed)
            );
            read.unwrap();
            assert_eq!(observed, [&event[..], b"\x88\x02\x03\xe9"].concat());
        }
    }
}
