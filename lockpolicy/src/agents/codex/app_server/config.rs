//! Keys of codex's configuration inside a request: config maps with dotted keys and nested tables, and
//! writes to the configuration file.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::find::{Finder, REFUSE, Unclear, text};
use super::members::{Member, elements, members};
use crate::SelectorValue;
use crate::agents::codex::cli::choice::choice;
use crate::agents::codex::cli::dotted::{Selects, selects};

/// How deep tables may nest. The tables of codex's configuration end well above that.
const DEPTH: usize = 16;

/// Where a walk through a map stands.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// The keys that lead there.
    pub(super) keys: Vec<String>,
    /// The same as a person reads it.
    pub(super) place: String,
    /// How deep it is.
    depth: usize,
}

impl Spot {
    /// The beginning of a map.
    pub(super) fn root(place: &str) -> Self {
        Self {
            keys: Vec::new(),
            place: place.to_owned(),
            depth: 0,
        }
    }

    /// One key further; codex splits it at its dots.
    pub(super) fn below(&self, key: &str) -> Self {
        let mut keys = self.keys.clone();
        let parts = key.split('.').filter(|part| !part.is_empty());
        keys.extend(parts.map(ToOwned::to_owned));
        Self {
            keys,
            place: [&self.place, "/", key].concat(),
            depth: self.depth.saturating_add(1),
        }
    }

    /// What the keys select. A key with escapes is another one to codex, but not to every reader.
    fn selects(&self) -> Option<Selects> {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let escaped = keys.last().is_some_and(|key| key.contains('\\'));
        selects(&keys).or_else(|| escaped.then_some(Selects::Source))
    }
}

/// Finds what a table says, and the tables in it.
pub(super) fn table(
    finder: &mut Finder<'_>,
    at: &Range<usize>,
    spot: &Spot,
) -> Result<(), Unclear> {
    if spot.depth > DEPTH {
        return Err(Unclear);
    }
    if let Some(members) = members(finder.input, at) {
        for member in members {
            entry(finder, &member, &spot.below(&member.name))?;
        }
    } else if let Some(elements) = elements(finder.input, at) {
        let below = Spot {
            depth: spot.depth.saturating_add(1),
            ..spot.clone()
        };
        for element in elements {
            table(finder, &element, &below)?;
        }
    }
    Ok(())
}

fn entry(finder: &mut Finder<'_>, member: &Member<'_>, spot: &Spot) -> Result<(), Unclear> {
    let Some(selects) = spot.selects() else {
        return table(finder, &member.value, spot);
    };
    let stated = text(finder.input, &member.value);
    if stated != SelectorValue::Null {
        value(finder, selects, &member.value, member.whole(), spot);
    }
    Ok(())
}

fn value(
    finder: &mut Finder<'_>,
    selects: Selects,
    at: &Range<usize>,
    whole: Range<usize>,
    spot: &Spot,
) {
    let stated = text(finder.input, at);
    let word = match &stated {
        SelectorValue::Text(text) => Some(&**text),
        SelectorValue::Missing | SelectorValue::Null | SelectorValue::NotText => None,
    };
    if let Some((setting, stated)) = choice(selects, word, finder.policy) {
        finder.push(setting, stated, spot.place.clone(), (at.clone(), whole));
    }
}

/// Finds what a write to the configuration file selects. What would lead elsewhere is refused in every
/// mode that locks: a write cannot be half done.
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
    let SelectorValue::Text(path) = text(finder.input, &key.value) else {
        return Err(Unclear);
    };
    let spot = Spot::root(place).below(&path);
    let Some(selects) = spot.selects() else {
        return table(finder, &target.value, &spot);
    };
    let cleared = text(finder.input, &target.value) == SelectorValue::Null;
    match selects {
        Selects::BaseUrl | Selects::Source => refused(finder, selects, &target.value, &spot),
        Selects::Effort | Selects::Model | Selects::OtherModel | Selects::Tier if cleared => {}
        Selects::Effort | Selects::Model | Selects::OtherModel | Selects::Tier => {
            value(finder, selects, &target.value, target.whole(), &spot);
        }
    }
    Ok(())
}

fn refused(finder: &mut Finder<'_>, selects: Selects, at: &Range<usize>, spot: &Spot) {
    let stated = text(finder.input, at);
    let word = match &stated {
        SelectorValue::Text(text) => Some(&**text),
        SelectorValue::Missing | SelectorValue::Null | SelectorValue::NotText => None,
    };
    let Some((_, stated)) = choice(selects, word, finder.policy) else {
        return;
    };
    finder.push(REFUSE, stated, spot.place.clone(), (at.clone(), at.clone()));
}
