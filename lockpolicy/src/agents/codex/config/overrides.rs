//! The overrides of codex's configuration that send its providers to a proxy.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::assignment::{assign, quoted};
use super::base_url::BaseUrl;
use super::keys::{MODEL_PROVIDER, MODEL_PROVIDERS, OPENAI_BASE_URL, REALTIME_BASE_URL};
use super::provider_route::route_name;
use super::providers::{OPENAI, Providers};
use super::selection::is_below;
use crate::json::encode;

/// The proxy that calls are sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyTarget<'a> {
    /// A proxy with a route for each provider, below this URL.
    Routes(&'a str),
    /// A proxy that runs already and has an upstream of its own.
    Running {
        /// The URL; with a path it is a base URL, without one the usual path is appended.
        url: &'a str,
        /// True where calls carry the token of an account instead of a key.
        account: bool,
    },
}

/// One key of codex's configuration with its value, for a command line or for a config map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The key.
    pub key: &'static str,
    /// The key and the value, as a command line writes them.
    pub text: String,
    /// The value as JSON.
    pub json: String,
}

/// The path of a provider that may not be reached: no table lists it.
const NOWHERE: &str = "nowhere";

impl Providers {
    /// Returns the overrides that send every provider to a proxy, and select the provider that the machine's
    /// or the user's configuration selects.
    pub fn overrides(&self, target: ProxyTarget<'_>) -> Vec<Override> {
        let selected = self.selected.as_deref().unwrap_or(OPENAI);
        let mut overrides = Vec::from([text(MODEL_PROVIDER, selected)]);
        if let Some(url) = target.url_for(OPENAI, self.openai.as_deref()) {
            overrides.push(text(OPENAI_BASE_URL, &url));
        }
        let realtime = self.realtime.as_deref();
        if let Some(url) = realtime.and_then(|own| target.url_for_realtime(own)) {
            overrides.push(text(REALTIME_BASE_URL, &url));
        }
        overrides.extend(self.table(target));
        overrides
    }

    /// Returns the value of `CODEX_OSS_BASE_URL`.
    pub fn oss_base_url(target: ProxyTarget<'_>) -> String {
        target.url_for("oss", None).unwrap_or_default()
    }

    fn table(&self, target: ProxyTarget<'_>) -> Option<Override> {
        let custom = self.custom.iter().enumerate();
        let custom = custom.filter_map(|(index, (id, custom))| {
            let own = custom.base_url.as_deref();
            let url = target.url_for(&route_name(index), own)?;
            Some((id.as_str(), Vec::from([("base_url", url)])))
        });
        let strangers = self.strangers.iter().map(|id| {
            // A codex that ignores the project's file needs the name to accept the entry.
            let pairs = [("name", id.clone()), ("base_url", target.below(NOWHERE))];
            (id.as_str(), Vec::from(pairs))
        });
        let entries: Vec<Entry<'_>> = custom.chain(strangers).collect();
        (!entries.is_empty()).then(|| Override {
            key: MODEL_PROVIDERS,
            text: format!("{MODEL_PROVIDERS}={}", toml(&entries)),
            json: json(&entries),
        })
    }
}

