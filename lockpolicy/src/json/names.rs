//! The member names of the objects that are open, and whether one stands twice.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// The names of all open objects, innermost last.
#[derive(Debug)]
pub(super) struct Names<'a> {
    input: &'a [u8],
    /// The range of each: in the input, or behind its end in what was decoded.
    open: Vec<(usize, usize)>,
    /// The decoded names that have escapes, one behind the other.
    decoded: String,
}

impl<'a> Names<'a> {
    pub(super) fn of(input: &'a [u8]) -> Self {
        Self {
            input,
            open: Vec::new(),
            decoded: String::new(),
        }
    }

    /// Returns where the names of an object that opens now will begin.
    pub(super) fn mark(&self) -> usize {
        self.open.len()
    }

    /// A name without escapes: the bytes between its quotes.
    pub(super) fn push_plain(&mut self, range: Range<usize>) {
        self.open.push((range.start, range.end));
    }

    pub(super) fn push_decoded(&mut self, name: &str) {
        let start = self.input.len() + self.decoded.len();
        self.decoded.push_str(name);
        self.open.push((start, start + name.len()));
    }

    /// Closes the object whose names begin at `mark` and says whether they all differ.
    ///
    /// Few names are compared pair by pair, many are sorted, so no input makes this quadratic.
    pub(super) fn close(&mut self, mark: usize) -> bool {
        const FEW: usize = 8;
        let own = self.open.get(mark..).unwrap_or_default();
        let distinct = if own.len() <= FEW {
            self.pairwise(own)
        } else {
            self.sorted(own)
        };
        let first = own.iter().find_map(|name| self.behind(name.0));
        if let Some(first) = first {
            self.decoded.truncate(first);
        }
        self.open.truncate(mark);
        distinct
    }

    /// Returns how far behind the input a place is.
    fn behind(&self, at: usize) -> Option<usize> {
        at.checked_sub(self.input.len())
    }

    fn bytes(&self, name: (usize, usize)) -> &[u8] {
        let found = match self.behind(name.0).zip(self.behind(name.1)) {
            Some((start, end)) => self.decoded.as_bytes().get(start..end),
            None => self.input.get(name.0..name.1),
        };
        found.unwrap_or_default()
    }

    fn pairwise(&self, own: &[(usize, usize)]) -> bool {
        own.iter().enumerate().all(|(index, name)| {
            let name = self.bytes(*name);
            let mut others = own.iter().take(index);
            others.all(|other| self.bytes(*other) != name)
        })
    }

    fn sorted(&self, own: &[(usize, usize)]) -> bool {
        let mut all: Vec<&[u8]> = own.iter().map(|name| self.bytes(*name)).collect();
        all.sort_unstable();
        all.array_windows().all(|[a, b]| a != b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoded_names_of_an_object_are_compared_with_each_other() {
        for (own, differ) in [
            (["a", "b", "c"], true),
            (["a", "a", "b"], false),
            (["ab", "b", "b"], false),
            (["a", "ab", "b"], true),
        ] {
            let mut names = Names::of(b"{}");
            let mark = names.mark();
            for name in own {
                names.push_decoded(name);
            }
            assert_eq!(names.close(mark), differ, "{own:?}");
        }
    }
}
