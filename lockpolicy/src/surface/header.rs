//! Request headers that can select a model.

use alloc::borrow::Cow;
use alloc::string::String;

use super::{Finds, Place};
use crate::{Capability, Occurrence, Remedy, Setting, Stated};

/// Headers that name a model, whatever the dialect, in lower case; a `*` at the end stands for any
/// rest. None of them is on a dialect's list, so what is not pinned never goes on.
const SELECTORS: [(&str, Remedy); 9] = [
    ("x-ai-eg-model", Remedy::Drop),
    ("x-codex-routing-hint", Remedy::Pin),
    ("x-gateway-model-name", Remedy::Drop),
    ("x-litellm-model", Remedy::Drop),
    ("x-model", Remedy::Drop),
    ("x-model-id", Remedy::Drop),
    ("x-openclaw-model", Remedy::Drop),
    ("x-portkey-model", Remedy::Drop),
    ("x-selected-model", Remedy::Drop),
];

/// What stands in front of the name in a routing hint.
const HINT: &str = "model=";

/// What a header can do to the choice of the model.
pub(super) fn remedy(name: &str) -> Option<Remedy> {
    SELECTORS
        .iter()
        .find(|(selector, _)| *selector == name)
        .map(|(_, remedy)| *remedy)
}

/// Finds what a header states; nothing where it is no selector.
pub(super) fn find<'a>(
    finds: &mut Finds<'a>,
    name: &'a str,
    value: &'a str,
    capability: Capability,
) {
    let Some(remedy) = remedy(name) else { return };
    let start = if value.starts_with(HINT) {
        HINT.len()
    } else {
        0
    };
    let text = value.get(start..).unwrap_or_default();
    let before = if start == 0 && remedy == Remedy::Pin {
        HINT
    } else {
        ""
    };
    let occurrence = Occurrence {
        setting: Setting::Secondary(capability, remedy),
        stated: Stated::Text(Cow::Borrowed(text)),
        place: Cow::Borrowed(name),
        value: start..value.len(),
    };
    let place = Place {
        value: start..value.len(),
        around: (before.into(), String::new()),
        whole: 0..value.len(),
        first: false,
        stem: String::new(),
    };
    finds.push(occurrence, place);
}
