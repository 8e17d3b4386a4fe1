//! The operations of all dialects that are switched on.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::nearest::{first_most, shared_segments};
use super::sources::OPERATIONS;
use super::{Dialect, ErrorShape, Operation, read};
use crate::path::{is_plain_name, is_plain_path};

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
    /// Returns true if the path is spelled in a way that every server reads alike, the model's name as [`model_in_path`]
    /// reads it. A pattern without a variable part is that path.
    pub fn is_plain(&self, path: &str) -> bool {
        let parts = self.model.clone().and_then(|model| {
            let before = path.get(..model.start)?;
            Some((before, path.get(model.clone())?, path.get(model.end..)?))
        });
        let Some((before, model, after)) = parts else {
            return path == self.operation.pattern || is_plain_path(path);
        };
        let model = model_in_path(model);
        is_plain_name(&model) && is_plain_path(&[before, &model, after].concat())
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
    /// Switches on these dialects.
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

    /// Takes the client's credentials out of contents too, in the dialects whose key the proxy holds. A name that is not
    /// switched on is passed over.
    #[must_use]
    pub fn holding_keys<'n>(mut self, of: impl IntoIterator<Item = &'n str>) -> Self {
        for name in of {
            let own = self.dialects.iter_mut().find(|own| own.name == name);
            if let (Some(own), Some(read)) = (own, read::read_with_key(name)) {
                *own = read;
            }
        }
        self
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

    /// Returns the operation whose path has the most leading segments in common with this one, with its dialect;
    /// `None` where not even the first is. Of several, the first one of a dialect that the request tells by a field
    /// is taken, or else the first. `states` says whether the request has a field.
    pub fn nearest(
        &self,
        path: &str,
        states: impl Fn(&str) -> bool,
    ) -> Option<(&Dialect, &Operation)> {
        let rank = |(dialect, operation): &(&Dialect, &Operation)| {
            let shared = shared_segments(&operation.pattern, path);
            (shared, dialect.is_told(&states))
        };
        let near = first_most(self.operations(), rank)?;
        (shared_segments(&near.1.pattern, path) > 0).then_some(near)
    }

    /// Returns the dialect that refuses an operation on purpose, with the first of those that it lists.
    pub(crate) fn refusing(&self, method: &str, path: &str) -> Option<(&Dialect, &Operation)> {
        let refuses = |dialect: &&Dialect| {
            let mut refused = dialect.refused.iter();
            refused.any(|refused| refused.covers(method, path))
        };
        let dialect = self.dialects.iter().find(refuses)?;
        Some((dialect, dialect.operations.first()?))
    }

    /// Returns true if a dialect is switched on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.dialects.iter().any(|own| own.name == name)
    }

    /// Returns the dialects that are not switched on and list an operation, unless one that is switched on lists or
    /// refuses it.
    pub(crate) fn switched_off(&self, method: &str, path: &str) -> Vec<&'static str> {
        let lists = |(at, _): &(&str, bool)| {
            let pattern = at.strip_prefix(method).and_then(|at| at.strip_prefix(' '));
            pattern.is_some_and(|pattern| matched(pattern, path).is_some())
        };
        let have = OPERATIONS.iter().filter(|(_, own)| own.iter().any(lists));
        let names: Vec<&str> = have.map(|(name, _)| *name).collect();
        if names.iter().any(|name| self.is_on(name)) || self.refusing(method, path).is_some() {
            return Vec::new();
        }
        names
    }

    /// Returns the shape of errors where no operation is near.
    pub(crate) fn first_errors(&self) -> ErrorShape {
        let first = self.operations().next();
        first
            .map(|(_, operation)| operation.errors)
            .unwrap_or_default()
    }

    fn operations(&self) -> impl Iterator<Item = (&Dialect, &Operation)> {
        self.dialects.iter().flat_map(|dialect| {
            let own = dialect.operations.iter();
            own.map(move |operation| (dialect, operation))
        })
    }

    /// Returns the operation that a method and path are, byte for byte, for a request that tells no dialect by its
    /// fields.
    pub fn find(&self, method: &str, path: &str) -> Option<Found<'_>> {
        self.find_told(method, path, |_| false)
    }

    /// Returns the operation that a method and path are, byte for byte. `states` says whether the request has a field.
    ///
    /// Where several dialects list it, one that runs a model goes before one that runs none, and of those the dialect
    /// that is named first has it: it is judged, whoever asks. Of operations that run no model, the dialect has it that
    /// the request tells by a field, or else the first; but what one of the dialects refuses is listed by none.
    pub fn find_told(
        &self,
        method: &str,
        path: &str,
        states: impl Fn(&str) -> bool,
    ) -> Option<Found<'_>> {
        let listed = self.operations().filter_map(|(dialect, operation)| {
            (operation.method == method).then_some(())?;
            let model = matched(&operation.pattern, path)?;
            Some(Found {
                dialect,
                operation,
                model,
            })
        });
        let found = first_most(listed, |found| {
            let runs_model = found.operation.capability.is_some();
            (runs_model, !runs_model && found.dialect.is_told(&states))
        })?;
        let is_refused = || self.refusing(method, path).is_some();
        (found.operation.capability.is_some() || !is_refused()).then_some(found)
    }
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
    use crate::{ForceAction, Setting};

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
            let nearest = table.nearest(path, |_| false);
            let own = nearest.map(|(own, _)| own.name.as_str());
            assert_eq!(own, dialect, "{path}");
            let own = nearest.map(|(_, operation)| operation.errors);
            assert_eq!(
                own.unwrap_or_else(|| table.first_errors()),
                errors,
                "{path}"
            );
        }
        let gemini = Table::of(["gemini"]).unwrap();
        assert_eq!(gemini.first_errors(), ErrorShape::Google);
    }

    #[test]
    fn operation_of_a_dialect_that_is_not_switched_on_is_told_with_its_name() {
        let table = Table::of(["openai", "gemini"]).unwrap();
        for (method, path, names) in [
            ("POST", "/v1/messages/count_tokens", &["anthropic"][..]),
            ("POST", "/v1/nothing", &[]),
            ("GET", "/v1/messages/count_tokens", &[]),
            ("POST", "/v1/responses", &[]),
            // It is refused here on purpose, whoever else has it.
            ("POST", "/upload/v1beta/files", &[]),
        ] {
            let told = table.switched_off(method, path);
            assert!(
                names.iter().all(|name| told.contains(name)),
                "{path} {told:?}"
            );
            assert_eq!(told.is_empty(), names.is_empty(), "{path} {told:?}");
        }
        let listed: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed, crate::dialect::names().collect::<Vec<_>>());
        for (name, own) in OPERATIONS {
            let table = Table::of([*name]).unwrap();
            let operations = &table.dialects()[0].operations;
            let read = operations.iter().map(|own| {
                (
                    [&own.method, " ", &own.pattern].concat(),
                    own.capability.is_some(),
                )
            });
            let stated = own.iter().map(|(at, runs)| (String::from(*at), *runs));
            assert!(stated.eq(read), "{name}");
        }
    }

    #[test]
    fn path_that_a_dialect_refuses_is_of_that_dialect() {
        let table = Table::of(["openai", "gemini"]).unwrap();
        let refusing = table.refusing("POST", "/upload/v1beta/files");
        assert_eq!(refusing.map(|(own, _)| own.name.as_str()), Some("gemini"));
        for method in ["GET", "PUT"] {
            assert!(table.refusing(method, "/upload/v1beta/files").is_some());
        }
        assert!(table.refusing("DELETE", "/upload/v1beta/files").is_none());
    }

    #[test]
    fn operation_that_a_dialect_refuses_is_listed_by_none() {
        let path = "/v1/files/file-1/content";
        for dialects in [
            ["openai", "anthropic"],
            ["anthropic", "openai"],
            ["mistral", "anthropic"],
        ] {
            let table = Table::of(dialects).unwrap();
            for told in [true, false] {
                let found =
                    table.find_told("GET", path, |name| told && name == "anthropic-version");
                assert!(found.is_none(), "{dialects:?} {told}");
            }
        }
        let alone = Table::of(["anthropic"]).unwrap();
        assert!(alone.find("GET", path).is_some());
        // What names a model is judged, so that nothing is lost by it.
        let judged = Table::of(["litellm", "azure", "bedrock"]).unwrap();
        for path in [
            "/openai/deployments/m/chat/completions",
            "/model/m/converse",
        ] {
            assert!(judged.find("POST", path).is_some(), "{path}");
        }
        assert!(
            judged
                .find("POST", "/openai/v1/responses/r/cancel")
                .is_none()
        );
    }

    #[test]
    fn path_without_a_model_is_of_the_dialect_that_the_request_tells() {
        let table = Table::of(["openai", "anthropic", "gemini", "xai"]).unwrap();
        let of = |method: &str, path: &str, field: &str| {
            let found = table.find_told(method, path, |name| name == field);
            found
                .map(|found| found.dialect.name.clone())
                .unwrap_or_default()
        };
        for (path, field, dialect) in [
            ("/v1/models", "authorization", "openai"),
            ("/v1/models", "anthropic-version", "anthropic"),
            ("/v1/files", "x-api-key", "anthropic"),
            ("/v1/files/f", "x-goog-api-key", "gemini"),
        ] {
            assert_eq!(of("GET", path, field), dialect, "{path} {field}");
        }
        // Where a model runs, the first one judges it.
        assert_eq!(of("POST", "/v1/messages", "authorization"), "anthropic");
        assert_eq!(
            of("POST", "/v1/chat/completions", "anthropic-version"),
            "openai"
        );
        let near = |path: &str, field: &str| {
            let near = table.nearest(path, |name| name == field);
            near.map(|(dialect, _)| dialect.name.clone())
                .unwrap_or_default()
        };
        assert_eq!(near("/v1/messages/other", ""), "anthropic");
        assert_eq!(near("/v1/other", "x-api-key"), "anthropic");
        assert_eq!(near("/v1/other", ""), "openai");
        assert_eq!(near("/other", ""), "");
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

    #[test]
    fn dialect_whose_key_is_held_alone_drops_credentials_of_contents() {
        let table = Table::of(["openai", "gemini"]).unwrap();
        let drops = |dialect: &Dialect| {
            let drop = |setting| {
                matches!(
                    setting,
                    Setting::OtherSelector(_, ForceAction::DropCredential)
                )
            };
            let mut operations = dialect.operations.iter();
            operations.any(|operation| {
                let mut entries = operation.places.entries.iter();
                entries.any(|entry| entry.setting.is_some_and(drop))
            })
        };
        let of = |table: &Table| -> Vec<(String, bool)> {
            let each = table.dialects().iter();
            each.map(|own| (own.name.clone(), drops(own))).collect()
        };
        let named = |openai, gemini| [("openai".into(), openai), ("gemini".into(), gemini)];
        assert_eq!(of(&table), named(false, false));
        let held = table.holding_keys(["gemini", "not switched on"]);
        assert_eq!(of(&held), named(false, true));
    }
}
