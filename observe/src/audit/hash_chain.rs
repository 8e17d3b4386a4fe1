//! A line of the file: its number, the hash of the previous line, its members, and a sum over all of it.
//!
//! The hash of the previous line shows what is missing; the sum shows which line was altered, also
//! where none follows it.

use serde::de::{DeserializeOwned, IgnoredAny};
use sha2::{Digest as _, Sha256};

/// The hash before the first line.
pub(super) const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The length of the longest line that is written; a longer one is not ours.
pub(crate) const LINE_CAP: usize = 16 << 10;

/// The beginning of every line.
pub(super) const BEGINNING: &str = "{\"seq\":";
/// The texts before the hash of the previous line, and before the sum.
const PREV: &str = ",\"prev\":\"";
const SUM: &str = ",\"sum\":\"";

/// The last line of a file, as far as the next one depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) seq: u64,
    pub(super) hash: String,
}

impl Default for Last {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: NOTHING.to_owned(),
        }
    }
}

impl Last {
    /// Returns the next line, with these members and its line feed; it is the last one now.
    pub(super) fn next(&mut self, members: &str) -> String {
        let seq = self.seq + 1;
        let signed = head(seq, &self.hash) + members;
        let line = format!("{signed}{SUM}{}\"}}", hash(signed.as_bytes()));
        *self = Self {
            seq,
            hash: hash(line.as_bytes()),
        };
        line + "\n"
    }
}

/// A line whose sum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) seq: u64,
    pub(super) prev: &'a str,
    /// The members of its own, between the hash of the line before and its sum.
    pub(super) members: &'a str,
}

impl<'a> Line<'a> {
    /// Reads a line without its line feed; `None` where it is not one of ours, or was altered.
    pub(super) fn read(line: &'a [u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let (signed, sum) = line.rsplit_once(SUM)?;
        if sum.strip_suffix("\"}")? != hash(signed.as_bytes()) {
            return None;
        }
        let (seq, rest) = signed.strip_prefix(BEGINNING)?.split_once(PREV)?;
        let (prev, members) = rest.split_once("\",")?;
        Some(Self {
            seq: seq.parse().ok()?,
            prev,
            members,
        })
    }

    /// Returns its members as a value, where they have that shape.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&format!("{{{}}}", self.members)).ok()
    }
}

/// Returns the beginning of the line with this number, behind a line with this hash.
pub(super) fn head(seq: u64, prev: &str) -> String {
    format!("{BEGINNING}{seq}{PREV}{prev}\",")
}

/// Returns whether a text is a beginning, and not the whole, of a line that starts with this head.
pub(super) fn is_beginning(text: &[u8], head: &str) -> bool {
    let head = head.as_bytes();
    (text.starts_with(head) || head.starts_with(text)) && is_open(text) && is_sum_right(text)
}

/// Returns whether a text ends inside a JSON value.
fn is_open(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_err_and(|err| err.is_eof())
}

/// Returns whether as much of the sum as there is in a text is right.
fn is_sum_right(text: &[u8]) -> bool {
    // A text that ends inside a character has no sum yet.
    let parts = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.rsplit_once(SUM));
    parts.is_none_or(|(signed, sum)| format!("{}\"", hash(signed.as_bytes())).starts_with(sum))
}

/// Returns the SHA-256 of some bytes in hexadecimal digits.
pub(super) fn hash(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

/// Returns a finished SHA-256 in hexadecimal digits.
pub(super) fn hexadecimal(hash: Sha256) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(NOTHING.len());
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        if write!(text, "{byte:02x}").is_err() {
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::entry::FileEvent;
    use super::*;

    #[test]
    fn line_that_was_altered_anywhere_is_not_read() {
        let mut last = Last::default();
        let first = last.next("\"event\":\"attempt\",\"asked\":\"x\"");
        let after = last.clone();
        let second = last.next("\"event\":\"lost\",\"lines\":7");
        let line = Line::read(second.trim_end().as_bytes()).unwrap();
        assert_eq!((line.seq, line.prev), (2, after.hash.as_str()));
        assert_eq!(line.parse(), Some(FileEvent::Lost { lines: 7 }));
        assert_eq!(after.hash, hash(first.trim_end().as_bytes()));
        let bytes = second.trim_end().as_bytes();
        for at in 0..bytes.len() {
            let mut altered = bytes.to_vec();
            altered[at] ^= 1;
            assert_eq!(Line::read(&altered), None, "{at}");
            assert_eq!(Line::read(&bytes[..at]), None, "{at}");
        }
    }
}
