//! Frames (RFC 6455 section 5): read with their limits kept, written masked or not.

use std::hash::{BuildHasher as _, RandomState};
use std::io;

use lockpolicy::http::Fault;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// The bytes that are masked and moved on at once; a multiple of the mask's length.
pub(super) const PIECE: usize = 64 << 10;

/// A frame's head: what it is and how much it holds.
#[derive(Clone, Debug)]
pub(crate) struct FrameHead {
    pub(crate) header: FrameHeader,
    pub(crate) length: u64,
}

/// The reason why a connection has to end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WsError {
    /// The peer that is read from left, or its socket failed.
    #[error("connection lost: {0}")]
    ReadFailed(#[from] io::Error),
    /// The other peer takes nothing more.
    #[error("cannot be passed on: {0}")]
    WriteFailed(#[source] io::Error),
    /// The peer broke the protocol.
    #[error("protocol error")]
    Protocol,
    /// A message that is no UTF-8.
    #[error("not UTF-8")]
    InvalidUtf8,
    /// More than the cap.
    #[error("message too large")]
    MessageTooBig,
    /// A message that took too long to arrive.
    #[error("message too slow")]
    MessageTooSlow,
    /// No memory is left for a message.
    #[error("{0}")]
    NoMemory(Fault),
    /// A message was refused, for this reason, on an API that closes the connection then.
    #[error("refused: {0}")]
    Refused(String),
    /// Another model served than was sent.
    #[error("another model was served")]
    ModelMismatch,
}

impl WsError {
    /// The code of the close frame that says it (RFC 6455 section 7.4.1).
    pub(super) fn code(&self) -> CloseCode {
        match self {
            Self::ReadFailed(_) | Self::WriteFailed(_) => CloseCode::Away,
            Self::Protocol => CloseCode::Protocol,
            Self::InvalidUtf8 => CloseCode::Invalid,
            Self::MessageTooBig | Self::NoMemory(Fault::BodyBeyondMemory) => CloseCode::Size,
            Self::MessageTooSlow | Self::ModelMismatch | Self::Refused(_) => CloseCode::Policy,
            Self::NoMemory(_) => CloseCode::Again,
        }
    }

    /// The close frame for the peer that is at fault.
    pub(super) fn close(&self) -> Close<'_> {
        let reason = match self {
            Self::Refused(reason) => reason,
            Self::ReadFailed(_)
            | Self::WriteFailed(_)
            | Self::Protocol
            | Self::InvalidUtf8
            | Self::MessageTooBig
            | Self::MessageTooSlow
            | Self::NoMemory(_)
            | Self::ModelMismatch => "",
        };
        Close(self.code(), reason)
    }
}

/// Reads a frame's head. `masked` says whether this peer has to mask.
pub(crate) async fn read_head<R: AsyncRead + Unpin>(
    reader: &mut R,
    masked: bool,
) -> Result<FrameHead, WsError> {
    const LONGEST: usize = 14;
    let mut bytes = Vec::with_capacity(LONGEST);
    loop {
        bytes.push(reader.read_u8().await?);
        let mut cursor = io::Cursor::new(&bytes);
        match FrameHeader::parse(&mut cursor) {
            Ok(Some((header, length))) => return checked(FrameHead { header, length }, masked),
            Ok(None) if bytes.len() < LONGEST => {}
            Ok(None) | Err(_) => return Err(WsError::Protocol),
        }
    }
}

fn checked(head: FrameHead, masked: bool) -> Result<FrameHead, WsError> {
    let header = &head.header;
    let reserved = header.rsv1 || header.rsv2 || header.rsv3;
    let opcode_ok = match header.opcode {
        OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => false,
        OpCode::Control(_) => header.is_final && head.length <= 125,
        OpCode::Data(_) => true,
    };
    if reserved || !opcode_ok || header.mask.is_some() != masked {
        return Err(WsError::Protocol);
    }
    Ok(head)
}

/// Reads a frame's payload onto the end of `into`, unmasked.
pub(crate) async fn read_payload<R: AsyncRead + Unpin>(
    reader: &mut R,
    head: &FrameHead,
    into: &mut Vec<u8>,
) -> Result<(), WsError> {
    let start = into.len();
    let have = reader.take(head.length).read_to_end(into).await?;
    if (have as u64) < head.length {
        return Err(WsError::ReadFailed(io::ErrorKind::UnexpectedEof.into()));
    }
    if let Some(mask) = head.header.mask {
        unmask(into.get_mut(start..).unwrap_or_default(), mask);
    }
    Ok(())
}

/// Masks or unmasks: the same operation (RFC 6455 section 5.3).
pub(super) fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    for four in bytes.chunks_mut(mask.len()) {
        for (byte, key) in four.iter_mut().zip(mask) {
            *byte ^= key;
        }
    }
}

/// Keys that the peer cannot foresee (RFC 6455 section 10.3).
#[derive(Debug, Default)]
pub(super) struct MaskKeys {
    seed: RandomState,
    count: u64,
}

impl MaskKeys {
    pub(super) fn next(&mut self) -> [u8; 4] {
        self.count += 1;
        let [a, b, c, d, ..] = self.seed.hash_one(self.count).to_ne_bytes();
        [a, b, c, d]
    }
}

/// Writes one whole frame.
pub(super) async fn write<W: AsyncWrite + Unpin>(
    writer: &mut W,
    opcode: OpCode,
    payload: &mut [u8],
    mask: Option<[u8; 4]>,
) -> Result<(), WsError> {
    let header = FrameHeader {
        opcode,
        mask,
        ..FrameHeader::default()
    };
    let head = encode_head(&header, payload.len() as u64)?;
    let written = async {
        writer.write_all(&head).await?;
        for piece in payload.chunks_mut(PIECE) {
            if let Some(mask) = mask {
                unmask(piece, mask);
            }
            writer.write_all(piece).await?;
        }
        writer.flush().await
    };
    written.await.map_err(WsError::WriteFailed)
}

/// A frame's head as bytes.
pub(super) fn encode_head(header: &FrameHeader, length: u64) -> Result<Vec<u8>, WsError> {
    let mut bytes = Vec::with_capacity(14);
    header
        .format(length, &mut bytes)
        .map_err(|_| WsError::Protocol)?;
    Ok(bytes)
}

/// A close frame: its code and its reason.
#[derive(Clone, Copy, Debug)]
pub(super) struct Close<'a>(pub(super) CloseCode, pub(super) &'a str);

impl Close<'_> {
    /// The frame that says that this end goes.
    pub(super) const AWAY: Self = Close(CloseCode::Away, "");

    /// Returns the payload.
    pub(super) fn payload(self) -> Vec<u8> {
        let Self(code, reason) = self;
        [&u16::from(code).to_be_bytes(), reason.as_bytes()].concat()
    }
}

/// A close frame holds nothing, or a code and a reason in UTF-8 (RFC 6455 section 5.5.1).
pub(super) fn check_close(control: Control, bytes: &[u8]) -> Result<(), WsError> {
    if control != Control::Close {
        return Ok(());
    }
    match bytes {
        [] => Ok(()),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            let known = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            let text = std::str::from_utf8(reason).is_ok();
            if known && text {
                Ok(())
            } else {
                Err(WsError::Protocol)
            }
        }
        [_] => Err(WsError::Protocol),
    }
}
