//! Tokens to occurrences: where a command line states a setting.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::choice::{ADDRESS, TABLE, TIERS, choice};
use super::dotted::{Override, Selects};
use super::line::CommandLine;
use super::options::Role;
use super::table::Runs;
use super::token::Written;
use crate::{Capability, ForceAction, Occurrence, Policy, SelectorValue, Setting};

/// What the person states: one occurrence per option that selects something, its `value` the index of
/// the token.
pub(super) fn stated<'a>(line: &'a CommandLine<'_>, policy: &Policy) -> Vec<Occurrence<'a>> {
    let mut found = Vec::new();
    for (index, token) in line.tokens.iter().enumerate() {
        let Some(written) = token.option() else {
            continue;
        };
        if let Some((setting, stated, place)) = option(written, policy) {
            found.push(Occurrence {
                setting,
                stated,
                place,
                value: index..index.saturating_add(1),
            });
        }
    }
    let refused = match line.runs() {
        Runs::Unnamed => Some(""),
        Runs::Unwatched => Some("a door that nobody watches"),
        Runs::Named | Runs::Never | Runs::Thread => None,
    };
    found.extend(refused.map(|place| Occurrence {
        setting: Setting::OtherSelector(Capability::Generation, ForceAction::Refuse),
        stated: SelectorValue::Text(Cow::Owned(line.name())),
        place: Cow::Borrowed(place),
        value: 0..0,
    }));
    found
}

/// What would be put in: one occurrence per place where the pin has to stand and nothing does.
pub(super) fn absent(line: &CommandLine<'_>, policy: &Policy) -> Vec<Occurrence<'static>> {
    if line.runs() != Runs::Named {
        return Vec::new();
    }
    let model = Setting::Model(Capability::Generation);
    let mut places = Vec::new();
    let takes_model = line
        .command()
        .own_options()
        .any(|spec| spec.role == Role::Model);
    if takes_model && !innermost(line, Role::Model).any(|written| written.argument().is_some()) {
        places.push((model, MODEL_OPTION));
    }
    let written: Vec<String> = innermost(line, Role::Config).filter_map(key).collect();
    let keys = [
        (model, "model"),
        (model, "review_model"),
        (Setting::Effort, "model_reasoning_effort"),
        (Setting::Effort, "plan_mode_reasoning_effort"),
        (Setting::Tier, "service_tier"),
    ];
    places.extend(
        keys.into_iter()
            .filter(|(_, key)| !written.iter().any(|there| there == key)),
    );
    if policy.tier().is_some_and(|tier| !TIERS.contains(&tier)) {
        // The oldest codex ends with an error at a tier that it does not know.
        places.retain(|(setting, _)| *setting != Setting::Tier);
    }
    let end = line.tokens.len();
    let occurrence = |(setting, key)| Occurrence {
        setting,
        stated: SelectorValue::Missing,
        place: Cow::Borrowed(key),
        value: end..end,
    };
    places.into_iter().map(occurrence).collect()
}

/// The place of the option that names the model, among keys of the configuration.
pub(super) const MODEL_OPTION: &str = "-m";

/// The key of an override that will stand.
pub(super) fn key(written: &Written<'_>) -> Option<String> {
    let text = String::from_utf8_lossy(written.argument()?);
    Override::parse(&text).map(|override_| override_.key.to_string())
}

fn innermost<'a>(line: &'a CommandLine<'_>, role: Role) -> impl Iterator<Item = &'a Written<'a>> {
    let level = line.innermost();
    let tokens = line.tokens.iter().filter(move |token| token.level == level);
    tokens
        .filter_map(|token| token.option())
        .filter(move |written| written.role() == role)
}

type Found<'a> = (Setting, SelectorValue<'a>, Cow<'a, str>);

/// What one option selects. An option without its option-argument is left for codex to refuse.
fn option<'a>(written: &'a Written<'_>, policy: &Policy) -> Option<Found<'a>> {
    let place = String::from_utf8_lossy(written.name);
    let drop = Setting::OtherSelector(Capability::Generation, ForceAction::Drop);
    let named = || {
        written
            .argument()
            .map(|argument| text(argument).unwrap_or(SelectorValue::NotText))
    };
    match written.role() {
        Role::Model => Some((Setting::Model(Capability::Generation), named()?, place)),
        Role::Config => config(written, policy),
        Role::LocalProvider => {
            let word = written
                .name
                .strip_prefix(b"--")
                .and_then(text)
                .unwrap_or(SelectorValue::NotText);
            Some((drop, named().unwrap_or(word), place))
        }
        Role::Profile => Some((drop, named()?, place)),
        Role::Remote => named().map(|_| (drop, SelectorValue::Text(Cow::Borrowed(ADDRESS)), place)),
        Role::AccessProgram => named()
            .filter(|stated| *stated != standard())
            .map(|stated| (drop, stated, place)),
        Role::Help | Role::Plain | Role::RemoteToken => None,
    }
}

/// The program that everyone is in.
fn standard() -> SelectorValue<'static> {
    SelectorValue::Text(Cow::Borrowed("standard"))
}

fn config<'a>(written: &Written<'_>, policy: &Policy) -> Option<Found<'a>> {
    let whole = String::from_utf8_lossy(written.argument()?);
    let override_ = Override::parse(&whole)?;
    let finding = override_.finding()?;
    let place = [&*String::from_utf8_lossy(written.name), " ", override_.key].concat();
    let drop = Setting::OtherSelector(Capability::Generation, ForceAction::Drop);
    let (setting, stated) = match (finding.selects, finding.nested) {
        (Selects::Effort, true) if policy.effort().is_none() => return None,
        (Selects::Tier, true) if policy.tier().is_none() => return None,
        (_, true) => (drop, SelectorValue::Text(Cow::Borrowed(TABLE))),
        (selects, false) => choice(selects, override_.text(), policy)?,
    };
    Some((setting, stated, Cow::Owned(place)))
}

fn text(bytes: &[u8]) -> Option<SelectorValue<'_>> {
    core::str::from_utf8(bytes)
        .ok()
        .map(|text| SelectorValue::Text(Cow::Borrowed(text)))
}
