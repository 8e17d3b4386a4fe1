//! The data files to dialects.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::data_file::{File, Groups, MessageEntry, OperationEntry, RefusedEntry};
use super::places::Meaning;
use super::sources::{COMMON, DIALECTS};
use super::{
    Content, Dialect, ErrorShape, Message, ModelAt, Operation, Places, Refused, ToolTypes,
};
use crate::Capability;

/// Reads the data of one dialect. `None` where there is no such dialect; a test holds every data file
/// to be readable.
pub(super) fn read(name: &str) -> Option<Dialect> {
    read_with(name, &[EVERYWHERE])
}

/// The same where the proxy holds a key of the provider: a client states no credential in a content.
pub(super) fn read_with_key(name: &str) -> Option<Dialect> {
    read_with(name, &[EVERYWHERE, CREDENTIALS])
}

fn read_with(name: &str, everywhere: &'static [&'static str]) -> Option<Dialect> {
    let (name, text) = DIALECTS.iter().find(|(known, _)| *known == name)?;
    parse(name, text, everywhere).ok()
}

fn parse(name: &str, text: &str, everywhere: &'static [&'static str]) -> Result<Dialect, String> {
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
    groups.everywhere = everywhere;
    Ok(Dialect {
        name: name.to_string(),
        upstream: file.upstream,
        credential: file.credential,
        takes_key: file.takes_key,
        holds_key: everywhere.contains(&CREDENTIALS),
        told_by: file.told_by,
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

/// The group of the places that select a model in every API.
const EVERYWHERE: &str = "routing";

/// The group of the places that hold a credential.
const CREDENTIALS: &str = "credentials";

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
        let has_content = !matches!(entry.content, Content::None | Content::WebSocket);
        places.groups(self, &entry.selectors, has_content)?;
        Ok(Operation {
            method: method.to_string(),
            pattern: pattern.to_string(),
            capability: entry.capability,
            content: entry.content,
            model,
            places,
            unless: entry.unless.clone(),
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
        // What is not looked for goes on unread.
        if places.entries.is_empty() && entry.selectors.is_empty() {
            return Err([&entry.kind, ": no place of a model"].concat());
        }
        places.groups(self, &entry.selectors, true)?;
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
    /// leaves one of them out. `@NAME` is a header. Where there is a content, the groups that hold everywhere do
    /// so too, but for what is left out or has another meaning here.
    fn groups(&mut self, all: &Groups, names: &[String], has_content: bool) -> Result<(), String> {
        let mut left_out: Vec<&str> = names.iter().filter_map(|n| n.strip_prefix('-')).collect();
        for name in names.iter().filter(|name| !name.starts_with('-')) {
            let (name, under) = name.split_once(" under ").unwrap_or((name, ""));
            for (pointer, text) in group(&all.selectors, name)? {
                self.row(all, &[under, pointer].concat(), text, &mut left_out)?;
            }
        }
        for name in all.everywhere.iter().filter(|_| has_content) {
            for (pointer, text) in group(&all.selectors, name)? {
                if !self.has(pointer) {
                    self.row(all, pointer, text, &mut left_out)?;
                }
            }
        }
        match left_out.first() {
            None => Ok(()),
            Some(pointer) => Err([pointer, ": nothing to leave out"].concat()),
        }
    }

    /// Adds one place of a group, unless it is left out.
    fn row(
        &mut self,
        all: &Groups,
        pointer: &str,
        text: &str,
        left_out: &mut Vec<&str>,
    ) -> Result<(), String> {
        if let Some(at) = left_out.iter().position(|out| *out == pointer) {
            left_out.swap_remove(at);
            return Ok(());
        }
        if text == "plain" {
            self.watch(pointer);
            return Ok(());
        }
        let meaning = Meaning::read(text);
        let added = match pointer.strip_prefix('@') {
            Some(name) => meaning.and_then(|meaning| self.add_header(name, meaning)),
            None => meaning
                .and_then(|meaning| self.add(pointer, meaning, all.tools_of(meaning)?))
                .map(drop),
        };
        added.ok_or_else(|| [pointer, " = ", text, ": not understood, or listed already"].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ForceAction, Setting};

    fn parse(name: &str, text: &str) -> Result<Dialect, String> {
        super::parse(name, text, &[EVERYWHERE])
    }

    #[test]
    fn data_file_of_each_dialect_is_readable() {
        for &(name, text) in DIALECTS {
            for everywhere in [&[EVERYWHERE][..], &[EVERYWHERE, CREDENTIALS]] {
                let dialect = super::parse(name, text, everywhere);
                let dialect = dialect.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(!dialect.operations.is_empty(), "{name}");
            }
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
    fn place_that_selects_everywhere_is_in_each_content() {
        let places = |rest: &str| -> Vec<(String, Option<Setting>)> {
            let head = "[selectors.s]\n'/models' = 'refuse'\n'/provider/x' = 'drop'\n\
                        [[operations]]\nat = 'POST /x'\n";
            let dialect = parse("x", &[head, rest].concat()).unwrap();
            let entries = dialect.operations[0].places.entries.iter();
            entries
                .map(|entry| (entry.pointer.clone(), entry.setting))
                .collect()
        };
        let own = places("content = 'json'\nselectors = ['s', '-/provider']");
        let of = |pointer: &str| -> Vec<Option<Setting>> {
            let all = own.iter().filter(|(own, _)| own == pointer);
            all.map(|(_, setting)| *setting).collect()
        };
        let is = |action| Some(Setting::OtherSelector(Capability::Generation, action));
        assert_eq!(of("/fallbacks"), [is(ForceAction::DropOthers)]);
        assert_eq!(of("/models"), [is(ForceAction::Refuse)]);
        assert_eq!(of("/provider"), []);
        assert_eq!(of("/provider/x"), [is(ForceAction::Drop)]);
        for none in ["", "content = 'web_socket'"] {
            assert_eq!(places(none), [], "{none}");
        }
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
    #[test]
    fn dialect_that_says_nothing_of_a_key_takes_one() {
        for (said, takes) in [
            ("", true),
            ("takes_key = true\n", true),
            ("takes_key = false\n", false),
        ] {
            let text = [said, "[[operations]]\nat = 'POST /x'"].concat();
            assert_eq!(parse("x", &text).unwrap().takes_key, takes, "{said}");
        }
    }

    #[test]
    fn place_of_a_model_is_read_with_what_stands_behind_it() {
        let entry = |model: &str| {
            let head = "[[operations]]\nat = 'POST /x'\ncapability = 'generation'\nmodel = '";
            let dialect = parse("x", &[head, model, "'"].concat()).ok()?;
            let entry = dialect.operations[0].places.entries.first()?;
            Some((entry.insert_if_missing, entry.prefix.clone()))
        };
        for (model, wanted) in [
            ("/model", Some((true, ""))),
            ("/model optional", Some((false, ""))),
            ("/model optional models/", Some((false, "models/"))),
            ("/model models/", Some((true, "models/"))),
            ("/model models", None),
            ("model", None),
            ("model models/", None),
        ] {
            let own = entry(model);
            let own = own
                .as_ref()
                .map(|(missing, stem)| (*missing, stem.as_str()));
            assert_eq!(own, wanted, "{model}");
        }
    }

    #[test]
    fn meaning_ends_with_its_stem() {
        for (meaning, good) in [
            ("model", true),
            ("model models/", true),
            ("model optional models/", true),
            ("model models", false),
            ("model models/ more", false),
            ("model models/ more/", false),
        ] {
            let text = [
                "[selectors.s]\n'/a' = '",
                meaning,
                "'\n[[operations]]\nat = 'POST /x'\nselectors = ['s']",
            ];
            assert_eq!(parse("x", &text.concat()).is_ok(), good, "{meaning}");
        }
    }
}
