//! Configuration files to the providers that they define.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use toml::{Table, Value};

use super::{LOCAL, OPENAI};

const REALTIME: &str = "experimental_realtime_ws_base_url";

/// One configuration file. The last one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer<'a> {
    /// The machine's or the user's.
    Own(&'a str),
    /// A working directory's. What it says about providers is heeded by some versions only, so nothing
    /// that it defines is reached.
    Project(&'a str),
    /// A role's of the user. The oldest codex lays it over the command line, for the agent that has the role.
    Role(&'a str),
    /// A role's of a working directory.
    ProjectRole(&'a str),
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
    /// A role that says where a provider is: no override stands above it.
    #[error("a role may not say where a provider is")]
    Address,
    /// A project's profile or role that selects another provider: no override stands above it either.
    #[error("a project's profile or role may not select the provider `{0}`")]
    Choice(String),
    /// A provider that no override can lead.
    #[error("the provider `{0}` cannot be led through the lock")]
    Provider(String),
}

impl Providers {
    /// Reads the files, lowest first.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] where a file is no TOML, selects a provider whose address cannot be laid over, or stands
    /// above the command line and says where a provider is or, in a project, which one is called.
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
        let defined = core::mem::take(&mut providers.strangers).into_iter();
        providers.strangers = defined
            .filter(|id| !providers.custom.contains_key(id))
            .collect();
        let usual = providers.selected.as_deref().unwrap_or(OPENAI);
        let other = |id: &&String| *id != usual && !providers.strangers.contains(*id);
        if let Some(id) = by_projects.iter().find(other) {
            return Err(Unreadable::Choice(crate::escape_for_log(id)));
        }
        match selected.into_iter().find(|id| !providers.leads(id)) {
            Some(id) => Err(Unreadable::Provider(crate::escape_for_log(&id))),
            None => Ok(providers),
        }
    }

    fn own(&mut self, table: &Table, selected: &mut BTreeSet<String>) {
        for (place, key) in [
            (&mut self.selected, "model_provider"),
            (&mut self.openai, "openai_base_url"),
            (&mut self.realtime, REALTIME),
        ] {
            *place = text(table, key).or(place.take());
        }
        select(table, selected);
        for (id, provider) in defined(table) {
            self.custom.entry(id.clone()).or_default().lay(provider);
        }
    }

    fn project(&mut self, table: &Table, by_profiles: &mut BTreeSet<String>) {
        profiles(table, by_profiles);
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

/// The files that a configuration names for roles, as it writes them.
pub fn role_files(text: &str) -> Vec<String> {
    let Ok(table) = parsed(text) else {
        return Vec::new();
    };
    let roles = inside(&table, "agents").into_iter().flat_map(Table::values);
    let roles = roles.filter_map(Value::as_table);
    roles
        .filter_map(|role| self::text(role, "config_file"))
        .collect()
}

fn role(table: &Table, selected: &mut BTreeSet<String>) -> Result<(), Unreadable> {
    select(table, selected);
    let addresses = ["model_providers", "openai_base_url", REALTIME];
    let leads = addresses.iter().any(|key| table.contains_key(*key));
    if leads {
        Err(Unreadable::Address)
    } else {
        Ok(())
    }
}

/// Notes which providers a file may select.
fn select(table: &Table, selected: &mut BTreeSet<String>) {
    selected.extend(text(table, "model_provider"));
    profiles(table, selected);
}

fn profiles(table: &Table, selected: &mut BTreeSet<String>) {
    let profiles = inside(table, "profiles")
        .into_iter()
        .flat_map(Table::values);
    let profiles = profiles.filter_map(Value::as_table);
    selected.extend(profiles.filter_map(|profile| text(profile, "model_provider")));
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
    use alloc::format;

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
    fn a_role_selects_among_what_is_led_and_leads_nowhere_itself() {
        let own = Layer::Own("model_provider='a'\n[model_providers.a]\n[model_providers.b]");
        let read = |role| Providers::read([own, role]);
        for role in ["model='x'", "model_provider='a'"] {
            assert_eq!(read(Layer::Role(role)), Providers::read([own]), "{role}");
            assert_eq!(
                read(Layer::ProjectRole(role)),
                Providers::read([own]),
                "{role}"
            );
        }
        for role in [
            "model_provider='b'",
            "model_provider='openai'",
            "[profiles.p]\nmodel_provider='b'",
        ] {
            assert_eq!(read(Layer::Role(role)), Providers::read([own]), "{role}");
            let refused = read(Layer::ProjectRole(role));
            assert!(matches!(refused, Err(Unreadable::Choice(_))), "{role}");
        }
        for role in [
            "[model_providers.a]\nbase_url='http://evil'",
            "model_providers={}",
            "openai_base_url='http://evil'",
            "experimental_realtime_ws_base_url='http://evil'",
        ] {
            assert_eq!(read(Layer::Role(role)), Err(Unreadable::Address), "{role}");
            assert_eq!(
                read(Layer::ProjectRole(role)),
                Err(Unreadable::Address),
                "{role}"
            );
        }
        let signed = read(Layer::Role("model_provider='amazon-bedrock'"));
        assert!(matches!(signed, Err(Unreadable::Provider(_))));
    }

    #[test]
    fn a_project_selects_no_provider_of_the_users_through_a_profile() {
        let own = Layer::Own("model_provider='a'\n[model_providers.a]\n[model_providers.b]");
        let read = |id: &str| {
            let project = format!("[profiles.p]\nmodel_provider='{id}'\n[model_providers.n]");
            Providers::read([Layer::Project(&project), own])
        };
        assert!(read("a").is_ok() && read("n").is_ok());
        for id in ["b", "openai", "ollama", "amazon-bedrock"] {
            assert_eq!(read(id), Err(Unreadable::Choice(id.to_string())));
        }
    }

    #[test]
    fn a_configuration_names_the_files_of_its_roles() {
        let text =
            "[agents]\nmax_depth=1\n[agents.a]\nconfig_file='a.toml'\n[agents.b]\ndescription='b'";
        assert_eq!(role_files(text), ["a.toml"]);
        assert!(role_files("[agents").is_empty());
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
