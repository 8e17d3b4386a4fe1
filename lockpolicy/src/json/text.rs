//! Strings and numbers: where they end, what they say.

use alloc::borrow::Cow;
use alloc::string::String;

use super::JsonError;

/// How many bytes of a string are looked at together; plain enough for the compiler to use vector
/// instructions.
const BLOCK: usize = 32;

/// A string's extent: `end` is behind the closing quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) end: usize,
    pub(super) escaped: bool,
}

/// Finds the end of the string whose opening quote stands at `start`. The input is known to be UTF-8.
pub(super) fn string(input: &[u8], start: usize) -> Result<Extent, JsonError> {
    let mut at = start + 1;
    let mut escaped = false;
    loop {
        at += plain(input.get(at..).unwrap_or_default());
        match input.get(at) {
            Some(b'"') => {
                return Ok(Extent {
                    end: at + 1,
                    escaped,
                });
            }
            Some(b'\\') => {
                escaped = true;
                at = escape(input, at)?;
            }
            _ => return Err(JsonError::Syntax),
        }
    }
}

/// How many bytes pass before a quote, a backslash, a control character or the end.
fn plain(rest: &[u8]) -> usize {
    let (blocks, tail) = rest.as_chunks::<BLOCK>();
    for (index, block) in blocks.iter().enumerate() {
        if block.iter().fold(false, |any, byte| any | special(*byte)) {
            let inside = block
                .iter()
                .position(|byte| special(*byte))
                .unwrap_or(BLOCK);
            return index * BLOCK + inside;
        }
    }
    let inside = tail
        .iter()
        .position(|byte| special(*byte))
        .unwrap_or(tail.len());
    blocks.len() * BLOCK + inside
}

#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches the compiler takes a block at once"
)]
fn special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// Passes one escape, with its second half where it begins a surrogate pair.
fn escape(input: &[u8], at: usize) -> Result<usize, JsonError> {
    match input.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match unit(input, at)? {
            0xd800..=0xdbff => match unit(input, at + 6)? {
                0xdc00..=0xdfff => Ok(at + 12),
                _ => Err(JsonError::Syntax),
            },
            0xdc00..=0xdfff => Err(JsonError::Syntax),
            _ => Ok(at + 6),
        },
        _ => Err(JsonError::Syntax),
    }
}

/// The UTF-16 unit of the `\uXXXX` at `at`.
fn unit(input: &[u8], at: usize) -> Result<u32, JsonError> {
    let Some([b'\\', b'u', digits @ ..]) = input.get(at..at + 6) else {
        return Err(JsonError::Syntax);
    };
    digits.iter().try_fold(0, |unit, byte| {
        let digit = char::from(*byte).to_digit(16).ok_or(JsonError::Syntax)?;
        Ok(unit * 16 + digit)
    })
}

/// Finds the end of the number that begins at `start` (RFC 8259 section 6).
pub(super) fn number(input: &[u8], start: usize) -> Result<usize, JsonError> {
    let mut at = start + usize::from(input.get(start) == Some(&b'-'));
    at = match input.get(at) {
        Some(b'0') => at + 1,
        Some(b'1'..=b'9') => digits(input, at)?,
        _ => return Err(JsonError::Syntax),
    };
    if input.get(at) == Some(&b'.') {
        at = digits(input, at + 1)?;
    }
    if let Some(b'e' | b'E') = input.get(at) {
        let sign = matches!(input.get(at + 1), Some(b'+' | b'-'));
        at = digits(input, at + 1 + usize::from(sign))?;
    }
    Ok(at)
}

/// One or more digits.
fn digits(input: &[u8], start: usize) -> Result<usize, JsonError> {
    let rest = input.get(start..).unwrap_or_default();
    match rest
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(rest.len())
    {
        0 => Err(JsonError::Syntax),
        count => Ok(start + count),
    }
}

/// What a quoted string says. `None` where it is no JSON string.
pub fn decode(quoted: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(plain) = quoted
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
        && !plain.iter().any(|byte| special(*byte))
    {
        return core::str::from_utf8(plain).ok().map(Cow::Borrowed);
    }
    serde_json::from_slice::<String>(quoted)
        .ok()
        .map(Cow::Owned)
}

/// A text as a quoted JSON string.
pub fn encode(text: &str) -> String {
    // Writing a string to memory does not fail; an empty string would still be valid JSON.
    serde_json::to_string(text).unwrap_or_else(|_| String::from("\"\""))
}
