//! Describes where governed members stand: pointers compiled to a tree that the scan walks along.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::{JsonError, LOCATION_CAP};

/// A place in a document, as far as some pointer reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    children: Vec<Child>,
    each: Option<usize>,
    any: Option<usize>,
    selector: Option<usize>,
}

/// A governed member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Child {
    name: String,
    /// The hash of the name, the same for every spelling that [`folds_alike`].
    hash: u64,
    node: usize,
}

/// Pointers (RFC 6901, with `*` for every element of an array and `{}` for every member of an object),
/// compiled.
///
/// The root is node 0. A node with names below it is a governed object: its member names must be
/// plain, so that no decoder can read a governed name where the scan sees another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Node>,
    /// `true` if other names and shapes are passed over.
    loose: bool,
    /// The most places of one text that are reported.
    cap: usize,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            nodes: alloc::vec![Node::default()],
            loose: false,
            cap: LOCATION_CAP,
        }
    }
}

impl Tree {
    /// A tree that only reads: an odd name beside a governed one is no reason to stop, nor is another
    /// shape. For answers, which nobody has to be kept from misreading.
    pub fn loose() -> Self {
        Self {
            loose: true,
            ..Self::default()
        }
    }

    /// Sets how many places of one text are reported.
    pub(crate) const fn set_cap(&mut self, cap: usize) {
        self.cap = cap;
    }

    /// Checks a number of places that were found in one text.
    ///
    /// # Errors
    ///
    /// [`JsonError::Locations`] where they are more than the cap.
    pub(crate) const fn check(&self, found: usize) -> Result<(), JsonError> {
        if found > self.cap {
            return Err(JsonError::Locations(self.cap));
        }
        Ok(())
    }

    /// Adds a pointer; what it leads to is reported as `selector`.
    pub fn insert(&mut self, pointer: &str, selector: usize) {
        let mut at = 0;
        for step in pointer.split('/').skip(1) {
            at = self.step(at, step);
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.selector = Some(selector);
        }
    }

    fn step(&mut self, at: usize, step: &str) -> usize {
        if let Some(next) = self.existing(at, step) {
            return next;
        }
        let next = self.nodes.len();
        self.nodes.push(Node::default());
        if let Some(node) = self.nodes.get_mut(at) {
            match step {
                "*" => node.each = Some(next),
                "{}" => node.any = Some(next),
                name => node.children.push(Child {
                    name: name.to_string(),
                    hash: folded_hash(name.as_bytes()),
                    node: next,
                }),
            }
        }
        next
    }

    fn existing(&self, at: usize, step: &str) -> Option<usize> {
        let node = self.nodes.get(at)?;
        match step {
            "*" => node.each,
            "{}" => node.any,
            name => {
                let mut children = node.children.iter();
                children
                    .find(|child| child.name == name)
                    .map(|child| child.node)
            }
        }
    }

    /// Returns the selector at the end of these names, as a form has them: `a[b]`.
    ///
    /// # Errors
    ///
    /// [`JsonError::Name`] where a name is another spelling of a governed one, [`JsonError::Shape`] where the
    /// last name is that of an object with governed members, or one stands below a governed member.
    pub(crate) fn named<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Option<usize>, JsonError> {
        let mut at = 0;
        for name in names {
            if self.selector(at).is_some() {
                return Err(JsonError::Shape);
            }
            match self.member(at, name.as_bytes(), false)? {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        self.selector(at).map(Some).ok_or(JsonError::Shape)
    }

    /// The selector that ends at a node.
    pub(super) fn selector(&self, at: usize) -> Option<usize> {
        self.nodes.get(at)?.selector
    }

    /// The node of an array's elements, if the array's own node governs them.
    pub(super) fn element(&self, at: usize) -> Result<Option<usize>, JsonError> {
        let Some(node) = self.nodes.get(at) else {
            return Ok(None);
        };
        // An array where only an object can be judged would hide what its elements say.
        if node.each.is_none() && !node.children.is_empty() && !self.loose {
            Err(JsonError::Shape)
        } else {
            Ok(node.each)
        }
    }

    /// Decides whether an object may stand at a node.
    pub(super) fn object(&self, at: usize) -> Result<(), JsonError> {
        match self.nodes.get(at) {
            Some(node)
                if node.each.is_some()
                    && node.children.is_empty()
                    && node.any.is_none()
                    && !self.loose =>
            {
                Err(JsonError::Shape)
            }
            _ => Ok(()),
        }
    }

    /// The node of a member, given its name decoded, and whether it was written with escapes.
    ///
    /// # Errors
    ///
    /// [`JsonError::Name`] where the object is governed and the name is not plain, or is another
    /// spelling of a governed one.
    pub(super) fn member(
        &self,
        at: usize,
        name: &[u8],
        escaped: bool,
    ) -> Result<Option<usize>, JsonError> {
        let Some(node) = self.nodes.get(at) else {
            return Ok(None);
        };
        if node.children.is_empty() {
            return Ok(node.any);
        }
        if !self.loose && escaped {
            return Err(JsonError::Name);
        }
        let hash = folded_hash(name);
        let mut alike = false;
        for child in node.children.iter().filter(|child| child.hash == hash) {
            if child.name.as_bytes() == name {
                return Ok(Some(child.node));
            }
            alike |= folds_alike(child.name.as_bytes(), name);
        }
        if !self.loose && !is_plain(name, at == 0) {
            return Err(JsonError::Name);
        }
        if alike && !self.loose {
            return Err(JsonError::Name);
        }
        Ok(node.any)
    }
}

/// A plain identifier (rule 10); below the root, a JSON schema's `$` may begin it, or a `_`.
fn is_plain(name: &[u8], root: bool) -> bool {
    let (first, rest) = match name {
        [b'$' | b'_', first, rest @ ..] if !root => (first, rest),
        [first, rest @ ..] => (first, rest),
        [] => return false,
    };
    first.is_ascii_alphabetic()
        && rest
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Returns true if two names are the same to a decoder that ignores case, `_` and `-`, however many of them
/// stand there (Go's `encoding/json/v2` is one).
fn folds_alike(one: &[u8], other: &[u8]) -> bool {
    folded(one).eq(folded(other))
}

/// Returns the FNV-1a hash of a name as [`folds_alike`] reads it.
fn folded_hash(name: &[u8]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    folded(name).fold(BASIS, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    })
}

fn folded(name: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(u8::to_ascii_lowercase)
}
