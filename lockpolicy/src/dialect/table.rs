//! The operations of all dialects that are switched on.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::{Dialect, ErrorShape, Operation, read};
use crate::path::is_plain_path;

/// Describes what may be asked at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    dialects: Vec<Dialect>,
}

/// An operation that a request was found to be.
#[derive(Clone, Debug)]
pub struct Found<'t> {
    /// The dialect that lists it.
    pub dialect: &'t Dialect,
    /// The operation.
    pub operation: &'t Operation,
    /// The range of the model in the path.
    pub model: Option<Range<usize>>,
}

impl Found<'_> {
    /// Returns true if the path is spelled in the one way that every server reads alike, the model's name as
    /// [`model_in_path`] reads it.
    pub fn is_plain(&self, path: &str) -> bool {
        let parts = self.model.clone().and_then(|model| {
            let before = path.get(..model.start)?;
            Some((before, path.get(model.clone())?, path.get(model.end..)?))
        });
        let Some((before, model, after)) = parts else {
            return is_plain_path(path);
        };
        is_plain_path(&[before, &model_in_path(model), after].concat())
    }
}

/// A model's name as a path spells it: a colon may be written `%3A`, as the clients of AWS do.
/// No other character may (RFC 3986 section 2.4); one that is escaped stays so, and no pin holds it.
pub(crate) fn model_in_path(spelled: &str) -> Cow<'_, str> {
    if spelled.contains('%') {
        Cow::Owned(spelled.replace("%3A", ":").replace("%3a", ":"))
    } else {
        Cow::Borrowed(spelled)
    }
}

/// A name that no dialect has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown dialect `{0}`")]
pub struct UnknownDialect(pub String);

impl Table {
    /// Switches on these dialects. Where two list the same method and path, the earlier one has it.
    ///
    /// # Errors
    ///
    /// [`UnknownDialect`] names the first that does not exist.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self, UnknownDialect> {
        let load = |name: &'n str| {
            read::read(name).ok_or_else(|| UnknownDialect(crate::escape_for_log(name)))
        };
        Ok(Self {
            dialects: names.into_iter().map(load).collect::<Result<_, _>>()?,
        })
    }

    /// Sets how many places of one content can select something; more of them are refused.
    #[must_use]
    pub fn with_location_cap(mut self, cap: usize) -> Self {
        let operations = self
            .dialects
            .iter_mut()
            .flat_map(|dialect| &mut dialect.operations);
        for operation in operations {
            let messages = operation
                .messages
                .iter_mut()
                .map(|message| &mut message.places);
            for places in messages.chain([&mut operation.places]) {
                places.tree.set_cap(cap);
            }
        }
        self
    }

    /// The dialects, in their order.
    pub fn dialects(&self) -> &[Dialect] {
        &self.dialects
    }

    /// Returns the operation whose path shares its first segment with this one, the first if there are
    /// several, with its dialect.
    pub fn nearest(&self, path: &str) -> Option<(&Dialect, &Operation)> {
        let own = first_segment(path);
        self.operations()
            .find(|(_, operation)| first_segment(&operation.pattern) == own)
    }

    /// Returns the dialect whose provider a path belongs to, where no operation of it is listed: that of the nearest
    /// one.
    pub fn nearest_dialect(&self, path: &str) -> Option<&Dialect> {
        self.nearest(path).map(|(dialect, _)| dialect)
    }

    /// Returns the shape of errors below a path that no operation has: the one of the nearest operation, or
    /// else of the first.
    pub(crate) fn nearest_errors(&self, path: &str) -> ErrorShape {
        let near = self.nearest(path).or_else(|| self.operations().next());
        near.map(|(_, operation)| operation.errors)
            .unwrap_or_default()
    }

    fn operations(&self) -> impl Iterator<Item = (&Dialect, &Operation)> {
        self.dialects.iter().flat_map(|dialect| {
            let own = dialect.operations.iter();
            own.map(move |operation| (dialect, operation))
        })
    }

    /// The operation that a method and path are, byte for byte.
    pub fn find(&self, method: &str, path: &str) -> Option<Found<'_>> {
        let mut operations = self.operations();
        operations.find_map(|(dialect, operation)| {
            (operation.method == method).then_some(())?;
            let model = matched(&operation.pattern, path)?;
            Some(Found {
                dialect,
                operation,
                model,
            })
        })
    }
}

fn first_segment(path: &str) -> Option<&str> {
    path.split('/').nth(1)
}

/// Matches a path segment by segment and says where `{model}` stands.
#[expect(
    clippy::option_option,
    reason = "outer: whether it matches; inner: whether it names a model"
)]
fn matched(pattern: &str, path: &str) -> Option<Option<Range<usize>>> {
    let mut model = None;
    let mut at = 0;
    let mut given = path.split('/');
    for want in pattern.split('/') {
        let have = given.next()?;
        if let Some((before, after)) = want.split_once("{model}") {
            let inner = have.strip_prefix(before)?.strip_suffix(after)?;
            let start = at + before.len();
            model = Some(start..start + inner.len());
            (!inner.is_empty()).then_some(())?;
        } else if want == "*" {
            (!have.is_empty()).then_some(())?;
        } else if want != have {
            return None;
        }
        at += have.len() + 1;
    }
    given.next().is_none().then_some(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_that_differs_from_a_pattern_does_not_match() {
        assert_eq!(matched("/v1/responses", "/v1/responses"), Some(None));
        assert_eq!(matched("/v1/responses", "/v1/responses/"), None);
        assert_eq!(matched("/v1/responses/*", "/v1/responses/r"), Some(None));
        assert_eq!(matched("/v1/responses/*", "/v1/responses/"), None);
        assert_eq!(matched("/m/{model}:go", "/m/gpt:go"), Some(Some(3..6)));
        assert_eq!(matched("/m/{model}:go", "/m/:go"), None);
        assert_eq!(matched("/d/{model}/chat", "/d/x/chat"), Some(Some(3..4)));
    }

    #[test]
    fn model_behind_other_letters_of_its_segment_is_located() {
        assert_eq!(matched("/m/x-{model}:go", "/m/x-gpt:go"), Some(Some(5..8)));
        assert_eq!(matched("/m/x-{model}", "/m/gpt"), None);
    }

    #[test]
    fn path_that_no_operation_has_belongs_to_the_dialect_of_its_first_segment() {
        let table = Table::of(["openai", "gemini"]).unwrap();
        for (path, dialect, errors) in [
            ("/v1/unknown", Some("openai"), ErrorShape::Openai),
            ("/v1beta/unknown", Some("gemini"), ErrorShape::Google),
            ("/other/v1beta", None, ErrorShape::Openai),
            ("/", None, ErrorShape::Openai),
        ] {
            let nearest = table.nearest_dialect(path);
            assert_eq!(nearest.map(|own| own.name.as_str()), dialect, "{path}");
            assert_eq!(table.nearest_errors(path), errors, "{path}");
        }
        let gemini = Table::of(["gemini"]).unwrap();
        assert_eq!(gemini.nearest_errors("/other"), ErrorShape::Google);
    }

    #[test]
    fn call_of_codex_is_found_in_the_default_dialects() {
        let table = Table::of(["openai", "chatgpt"]).unwrap();
        for path in [
            "/v1/responses",
            "/v1/responses/compact",
            "/backend-api/codex/responses",
            "/v1/chat/completions",
        ] {
            assert!(table.find("POST", path).is_some(), "{path}");
        }
        assert!(table.find("PUT", "/v1/responses").is_none());
        assert_eq!(Table::of(["opnai"]), Err(UnknownDialect("opnai".into())));
    }
}
