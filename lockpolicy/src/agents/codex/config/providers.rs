//! The providers that configuration files define.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use toml::{Table, Value};

use super::base_url::{BaseUrl, BaseUrlError};
use super::keys::{
    AGENTS, CONFIG_FILE, MODEL_PROVIDER, MODEL_PROVIDERS, OPENAI_BASE_URL, PROFILE, PROFILES,
    REALTIME_BASE_URL,
};

/// codex's own provider.
pub(super) const OPENAI: &str = "openai";

/// Providers of this machine that every codex has.
const LOCAL: [&str; 2] = ["ollama", "lmstudio"];

/// One configuration file. The last one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer<'a> {
    /// The machine's or the user's file.
    Own(&'a str),
    /// The file of a working directory. Some versions only respect its providers, so none of them is
    /// reached.
    Project(&'a str),
    /// The file of a role of the user. For the oldest codex it overrides the command line of the agent
    /// that has the role.
    Role(&'a str),
    /// The file of a role of a working directory.
    ProjectRole(&'a str),
}

impl<'a> Layer<'a> {
    fn text(self) -> &'a str {
        let (Self::Own(text) | Self::Project(text) | Self::Role(text) | Self::ProjectRole(text)) =
            self;
        text
    }
}

/// The providers that codex may be sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Providers {
    pub(super) selected: Option<String>,
    pub(super) openai: Option<String>,
    pub(super) realtime: Option<String>,
    pub(super) custom: BTreeMap<String, Custom>,
    /// Providers that only a project defines.
    pub(super) strangers: BTreeSet<String>,
}

/// A provider that the configuration defines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Custom {
    /// The address; `None` is that of codex's own provider, by key or by account.
    pub(super) base_url: Option<String>,
    /// The names of its query parameters.
    pub(super) query: Vec<String>,
    /// The names of its header fields, in lower case.
    pub(super) headers: Vec<String>,
}

/// The reason why the calls of a configuration cannot be sent to the proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A file is not TOML.
    #[error("it is not TOML")]
    Syntax,
    /// A role states the address of a provider: no override ranks above it.
    #[error("a role may not state the address of a provider")]
    Address,
    /// A project's profile or role selects another provider: no override ranks above it either.
    #[error("a project's profile or role may not select the provider `{0}`")]
    Choice(String),
    /// No override can change the provider's address.
    #[error("the address of the provider `{0}` cannot be overridden")]
    Provider(String),
    /// codex could not call the provider.
    #[error("the base URL of the provider `{0}` cannot be called: {1}")]
    BaseUrl(String, BaseUrlError),
}

impl Providers {
    /// Reads the files, lowest first.
    ///
    /// # Errors
    ///
    /// Returns [`Unreadable`] where a file is no TOML, where a provider is selected whose address cannot be overridden or
    /// called, or where a file ranks above the command line and states the address of a provider or, in a project, selects
    /// one. What nobody selects is no error.
    pub fn read<'a>(layers: impl IntoIterator<Item = Layer<'a>>) -> Result<Self, Unreadable> {
        let parsed = |layer: Layer<'a>| Ok((layer, parsed(layer.text())?));
        let tables: Vec<(Layer<'_>, Table)> =
            layers.into_iter().map(parsed).collect::<Result<_, _>>()?;
        let used = tables.iter().filter_map(|(_, table)| text(table, PROFILE));
        let used: BTreeSet<String> = used.collect();
        let mut providers = Self::default();
        let (mut selected, mut by_projects) = (BTreeSet::new(), BTreeSet::new());
        for (layer, table) in &tables {
            match layer {
                Layer::Own(_) => {
                    providers.own(table);
                    profiles(table, &used, &mut selected);
                }
                Layer::Project(_) => {
                    profiles(table, &used, &mut by_projects);
                    providers.project(table);
                }
                Layer::Role(_) => role(table, &mut selected)?,
                Layer::ProjectRole(_) => role(table, &mut by_projects)?,
            }
        }
        let custom = &providers.custom;
        providers.strangers.retain(|id| !custom.contains_key(id));
        let usual = providers.selected.as_deref().unwrap_or(OPENAI);
        let other = |id: &&String| *id != usual && !providers.strangers.contains(*id);
        if let Some(id) = by_projects.iter().find(other) {
            return Err(Unreadable::Choice(crate::escape_for_log(id)));
        }
        selected.insert(usual.to_string());
        match selected.iter().find_map(|id| providers.unusable(id)) {
            Some(why) => Err(why),
            None => Ok(providers),
        }
    }

    fn own(&mut self, table: &Table) {
        for (place, key) in [
            (&mut self.selected, MODEL_PROVIDER),
            (&mut self.openai, OPENAI_BASE_URL),
            (&mut self.realtime, REALTIME_BASE_URL),
        ] {
            *place = text(table, key).or(place.take());
        }
        for (id, provider) in defined(table) {
            let own = self.custom.entry(id.clone()).or_default();
            own.override_with(provider);
        }
    }

    fn project(&mut self, table: &Table) {
        self.strangers
            .extend(defined(table).map(|(id, _)| id.clone()));
    }

    /// Returns true where a provider of this machine is selected.
    pub fn selects_local(&self) -> bool {
        let selected = self.selected.as_deref();
        selected.is_some_and(|id| LOCAL.contains(&id) && !self.custom.contains_key(id))
    }

    /// Returns the reason why a provider that is selected cannot be sent to a proxy.
    fn unusable(&self, id: &str) -> Option<Unreadable> {
        let shown = || crate::escape_for_log(id);
        let custom = self.custom.get(id);
        if custom.is_none() && LOCAL.contains(&id) {
            return None;
        }
        if custom.is_none() && id != OPENAI {
            return Some(Unreadable::Provider(shown()));
        }
        let openai = self.openai.as_deref();
        let url = custom.map_or(openai, |custom| custom.base_url.as_deref())?;
        let error = BaseUrl::parse(url).err()?;
        Some(Unreadable::BaseUrl(shown(), error))
    }
}

