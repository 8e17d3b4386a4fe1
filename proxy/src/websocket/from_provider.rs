//! From the provider: frames as they come, except for the pin's name on a forced connection (rule 12), and
//! observed (rule 13).

use lockpolicy::http::{WebSocketRefusal, response_edit};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite};
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::frame::{self, FrameHead, WsError};
use super::frame_writer::FrameWriter;
use super::judge::MessageJudge;

/// The longest message that is looked at whole; longer ones pass as they come.
const BUFFER_CAP: u64 = 16 << 20;

/// The longest message that is observed while it passes.
const OBSERVE_CAP: usize = 4 << 20;

/// A message that passes, as far as it is short enough to be observed.
#[derive(Debug, Default)]
struct Passing {
    bytes: Vec<u8>,
    over: bool,
    /// `true` if a response ends with it.
    last: bool,
}

impl Passing {
    fn add(&mut self, bytes: &[u8]) {
        self.over |= self.bytes.len() + bytes.len() > OBSERVE_CAP;
        if self.over {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The message, where it was short enough.
    fn observed(&mut self) -> Option<Vec<u8>> {
        let bytes = std::mem::take(&mut self.bytes);
        (!std::mem::take(&mut self.over)).then_some(bytes)
    }
}

/// Reads from the provider until it closes.
pub(super) async fn relay_messages<R, D>(
    reader: &mut R,
    downstream: &FrameWriter<D>,
    judge: &impl MessageJudge,
) -> Result<(), WsError>
where
    R: AsyncBufRead + Unpin,
    D: AsyncWrite + Unpin,
{
    let mut open = false;
    let mut passing = Passing::default();
    loop {
        let head = frame::read_head(reader, false).await?;
        open = fragments(open, &head)?;
        match head.header.opcode {
            OpCode::Control(control) => {
                if downstream
                    .relay_control(reader, &head, control, None)
                    .await?
                {
                    return Ok(());
                }
            }
            OpCode::Data(Data::Text)
                if head.header.is_final
                    && head.length <= BUFFER_CAP
                    && judge.buffers_messages() =>
            {
                whole(reader, &head, downstream, judge).await?;
            }
            OpCode::Data(data) => {
                if data == Data::Text && head.length > 0 {
                    let start = start(reader.fill_buf().await?, &head);
                    passing.last = judge.running().is_ended_by(start);
                }
                let mut payload = (&mut *reader).take(head.length);
                let mut copy = |bytes: &[u8]| {
                    judge.bytes_sent(bytes.len() as u64);
                    passing.add(bytes);
                };
                downstream
                    .pass_through(&head, &mut payload, &mut copy)
                    .await?;
                if head.header.is_final {
                    if let Some(message) = passing.observed() {
                        end(judge.observe(&message), downstream).await?;
                    }
                    if std::mem::take(&mut passing.last) {
                        judge.running().ended();
                    }
                }
            }
        }
    }
}

/// Passes a message on that has to be whole before.
async fn whole<R, D>(
    reader: &mut R,
    head: &FrameHead,
    downstream: &FrameWriter<D>,
    judge: &impl MessageJudge,
) -> Result<(), WsError>
where
    R: AsyncBufRead + Unpin,
    D: AsyncWrite + Unpin,
{
    let mut bytes = Vec::new();
    frame::read_payload(reader, head, &mut bytes).await?;
    judge.bytes_sent(bytes.len() as u64);
    end(judge.observe(&bytes), downstream).await?;
    let last = judge.running().is_ended_by(&bytes);
    if judge.is_forced() && response_edit::may_name_model(&bytes) {
        bytes = response_edit::without_pin(&bytes, &judge.pin()).into_owned();
    }
    downstream
        .frame(head.header.opcode, &mut bytes, None)
        .await?;
    if last {
        judge.running().ended();
    }
    Ok(())
}

/// Returns what has come of a frame's payload.
fn start<'b>(read: &'b [u8], head: &FrameHead) -> &'b [u8] {
    let length = usize::try_from(head.length).unwrap_or(usize::MAX);
    read.get(..length).unwrap_or(read)
}

/// Tells the client why the connection ends, if it does.
async fn end<D>(last: Option<WebSocketRefusal>, downstream: &FrameWriter<D>) -> Result<(), WsError>
where
    D: AsyncWrite + Unpin,
{
    match last {
        None => Ok(()),
        Some(WebSocketRefusal::Close(reason)) => Err(WsError::Refused(reason)),
        Some(WebSocketRefusal::Message(text)) => {
            let kind = OpCode::Data(Data::Text);
            downstream.frame(kind, &mut text.into_bytes(), None).await?;
            Err(WsError::ModelMismatch)
        }
    }
}

/// Follows the fragmentation: whether a message is open behind this frame (RFC 6455 section 5.4).
fn fragments(open: bool, head: &FrameHead) -> Result<bool, WsError> {
    match head.header.opcode {
        OpCode::Control(_) => Ok(open),
        OpCode::Data(Data::Continue) if open => Ok(!head.header.is_final),
        OpCode::Data(Data::Text | Data::Binary) if !open => Ok(!head.header.is_final),
        OpCode::Data(_) => Err(WsError::Protocol),
    }
}
