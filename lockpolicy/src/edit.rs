//! Replacements on byte ranges, applied in one pass.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// A replacement: these bytes go, this text comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that are replaced; empty where something is inserted.
    pub at: Range<usize>,
    /// The new text.
    pub text: String,
}

/// A piece of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A range of the input, byte for byte.
    Kept(Range<usize>),
    /// New text.
    New(String),
}

/// Cuts an input of `length` bytes into what stays and what comes, in order.
///
/// What any edit takes out stays out, also where edits overlap; a surface makes none that do.
pub fn pieces(length: usize, mut edits: Vec<Edit>) -> Vec<Piece> {
    edits.sort_by_key(|edit| edit.at.start);
    let mut out = Vec::with_capacity(edits.len() * 2 + 1);
    let mut at = 0;
    for edit in edits {
        if edit.at.start > at {
            out.push(Piece::Kept(at..edit.at.start.min(length)));
        }
        if !edit.text.is_empty() {
            out.push(Piece::New(edit.text));
        }
        at = at.max(edit.at.end);
    }
    if at < length {
        out.push(Piece::Kept(at..length));
    }
    out
}

/// The input with the edits applied: what [`pieces`] names, in one allocation.
pub fn apply(input: &[u8], edits: Vec<Edit>) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len() + 64);
    for piece in pieces(input.len(), edits) {
        match piece {
            Piece::Kept(range) => out.extend_from_slice(input.get(range).unwrap_or_default()),
            Piece::New(text) => out.extend_from_slice(text.as_bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(at: Range<usize>, text: &str) -> Edit {
        let text = text.into();
        Edit { at, text }
    }

    #[test]
    fn pieces_are_what_stays_and_what_comes_and_none_is_empty() {
        let new = |text: &str| Piece::New(text.into());
        let cases = [
            (alloc::vec![], alloc::vec![Piece::Kept(0..9)]),
            (alloc::vec![edit(0..9, "x")], alloc::vec![new("x")]),
            (alloc::vec![edit(0..9, "")], alloc::vec![]),
            (
                alloc::vec![edit(4..6, "y"), edit(0..2, "x")],
                alloc::vec![new("x"), Piece::Kept(2..4), new("y"), Piece::Kept(6..9)],
            ),
            (
                alloc::vec![edit(2..4, "x"), edit(4..9, "y")],
                alloc::vec![Piece::Kept(0..2), new("x"), new("y")],
            ),
            (
                alloc::vec![edit(0..6, ""), edit(2..4, "y")],
                alloc::vec![new("y"), Piece::Kept(6..9)],
            ),
        ];
        for (edits, want) in cases {
            assert_eq!(pieces(9, edits.clone()), want, "{edits:?}");
        }
        assert_eq!(pieces(0, alloc::vec![]), alloc::vec![]);
        assert_eq!(apply(b"abc", alloc::vec![edit(1..2, "x")]), b"axc");
    }
}
