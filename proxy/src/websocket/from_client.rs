//! From the client: fragments to whole messages, judged, and sent on as one frame each.

use tokio::io::{AsyncRead, AsyncWrite};
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::frame::{self, Broken, Head, Masks, check_close};
use super::frame_writer::Writer;
use super::judge::{Judge, Told};

/// A message that is not whole yet.
#[derive(Debug, Default)]
struct Message {
    kind: Option<Data>,
    bytes: Vec<u8>,
}

/// Reads from the client until it closes. What is refused is answered on `back`; the connection stays.
///
/// Control frames are passed on where they come, also between the fragments of a message.
pub(super) async fn pump<R, U, D>(
    reader: &mut R,
    upstream: &Writer<U>,
    back: &Writer<D>,
    judge: &impl Judge,
) -> Result<(), Broken>
where
    R: AsyncRead + Unpin,
    U: AsyncWrite + Unpin,
    D: AsyncWrite + Unpin,
{
    let mut masks = Masks::default();
    let mut message = Message::default();
    loop {
        let head = frame::head(reader, true).await?;
        match head.header.opcode {
            OpCode::Control(control) => {
                let mut bytes = Vec::new();
                frame::payload(reader, &head, &mut bytes).await?;
                check_close(control, &bytes)?;
                upstream
                    .frame(OpCode::Control(control), &mut bytes, Some(masks.next()))
                    .await?;
                if control == Control::Close {
                    return Ok(());
                }
            }
            OpCode::Data(data) => {
                message.add(reader, &head, data, judge.cap()).await?;
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
        head: &Head,
        data: Data,
        cap: usize,
    ) -> Result<(), Broken> {
        match (self.kind, data) {
            (None, Data::Text | Data::Binary) => self.kind = Some(data),
            (Some(_), Data::Continue) => {}
            (None | Some(_), _) => return Err(Broken::Protocol),
        }
        if self.bytes.len() as u64 + head.length > cap as u64 {
            return Err(Broken::Large);
        }
        frame::payload(reader, head, &mut self.bytes).await
    }
}

/// Judges a whole message and sends on what was approved.
async fn whole<U, D>(
    message: Message,
    upstream: &Writer<U>,
    back: &Writer<D>,
    judge: &impl Judge,
    mask: [u8; 4],
) -> Result<(), Broken>
where
    U: AsyncWrite + Unpin,
    D: AsyncWrite + Unpin,
{
    let kind = message.kind.unwrap_or(Data::Text);
    if kind == Data::Text && std::str::from_utf8(&message.bytes).is_err() {
        return Err(Broken::Text);
    }
    match judge.judge(message.bytes) {
        Told::Forward(mut bytes) => {
            judge.talk().asked(&bytes);
            upstream
                .frame(OpCode::Data(kind), &mut bytes, Some(mask))
                .await
        }
        Told::Refuse(text) => {
            back.frame(OpCode::Data(Data::Text), &mut text.into_bytes(), None)
                .await
        }
    }
}
