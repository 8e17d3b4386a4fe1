//! From the client: fragments to whole messages, judged, and sent on as one frame each.

use std::future::Future;

use lockpolicy::http::{Fault, WebSocketRefusal};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::frame::{self, FrameHead, MaskKeys, WsError};
use super::frame_writer::FrameWriter;
use super::judge::{MessageDecision, MessageJudge};
use crate::cost::{Lease, WorkKind, judging_weight};

/// A message that is not whole yet.
#[derive(Debug, Default)]
struct Message {
    kind: Option<Data>,
    bytes: Vec<u8>,
    /// The memory that it holds, and when it has to be whole.
    open: Option<(Lease, Instant)>,
}

/// Reads from the client until it closes. What is refused is answered on `back`, and the connection stays, unless the
/// API closes it then.
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
        let head = message.in_time(frame::read_head(reader, true)).await?;
        match head.header.opcode {
            OpCode::Control(control) => {
                let mask = Some(masks.next());
                if upstream.relay_control(reader, &head, control, mask).await? {
                    return Ok(());
                }
            }
            OpCode::Data(data) => {
                message.add(reader, &head, data, judge).await?;
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
    /// Waits no longer than until the message has to be whole, if one has begun.
    async fn in_time<T>(
        &self,
        next: impl Future<Output = Result<T, WsError>>,
    ) -> Result<T, WsError> {
        match &self.open {
            Some((_, last)) => {
                let next = timeout_at(*last, next).await;
                next.unwrap_or(Err(WsError::MessageTooSlow))
            }
            None => next.await,
        }
    }

    async fn add<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut R,
        head: &FrameHead,
        data: Data,
        judge: &impl MessageJudge,
    ) -> Result<(), WsError> {
        match (self.kind, data) {
            (None, Data::Text | Data::Binary) => self.kind = Some(data),
            (Some(_), Data::Continue) => {}
            (None | Some(_), _) => return Err(WsError::Protocol),
        }
        let length = (self.bytes.len() as u64).saturating_add(head.length);
        if length > judge.max_message() as u64 {
            return Err(WsError::MessageTooBig);
        }
        let begin = || {
            let last = Instant::now() + judge.message_deadline();
            (judge.cost().memory.lease(), last)
        };
        let (lease, last) = self.open.get_or_insert_with(begin);
        let payload = read_payload(reader, head, (&mut self.bytes, lease));
        let read = timeout_at(*last, payload).await;
        let read = read.unwrap_or(Err(WsError::MessageTooSlow));
        if let Err(WsError::NoMemory(Fault::Exhausted(resource))) = &read {
            judge.exhausted(*resource);
        }
        read
    }
}

/// Reads a frame's payload onto the end of a message, as far as there is memory for it.
async fn read_payload<R: AsyncRead + Unpin>(
    reader: &mut R,
    head: &FrameHead,
    (bytes, lease): (&mut Vec<u8>, &mut Lease),
) -> Result<(), WsError> {
    let total = (bytes.len() as u64).saturating_add(head.length);
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    lease.grow(total).await.map_err(WsError::NoMemory)?;
    let mut left = head.length;
    while left > 0 {
        let piece = FrameHead {
            length: left.min(frame::PIECE as u64),
            ..head.clone()
        };
        frame::read_payload(reader, &piece, bytes).await?;
        left -= piece.length;
    }
    Ok(())
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
    let (weight, bytes) = (judging_weight(&message.bytes), message.bytes);
    let decide = move || {
        if kind == Data::Text && std::str::from_utf8(&bytes).is_err() {
            return Err(WsError::InvalidUtf8);
        }
        let decision = judge.judge(bytes);
        if let MessageDecision::Forward(bytes) = &decision {
            judge.running().requested(bytes);
        }
        Ok(decision)
    };
    match judge
        .cost()
        .work
        .run((WorkKind::Judging, weight), decide)
        .await?
    {
        MessageDecision::Forward(mut bytes) => {
            upstream
                .frame(OpCode::Data(kind), &mut bytes, Some(mask))
                .await
        }
        MessageDecision::Reject(WebSocketRefusal::Message(text)) => {
            back.frame(OpCode::Data(Data::Text), &mut text.into_bytes(), None)
                .await
        }
        MessageDecision::Reject(WebSocketRefusal::Close(reason)) => Err(WsError::Refused(reason)),
    }
}
