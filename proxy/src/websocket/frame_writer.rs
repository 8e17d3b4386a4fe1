//! An end of a WebSocket that frames are written to.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Mutex;
use tungstenite::protocol::frame::coding::{Control, OpCode};

use super::frame::{self, Close, FrameHead, WsError};

/// One end that frames are written to, whole and one after the other, from both directions.
#[derive(Debug)]
pub(super) struct FrameWriter<W>(Mutex<W>);

impl<W: AsyncWrite + Unpin> FrameWriter<W> {
    pub(super) fn new(end: W) -> Self {
        Self(Mutex::new(end))
    }

    pub(super) async fn frame(
        &self,
        opcode: OpCode,
        bytes: &mut [u8],
        mask: Option<[u8; 4]>,
    ) -> Result<(), WsError> {
        frame::write(&mut *self.0.lock().await, opcode, bytes, mask).await
    }

    /// Reads a control frame and passes it on. Returns true if it is a close frame.
    pub(super) async fn relay_control<R: AsyncRead + Unpin>(
        &self,
        reader: &mut R,
        head: &FrameHead,
        control: Control,
        mask: Option<[u8; 4]>,
    ) -> Result<bool, WsError> {
        let mut bytes = Vec::new();
        frame::read_payload(reader, head, &mut bytes).await?;
        frame::check_close(control, &bytes)?;
        self.frame(OpCode::Control(control), &mut bytes, mask)
            .await?;
        Ok(control == Control::Close)
    }

    /// Passes a frame on as it comes, without holding it; `copy` gets what passes.
    pub(super) async fn pass_through<R: AsyncRead + Unpin>(
        &self,
        head: &FrameHead,
        payload: &mut R,
        copy: &mut impl FnMut(&[u8]),
    ) -> Result<(), WsError> {
        let mut writer = self.0.lock().await;
        let bytes = frame::encode_head(&head.header, head.length)?;
        writer
            .write_all(&bytes)
            .await
            .map_err(WsError::WriteFailed)?;
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
                return Err(WsError::ReadFailed(
                    std::io::ErrorKind::UnexpectedEof.into(),
                ));
            }
            let come = piece.get(..count).unwrap_or_default();
            copy(come);
            writer.write_all(come).await.map_err(WsError::WriteFailed)?;
            left -= count as u64;
        }
        writer.flush().await.map_err(WsError::WriteFailed)
    }

    /// Sends a close frame. It does not matter if it arrives.
    pub(super) async fn close(&self, close: Close<'_>, mask: Option<[u8; 4]>) {
        let mut bytes = close.payload();
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
