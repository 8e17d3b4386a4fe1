//! Providers to the mounts that a proxy needs for them.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Providers;
use super::read::Custom;
use crate::dialect::Table;

/// A base URL of the proxy's own, and what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// The path segment that it is called by.
    pub name: String,
    /// Where calls go that carry a key.
    pub key: Base,
    /// Where calls go that carry an account, where that is somewhere else.
    pub account: Option<Base>,
}

/// A provider's base URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The path, without a slash at its end, below which the tables list its operations.
    pub judged_as: String,
    /// The URL.
    pub url: String,
    /// Query parameters of its configuration that select nothing.
    pub query: Vec<String>,
    /// Fields of its configuration that select nothing, in lower case.
    pub headers: Vec<String>,
}

/// What the environment says of providers of this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oss<'a> {
    /// `CODEX_OSS_BASE_URL`.
    pub base_url: Option<&'a str>,
    /// `CODEX_OSS_PORT`.
    pub port: Option<&'a str>,
}

/// Where the tables list what a key may call.
const BY_KEY: &str = "/v1";
/// Where the tables list what an account may call.
const BY_ACCOUNT: &str = "/backend-api/codex";
/// The only parameter that is known to select nothing wherever it stands.
const QUERY: [&str; 1] = ["api-version"];
/// Fields that hold a credential and nothing else.
const HEADERS: [&str; 4] = [
    "api-key",
    "ocp-apim-subscription-key",
    "x-api-key",
    "x-goog-api-key",
];

impl Providers {
    /// The mounts of everything that codex may be sent to, judged by `table`.
    pub fn mounts(&self, table: &Table, oss: Oss<'_>) -> Vec<Mount> {
        let mut mounts = Vec::from([
            openai(self.openai.as_deref(), table),
            Mount::plain("oss", base(&self.oss(oss), table)),
        ]);
        if let Some(url) = &self.realtime {
            mounts.push(Mount::plain("realtime", base(url, table)));
        }
        let custom = self.custom.values().enumerate();
        mounts.extend(custom.map(|(index, custom)| mount(index, custom, table)));
        mounts
    }

    fn oss(&self, oss: Oss<'_>) -> String {
        let usual = if self.selected.as_deref() == Some("lmstudio") {
            "1234"
        } else {
            "11434"
        };
        let url = || format!("http://localhost:{}/v1", oss.port.unwrap_or(usual));
        oss.base_url.map_or_else(url, ToString::to_string)
    }
}

impl Mount {
    fn plain(name: &str, key: Base) -> Self {
        Self {
            name: name.to_string(),
            key,
            account: None,
        }
    }
}

/// The name of the mount of a custom provider, by its place in the order of their names.
pub(super) fn name(index: usize) -> String {
    format!("p{index}")
}

fn mount(index: usize, custom: &Custom, table: &Table) -> Mount {
    let mut mount = match &custom.base_url {
        Some(url) => Mount::plain("", base(url, table)),
        None => openai(None, table),
    };
    let listed = |names: &[String], known: &[&str]| {
        let known = names.iter().filter(|name| known.contains(&name.as_str()));
        known.cloned().collect::<Vec<String>>()
    };
    mount.key.query = listed(&custom.query, &QUERY);
    mount.key.headers = listed(&custom.headers, &HEADERS);
    mount.name = name(index);
    mount
}

/// codex's own provider: another host for an account than for a key, unless the configuration names one.
fn openai(url: Option<&str>, table: &Table) -> Mount {
    let at = |judged_as: &str, usual: &str| Base {
        judged_as: judged_as.to_string(),
        ..base(url.unwrap_or(usual), table)
    };
    Mount {
        name: "openai".to_string(),
        key: at(BY_KEY, "https://api.openai.com/v1"),
        account: Some(at(BY_ACCOUNT, "https://chatgpt.com/backend-api/codex")),
    }
}

/// A base URL, judged by its own path where the tables list operations below it, as Azure's.
fn base(url: &str, table: &Table) -> Base {
    let own = path(url).trim_end_matches('/');
    let listed = table.find("POST", &format!("{own}/responses")).is_some();
    Base {
        judged_as: if listed { own } else { BY_KEY }.to_string(),
        url: url.to_string(),
        query: Vec::new(),
        headers: Vec::new(),
    }
}

fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.find('/')
        .and_then(|start| rest.get(start..))
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::codex::config::Layer;

    fn mounts(file: &str, oss: Oss<'_>) -> Vec<(String, String, String)> {
        let table = Table::of(["openai", "chatgpt", "azure"]).unwrap();
        let providers = Providers::read([Layer::Own(file)]).unwrap();
        let told = |mount: Mount| (mount.name, mount.key.judged_as, mount.key.url);
        providers
            .mounts(&table, oss)
            .into_iter()
            .map(told)
            .collect()
    }

    fn told(name: &str, judged_as: &str, url: &str) -> (String, String, String) {
        (name.into(), judged_as.into(), url.into())
    }

    #[test]
    fn every_provider_has_a_mount() {
        let file = "[model_providers.z]\nbase_url='https://h/openai'\n[model_providers.a]\nbase_url='http://h/odd/base'\n[model_providers.m]";
        assert_eq!(
            mounts(file, Oss::default()),
            [
                told("openai", "/v1", "https://api.openai.com/v1"),
                told("oss", "/v1", "http://localhost:11434/v1"),
                told("p0", "/v1", "http://h/odd/base"),
                told("p1", "/v1", "https://api.openai.com/v1"),
                told("p2", "/openai", "https://h/openai"),
            ]
        );
    }

    #[test]
    fn a_configured_address_stands_for_key_and_account() {
        let table = Table::of(["openai", "chatgpt"]).unwrap();
        let file = "openai_base_url='http://h/any'";
        let providers = Providers::read([Layer::Own(file)]).unwrap();
        let mount = providers.mounts(&table, Oss::default()).remove(0);
        let account = mount.account.unwrap();
        assert_eq!(
            (mount.key.url.as_str(), account.url.as_str()),
            ("http://h/any", "http://h/any")
        );
        assert_eq!(
            (mount.key.judged_as.as_str(), account.judged_as.as_str()),
            ("/v1", "/backend-api/codex")
        );
    }

    #[test]
    fn the_environment_says_where_this_machine_runs_models() {
        let oss = |base_url, port| {
            mounts("model_provider='lmstudio'", Oss { base_url, port })[1]
                .2
                .clone()
        };
        assert_eq!(oss(None, None), "http://localhost:1234/v1");
        assert_eq!(oss(None, Some("7")), "http://localhost:7/v1");
        assert_eq!(oss(Some("http://b/v1"), Some("7")), "http://b/v1");
    }

    #[test]
    fn only_what_selects_nothing_is_brought_along() {
        let table = Table::of(["openai"]).unwrap();
        let file = "[model_providers.a]\nbase_url='http://a'\nquery_params={api-version='1',model='x'}\nhttp_headers={API-Key='k',x-portkey-config='c'}";
        let providers = Providers::read([Layer::Own(file)]).unwrap();
        let mount = providers.mounts(&table, Oss::default()).pop().unwrap();
        assert_eq!(mount.key.query, ["api-version"]);
        assert_eq!(mount.key.headers, ["api-key"]);
    }
}
