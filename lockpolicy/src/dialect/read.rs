//! The data files to dialects.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::data_file::{File, Groups, MessageEntry, OperationEntry, RefusedEntry};
use super::places::Meaning;
use super::sources::{COMMON, DIALECTS};
use super::{Dialect, ErrorShape, Message, ModelAt, Operation, Places, Refused, ToolTypes};
use crate::Capability;

/// Reads the data of one dialect. `None` where there is no such dialect; a test holds every data file
/// to be readable.
pub(super) fn read(name: &str) -> Option<Dialect> {
    let (name, text) = DIALECTS.iter().find(|(known, _)| *known == name)?;
    parse(name, text).ok()
}

pub(super) fn parse(name: &str, text: &str) -> Result<Dialect, String> {
    let message = |error: toml::de::Error| error.to_string();
    let file: File = toml::from_str(text).map_err(message)?;
    let mut groups: Groups = toml::from_str(COMMON).map_err(message)?;
    groups.fields.extend(file.fields);
    groups.selectors.extend(file.selectors);
    groups.messages.extend(file.messages);
    for (list, types) in file.tool_types {
        groups.tool_types.entry(list).or_default().extend(types);
    }
    groups.tools = tool_types(&groups.tool_types)?;
    Ok(Dialect {
        name: name.to_string(),
        upstream: file.upstream,
        credential: file.credential,
        takes_key: file.takes_key,
        headers: groups.headers(&file.headers)?,
        operations: groups.operations(&file.operations, file.errors)?,
        refused: refused(&file.refused),
    })
}

/// The lists of types of tools; `@LIST` stands for the types that stand in another one.
fn tool_types(
    lists: &BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<String, Arc<[String]>>, String> {
    let own = |types: &[String]| -> Vec<String> {
        let named = types.iter().filter(|named| !named.starts_with('@'));
        named.cloned().collect()
    };
    let mut out = BTreeMap::new();
    for (name, types) in lists {
        let mut all = own(types);
        for other in types.iter().filter_map(|named| named.strip_prefix('@')) {
            all.extend(own(group(lists, other)?));
        }
        out.insert(name.clone(), all.into());
    }
    Ok(out)
}

fn refused(entries: &[RefusedEntry]) -> Vec<Refused> {
    let each = |entry: &RefusedEntry| {
        let one = |at: &str| Refused {
            at: at.to_string(),
            why: entry.why.clone(),
        };
        entry.at.each().map(one).collect::<Vec<Refused>>()
    };
    entries.iter().flat_map(each).collect()
}

fn group<'g, G>(groups: &'g BTreeMap<String, G>, name: &str) -> Result<&'g G, String> {
    groups
        .get(name)
        .ok_or_else(|| [name, ": no such group"].concat())
}

impl Groups {
    /// The headers; `@name` stands for a group of them.
    fn headers(&self, listed: &[String]) -> Result<Vec<String>, String> {
        let mut out = Vec::new();
        for field in listed {
            match field.strip_prefix('@') {
                Some(name) => out.extend(group(&self.fields, name)?.iter().cloned()),
                None => out.push(field.clone()),
            }
        }
        Ok(out)
    }

    /// The types of tools that a place may hold; the inner `None` where it holds no such type, the outer one
    /// where there is no such list.
    #[expect(
        clippy::option_option,
        reason = "outer: whether the list exists; inner: whether one is named"
    )]
    fn tools_of(&self, meaning: Meaning<'_>) -> Option<Option<ToolTypes>> {
        let Some(name) = meaning.tools() else {
            return Some(None);
        };
        let listed = Arc::clone(self.tools.get(name)?);
        Some(Some(ToolTypes {
            listed,
            null: false,
        }))
    }

    fn operations(
        &self,
        entries: &[OperationEntry],
        errors: ErrorShape,
    ) -> Result<Vec<Operation>, String> {
        let mut out = Vec::new();
        for entry in entries {
            for at in entry.at.each() {
                let one = self.operation(entry, at, errors);
                out.push(one.map_err(|error| [at, ": ", &error].concat())?);
            }
        }
        Ok(out)
    }

    fn operation(
        &self,
        entry: &OperationEntry,
        at: &str,
        errors: ErrorShape,
    ) -> Result<Operation, String> {
        let (method, pattern) = at.split_once(' ').ok_or("METHOD PATH expected")?;
        let mut places = Places::default();
        let model = match entry.model.as_deref() {
            None => ModelAt::Nowhere,
            Some("path") => ModelAt::Path,
            Some(place) => match place.strip_prefix('?') {
                Some(name) => ModelAt::Query(name.to_string()),
                None => ModelAt::Content(places.model(place, entry.capability)?),
            },
        };
        places.groups(self, &entry.selectors)?;
        Ok(Operation {
            method: method.to_string(),
            pattern: pattern.to_string(),
            capability: entry.capability,
            content: entry.content,
            model,
            places,
            query: entry.query.clone(),
            response: entry.response,
            messages: self.messages(entry.messages.as_deref())?,
            errors: entry.errors.unwrap_or(errors),
        })
    }

    fn messages(&self, name: Option<&str>) -> Result<Vec<Message>, String> {
        let Some(name) = name else {
            return Ok(Vec::new());
        };
        let entries = group(&self.messages, name)?.iter();
        entries.map(|entry| self.message(entry)).collect()
    }

    fn message(&self, entry: &MessageEntry) -> Result<Message, String> {
        let mut places = Places::default();
        if let Some(pointer) = &entry.model {
            places.model(pointer, entry.capability)?;
        }
        places.groups(self, &entry.selectors)?;
        // What is not looked for goes on unread.
        if places.entries.is_empty() {
            return Err([&entry.kind, ": no place of a model"].concat());
        }
        Ok(Message {
            kind: entry.kind.clone(),
            places,
        })
    }
}

