//! One request head: whether it has exactly one reading, and how its content is framed.

use lockpolicy::http::Fault;
use lockpolicy::{Reason, Rejection};

use crate::request::exchange::BadHead;

/// The framing of the content behind a head (RFC 9112 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Chunked transfer coding.
    Chunked,
    /// As many bytes as `Content-Length` says; 0 where nothing says anything.
    Length(u64),
    /// Another protocol, if the upgrade is agreed to; nothing, if it is not.
    Upgrade,
}

/// The error of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeadError {
    /// One content coding in another.
    #[error("no more than one content coding is taken off")]
    Codings,
    /// A field that may stand once stands twice.
    #[error("a field stands twice")]
    Duplicate,
    /// Lengths that contradict each other or mean nothing.
    #[error("the length of the content is ambiguous")]
    Framing,
    /// No `Host`, two of them, or one that names no host.
    #[error("exactly one valid host expected")]
    Host,
    /// Not whole in time.
    #[error("the head took too long to arrive")]
    Timeout,
    /// A line that is not `name: value` in visible characters.
    #[error("a header line is malformed")]
    Line,
    /// A list where one value belongs.
    #[error("the content has more than one type")]
    List,
    /// More than the limit.
    #[error("the head is too large")]
    Size,
    /// A first line that is not `METHOD target HTTP/1.1`.
    #[error("the request line is malformed")]
    Start,
}

/// A head that can be read in two ways is rejected like any other input that can.
impl From<HeadError> for BadHead {
    fn from(error: HeadError) -> Self {
        let reason = match error {
            HeadError::Timeout => return Self::Failed(Fault::HeadTimeout),
            HeadError::Size => Reason::TooLarge,
            HeadError::Codings
            | HeadError::Duplicate
            | HeadError::Framing
            | HeadError::Host
            | HeadError::Line
            | HeadError::List
            | HeadError::Start => Reason::Malformed,
        };
        Self::Rejected(Rejection::whole(reason, error.to_string()))
    }
}

/// Fields that may stand once only: a second one would leave the reading to the reader.
const ONCE: [&[u8]; 12] = [
    b"authorization",
    b"connection",
    b"content-encoding",
    b"content-length",
    b"content-type",
    b"expect",
    b"host",
    b"sec-websocket-key",
    b"sec-websocket-version",
    b"te",
    b"transfer-encoding",
    b"upgrade",
];

/// Checks a head that ends with an empty line, which is included.
pub(crate) fn check(head: &[u8]) -> Result<Framing, HeadError> {
    let text = head.strip_suffix(b"\r\n\r\n").ok_or(HeadError::Line)?;
    let mut lines = split(text);
    let start = start(lines.next().ok_or(HeadError::Start)?)?;
    let mut fields = Fields::default();
    for line in lines {
        fields.line(line)?;
    }
    if start.host.is_some() && start.host != fields.host {
        return Err(HeadError::Host);
    }
    fields.framing(start.old)
}

/// Splits at CRLF; a lone CR or LF stays in its line and is found there.
fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let now = rest?;
        let at = now.windows(2).position(|pair| pair == b"\r\n");
        rest = at.and_then(|at| now.get(at + 2..));
        now.get(..at.unwrap_or(now.len()))
    })
}

/// The request line.
struct Start<'h> {
    /// The host of a target in absolute form.
    host: Option<&'h [u8]>,
    /// `true` for HTTP/1.0.
    old: bool,
}

/// Checks the request line.
fn start(line: &[u8]) -> Result<Start<'_>, HeadError> {
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(HeadError::Start);
    };
    let method_ok = !method.is_empty() && method.iter().all(u8::is_ascii_uppercase);
    let (host, path) = parts(target);
    let target_ok = path.first() == Some(&b'/')
        && path
            .iter()
            .all(|byte| byte.is_ascii_graphic() && *byte != b'#');
    match version {
        b"HTTP/1.1" if method_ok && target_ok => Ok(Start { host, old: false }),
        b"HTTP/1.0" if method_ok && target_ok => Ok(Start { host, old: true }),
        _ => Err(HeadError::Start),
    }
}

