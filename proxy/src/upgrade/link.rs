//! The two directions of one WebSocket, and their common end.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tungstenite::protocol::frame::coding::{CloseCode, Control, OpCode};

use super::frame::{self, Broken, Head, Masks};
use super::{downstream, upstream};

/// How long the other side may take to answer a close frame.
const FAREWELL: Duration = Duration::from_secs(2);

/// Decides about messages; knows what was decided on this connection.
pub(crate) trait Judge: Sync {
    /// The most bytes of a message.
    fn cap(&self) -> usize;
    /// What happens to a whole message.
    fn judge(&self, message: Vec<u8>) -> Told;
    /// Whether a message of this connection was forced.
    fn forced(&self) -> bool;
    /// The pin, as it is now.
    fn pin(&self) -> String;
}

/// What happens to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// These bytes go on.
    Forward(Vec<u8>),
    /// Nothing goes on; the client gets this text.
    Refuse(String),
}

/// One end that frames are written to, whole and one after the other, from both directions.
#[derive(Debug)]
pub(super) struct Writer<W>(Mutex<W>);

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) async fn frame(
        &self,
        opcode: OpCode,
        bytes: &mut [u8],
        mask: Option<[u8; 4]>,
    ) -> Result<(), Broken> {
        frame::write(&mut *self.0.lock().await, opcode, bytes, mask).await
    }

    /// Passes a frame on as it comes, without holding it.
    pub(super) async fn passed<R: AsyncRead + Unpin>(
        &self,
        head: &Head,
        payload: &mut R,
    ) -> Result<(), Broken> {
        let mut writer = self.0.lock().await;
        writer
            .write_all(&frame::headed(&head.header, head.length)?)
            .await?;
        let mut piece = vec![
            0;
            usize::try_from(head.length)
                .unwrap_or(usize::MAX)
                .min(16 << 10)
        ];
        let mut left = head.length;
        while left > 0 {
            let count = payload.read(&mut piece).await?;
            if count == 0 {
                return Err(Broken::Lost(std::io::ErrorKind::UnexpectedEof.into()));
            }
            writer
                .write_all(piece.get(..count).unwrap_or_default())
                .await?;
            left -= count as u64;
        }
        writer.flush().await?;
        Ok(())
    }

    async fn close(&self, code: CloseCode, mask: Option<[u8; 4]>) {
        let mut bytes = frame::closing(code);
        if let Err(error) = self
            .frame(OpCode::Control(Control::Close), &mut bytes, mask)
            .await
        {
            tracing::debug!(%error, "close");
        }
    }

    async fn end(&self) {
        if let Err(error) = self.0.lock().await.shutdown().await {
            tracing::debug!(%error, "shutdown");
        }
    }
}

/// Relays between a client and a provider until either closes, breaks the protocol or leaves, or until
/// `stop` is cancelled; both ends are closed then.
pub(crate) async fn relay<D, U>(client: D, provider: U, judge: impl Judge, stop: CancellationToken)
where
    D: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    let (client_reader, client_writer) = tokio::io::split(client);
    let (provider_reader, provider_writer) = tokio::io::split(provider);
    let mut client_reader = tokio::io::BufReader::with_capacity(32 << 10, client_reader);
    let mut provider_reader = tokio::io::BufReader::with_capacity(32 << 10, provider_reader);
    let (to_client, to_provider) = (
        Writer(Mutex::new(client_writer)),
        Writer(Mutex::new(provider_writer)),
    );
    {
        let down = downstream::pump(&mut client_reader, &to_provider, &to_client, &judge);
        let up = upstream::pump(&mut provider_reader, &to_client, &judge);
        tokio::pin!(down, up);
        tokio::select! {
            ended = &mut down => match ended {
                // The client has said goodbye: the provider may answer.
                Ok(()) => drop(tokio::time::timeout(FAREWELL, up).await),
                Err(broken) => part(&broken, &to_client, &to_provider, true).await,
            },
            ended = &mut up => match ended {
                Ok(()) => drop(tokio::time::timeout(FAREWELL, down).await),
                Err(broken) => part(&broken, &to_client, &to_provider, false).await,
            },
            () = stop.cancelled() => {
                to_client.close(CloseCode::Away, None).await;
                to_provider.close(CloseCode::Away, Some(Masks::default().next())).await;
            }
        }
    }
    to_provider.end().await;
    to_client.end().await;
}

/// Tells whoever broke the protocol what it did, and the other that it is over.
async fn part<D, U>(broken: &Broken, client: &Writer<D>, provider: &Writer<U>, by_client: bool)
where
    D: AsyncWrite + Unpin,
    U: AsyncWrite + Unpin,
{
    tracing::debug!(error = %broken, by_client, "websocket ended");
    let (to_client, to_provider) = if by_client {
        (broken.code(), CloseCode::Away)
    } else {
        (CloseCode::Away, broken.code())
    };
    client.close(to_client, None).await;
    provider
        .close(to_provider, Some(Masks::default().next()))
        .await;
}
