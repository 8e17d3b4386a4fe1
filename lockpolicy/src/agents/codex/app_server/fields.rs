//! The settings that a request states, by the fields of its method.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::config_map;
use super::finder::{Finder, REFUSE, Unclear};
use super::items;
use super::members::{Member, elements};
use super::methods::{DROP, Field, Kind};
use crate::agents::codex::config::selection::{TIERS, requested_tier};
use crate::http::json_body;
use crate::json::encode;
use crate::{SelectorValue, Setting};

/// Finds the settings of an object. The fields' paths begin there; `place` is its name.
pub(super) fn object(
    finder: &mut Finder<'_>,
    at: &Range<usize>,
    fields: &[Field],
    place: &str,
) -> Result<(), Unclear> {
    for own in fields.iter().filter(|field| field.path.is_empty()) {
        field(finder, own, (at.clone(), at.clone()), place)?;
    }
    let first = |field: &Field| field.path.first().copied();
    let names: Vec<&str> = fields.iter().filter_map(first).collect();
    if names.is_empty() {
        return Ok(());
    }
    let members = finder.governed(at, &names)?;
    for found in &members {
        let place = [place, "/", &found.name].concat();
        member(finder, found, &below(fields, &found.name), &place)?;
    }
    let is_missing = |name: &str| !members.iter().any(|member| member.name == name);
    let inserts = finder.inserts_when_missing;
    let inserted = fields.iter().filter(|field| field.insert_if_missing);
    for field in inserted.filter(|_| inserts) {
        let [name] = field.path else { continue };
        if is_missing(name) {
            insert(finder, at.start, field, &format!("{place}/{name}"));
        }
    }
    Ok(())
}

/// Finds the settings of one member, by the fields that begin behind its name.
fn member(
    finder: &mut Finder<'_>,
    member: &Member<'_>,
    fields: &[Field],
    place: &str,
) -> Result<(), Unclear> {
    let (here, inside): (Vec<Field>, Vec<Field>) =
        fields.iter().partition(|field| field.path.is_empty());
    for own in &here {
        field(finder, own, (member.value.clone(), member.whole()), place)?;
    }
    if inside.is_empty() || finder.value(&member.value) == SelectorValue::Null {
        return Ok(());
    }
    if !inside.iter().any(|field| field.path.first() == Some(&"*")) {
        return object(finder, &member.value, &inside, place);
    }
    for element in elements(finder.input, &member.value).ok_or(Unclear)? {
        object(finder, &element, &below(&inside, "*"), place)?;
    }
    Ok(())
}

/// Finds the setting of one field, given the range of its value and the range that goes when it is
/// dropped.
fn field(
    finder: &mut Finder<'_>,
    field: &Field,
    (at, whole): (Range<usize>, Range<usize>),
    place: &str,
) -> Result<(), Unclear> {
    let setting = match field.kind {
        Kind::Config => return config_map::map(finder, &at, place),
        Kind::Edit => return config_map::write(finder, &at, place),
        Kind::DropsWithEffort if finder.policy.effort().is_none() => return Ok(()),
        Kind::DropsWithEffort => DROP,
        Kind::Harmless => return Ok(()),
        Kind::Items => return items::find(finder, &at, place),
        Kind::Selects(setting) => setting,
        Kind::Whole => REFUSE,
    };
    let mut stated = finder.value(&at);
    if is_harmless(finder, field, &stated, &at) {
        return Ok(());
    }
    if field.kind == Kind::Whole {
        stated = SelectorValue::Text(Cow::Borrowed(finder.method));
    }
    if setting == Setting::Tier {
        stated = requested_tier(stated, finder.policy);
    }
    finder.push(setting, stated, place.into(), (at, whole));
    Ok(())
}

fn is_harmless(
    finder: &Finder<'_>,
    field: &Field,
    stated: &SelectorValue<'_>,
    at: &Range<usize>,
) -> bool {
    field.harmless.is_some_and(|json| match stated.text() {
        Some(text) => encode(text) == json,
        None => finder.input.get(at.clone()) == Some(json.as_bytes()),
    })
}

/// Adds the place of a field where the pin is put in because nothing is stated.
fn insert(finder: &mut Finder<'_>, object: usize, field: &Field, place: &str) {
    let (Kind::Selects(setting), [name]) = (field.kind, field.path) else {
        return;
    };
    let is_known = |tier: &str| TIERS.contains(&tier);
    if setting == Setting::Tier && !finder.policy.tier().is_none_or(is_known) {
        // The oldest codex refuses a request with a tier that it does not know.
        return;
    }
    let before = [&encode(name), ":"].concat();
    let span = json_body::inside(finder.input, object, before, "");
    let (missing, place) = (SelectorValue::Missing, String::from(place));
    finder.finds.push(setting, missing, place, span);
}

/// Returns the fields behind a name.
fn below(fields: &[Field], name: &str) -> Vec<Field> {
    let behind = |field: &Field| match field.path {
        [first, path @ ..] if *first == name => Some(Field { path, ..*field }),
        _ => None,
    };
    fields.iter().filter_map(behind).collect()
}
