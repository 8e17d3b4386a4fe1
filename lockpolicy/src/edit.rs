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
