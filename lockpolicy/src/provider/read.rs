//! Configuration files to the providers that they define.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use toml::{Table, Value};

use super::{LOCAL, OPENAI};

/// One configuration file. The last one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer<'a> {
    /// The machine's or the user's.
    Own(&'a str),
    /// A working directory's. What it says about providers is heeded by some versions only, so nothing
    /// that it defines is reached.
    Project(&'a str),
}

/// The providers that codex may be sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Providers {
    pub(super) selected: Option<String>,
    pub(super) openai: Option<String>,
    pub(super) realtime: Option<String>,
    pub(super) custom: BTreeMap<String, Custom>,
    pub(super) strangers: BTreeSet<String>,
}

/// A provider that the configuration defines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Custom {
    /// `None` is the home of codex's own provider, by key or by account.
    pub(super) base_url: Option<String>,
    /// The names of the query parameters that it brings along.
    pub(super) query: Vec<String>,
    /// The names of the fields that it brings along, in lower case.
    pub(super) headers: Vec<String>,
}

/// Why a configuration cannot be led through the lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A file that is no TOML.
    #[error("it is not TOML")]
    Syntax,
    /// A provider that no override can lead.
    #[error("the provider `{0}` cannot be led through the lock")]
    Provider(String),
}

impl Providers {
    /// Reads the files, lowest first.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] where a file is no TOML, or selects a provider whose address cannot be laid over.
    pub fn read<'a>(layers: impl IntoIterator<Item = Layer<'a>>) -> Result<Self, Unreadable> {
        let mut providers = Self::default();
        let mut selected = BTreeSet::new();
        for layer in layers {
            match layer {
                Layer::Own(text) => providers.own(&parsed(text)?, &mut selected),
                Layer::Project(text) => providers.project(&parsed(text)?),
            }
        }
        let defined = core::mem::take(&mut providers.strangers).into_iter();
        providers.strangers = defined
            .filter(|id| !providers.custom.contains_key(id))
            .collect();
        match selected.into_iter().find(|id| !providers.leads(id)) {
            Some(id) => Err(Unreadable::Provider(crate::shown(&id))),
            None => Ok(providers),
        }
    }

    fn own(&mut self, table: &Table, selected: &mut BTreeSet<String>) {
        for (place, key) in [
            (&mut self.selected, "model_provider"),
            (&mut self.openai, "openai_base_url"),
            (&mut self.realtime, "experimental_realtime_ws_base_url"),
        ] {
            *place = text(table, key).or(place.take());
        }
        selected.extend(text(table, "model_provider"));
        let profiles = inside(table, "profiles")
            .into_iter()
            .flat_map(Table::values);
        let profiles = profiles.filter_map(Value::as_table);
        selected.extend(profiles.filter_map(|profile| text(profile, "model_provider")));
        for (id, provider) in defined(table) {
            self.custom.entry(id.clone()).or_default().lay(provider);
        }
    }

    fn project(&mut self, table: &Table) {
        self.strangers
            .extend(defined(table).map(|(id, _)| id.clone()));
    }

    /// Whether a provider of this machine is selected.
    pub fn selects_local(&self) -> bool {
        let selected = self.selected.as_deref();
        selected.is_some_and(|id| LOCAL.contains(&id) && !self.custom.contains_key(id))
    }

    /// Whether an override can lead a provider.
    fn leads(&self, id: &str) -> bool {
        id == OPENAI || LOCAL.contains(&id) || self.custom.contains_key(id)
    }
}

impl Custom {
    fn lay(&mut self, provider: &Table) {
        self.base_url = text(provider, "base_url").or(self.base_url.take());
        let names = |key| inside(provider, key).into_iter().flat_map(Table::keys);
        self.query.extend(names("query_params").cloned());
        let headers = names("http_headers").chain(names("env_http_headers"));
        self.headers.extend(headers.map(|name| name.to_lowercase()));
    }
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
    let providers = inside(table, "model_providers").into_iter().flatten();
    providers.filter_map(|(id, provider)| Some((id, provider.as_table()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_file_wins_and_the_rest_shines_through() {
        let providers = Providers::read([
            Layer::Own("model_provider='a'\n[model_providers.a]\nbase_url='http://a'\nquery_params={x='1'}"),
            Layer::Own("openai_base_url='http://o'\n[model_providers.a]\nhttp_headers={X-Key='1'}\n[model_providers.b]\nname='b'"),
        ])
        .unwrap();
        assert_eq!(providers.selected.as_deref(), Some("a"));
        assert_eq!(providers.openai.as_deref(), Some("http://o"));
        let a = &providers.custom["a"];
        assert_eq!(a.base_url.as_deref(), Some("http://a"));
        assert_eq!(
            (a.query.as_slice(), a.headers.as_slice()),
            (&["x".into()][..], &["x-key".into()][..])
        );
        assert_eq!(providers.custom["b"].base_url, None);
    }

    #[test]
    fn what_a_project_defines_is_a_stranger_and_selects_nothing() {
        let project = "model_provider='evil'\nopenai_base_url='http://evil'\n[model_providers.evil]\nbase_url='http://evil'\n[model_providers.a]\nbase_url='http://evil'";
        let providers = Providers::read([
            Layer::Project(project),
            Layer::Own("[model_providers.a]\nbase_url='http://a'"),
        ])
        .unwrap();
        assert_eq!(providers.selected, None);
        assert_eq!(providers.openai, None);
        assert_eq!(providers.custom["a"].base_url.as_deref(), Some("http://a"));
        assert_eq!(providers.strangers, ["evil".to_string()].into());
    }

    #[test]
    fn a_provider_that_nothing_can_lead_is_refused() {
        for file in [
            "model_provider='amazon-bedrock'",
            "model_provider='gcp'",
            "model_provider='nowhere'",
            "[profiles.p]\nmodel_provider='amazon-bedrock'",
        ] {
            assert!(
                matches!(
                    Providers::read([Layer::Own(file)]),
                    Err(Unreadable::Provider(_))
                ),
                "{file}"
            );
        }
        assert_eq!(Providers::read([Layer::Own("a")]), Err(Unreadable::Syntax));
        for file in ["", "model_provider='ollama'", "model_provider=1"] {
            assert!(Providers::read([Layer::Own(file)]).is_ok(), "{file}");
        }
    }
}
