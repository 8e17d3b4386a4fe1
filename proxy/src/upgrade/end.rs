//! What both directions share: the judge of messages, and an end that frames are written to.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Mutex;
use tungstenite::protocol::frame::coding::{CloseCode, Control, OpCode};

use super::frame::{self, Broken, Head};
use super::talk::Talk;

/// Decides about messages; knows what was decided on this connection.
pub(crate) trait Judge: Sync {
    /// The most bytes of a message.
    fn cap(&self) -> usize;
    /// What happens to a whole message.
    fn judge(&self, message: Vec<u8>) -> Told;
    /// Whether a message of this connection was forced.
    fn forced(&self) -> bool;
    /// Whether a message of the provider has to be whole before any of it is passed on.
    fn holds(&self) -> bool;
    /// Hears a whole message of the provider; what the client gets in its place, where the connection
    /// has to end for it.
    fn hear(&self, message: &[u8]) -> Option<String>;
    /// Counts bytes of messages that go to the client.
    fn passed(&self, bytes: u64);
    /// The pin, as it is now.
    fn pin(&self) -> String;
    /// What runs on this connection.
    fn talk(&self) -> &Talk;
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
    pub(super) fn new(end: W) -> Self {
        Self(Mutex::new(end))
    }

    pub(super) async fn frame(
        &self,
        opcode: OpCode,
        bytes: &mut [u8],
        mask: Option<[u8; 4]>,
    ) -> Result<(), Broken> {
        frame::write(&mut *self.0.lock().await, opcode, bytes, mask).await
    }

    /// Passes a frame on as it comes, without holding it; `copy` gets what passes.
    pub(super) async fn passed<R: AsyncRead + Unpin>(
        &self,
        head: &Head,
        payload: &mut R,
        copy: &mut impl FnMut(&[u8]),
    ) -> Result<(), Broken> {
        let mut writer = self.0.lock().await;
        let bytes = frame::headed(&head.header, head.length)?;
        writer.write_all(&bytes).await.map_err(Broken::Deaf)?;
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
            let come = piece.get(..count).unwrap_or_default();
            copy(come);
            writer.write_all(come).await.map_err(Broken::Deaf)?;
            left -= count as u64;
        }
        writer.flush().await.map_err(Broken::Deaf)
    }

    /// Says goodbye; whether the other end hears it does not matter any more.
    pub(super) async fn close(&self, code: CloseCode, mask: Option<[u8; 4]>) {
        let mut bytes = frame::closing(code);
        if let Err(error) = self
            .frame(OpCode::Control(Control::Close), &mut bytes, mask)
            .await
        {
            tracing::debug!(%error, "close");
        }
    }

    /// Ends the connection.
    pub(super) async fn end(&self) {
        if let Err(error) = self.0.lock().await.shutdown().await {
            tracing::debug!(%error, "shutdown");
        }
    }
}