impl Custom {
    fn override_with(&mut self, provider: &Table) {
        self.base_url = text(provider, "base_url").or(self.base_url.take());
        let names = |key| inside(provider, key).into_iter().flat_map(Table::keys);
        self.query.extend(names("query_params").cloned());
        let headers = names("http_headers").chain(names("env_http_headers"));
        self.headers.extend(headers.map(|name| name.to_lowercase()));
    }
}

/// Returns the files that a configuration names for roles, as they are written.
pub fn role_files(text: &str) -> Vec<String> {
    let Ok(table) = parsed(text) else {
        return Vec::new();
    };
    let roles = inside(&table, AGENTS).into_iter().flat_map(Table::values);
    let roles = roles.filter_map(Value::as_table);
    roles
        .filter_map(|role| self::text(role, CONFIG_FILE))
        .collect()
}

fn role(table: &Table, selected: &mut BTreeSet<String>) -> Result<(), Unreadable> {
    selected.extend(text(table, MODEL_PROVIDER));
    let every = inside(table, PROFILES).into_iter().flat_map(Table::keys);
    profiles(table, &every.cloned().collect(), selected);
    let mut addresses = [MODEL_PROVIDERS, OPENAI_BASE_URL, REALTIME_BASE_URL].into_iter();
    match addresses.find(|key| table.contains_key(*key)) {
        Some(_) => Err(Unreadable::Address),
        None => Ok(()),
    }
}

/// Collects the providers that those profiles of a file select which some file uses.
fn profiles(table: &Table, used: &BTreeSet<String>, selected: &mut BTreeSet<String>) {
    let profiles = inside(table, PROFILES).into_iter().flatten();
    let profiles = profiles.filter(|(name, _)| used.contains(*name));
    let profiles = profiles.filter_map(|(_, profile)| profile.as_table());
    selected.extend(profiles.filter_map(|profile| text(profile, MODEL_PROVIDER)));
}

fn parsed(text: &str) -> Result<Table, Unreadable> {
    toml::from_str(text).map_err(|_| Unreadable::Syntax)
}

fn text(table: &Table, key: &str) -> Option<String> {
    table.get(key)?.as_str().map(ToString::to_string)
}

fn inside<'t>(table: &'t Table, key: &str) -> Option<&'t Table> {
    table.get(key)?.as_table()
}

fn defined(table: &Table) -> impl Iterator<Item = (&String, &Table)> {
    let providers = inside(table, MODEL_PROVIDERS).into_iter().flatten();
    providers.filter_map(|(id, provider)| Some((id, provider.as_table()?)))
}

#[cfg(test)]
mod tests;
