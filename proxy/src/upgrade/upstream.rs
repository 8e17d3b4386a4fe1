//! From the provider: frames as they come, but for the pin's name on a forced connection (rule 12).

use lockpolicy::surface::answer;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite};
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::end::{Judge, Writer};
use super::frame::{self, Broken, Head, check_close};

/// The longest message that is looked at whole; longer ones pass as they come.
const LOOK_CAP: u64 = 16 << 20;

/// Reads from the provider until it closes.
pub(super) async fn pump<R, D>(
    reader: &mut R,
    downstream: &Writer<D>,
    judge: &impl Judge,
) -> Result<(), Broken>
where
    R: AsyncBufRead + Unpin,
    D: AsyncWrite + Unpin,
{
    let mut open = false;
    loop {
        let head = frame::head(reader, false).await?;
        open = fragments(open, &head)?;
        match head.header.opcode {
            OpCode::Control(control) => {
                let mut bytes = Vec::new();
                frame::payload(reader, &head, &mut bytes).await?;
                check_close(control, &bytes)?;
                downstream
                    .frame(OpCode::Control(control), &mut bytes, None)
                    .await?;
                if control == Control::Close {
                    return Ok(());
                }
            }
            OpCode::Data(Data::Text)
                if head.header.is_final && head.length <= LOOK_CAP && judge.forced() =>
            {
                let mut bytes = Vec::new();
                frame::payload(reader, &head, &mut bytes).await?;
                judge.talk().said(&bytes);
                if answer::may_name_model(&bytes) {
                    bytes = answer::without_pin(&bytes, &judge.pin()).into_owned();
                }
                downstream
                    .frame(head.header.opcode, &mut bytes, None)
                    .await?;
            }
            OpCode::Data(data) => {
                if data == Data::Text && head.length > 0 {
                    judge.talk().said(start(reader.fill_buf().await?, &head));
                }
                let mut payload = (&mut *reader).take(head.length);
                downstream.passed(&head, &mut payload).await?;
            }
        }
    }
}

/// What has come of a frame's payload.
fn start<'b>(read: &'b [u8], head: &Head) -> &'b [u8] {
    let length = usize::try_from(head.length).unwrap_or(usize::MAX);
    read.get(..length).unwrap_or(read)
}

/// Follows the fragmentation: whether a message is open behind this frame (RFC 6455 section 5.4).
fn fragments(open: bool, head: &Head) -> Result<bool, Broken> {
    match head.header.opcode {
        OpCode::Control(_) => Ok(open),
        OpCode::Data(Data::Continue) if open => Ok(!head.header.is_final),
        OpCode::Data(Data::Text | Data::Binary) if !open => Ok(!head.header.is_final),
        OpCode::Data(_) => Err(Broken::Protocol),
    }
}
