//! The keys of codex's configuration that select a model, an effort, a service tier or a provider.
//!
//! This is the only list of them: `-c`, the config maps of JSON-RPC and writes to the configuration file
//! use it, and so do the overrides that are put into a command line.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{Capability, ForceAction, Setting};

/// The key that selects the provider.
pub(crate) const MODEL_PROVIDER: &str = "model_provider";
/// The table that defines providers.
pub(crate) const MODEL_PROVIDERS: &str = "model_providers";
/// The base URL of codex's own provider.
pub(crate) const OPENAI_BASE_URL: &str = "openai_base_url";
/// The base URL of realtime sessions.
pub(crate) const REALTIME_BASE_URL: &str = "experimental_realtime_ws_base_url";
/// The key that selects a profile.
pub(crate) const PROFILE: &str = "profile";
/// The table of profiles.
pub(crate) const PROFILES: &str = "profiles";
/// The table of agents and roles.
pub(crate) const AGENTS: &str = "agents";
/// The key that names the file of a role.
pub(crate) const CONFIG_FILE: &str = "config_file";

/// The things that a key can select, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Selects {
    /// The reasoning effort.
    Effort,
    /// The service tier.
    Tier,
    /// The model of everything that has no model of its own: `model`, `review_model`.
    Model,
    /// The model of one thing, such as a sub-agent or the memory.
    OtherModel,
    /// The address of a provider.
    BaseUrl,
    /// The provider, or a file or table that may name model and provider.
    Source,
}

impl Selects {
    /// Returns the setting that the key states.
    pub(crate) const fn setting(self) -> Setting {
        match self {
            Self::Effort => Setting::Effort,
            Self::Tier => Setting::Tier,
            Self::Model => Setting::Model(Capability::Generation),
            Self::OtherModel => Setting::OtherSelector(Capability::Generation, ForceAction::Pin),
            Self::BaseUrl | Self::Source => {
                Setting::OtherSelector(Capability::Generation, ForceAction::Drop)
            }
        }
    }
}

/// One row of the table. The patterns may begin or end with `*`.
pub(crate) struct Key {
    /// The pattern of the first part of the path.
    pub(crate) first: &'static str,
    /// The pattern of the last part; empty where the path has one part only.
    pub(crate) last: &'static str,
    /// The thing that is selected; `None` where the table belongs to something else than codex's models.
    pub(crate) selects: Option<Selects>,
    /// True where the pin is put into a command line that does not state the key.
    insert_if_missing: bool,
}

const fn key(first: &'static str, last: &'static str, selects: Selects) -> Key {
    Key {
        first,
        last,
        selects: Some(selects),
        insert_if_missing: false,
    }
}

const fn pinned(name: &'static str, selects: Selects) -> Key {
    Key {
        insert_if_missing: true,
        ..key(name, "", selects)
    }
}

const fn foreign(first: &'static str) -> Key {
    Key {
        selects: None,
        ..key(first, "*", Selects::Source)
    }
}

/// The first row that matches decides.
pub(crate) static KEYS: [Key; 31] = [
    key("model_catalog_json", "*", Selects::Source),
    key(MODEL_PROVIDER, "*", Selects::Source),
    key(MODEL_PROVIDERS, "*", Selects::Source),
    key("oss_provider", "*", Selects::Source),
    key(PROFILE, "*", Selects::Source),
    key(PROFILES, "*", Selects::Source),
    key(AGENTS, CONFIG_FILE, Selects::Source),
    foreign("apps"),
    foreign("history"),
    foreign("hooks"),
    foreign("marketplaces"),
    foreign("mcp_servers"),
    foreign("notice"),
    foreign("otel"),
    foreign("permissions"),
    foreign("plugins"),
    foreign("projects"),
    foreign("shell_environment_policy"),
    foreign("tui"),
    key("*", "*base_url", Selects::BaseUrl),
    pinned("model", Selects::Model),
    pinned("review_model", Selects::Model),
    pinned("model_reasoning_effort", Selects::Effort),
    pinned("plan_mode_reasoning_effort", Selects::Effort),
    pinned("service_tier", Selects::Tier),
    key("experimental_realtime*", "*_model", Selects::Source),
    key("experimental_realtime*", "model", Selects::Source),
    key("*", "*_model", Selects::OtherModel),
    key("*", "model", Selects::OtherModel),
    key("*", "*reasoning_effort", Selects::Effort),
    key("*", "*service_tier", Selects::Tier),
];

impl Key {
    fn matches(&self, path: &[String]) -> bool {
        let (Some(first), Some(last)) = (path.first(), path.last()) else {
            return false;
        };
        let is_last = match self.last {
            "" => path.len() == 1,
            pattern => matches(pattern, last),
        };
        is_last && matches(self.first, first)
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}

/// Returns the keys that a command line has to state, with their settings.
pub(crate) fn inserted_keys() -> impl Iterator<Item = (Setting, &'static str)> {
    let inserted = KEYS.iter().filter(|key| key.insert_if_missing);
    inserted.filter_map(|key| Some((key.selects?.setting(), key.first)))
}

/// Returns the thing that a key selects. A key that is a listed one but for case, quotes or blanks is
/// treated as [`Selects::Source`], because its only use is to be misread.
pub(crate) fn selects(path: &[String]) -> Option<Selects> {
    let plain: Vec<String> = path.iter().map(|part| plain(part)).collect();
    let found = KEYS.iter().find(|key| key.matches(&plain))?.selects?;
    let as_listed = plain == path;
    Some(if as_listed { found } else { Selects::Source })
}

fn plain(part: &str) -> String {
    part.trim()
        .trim_matches(['"', '\''])
        .trim()
        .to_ascii_lowercase()
        .replace('-', "_")
}
