//! Strings and numbers: where they end, what they say.

use alloc::borrow::Cow;
use alloc::string::String;

use super::error::JsonError;

/// The bytes of a string that are looked at together: as many as fit into a number.
const WORD: usize = 8;

/// A string's extent: `end` is behind the closing quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) end: usize,
    pub(super) escaped: bool,
}

/// Finds the end of the string whose opening quote stands at `start`. The input is known to be UTF-8.
pub(super) fn string(input: &[u8], start: usize) -> Result<Extent, JsonError> {
    let mut rest = input.get(start + 1..).unwrap_or_default();
    let mut escaped = false;
    loop {
        rest = match rest.get(plain(rest)..).unwrap_or_default() {
            [b'"', rest @ ..] => {
                let end = input.len() - rest.len();
                return Ok(Extent { end, escaped });
            }
            [b'\\', byte, rest @ ..] if is_plain_escape(*byte) => rest,
            [b'\\', b'u', rest @ ..] => unicode(rest)?,
            _ => return Err(JsonError::Syntax),
        };
        escaped = true;
    }
}

/// Returns how many bytes pass before a quote, a backslash, a control character or the end.
fn plain(rest: &[u8]) -> usize {
    let (words, tail) = rest.as_chunks::<WORD>();
    for (index, word) in words.iter().enumerate() {
        if let Some(inside) = first_special(*word) {
            return index * WORD + inside;
        }
    }
    let inside = tail.iter().position(|byte| special(*byte));
    words.len() * WORD + inside.unwrap_or(tail.len())
}

/// The index of the first special byte of a word.
///
/// A subtraction borrows only from bytes behind a special one, so the first that is marked is right.
fn first_special(word: [u8; WORD]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; WORD]);
    const HIGH: u64 = ONES << 7;
    let word = u64::from_le_bytes(word);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let quotes = zeros(word ^ (ONES * u64::from(b'"')));
    let backslashes = zeros(word ^ (ONES * u64::from(b'\\')));
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    match (quotes | backslashes | controls) & HIGH {
        0 => None,
        marks => usize::try_from(marks.trailing_zeros() / 8).ok(),
    }
}

fn special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn is_plain_escape(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')
}

/// Passes the digits behind a `\u`, with the second half of a surrogate pair.
fn unicode(digits: &[u8]) -> Result<&[u8], JsonError> {
    match unit(digits)? {
        (0xd800..=0xdbff, [b'\\', b'u', rest @ ..]) => match unit(rest)? {
            (0xdc00..=0xdfff, rest) => Ok(rest),
            _ => Err(JsonError::Syntax),
        },
        (0xd800..=0xdfff, _) => Err(JsonError::Syntax),
        (_, rest) => Ok(rest),
    }
}

/// The UTF-16 unit that four digits say, and what follows them.
fn unit(digits: &[u8]) -> Result<(u32, &[u8]), JsonError> {
    let (digits, rest) = digits.split_first_chunk::<4>().ok_or(JsonError::Syntax)?;
    let unit = digits.iter().try_fold(0, |unit, byte| {
        let digit = char::from(*byte).to_digit(16).ok_or(JsonError::Syntax)?;
        Ok(unit * 16 + digit)
    })?;
    Ok((unit, rest))
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
    let end = rest.iter().position(|byte| !byte.is_ascii_digit());
    match end.unwrap_or(rest.len()) {
        0 => Err(JsonError::Syntax),
        count => Ok(start + count),
    }
}

/// Returns what a quoted string says. `None` where it is no JSON string.
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn special_byte_at_any_offset_is_found() {
        for special in [b'"', b'\\', 0, 0x1f] {
            for neighbour in [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xa2, 0xdc, 0xff] {
                for at in 0..100 {
                    let mut bytes = vec![neighbour; 100];
                    bytes[at] = special;
                    assert_eq!(plain(&bytes), at, "{special} among {neighbour}");
                }
            }
        }
        assert_eq!(plain(&[b' '; 77]), 77);
        assert_eq!(plain(b""), 0);
    }
}
