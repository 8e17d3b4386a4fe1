//! The providers that configuration files define.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use toml::{Table, Value};

use super::keys::{
    AGENTS, CONFIG_FILE, MODEL_PROVIDER, MODEL_PROVIDERS, OPENAI_BASE_URL, PROFILES,
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
}

impl Providers {
    /// Reads the files, lowest first.
    ///
    /// # Errors
    ///
    /// Returns [`Unreadable`] where a file is no TOML, selects a provider whose address cannot be overridden, or
    /// ranks above the command line and states the address of a provider or, in a project, selects one.
    pub fn read<'a>(layers: impl IntoIterator<Item = Layer<'a>>) -> Result<Self, Unreadable> {
        let mut providers = Self::default();
        let (mut selected, mut by_projects) = (BTreeSet::new(), BTreeSet::new());
        for layer in layers {
            match layer {
                Layer::Own(text) => providers.own(&parsed(text)?, &mut selected),
                Layer::Project(text) => providers.project(&parsed(text)?, &mut by_projects),
                Layer::Role(text) => role(&parsed(text)?, &mut selected)?,
                Layer::ProjectRole(text) => role(&parsed(text)?, &mut by_projects)?,
            }
        }
        let custom = &providers.custom;
        providers.strangers.retain(|id| !custom.contains_key(id));
        let usual = providers.selected.as_deref().unwrap_or(OPENAI);
        let other = |id: &&String| *id != usual && !providers.strangers.contains(*id);
        if let Some(id) = by_projects.iter().find(other) {
            return Err(Unreadable::Choice(crate::escape_for_log(id)));
        }
        let mut selected = selected.into_iter();
        match selected.find(|id| !providers.is_overridable(id)) {
            Some(id) => Err(Unreadable::Provider(crate::escape_for_log(&id))),
            None => Ok(providers),
        }
    }

    fn own(&mut self, table: &Table, selected: &mut BTreeSet<String>) {
        for (place, key) in [
            (&mut self.selected, MODEL_PROVIDER),
            (&mut self.openai, OPENAI_BASE_URL),
            (&mut self.realtime, REALTIME_BASE_URL),
        ] {
            *place = text(table, key).or(place.take());
        }
        select(table, selected);
        for (id, provider) in defined(table) {
            let own = self.custom.entry(id.clone()).or_default();
            own.override_with(provider);
        }
    }

    fn project(&mut self, table: &Table, by_profiles: &mut BTreeSet<String>) {
        profiles(table, by_profiles);
        self.strangers
            .extend(defined(table).map(|(id, _)| id.clone()));
    }

    /// Returns true where a provider of this machine is selected.
    pub fn selects_local(&self) -> bool {
        let selected = self.selected.as_deref();
        selected.is_some_and(|id| LOCAL.contains(&id) && !self.custom.contains_key(id))
    }

    /// Returns true where an override can change the address of a provider.
    fn is_overridable(&self, id: &str) -> bool {
        id == OPENAI || LOCAL.contains(&id) || self.custom.contains_key(id)
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
    select(table, selected);
    let mut addresses = [MODEL_PROVIDERS, OPENAI_BASE_URL, REALTIME_BASE_URL].into_iter();
    match addresses.find(|key| table.contains_key(*key)) {
        Some(_) => Err(Unreadable::Address),
        None => Ok(()),
    }
}

/// Collects the providers that a file may select.
fn select(table: &Table, selected: &mut BTreeSet<String>) {
    selected.extend(text(table, MODEL_PROVIDER));
    profiles(table, selected);
}

fn profiles(table: &Table, selected: &mut BTreeSet<String>) {
    let profiles = inside(table, PROFILES).into_iter().flat_map(Table::values);
    let profiles = profiles.filter_map(Value::as_table);
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
