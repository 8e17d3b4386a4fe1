//! From the provider: frames as they come, but for the pin's name on a forced connection (rule 12), and
//! listened to (rule 13).

use lockpolicy::http::response_edit;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite};
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::frame::{self, Broken, Head, check_close};
use super::frame_writer::Writer;
use super::judge::Judge;

/// The longest message that is looked at whole; longer ones pass as they come.
const LOOK_CAP: u64 = 16 << 20;

/// The longest message that is heard while it passes.
const HEAR_CAP: usize = 4 << 20;

/// A message that passes, as far as it is short enough to be heard.
#[derive(Debug, Default)]
struct Passing {
    bytes: Vec<u8>,
    over: bool,
    /// Whether a response ends with it.
    last: bool,
}

impl Passing {
    fn add(&mut self, bytes: &[u8]) {
        self.over |= self.bytes.len() + bytes.len() > HEAR_CAP;
        if self.over {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The message, where it was short enough.
    fn heard(&mut self) -> Option<Vec<u8>> {
        let bytes = std::mem::take(&mut self.bytes);
        (!std::mem::take(&mut self.over)).then_some(bytes)
    }
}

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
    let mut passing = Passing::default();
    loop {
        let head = frame::head(reader, false).await?;
        open = fragments(open, &head)?;
        if matches!(head.header.opcode, OpCode::Data(_)) {
            judge.passed(head.length);
        }
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
                if head.header.is_final && head.length <= LOOK_CAP && judge.holds() =>
            {
                whole(reader, &head, downstream, judge).await?;
            }
            OpCode::Data(data) => {
                if data == Data::Text && head.length > 0 {
                    let start = start(reader.fill_buf().await?, &head);
                    passing.last = judge.talk().is_last(start);
                }
                let mut payload = (&mut *reader).take(head.length);
                let mut copy = |bytes: &[u8]| passing.add(bytes);
                downstream.passed(&head, &mut payload, &mut copy).await?;
                if head.header.is_final {
                    if let Some(message) = passing.heard() {
                        end(judge.hear(&message), downstream).await?;
                    }
                    if std::mem::take(&mut passing.last) {
                        judge.talk().ended();
                    }
                }
            }
        }
    }
}

/// Passes a message on that has to be whole before.
async fn whole<R, D>(
    reader: &mut R,
    head: &Head,
    downstream: &Writer<D>,
    judge: &impl Judge,
) -> Result<(), Broken>
where
    R: AsyncBufRead + Unpin,
    D: AsyncWrite + Unpin,
{
    let mut bytes = Vec::new();
    frame::payload(reader, head, &mut bytes).await?;
    end(judge.hear(&bytes), downstream).await?;
    let last = judge.talk().is_last(&bytes);
    if judge.forced() && response_edit::may_name_model(&bytes) {
        bytes = response_edit::without_pin(&bytes, &judge.pin()).into_owned();
    }
    downstream
        .frame(head.header.opcode, &mut bytes, None)
        .await?;
    if last {
        judge.talk().ended();
    }
    Ok(())
}

/// What has come of a frame's payload.
fn start<'b>(read: &'b [u8], head: &Head) -> &'b [u8] {
    let length = usize::try_from(head.length).unwrap_or(usize::MAX);
    read.get(..length).unwrap_or(read)
}

/// Tells the client why the connection ends, if it does.
async fn end<D>(last: Option<String>, downstream: &Writer<D>) -> Result<(), Broken>
where
    D: AsyncWrite + Unpin,
{
    let Some(last) = last else { return Ok(()) };
    let text = OpCode::Data(Data::Text);
    downstream.frame(text, &mut last.into_bytes(), None).await?;
    Err(Broken::Served)
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
