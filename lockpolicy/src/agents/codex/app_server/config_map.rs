//! Keys of codex's configuration inside a request: config maps with dotted keys and nested tables, and
//! writes to the configuration file.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::finder::{Finder, REFUSE, Unclear};
use super::members::{Member, elements, members};
use crate::agents::codex::config::keys::{Selects, selects};
use crate::agents::codex::config::selection::selection;
use crate::{SelectorValue, Setting};

/// The depth to which tables may nest; those of codex's configuration are far from it.
const MAX_DEPTH: usize = 16;

/// The longest key; a path in a key is no longer.
const LONGEST_KEY: usize = 4 << 10;

/// The length of a place for a person, behind which no keys are added.
const LONGEST_PLACE: usize = 512;

/// The position of a walk through a map.
#[derive(Clone, Debug, Default)]
struct Position {
    /// The keys that lead to it.
    keys: Vec<String>,
    /// The same for a person.
    place: String,
    /// Its depth.
    depth: usize,
}

impl Position {
    /// Returns the beginning of a map.
    fn root(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            ..Self::default()
        }
    }

    /// Returns the position one key further; codex splits the key at its dots.
    ///
    /// # Errors
    ///
    /// [`Unclear`] where the key is longer than any that codex knows: every position below holds a copy.
    fn below(&self, key: &str) -> Result<Self, Unclear> {
        if key.len() > LONGEST_KEY {
            return Err(Unclear);
        }
        let mut keys = self.keys.clone();
        let parts = key.split('.').filter(|part| !part.is_empty());
        keys.extend(parts.map(ToOwned::to_owned));
        let place = match self.place.len() + key.len() {
            0..LONGEST_PLACE => [&self.place, "/", key].concat(),
            _ => self.place.clone(),
        };
        Ok(Self {
            keys,
            place,
            depth: self.depth.saturating_add(1),
        })
    }

    /// Returns the thing that the keys select. A key with escapes is another one to codex, but not to every
    /// reader.
    fn selects(&self) -> Option<Selects> {
        let escaped = self.keys.last().is_some_and(|key| key.contains('\\'));
        selects(&self.keys).or_else(|| escaped.then_some(Selects::Source))
    }
}

/// Finds what a map states; a value that codex could not read as a map is not passed on.
pub(super) fn map(finder: &mut Finder<'_>, at: &Range<usize>, place: &str) -> Result<(), Unclear> {
    if finder.value(at) == SelectorValue::Null {
        return Ok(());
    }
    members(finder.input, at).ok_or(Unclear)?;
    table(finder, at, &Position::root(place))
}

/// Finds what a table states, and the tables in it.
fn table(finder: &mut Finder<'_>, at: &Range<usize>, position: &Position) -> Result<(), Unclear> {
    if position.depth > MAX_DEPTH {
        return Err(Unclear);
    }
    if let Some(members) = members(finder.input, at) {
        for member in members {
            entry(finder, &member, &position.below(&member.name)?)?;
        }
    } else if let Some(elements) = elements(finder.input, at) {
        let below = Position {
            depth: position.depth.saturating_add(1),
            ..position.clone()
        };
        for element in elements {
            table(finder, &element, &below)?;
        }
    } else if matches!(finder.input.get(at.start), Some(b'[' | b'{')) {
        // More than is looked through.
        return Err(Unclear);
    }
    Ok(())
}

fn entry(finder: &mut Finder<'_>, member: &Member<'_>, position: &Position) -> Result<(), Unclear> {
    let Some(selects) = position.selects() else {
        return table(finder, &member.value, position);
    };
    if finder.value(&member.value) != SelectorValue::Null {
        let at = (member.value.clone(), member.whole());
        push(finder, selects, at, position, None);
    }
    Ok(())
}

/// Adds what a key selects; `setting` takes the place of the setting that the key usually states.
fn push(
    finder: &mut Finder<'_>,
    selects: Selects,
    (at, whole): (Range<usize>, Range<usize>),
    position: &Position,
    setting: Option<Setting>,
) {
    let stated = finder.value(&at);
    if let Some((usual, stated)) = selection(selects, stated.text(), finder.policy) {
        let setting = setting.unwrap_or(usual);
        finder.push(setting, stated, position.place.clone(), (at, whole));
    }
}

/// Finds what a write to the configuration file selects. Another provider is refused in every mode that
/// locks: a write cannot be half done.
pub(super) fn write(
    finder: &mut Finder<'_>,
    at: &Range<usize>,
    place: &str,
) -> Result<(), Unclear> {
    let members = finder.governed(at, &["keyPath", "value"])?;
    let named = |name: &str| members.iter().find(|member| member.name == name);
    let (Some(key), Some(target)) = (named("keyPath"), named("value")) else {
        return Ok(());
    };
    let SelectorValue::Text(path) = finder.value(&key.value) else {
        return Err(Unclear);
    };
    let position = Position::root(place).below(&path)?;
    let Some(selects) = position.selects() else {
        return table(finder, &target.value, &position);
    };
    let (at, whole) = (target.value.clone(), target.whole());
    if matches!(selects, Selects::BaseUrl | Selects::Source) {
        push(finder, selects, (at.clone(), at), &position, Some(REFUSE));
    } else if finder.value(&at) != SelectorValue::Null {
        push(finder, selects, (at, whole), &position, None);
    }
    Ok(())
}
