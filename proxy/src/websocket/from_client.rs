//! From the client: fragments to whole messages, judged, and sent on as one frame each.

use tokio::io::{AsyncRead, AsyncWrite};
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::frame::{self, FrameHead, MaskKeys, WsError};
use super::frame_writer::FrameWriter;
use super::judge::{MessageDecision, MessageJudge};

/// A message that is not whole yet.
#[derive(Debug, Default)]
struct Message {
    kind: Option<Data>,
    bytes: Vec<u8>,
}

/// Reads from the client until it closes. What is refused is answered on `back`; the connection stays.
///
/// Control frames are passed on where they come, also between the fragments of a message.
pub(super) async fn relay_messages<R, U, D>(
    reader: &mut R,
    upstream: &FrameWriter<U>,
    back: &FrameWriter<D>,
    judge: &impl MessageJudge,
) -> Result<(), WsError>
where
    R: AsyncRead + Unpin,
    U: AsyncWrite + Unpin,
    D: AsyncWrite + Unpin,
{
    let mut masks = MaskKeys::default();
    let mut message = Message::default();
    loop {
        let head = frame::read_head(reader, true).await?;
        match head.header.opcode {
            OpCode::Control(control) => {
                let mask = Some(masks.next());
                if upstream.relay_control(reader, &head, control, mask).await? {
                    return Ok(());
                }
            }
            OpCode::Data(data) => {
                message
                    .add(reader, &head, data, judge.max_message())
                    .await?;
                if head.header.is_final {
                    whole(
                        std::mem::take(&mut message),
                        upstream,
                        back,
                        judge,
                        masks.next(),
                    )
                    .await?;
                }
            }
        }
    }
}

impl Message {
    async fn add<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut R,
        head: &FrameHead,
        data: Data,
        cap: usize,
    ) -> Result<(), WsError> {
        match (self.kind, data) {
            (None, Data::Text | Data::Binary) => self.kind = Some(data),
            (Some(_), Data::Continue) => {}
            (None | Some(_), _) => return Err(WsError::Protocol),
        }
        if self.bytes.len() as u64 + head.length > cap as u64 {
            return Err(WsError::MessageTooBig);
        }
        frame::read_payload(reader, head, &mut self.bytes).await
    }
}

/// Judges a whole message and sends on what was approved.
async fn whole<U, D>(
    message: Message,
    upstream: &FrameWriter<U>,
    back: &FrameWriter<D>,
    judge: &impl MessageJudge,
    mask: [u8; 4],
) -> Result<(), WsError>
where
    U: AsyncWrite + Unpin,
    D: AsyncWrite + Unpin,
{
    let kind = message.kind.unwrap_or(Data::Text);
    if kind == Data::Text && std::str::from_utf8(&message.bytes).is_err() {
        return Err(WsError::InvalidUtf8);
    }
    match judge.judge(message.bytes) {
        MessageDecision::Forward(mut bytes) => {
            judge.running().requested(&bytes);
            upstream
                .frame(OpCode::Data(kind), &mut bytes, Some(mask))
                .await
        }
        MessageDecision::Reject(text) => {
            back.frame(OpCode::Data(Data::Text), &mut text.into_bytes(), None)
                .await
        }
    }
}
