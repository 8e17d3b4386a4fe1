//! The places of a command line that state a setting, and those where one is missing.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::line::CommandLine;
use super::spec::{ModelSource, OptionSpec, Role};
use super::table::ROOT;
use super::token::OptionToken;
use crate::agents::codex::config::assignment::Assignment;
use crate::agents::codex::config::keys::{Selects, inserted_keys};
use crate::agents::codex::config::selection::{ADDRESS, TABLE, TIERS, selection};
use crate::{Capability, ForceAction, Occurrence, Policy, SelectorValue, Setting};

/// The place of the option that names the model, among keys of the configuration.
pub(super) const MODEL_OPTION: &str = "-m";

const MODEL: Setting = Setting::Model(Capability::Generation);

/// Returns one occurrence per option that selects something. Its `value` is the index of the token.
pub(super) fn stated(line: &CommandLine<'_>, policy: &Policy) -> Vec<Occurrence<'static>> {
    let occurrence = |(index, option): (usize, &OptionToken<'_>)| {
        let (setting, stated, place) = selected(option, policy)?;
        let token = index..index.saturating_add(1);
        Some(Occurrence::new(setting, stated, place, token))
    };
    let mut found: Vec<Occurrence<'static>> = line.options().filter_map(occurrence).collect();
    let refused = match line.model_source() {
        ModelSource::ServiceChosen => Some(""),
        ModelSource::RemoteClient => Some("its requests would not be judged"),
        ModelSource::CommandLine | ModelSource::None | ModelSource::Session => None,
    };
    found.extend(refused.map(|place| {
        let setting = Setting::OtherSelector(Capability::Generation, ForceAction::Refuse);
        let stated = SelectorValue::Text(Cow::Owned(line.name()));
        Occurrence::new(setting, stated, place, 0..0)
    }));
    found
}

/// Returns one occurrence per place where the pin has to be put in, because nothing is stated there.
pub(super) fn missing(line: &CommandLine<'_>, policy: &Policy) -> Vec<Occurrence<'static>> {
    let Some(level) = line.pinned_level() else {
        return Vec::new();
    };
    let is_model = |role: Role| role == Role::Selects(MODEL);
    let command = line.path.get(level).copied().unwrap_or(&ROOT);
    let takes_model = command.own_options().any(|spec| is_model(spec.role));
    let named = || {
        at_level(line, level).any(|option| is_model(option.role()) && option.argument().is_some())
    };
    let option = (takes_model && !named()).then_some((MODEL, MODEL_OPTION));
    let keys: Vec<String> = at_level(line, level).filter_map(config_key).collect();
    let missing = inserted_keys().filter(|(_, place)| !keys.iter().any(|key| key == place));
    let mut places: Vec<(Setting, &str)> = option.into_iter().chain(missing).collect();
    if policy.tier().is_some_and(|tier| !TIERS.contains(&tier)) {
        // The oldest codex ends with an error at a tier that it does not know.
        places.retain(|(setting, _)| *setting != Setting::Tier);
    }
    let end = line.tokens.len();
    let occurrence =
        |(setting, key)| Occurrence::new(setting, SelectorValue::Missing, key, end..end);
    places.into_iter().map(occurrence).collect()
}

/// Returns the key of an option that overrides the configuration.
pub(super) fn config_key(option: &OptionToken<'_>) -> Option<String> {
    let argument = option.argument();
    let text = String::from_utf8_lossy(argument.filter(|_| option.role() == Role::Config)?);
    Assignment::parse(&text).map(|assignment| assignment.key.to_string())
}

/// Returns the options of a level; where a version takes the command for a prompt, all are at the level above.
fn at_level<'a>(
    line: &'a CommandLine<'_>,
    level: usize,
) -> impl Iterator<Item = &'a OptionToken<'a>> {
    let every = line.is_prompt_elsewhere();
    let tokens = line.tokens.iter();
    let tokens = tokens.filter(move |token| every || token.level == level);
    tokens.filter_map(|token| token.option())
}

type Found = (Setting, SelectorValue<'static>, String);

/// Returns the setting that one option states. A line with an option that lacks its option-argument is refused before.
fn selected(option: &OptionToken<'_>, policy: &Policy) -> Option<Found> {
    let spec = option.spec?;
    match spec.role {
        Role::Config => config(option, policy),
        Role::Help | Role::Plain => None,
        Role::Selects(setting) => {
            let place = String::from_utf8_lossy(option.name).into_owned();
            Some((setting, value(spec, option), place))
        }
    }
}

/// Returns the value that an option states; that of a flag is its name.
fn value(spec: &OptionSpec, option: &OptionToken<'_>) -> SelectorValue<'static> {
    let bytes = option.argument().unwrap_or(spec.long.as_bytes());
    match core::str::from_utf8(bytes) {
        _ if spec.is_secret => SelectorValue::Text(Cow::Borrowed(ADDRESS)),
        Ok(text) => SelectorValue::Text(Cow::Owned(text.to_owned())),
        Err(_) => SelectorValue::NotText,
    }
}

fn config(option: &OptionToken<'_>, policy: &Policy) -> Option<Found> {
    let text = String::from_utf8_lossy(option.argument()?);
    let assignment = Assignment::parse(&text)?;
    let finding = assignment.finding()?;
    let place = [&*String::from_utf8_lossy(option.name), " ", assignment.key].concat();
    let table = SelectorValue::Text(Cow::Borrowed(TABLE));
    let (setting, stated) = match (finding.selects, finding.nested) {
        (Selects::Effort, true) if policy.effort().is_none() => return None,
        (Selects::Tier, true) if policy.tier().is_none() => return None,
        (_, true) => (Selects::Source.setting(), table),
        (selects, false) => selection(selects, assignment.text(), policy)?,
    };
    Some((setting, stated, place))
}
