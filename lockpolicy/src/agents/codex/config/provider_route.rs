//! The routes that a proxy needs for the providers of a configuration.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::base_url::BaseUrl;
use super::providers::{Custom, Providers};
use crate::agents::provider_route::{ProviderBase, ProviderRoute};
use crate::dialect::Table;
use crate::http::names_selector;

/// The variables that locate providers of this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oss<'a> {
    /// `CODEX_OSS_BASE_URL`.
    pub base_url: Option<&'a str>,
    /// `CODEX_OSS_PORT`.
    pub port: Option<&'a str>,
}

/// The path below which the tables list the operations of a key.
const BY_KEY: &str = "/v1";
/// The path below which the tables list the operations of an account.
const BY_ACCOUNT: &str = "/backend-api/codex";
/// The fields of one connection, or of one content.
const CONNECTION: [&str; 11] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Providers {
    /// Returns the routes of all providers that codex may call, judged by `table`.
    pub fn routes(&self, table: &Table, oss: Oss<'_>) -> Vec<ProviderRoute> {
        let at = |name, url: &str| Some(ProviderRoute::new(name, base(url, table)?));
        let realtime = self.realtime.as_deref().map(as_http);
        let named = [
            openai(self.openai.as_deref(), table),
            at("oss", &self.oss(oss)),
            realtime.and_then(|url| at("realtime", &url)),
        ];
        let custom = self.custom.values().enumerate();
        let custom = custom.filter_map(|(index, custom)| route(index, custom, table));
        named.into_iter().flatten().chain(custom).collect()
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

/// Returns the name of the route of a custom provider, by its position among their names.
pub(super) fn route_name(index: usize) -> String {
    format!("p{index}")
}

/// Returns the URL of a WebSocket as that of the request of HTTP that opens it.
fn as_http(url: &str) -> String {
    let url = url.trim_start();
    let rest = url.strip_prefix("ws");
    rest.map_or_else(|| url.to_string(), |rest| ["http", rest].concat())
}

fn route(index: usize, custom: &Custom, table: &Table) -> Option<ProviderRoute> {
    let mut route = match &custom.base_url {
        Some(url) => ProviderRoute::new("", base(url, table)?),
        None => openai(None, table)?,
    };
    let adds = |names: &[String]| {
        let added = names.iter().filter(|name| is_added(name));
        added.cloned().collect::<Vec<String>>()
    };
    route.key.query = adds(&custom.query);
    route.key.headers = adds(&custom.headers);
    route.name = route_name(index);
    Some(route)
}

/// Returns true where a name that the user's configuration adds to a request goes on: it selects no model, and no
/// connection depends on it.
fn is_added(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !names_selector(&name) && !name.starts_with("proxy-") && !CONNECTION.contains(&name.as_str())
}

/// Returns the route of codex's own provider, which has another host for an account than for a key unless
/// the configuration names one.
fn openai(url: Option<&str>, table: &Table) -> Option<ProviderRoute> {
    let at = |canonical_prefix: &str, usual: &str| {
        Some(ProviderBase {
            canonical_prefix: canonical_prefix.to_string(),
            ..base(url.unwrap_or(usual), table)?
        })
    };
    Some(ProviderRoute {
        name: "openai".to_string(),
        key: at(BY_KEY, "https://api.openai.com/v1")?,
        account: at(BY_ACCOUNT, "https://chatgpt.com/backend-api/codex"),
    })
}

/// Returns a base URL, judged by its own path where the tables list operations below it, as Azure's; `None` for one that
/// codex cannot call: its provider is sent nowhere.
fn base(url: &str, table: &Table) -> Option<ProviderBase> {
    let read = BaseUrl::parse(url).ok()?;
    let listed = table.find("POST", &format!("{}/responses", read.path));
    let canonical_prefix = match listed {
        Some(_) => read.path,
        None => BY_KEY.to_string(),
    };
    Some(ProviderBase {
        canonical_prefix,
        url: read.url,
        query: Vec::new(),
        headers: Vec::new(),
        own_query: read.query,
        authorization: read.authorization,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::codex::config::Layer;

    fn routes(file: &str, oss: Oss<'_>) -> Vec<(String, String, String)> {
        let table = Table::of(["openai", "chatgpt", "azure"]).unwrap();
        let providers = Providers::read([Layer::Own(file)]).unwrap();
        let parts = |route: ProviderRoute| (route.name, route.key.canonical_prefix, route.key.url);
        providers
            .routes(&table, oss)
            .into_iter()
            .map(parts)
            .collect()
    }

    fn parts(name: &str, canonical_prefix: &str, url: &str) -> (String, String, String) {
        (name.into(), canonical_prefix.into(), url.into())
    }

    #[test]
    fn provider_has_a_route() {
        let file = "[model_providers.z]\nbase_url='https://h/openai'\n[model_providers.a]\nbase_url='http://h/odd/base'\n[model_providers.m]";
        assert_eq!(
            routes(file, Oss::default()),
            [
                parts("openai", "/v1", "https://api.openai.com/v1"),
                parts("oss", "/v1", "http://localhost:11434/v1"),
                parts("p0", "/v1", "http://h/odd/base"),
                parts("p1", "/v1", "https://api.openai.com/v1"),
                parts("p2", "/openai", "https://h/openai"),
            ]
        );
    }

    #[test]
    fn configured_address_is_used_for_key_and_account() {
        let table = Table::of(["openai", "chatgpt"]).unwrap();
        let file = "openai_base_url='http://h/any'";
        let providers = Providers::read([Layer::Own(file)]).unwrap();
        let route = providers.routes(&table, Oss::default()).remove(0);
        let account = route.account.unwrap();
        assert_eq!(
            (route.key.url.as_str(), account.url.as_str()),
            ("http://h/any", "http://h/any")
        );
        assert_eq!(
            (
                route.key.canonical_prefix.as_str(),
                account.canonical_prefix.as_str()
            ),
            ("/v1", "/backend-api/codex")
        );
    }

    #[test]
    fn provider_that_codex_cannot_call_has_no_route() {
        let file = "model_provider='b'\nopenai_base_url='localhost/v1'\nexperimental_realtime_ws_base_url='wss://r/v1'\n[model_providers.a]\nbase_url='${A}/v1'\n[model_providers.b]\nbase_url='http://b/v1?x=1'";
        assert_eq!(
            routes(file, Oss::default()),
            [
                parts("oss", "/v1", "http://localhost:11434/v1"),
                parts("realtime", "/v1", "https://r/v1"),
                parts("p1", "/v1", "http://b/v1"),
            ]
        );
    }

    #[test]
    fn environment_locates_the_providers_of_this_machine() {
        let oss = |base_url, port| {
            routes("model_provider='lmstudio'", Oss { base_url, port })[1]
                .2
                .clone()
        };
        assert_eq!(oss(None, None), "http://localhost:1234/v1");
        assert_eq!(oss(None, Some("7")), "http://localhost:7/v1");
        assert_eq!(oss(Some("http://b/v1"), Some("7")), "http://b/v1");
    }

    #[test]
    fn query_and_headers_that_select_are_not_forwarded() {
        let table = Table::of(["openai"]).unwrap();
        let file = "[model_providers.a]\nbase_url='http://a'\nquery_params={api-version='1',Subscription-Key='k',model='x'}\nhttp_headers={ApiKey='k',Helicone-Auth='h',x-portkey-config='c',Connection='x'}";
        let providers = Providers::read([Layer::Own(file)]).unwrap();
        let route = providers.routes(&table, Oss::default()).pop().unwrap();
        assert_eq!(route.key.query, ["Subscription-Key", "api-version"]);
        assert_eq!(route.key.headers, ["apikey", "helicone-auth"]);
    }
}