/// Host and path of a target. The absolute form is to be taken too (RFC 9112 section 3.2.2).
fn parts(target: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let Some(rest) = target.strip_prefix(b"http://") else {
        return (None, target);
    };
    let end = rest.iter().position(|byte| *byte == b'/');
    let (host, path) = rest.split_at(end.unwrap_or(rest.len()));
    (Some(host), path)
}

/// The fields that concern the message.
#[derive(Default)]
struct Fields<'h> {
    seen: [bool; ONCE.len()],
    host: Option<&'h [u8]>,
    length: Option<u64>,
    chunked: bool,
    upgrade: bool,
    count: usize,
}

impl<'h> Fields<'h> {
    fn line(&mut self, line: &'h [u8]) -> Result<(), HeadError> {
        const MOST: usize = 128;
        let colon = line
            .iter()
            .position(|byte| *byte == b':')
            .ok_or(HeadError::Line)?;
        let (name, value) = (
            line.get(..colon).unwrap_or_default(),
            line.get(colon + 1..).unwrap_or_default(),
        );
        if name.is_empty()
            || !name.iter().all(|byte| is_token(*byte))
            || !value.iter().all(|byte| is_value(*byte))
        {
            return Err(HeadError::Line);
        }
        self.count += 1;
        if self.count > MOST {
            return Err(HeadError::Size);
        }
        let name = name.to_ascii_lowercase();
        if let Some(seen) = ONCE
            .iter()
            .position(|once| *once == name)
            .and_then(|index| self.seen.get_mut(index))
        {
            if *seen {
                return Err(HeadError::Duplicate);
            }
            *seen = true;
        }
        self.meaning(&name, value.trim_ascii())
    }

    fn meaning(&mut self, name: &[u8], value: &'h [u8]) -> Result<(), HeadError> {
        match name {
            b"content-length" => self.length = Some(length(value)?),
            b"transfer-encoding" if value.eq_ignore_ascii_case(b"chunked") => self.chunked = true,
            b"transfer-encoding" => return Err(HeadError::Framing),
            // An offer that is ignored: what follows stays HTTP/1.1 (RFC 9110 section 7.8).
            b"upgrade" if value.eq_ignore_ascii_case(b"h2c") => {}
            b"upgrade" => self.upgrade = true,
            b"host" if !is_host(value) => return Err(HeadError::Host),
            b"host" => self.host = Some(value),
            b"content-encoding" if value.contains(&b',') => return Err(HeadError::Codings),
            b"content-type" if value.contains(&b',') => return Err(HeadError::List),
            _ => {}
        }
        Ok(())
    }

    fn framing(&self, old: bool) -> Result<Framing, HeadError> {
        if self.host.is_none() {
            return Err(HeadError::Host);
        }
        match (self.chunked, self.length) {
            (false, None | Some(0)) if self.upgrade => Ok(Framing::Upgrade),
            _ if self.upgrade => Err(HeadError::Framing),
            (true, None) if !old => Ok(Framing::Chunked),
            (true, _) => Err(HeadError::Framing),
            (false, length) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

/// Digits and nothing else, no more than fit (RFC 9110 section 8.6).
fn length(value: &[u8]) -> Result<u64, HeadError> {
    if value.is_empty() || value.len() > 18 || !value.iter().all(u8::is_ascii_digit) {
        return Err(HeadError::Framing);
    }
    Ok(value
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

/// A name or address with an optional port, and no user.
fn is_host(value: &[u8]) -> bool {
    let plain = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']')
    };
    let (name, port) = match value.iter().rposition(|byte| *byte == b':') {
        Some(at) if !value.ends_with(b"]") => value.split_at(at),
        _ => (value, &b""[..]),
    };
    let port_ok = port
        .get(1..)
        .unwrap_or_default()
        .iter()
        .all(u8::is_ascii_digit)
        && port.len() != 1
        && port.len() <= 6;
    let bracketed = name.starts_with(b"[") && name.ends_with(b"]");
    !name.is_empty() && name.iter().all(plain) && port_ok && (!name.contains(&b':') || bracketed)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Visible characters, blanks and tabs, and bytes beyond ASCII (RFC 9110 section 5.5). These mean different things to
/// different readers, so that the policy lets a field go on without them alone.
fn is_value(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte == b' ' || byte == b'\t' || !byte.is_ascii()
}

#[cfg(test)]
mod tests;