/// A provider and the keys of it that are overridden.
type Entry<'a> = (&'a str, Vec<(&'static str, String)>);

fn toml(entries: &[Entry<'_>]) -> String {
    let pair = |(key, value): &(&str, String)| format!("{key}={}", quoted(value));
    let entry = |(id, pairs): &Entry<'_>| format!("{}={{{}}}", quoted(id), list(pairs, pair));
    format!("{{{}}}", list(entries, entry))
}

fn json(entries: &[Entry<'_>]) -> String {
    let pair = |(key, value): &(&str, String)| format!("{}:{}", encode(key), encode(value));
    let entry = |(id, pairs): &Entry<'_>| format!("{}:{{{}}}", encode(id), list(pairs, pair));
    format!("{{{}}}", list(entries, entry))
}

fn list<T>(things: &[T], written: impl Fn(&T) -> String) -> String {
    let texts: Vec<String> = things.iter().map(written).collect();
    texts.join(",")
}

impl ProxyTarget<'_> {
    /// Returns the new address of a provider; `None` where its own address is the proxy's.
    fn url_for(self, route: &str, own: Option<&str>) -> Option<String> {
        match self {
            // It has no route then.
            Self::Routes(_) if own.is_some_and(|own| BaseUrl::parse(own).is_err()) => {
                Some(self.below(NOWHERE))
            }
            Self::Routes(_) => Some(self.below(route)),
            Self::Running { url, .. } if own.is_some_and(|own| is_below(own, url)) => None,
            Self::Running { url, .. } if has_path(url) => Some(url.to_owned()),
            Self::Running { account: true, .. } if route == OPENAI => {
                Some(self.below("backend-api/codex"))
            }
            Self::Running { .. } => Some(self.below("v1")),
        }
    }

    /// Returns the new address of realtime sessions, whose own may begin with `wss`.
    fn url_for_realtime(self, own: &str) -> Option<String> {
        match self {
            Self::Routes(_) => Some(self.below("realtime")),
            Self::Running { .. } => self.url_for("realtime", Some(own)),
        }
    }

    fn below(self, path: &str) -> String {
        let (Self::Routes(url) | Self::Running { url, .. }) = self;
        format!("{}/{path}", url.trim_end_matches('/'))
    }
}

fn has_path(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.trim_end_matches('/').contains('/')
}

fn text(key: &'static str, value: &str) -> Override {
    Override {
        key,
        text: assign(key, value),
        json: encode(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::codex::config::Layer;

    const FILE: &str = "model_provider='b.c'\n[model_providers.'b.c']\nbase_url='http://h/v1'\n[model_providers.a]\nbase_url='http://127.0.0.1:8383/v1'";

    fn overrides(file: &str, project: &str, target: ProxyTarget<'_>) -> Vec<String> {
        let layers = [Layer::Own(file), Layer::Project(project)];
        let overrides = Providers::read(layers).unwrap().overrides(target);
        overrides
            .into_iter()
            .map(|override_| override_.text)
            .collect()
    }

    #[test]
    fn provider_is_sent_to_its_route() {
        let target = ProxyTarget::Routes("http://127.0.0.1:1/t");
        assert_eq!(
            overrides(FILE, "[model_providers.evil]", target),
            [
                r#"model_provider="b.c""#,
                r#"openai_base_url="http://127.0.0.1:1/t/openai""#,
                concat!(
                    r#"model_providers={"a"={base_url="http://127.0.0.1:1/t/p0"},"#,
                    r#""b.c"={base_url="http://127.0.0.1:1/t/p1"},"#,
                    r#""evil"={name="evil",base_url="http://127.0.0.1:1/t/nowhere"}}"#
                ),
            ]
        );
        assert_eq!(
            overrides("experimental_realtime_ws_base_url='ws://x'", "", target)[2],
            r#"experimental_realtime_ws_base_url="http://127.0.0.1:1/t/realtime""#
        );
        assert_eq!(Providers::oss_base_url(target), "http://127.0.0.1:1/t/oss");
        let uncallable = "model_provider='b'\nopenai_base_url='h/v1'\n[model_providers.a]\nbase_url='${A}/v1'\n[model_providers.b]\nbase_url='http://b/v1'";
        assert_eq!(
            overrides(uncallable, "", target),
            [
                r#"model_provider="b""#,
                r#"openai_base_url="http://127.0.0.1:1/t/nowhere""#,
                concat!(
                    r#"model_providers={"a"={base_url="http://127.0.0.1:1/t/nowhere"},"#,
                    r#""b"={base_url="http://127.0.0.1:1/t/p1"}}"#
                ),
            ]
        );
    }

    #[test]
    fn running_proxy_gets_the_usual_paths() {
        let running = |account| ProxyTarget::Running {
            url: "http://127.0.0.1:8383",
            account,
        };
        assert_eq!(
            overrides(FILE, "", running(false)),
            [
                r#"model_provider="b.c""#,
                r#"openai_base_url="http://127.0.0.1:8383/v1""#,
                r#"model_providers={"b.c"={base_url="http://127.0.0.1:8383/v1"}}"#,
            ]
        );
        assert_eq!(
            overrides(FILE, "", running(true))[1..],
            [
                r#"openai_base_url="http://127.0.0.1:8383/backend-api/codex""#,
                r#"model_providers={"b.c"={base_url="http://127.0.0.1:8383/v1"}}"#,
            ]
        );
        let whole = ProxyTarget::Running {
            url: "http://h:1/base",
            account: true,
        };
        assert_eq!(
            overrides("", "", whole)[1],
            r#"openai_base_url="http://h:1/base""#
        );
        assert_eq!(
            overrides(
                "openai_base_url='http://127.0.0.1:8383/x/v1'",
                "",
                running(false)
            ),
            [r#"model_provider="openai""#]
        );
    }
}
