//! Frames (RFC 6455 section 5): read with their limits kept, written masked or not.

use std::hash::{BuildHasher as _, RandomState};
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// A frame's head: what it is and how much it holds.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) header: FrameHeader,
    pub(super) length: u64,
}

/// Why a connection has to end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The peer that is read from left, or its socket failed.
    #[error("connection lost: {0}")]
    Lost(#[from] io::Error),
    /// The other peer takes nothing more.
    #[error("cannot be passed on: {0}")]
    Deaf(#[source] io::Error),
    /// The peer broke the protocol.
    #[error("protocol error")]
    Protocol,
    /// A message that is no UTF-8.
    #[error("not UTF-8")]
    Text,
    /// More than the cap.
    #[error("message too large")]
    Large,
    /// Another model served than was sent.
    #[error("another model was served")]
    Served,
}

impl Broken {
    /// The code of the close frame that says it (RFC 6455 section 7.4.1).
    pub(super) fn code(&self) -> CloseCode {
        match self {
            Self::Lost(_) | Self::Deaf(_) => CloseCode::Away,
            Self::Protocol => CloseCode::Protocol,
            Self::Text => CloseCode::Invalid,
            Self::Large => CloseCode::Size,
            Self::Served => CloseCode::Policy,
        }
    }
}

/// Reads a frame's head. `masked` says whether this peer has to mask.
pub(super) async fn head<R: AsyncRead + Unpin>(
    reader: &mut R,
    masked: bool,
) -> Result<Head, Broken> {
    const LONGEST: usize = 14;
    let mut bytes = Vec::with_capacity(LONGEST);
    loop {
        bytes.push(reader.read_u8().await?);
        let mut cursor = io::Cursor::new(&bytes);
        match FrameHeader::parse(&mut cursor) {
            Ok(Some((header, length))) => return checked(Head { header, length }, masked),
            Ok(None) if bytes.len() < LONGEST => {}
            Ok(None) | Err(_) => return Err(Broken::Protocol),
        }
    }
}

fn checked(head: Head, masked: bool) -> Result<Head, Broken> {
    let header = &head.header;
    let reserved = header.rsv1 || header.rsv2 || header.rsv3;
    let opcode_ok = match header.opcode {
        OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => false,
        OpCode::Control(_) => header.is_final && head.length <= 125,
        OpCode::Data(_) => true,
    };
    if reserved || !opcode_ok || header.mask.is_some() != masked {
        return Err(Broken::Protocol);
    }
    Ok(head)
}

/// Reads a frame's payload onto the end of `into`, unmasked.
pub(super) async fn payload<R: AsyncRead + Unpin>(
    reader: &mut R,
    head: &Head,
    into: &mut Vec<u8>,
) -> Result<(), Broken> {
    let start = into.len();
    let have = reader.take(head.length).read_to_end(into).await?;
    if (have as u64) < head.length {
        return Err(Broken::Lost(io::ErrorKind::UnexpectedEof.into()));
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
pub(super) struct Masks {
    seed: RandomState,
    count: u64,
}

impl Masks {
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
) -> Result<(), Broken> {
    let header = FrameHeader {
        opcode,
        mask,
        ..FrameHeader::default()
    };
    let head = headed(&header, payload.len() as u64)?;
    if let Some(mask) = mask {
        unmask(payload, mask);
    }
    let written = async {
        writer.write_all(&head).await?;
        writer.write_all(payload).await?;
        writer.flush().await
    };
    written.await.map_err(Broken::Deaf)
}

/// A frame's head as bytes.
pub(super) fn headed(header: &FrameHeader, length: u64) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::with_capacity(14);
    header
        .format(length, &mut bytes)
        .map_err(|_| Broken::Protocol)?;
    Ok(bytes)
}

/// The payload of a close frame.
pub(super) fn closing(code: CloseCode) -> Vec<u8> {
    u16::from(code).to_be_bytes().to_vec()
}

/// A close frame holds nothing, or a code and a reason in UTF-8 (RFC 6455 section 5.5.1).
pub(super) fn check_close(control: Control, bytes: &[u8]) -> Result<(), Broken> {
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
                Err(Broken::Protocol)
            }
        }
        [_] => Err(Broken::Protocol),
    }
}
