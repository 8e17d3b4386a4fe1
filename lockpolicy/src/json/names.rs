//! The member names of the objects that are open, and whether one stands twice.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// One name: the bytes between its quotes, or what they say where they hold escapes.
#[derive(Clone, Debug)]
enum Spelling {
    Plain(Range<usize>),
    Decoded(String),
}

/// The names of all open objects, innermost last.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<Spelling>,
}

impl Names {
    /// Where the names of an object that opens now will begin.
    pub(super) fn mark(&self) -> usize {
        self.names.len()
    }

    pub(super) fn push_plain(&mut self, range: Range<usize>) {
        self.names.push(Spelling::Plain(range));
    }

    pub(super) fn push_decoded(&mut self, name: String) {
        self.names.push(Spelling::Decoded(name));
    }

    /// Closes the object whose names begin at `mark` and says whether they all differ.
    ///
    /// Few names are compared pair by pair, many are sorted, so no input makes this quadratic.
    pub(super) fn close(&mut self, input: &[u8], mark: usize) -> bool {
        const FEW: usize = 8;
        let own = self.names.get(mark..).unwrap_or_default();
        let distinct = if own.len() <= FEW {
            pairwise(input, own)
        } else {
            sorted(input, own)
        };
        self.names.truncate(mark);
        distinct
    }
}

fn bytes<'a>(input: &'a [u8], name: &'a Spelling) -> &'a [u8] {
    match name {
        Spelling::Plain(range) => input.get(range.clone()).unwrap_or_default(),
        Spelling::Decoded(name) => name.as_bytes(),
    }
}

fn pairwise(input: &[u8], own: &[Spelling]) -> bool {
    own.iter().enumerate().all(|(index, name)| {
        let name = bytes(input, name);
        own.iter()
            .take(index)
            .all(|other| bytes(input, other) != name)
    })
}

fn sorted(input: &[u8], own: &[Spelling]) -> bool {
    let mut all: Vec<&[u8]> = own.iter().map(|name| bytes(input, name)).collect();
    all.sort_unstable();
    all.array_windows().all(|[a, b]| a != b)
}
