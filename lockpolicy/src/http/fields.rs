//! Request headers that can select a model.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::finds::{EditSpan, Finds};
use crate::{Capability, ForceAction, Occurrence, SelectorValue, Setting, Surface};

/// Headers that name a model, whatever the dialect, in lower case. None of them is on a dialect's list,
/// so what is not pinned never goes on.
const SELECTORS: [(&str, ForceAction); 9] = [
    ("x-ai-eg-model", ForceAction::Drop),
    ("x-codex-routing-hint", ForceAction::Pin),
    ("x-gateway-model-name", ForceAction::Drop),
    ("x-litellm-model", ForceAction::Drop),
    ("x-model", ForceAction::Drop),
    ("x-model-id", ForceAction::Drop),
    ("x-openclaw-model", ForceAction::Drop),
    ("x-portkey-model", ForceAction::Drop),
    ("x-selected-model", ForceAction::Drop),
];

/// Words that say that a header selects a model, or holds a configuration that may, where nothing but the start of its
/// name is listed.
const WORDS: [&str; 10] = [
    "config",
    "deployment",
    "engine",
    "fallback",
    "model",
    "override",
    "preset",
    "provider",
    "rout",
    "virtual-key",
];

/// The text in front of the name in a routing hint.
const HINT: &str = "model=";

/// Returns what a header can do to the choice of the model. `lists` are the names that go on: a `*` at the end
/// of one lists names that nobody has read, so one with such a word is taken for a selector.
pub(super) fn force_action<'l>(
    name: &str,
    lists: impl Iterator<Item = &'l str>,
) -> Option<ForceAction> {
    let known = SELECTORS.iter().find(|(selector, _)| *selector == name);
    match known {
        Some((_, force_action)) => Some(*force_action),
        None => (selects(name) && is_unread(name, lists)).then_some(ForceAction::Drop),
    }
}

/// Returns true where a name, in lower case, may select a model by what it says.
pub(crate) fn names_selector(name: &str) -> bool {
    selects(name) || SELECTORS.iter().any(|(selector, _)| *selector == name)
}

fn selects(name: &str) -> bool {
    WORDS.iter().any(|word| name.contains(word))
}

/// Returns true if a name is listed by nothing but its start.
fn is_unread<'l>(name: &str, mut lists: impl Iterator<Item = &'l str>) -> bool {
    let mut begun = false;
    let whole = lists.any(|entry| {
        begun |= is_start(entry, name);
        entry == name
    });
    begun && !whole
}

/// Returns true if an entry is the start of a name, with a `*` for a rest in plain characters.
fn is_start(entry: &str, name: &str) -> bool {
    let rest = entry
        .strip_suffix('*')
        .and_then(|prefix| name.strip_prefix(prefix));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    rest.is_some_and(|rest| rest.bytes().all(plain))
}

/// Returns true if a name is listed, whole or by its start.
pub(super) fn is_listed<'l>(name: &str, mut lists: impl Iterator<Item = &'l str>) -> bool {
    lists.any(|entry| entry == name || is_start(entry, name))
}

/// Finds what a selector states.
pub(super) fn find<'a>(
    finds: &mut Finds<'a>,
    (name, value): (&'a str, &'a str),
    (capability, force_action): (Capability, ForceAction),
) {
    let setting = Setting::OtherSelector(capability, force_action);
    let start = value.strip_prefix(HINT).map_or(0, |_| HINT.len());
    let needs_hint = start == 0 && force_action == ForceAction::Pin;
    let before = if needs_hint { HINT } else { "" };
    state(finds, (name, value), setting, (start, before));
}

/// Finds what a header states whose whole value is a setting.
pub(super) fn find_setting<'a>(finds: &mut Finds<'a>, field: (&'a str, &'a str), setting: Setting) {
    state(finds, field, setting, (0, ""));
}

/// Adds what stands in a field from `start` on; `before` is put in front of another value.
fn state<'a>(
    finds: &mut Finds<'a>,
    (name, value): (&'a str, &'a str),
    setting: Setting,
    (start, before): (usize, &str),
) {
    let occurrence = Occurrence {
        setting,
        stated: SelectorValue::Text(Cow::Borrowed(value.get(start..).unwrap_or_default())),
        place: Cow::Borrowed(name),
        value: start..value.len(),
        surface: Some(Surface::Header),
    };
    let place = EditSpan {
        value: start..value.len(),
        wrapper: (before.into(), String::new()),
        whole: 0..value.len(),
        ..EditSpan::default()
    };
    finds.occurrences.push(occurrence);
    finds.places.push(place);
}
