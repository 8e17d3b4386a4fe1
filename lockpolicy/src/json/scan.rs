//! The one pass over a text.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

use super::error::{DEPTH_CAP, JsonError, NAME_CAP};
use super::names::Names;
use super::selector::Tree;
use super::text::{self, decode};

/// Describes what stands at a selected place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An array.
    Array,
    /// `null`.
    Null,
    /// An object.
    Object,
    /// A number, `true` or `false`.
    Scalar,
    /// A string.
    String,
}

/// A selected place that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The index of the selector.
    pub selector: usize,
    /// The kind of the value.
    pub kind: Kind,
    /// The bytes of the value, quotes included.
    pub value: Range<usize>,
    /// The offset of the member: its name's opening quote, or the value itself in an array.
    pub start: usize,
}

impl Hit {
    /// The name of the member, decoded; `None` for an array's element.
    pub fn name<'a>(&self, input: &'a [u8]) -> Option<Cow<'a, str>> {
        if self.start == self.value.start {
            return None;
        }
        let end = text::string(input, self.start).ok()?.end;
        input.get(self.start..end).and_then(decode)
    }
}

/// Checks a whole text and returns what stands at the selected places, in their order.
///
/// # Limits
///
/// Time is linear but for the sort of an object's names; memory grows with the names of the objects
/// that are open and with the hits, never with the text: up to [`NAME_CAP`] names and the cap of the tree,
/// at which the scan stops. Nesting ends at [`DEPTH_CAP`].
///
/// # Errors
///
/// [`JsonError`] for every text that some decoder could read in another way.
pub fn scan(input: &[u8], tree: &Tree) -> Result<Vec<Hit>, JsonError> {
    core::str::from_utf8(input).map_err(|_| JsonError::Utf8)?;
    let mut scanner = Scanner {
        input,
        tree,
        at: 0,
        frames: Vec::new(),
        names: Names::of(input),
        hits: Vec::new(),
    };
    scanner.blanks();
    if scanner.peek() != Some(b'{') {
        return Err(JsonError::Root);
    }
    scanner.value(Some(0), 0)?;
    while !scanner.frames.is_empty() {
        scanner.next()?;
    }
    scanner.blanks();
    if scanner.at == input.len() {
        Ok(scanner.hits)
    } else {
        Err(JsonError::Syntax)
    }
}

/// An object or array that is open.
struct Frame {
    object: bool,
    /// The node of the object, or of the array's elements.
    node: Option<usize>,
    /// The mark of the object's first name.
    mark: usize,
    /// The hit that ends with this container.
    hit: Option<usize>,
    /// `true` if a member or element has been read.
    filled: bool,
}

struct Scanner<'a> {
    input: &'a [u8],
    tree: &'a Tree,
    at: usize,
    frames: Vec<Frame>,
    names: Names<'a>,
    hits: Vec<Hit>,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Reads what comes next in the innermost container: a member, an element, or its end.
    fn next(&mut self) -> Result<(), JsonError> {
        self.blanks();
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        let (object, node, filled) = (frame.object, frame.node, frame.filled);
        frame.filled = true;
        match self.input.get(self.at) {
            Some(b'}') if object => return self.close(),
            Some(b']') if !object => return self.close(),
            Some(b',') if filled => {
                self.at += 1;
                self.blanks();
            }
            Some(_) if !filled => {}
            _ => return Err(JsonError::Syntax),
        }
        if object {
            self.member(node)
        } else {
            self.value(node, self.at)
        }
    }

    fn member(&mut self, node: Option<usize>) -> Result<(), JsonError> {
        if self.peek() != Some(b'"') {
            return Err(JsonError::Syntax);
        }
        let start = self.at;
        let extent = text::string(self.input, start)?;
        let inside = start + 1..extent.end - 1;
        let decoded = if extent.escaped {
            let quoted = self.input.get(start..extent.end).unwrap_or_default();
            Some(decode(quoted).ok_or(JsonError::Syntax)?)
        } else {
            None
        };
        let plain = self.input.get(inside.clone()).unwrap_or_default();
        let name = decoded.as_ref().map_or(plain, |name| name.as_bytes());
        let next = match node {
            Some(node) => self.tree.member(node, name, extent.escaped)?,
            None => None,
        };
        match &decoded {
            Some(name) => self.names.push_decoded(name),
            None => self.names.push_plain(inside),
        }
        if self.names.mark() > NAME_CAP {
            return Err(JsonError::ManyNames);
        }
        self.at = extent.end;
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(JsonError::Syntax);
        }
        self.at += 1;
        self.blanks();
        self.value(next, start)
    }

    fn value(&mut self, node: Option<usize>, start: usize) -> Result<(), JsonError> {
        let from = self.at;
        let kind = match self.peek() {
            Some(b'{') => return self.open(true, node, start),
            Some(b'[') => return self.open(false, node, start),
            Some(b'"') => {
                self.at = text::string(self.input, from)?.end;
                Kind::String
            }
            Some(b'n') => self.literal(b"null", Kind::Null)?,
            Some(b't') => self.literal(b"true", Kind::Scalar)?,
            Some(b'f') => self.literal(b"false", Kind::Scalar)?,
            _ => {
                self.at = text::number(self.input, from)?;
                Kind::Scalar
            }
        };
        self.hit(node, kind, from, start)?;
        Ok(())
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<Kind, JsonError> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(JsonError::Syntax);
        }
        self.at += word.len();
        Ok(kind)
    }

    /// Remembers a selected value; a container's end is filled in when it closes.
    fn hit(
        &mut self,
        node: Option<usize>,
        kind: Kind,
        from: usize,
        start: usize,
    ) -> Result<Option<usize>, JsonError> {
        let Some(selector) = node.and_then(|node| self.tree.selector(node)) else {
            return Ok(None);
        };
        self.tree.check(self.hits.len() + 1)?;
        self.hits.push(Hit {
            selector,
            kind,
            value: from..self.at,
            start,
        });
        Ok(Some(self.hits.len() - 1))
    }

    fn open(&mut self, object: bool, node: Option<usize>, start: usize) -> Result<(), JsonError> {
        if self.frames.len() >= DEPTH_CAP {
            return Err(JsonError::Depth);
        }
        let kind = if object { Kind::Object } else { Kind::Array };
        let hit = self.hit(node, kind, self.at, start)?;
        let node = match node {
            Some(node) if object => {
                self.tree.object(node)?;
                Some(node)
            }
            Some(node) => self.tree.element(node)?,
            None => None,
        };
        self.frames.push(Frame {
            object,
            node,
            mark: self.names.mark(),
            hit,
            filled: false,
        });
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        if let Some(hit) = frame.hit.and_then(|hit| self.hits.get_mut(hit)) {
            hit.value.end = self.at;
        }
        if frame.object && !self.names.close(frame.mark) {
            return Err(JsonError::Duplicate);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