impl Places {
    fn model(&mut self, place: &str, capability: Option<Capability>) -> Result<usize, String> {
        let capability = capability.ok_or("a model without a capability")?;
        Meaning::model(place, capability)
            .and_then(|(pointer, meaning)| self.add(pointer, meaning, None))
            .ok_or_else(|| [place, ": no place for a model"].concat())
    }

    /// The places of the groups: `GROUP`, or `GROUP under POINTER` for the same below a place. `-POINTER`
    /// leaves one of them out. `@NAME` is a header.
    fn groups(&mut self, all: &Groups, names: &[String]) -> Result<(), String> {
        let mut left_out: Vec<&str> = names.iter().filter_map(|n| n.strip_prefix('-')).collect();
        for name in names.iter().filter(|name| !name.starts_with('-')) {
            let (name, under) = name.split_once(" under ").unwrap_or((name, ""));
            for (pointer, text) in group(&all.selectors, name)? {
                if let Some(name) = pointer.strip_prefix('@') {
                    Meaning::read(text)
                        .and_then(|meaning| self.add_header(name, meaning))
                        .ok_or_else(|| [pointer, " = ", text, ": not understood"].concat())?;
                    continue;
                }
                let pointer = [under, pointer].concat();
                if let Some(at) = left_out.iter().position(|out| *out == pointer) {
                    left_out.swap_remove(at);
                    continue;
                }
                Meaning::read(text)
                    .and_then(|meaning| self.add(&pointer, meaning, all.tools_of(meaning)?))
                    .ok_or_else(|| {
                        [&pointer, " = ", text, ": not understood, or listed already"].concat()
                    })?;
            }
        }
        match left_out.first() {
            None => Ok(()),
            Some(pointer) => Err([pointer, ": nothing to leave out"].concat()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_file_of_each_dialect_is_readable() {
        for &(name, text) in DIALECTS {
            let dialect = parse(name, text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!dialect.operations.is_empty(), "{name}");
        }
    }

    #[test]
    fn place_that_is_listed_twice_is_an_error() {
        let twice = "[selectors.s]\n'/model' = 'pin'\n[[operations]]\nat = 'POST /x'\n\
                     capability = 'generation'\nmodel = '/model'\nselectors = ['s']";
        assert!(parse("x", twice).unwrap_err().contains("not understood"));
        let unknown = "[[operations]]\nat = 'POST /x'\nselectors = ['none']";
        assert!(parse("x", unknown).unwrap_err().contains("no such group"));
    }

    #[test]
    fn message_without_a_place_of_a_model_is_an_error() {
        let text = |rest: &str| {
            let head = "[[messages.m]]\nkind = 'k'\n";
            let tail = "\n[[operations]]\nat = 'GET /x'\nmessages = 'm'";
            parse("x", &[head, rest, tail].concat())
        };
        assert!(text("selectors = ['nothing']").is_ok());
        assert!(text("").unwrap_err().contains("k: no place of a model"));
    }

    #[test]
    fn group_under_a_place_with_one_left_out_has_the_other_pointers() {
        let text = |selectors: &str| {
            let head =
                "[selectors.s]\n'/a' = 'drop'\n'/b' = 'refuse'\n[[operations]]\nat = 'POST /x'\n";
            parse("x", &[head, "selectors = [", selectors, "]"].concat())
        };
        let pointers = |selectors: &str| -> Vec<String> {
            let dialect = text(selectors).unwrap();
            let entries = dialect.operations[0].places.entries.iter();
            entries.map(|entry| entry.pointer.clone()).collect()
        };
        assert_eq!(pointers("'s', '-/b'"), ["/a"]);
        assert_eq!(
            pointers("'s under /x/*', '-/x/*/a', 's'"),
            ["/x/*/b", "/a", "/b"]
        );
        assert!(
            text("'s', '-/c'")
                .unwrap_err()
                .contains("nothing to leave out")
        );
    }

    #[test]
    fn header_place_that_needs_an_insertion_is_an_error() {
        let text = |meaning: &str| {
            let head = "[selectors.s]\n'@x-tier' = '";
            let tail = "'\n[[operations]]\nat = 'POST /x'\nselectors = ['s']";
            parse("x", &[head, meaning, tail].concat())
        };
        for good in ["tier optional", "tier only standard", "effort refuse"] {
            let dialect = text(good).unwrap();
            assert_eq!(dialect.operations[0].places.headers.len(), 1, "{good}");
        }
        for bad in [
            "tier",
            "tier drop",
            "drop",
            "pin",
            "tier only x",
            "only",
            "drop tier",
        ] {
            assert!(text(bad).is_err(), "{bad}");
        }
    }
}
