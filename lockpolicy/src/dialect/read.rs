//! The data files to dialects.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Deserialize;

use super::{Answer, Content, Dialect, Entry, ErrorShape, Message, ModelAt, Operation, Places};
use crate::{Capability, Remedy, Setting};

/// The data, by the name that switches it on.
pub(super) const SOURCES: [(&str, &str); 2] = [
    ("openai", include_str!("../../dialects/openai.toml")),
    ("chatgpt", include_str!("../../dialects/chatgpt.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    upstream: Option<String>,
    #[serde(default)]
    errors: ErrorShape,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    selectors: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    messages: BTreeMap<String, Vec<Said>>,
    operations: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: String,
    capability: Option<Capability>,
    #[serde(default)]
    content: Content,
    model: Option<String>,
    #[serde(default)]
    selectors: Vec<String>,
    #[serde(default)]
    query: Vec<String>,
    #[serde(default)]
    answer: Answer,
    messages: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    kind: String,
    capability: Option<Capability>,
    model: Option<String>,
    #[serde(default)]
    selectors: Vec<String>,
}

/// Reads the data of one dialect. `None` where there is no such dialect; a test holds every data file
/// to be readable.
pub(super) fn read(name: &str) -> Option<Dialect> {
    let (name, text) = SOURCES.iter().find(|(known, _)| *known == name)?;
    parse(name, text).ok()
}

pub(super) fn parse(name: &str, text: &str) -> Result<Dialect, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let operations = file
        .operations
        .iter()
        .map(|line| operation(&file, line))
        .collect::<Result<_, _>>()?;
    Ok(Dialect {
        name: name.to_string(),
        upstream: file.upstream,
        errors: file.errors,
        headers: file.headers,
        operations,
    })
}

fn operation(file: &File, line: &Line) -> Result<Operation, String> {
    let (method, pattern) = line
        .at
        .split_once(' ')
        .ok_or_else(|| [&line.at, ": METHOD PATH expected"].concat())?;
    let mut places = Places::default();
    let model = match line.model.as_deref() {
        None => ModelAt::Nowhere,
        Some("path") => ModelAt::Path,
        Some(place) => match place.strip_prefix('?') {
            Some(name) => ModelAt::Query(name.to_string()),
            None => ModelAt::Content(
                places
                    .model(place, line.capability)
                    .ok_or_else(|| line.at.clone())?,
            ),
        },
    };
    places.groups(file, &line.selectors)?;
    let messages = match &line.messages {
        None => Vec::new(),
        Some(name) => {
            let said = file
                .messages
                .get(name)
                .ok_or_else(|| [name, ": no such messages"].concat())?;
            said.iter()
                .map(|said| message(file, said))
                .collect::<Result<_, _>>()?
        }
    };
    Ok(Operation {
        method: method.to_string(),
        pattern: pattern.to_string(),
        capability: line.capability,
        content: line.content,
        model,
        places,
        query: line.query.clone(),
        answer: line.answer,
        messages,
    })
}

fn message(file: &File, said: &Said) -> Result<Message, String> {
    let mut places = Places::default();
    if let Some(pointer) = &said.model {
        places
            .model(pointer, said.capability)
            .ok_or_else(|| said.kind.clone())?;
    }
    places.groups(file, &said.selectors)?;
    Ok(Message {
        kind: said.kind.clone(),
        places,
    })
}

/// `effort`, `tier`, `plain`, `REMEDY`, or `CAPABILITY REMEDY`.
fn setting(meaning: &str) -> Option<Setting> {
    let (capability, remedy) = match meaning.split_once(' ') {
        Some((capability, remedy)) => (
            Capability::ALL
                .into_iter()
                .find(|c| c.as_str() == capability)?,
            remedy,
        ),
        None => (Capability::Generation, meaning),
    };
    match remedy {
        "drop" => Some(Setting::Secondary(capability, Remedy::Drop)),
        "effort" => Some(Setting::Effort),
        "model" => Some(Setting::Model(capability)),
        "pin" => Some(Setting::Secondary(capability, Remedy::Pin)),
        "plain" => Some(Setting::Plain),
        "refuse" => Some(Setting::Secondary(capability, Remedy::Refuse)),
        "tier" => Some(Setting::Tier),
        _ => None,
    }
}

impl Places {
    fn model(&mut self, pointer: &str, capability: Option<Capability>) -> Option<usize> {
        Some(self.add(pointer, Setting::Model(capability?)))
    }

    fn groups(&mut self, file: &File, names: &[String]) -> Result<(), String> {
        for name in names {
            let group = file
                .selectors
                .get(name)
                .ok_or_else(|| [name, ": no such selectors"].concat())?;
            for (pointer, meaning) in group {
                let setting =
                    setting(meaning).ok_or_else(|| [meaning, ": not understood"].concat())?;
                self.add(pointer, setting);
            }
        }
        Ok(())
    }

    fn add(&mut self, pointer: &str, setting: Setting) -> usize {
        let expected = match setting {
            Setting::Model(_) | Setting::Effort | Setting::Tier => !pointer.contains('*'),
            Setting::Plain | Setting::Secondary(..) => false,
        };
        let parent = pointer
            .rsplit_once('/')
            .map(|(parent, _)| parent)
            .filter(|parent| expected && !parent.is_empty());
        let parent = parent.map(|parent| self.watch(parent));
        self.push(Entry {
            pointer: pointer.to_string(),
            setting: Some(setting),
            expected,
            parent,
        })
    }

    /// The entry of an object that something may have to be put into.
    fn watch(&mut self, pointer: &str) -> usize {
        match self
            .entries
            .iter()
            .position(|entry| entry.pointer == pointer)
        {
            Some(index) => index,
            None => self.push(Entry {
                pointer: pointer.to_string(),
                setting: None,
                expected: false,
                parent: None,
            }),
        }
    }

    fn push(&mut self, entry: Entry) -> usize {
        let index = self.entries.len();
        self.tree.insert(&entry.pointer, index);
        self.entries.push(entry);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_file_is_readable() {
        for (name, text) in SOURCES {
            let dialect = parse(name, text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!dialect.operations.is_empty(), "{name}");
        }
    }
}
