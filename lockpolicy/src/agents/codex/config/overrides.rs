//! Providers to the overrides that lead them through a proxy.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::provider_route::name;
use super::{OPENAI, Providers};
use crate::agents::codex::cli::choice::leads_to;
use crate::agents::codex::cli::dotted::{quoted, write};
use crate::json::encode;

/// The proxy that calls are led through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead<'a> {
    /// One with a mount for each provider, below this URL.
    Mounts(&'a str),
    /// One that runs already, at this URL, which knows its upstream by itself.
    Proxy {
        /// The URL; with a path it is a base URL, without one the usual path is put behind it.
        url: &'a str,
        /// Whether calls carry an account instead of a key.
        account: bool,
    },
}

/// One key of codex's configuration with its value, for a command line or for a config map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The key.
    pub key: &'static str,
    /// Key and value, as they are written on a command line.
    pub text: String,
    /// The value as JSON.
    pub json: String,
}

/// Where a provider leads that may not be reached: a path that no table lists.
const NOWHERE: &str = "nowhere";

impl Providers {
    /// The overrides that lead every provider through a proxy, and select the one that the machine's or
    /// the user's configuration selects.
    pub fn overrides(&self, lead: Lead<'_>) -> Vec<Override> {
        let selected = self.selected.as_deref().unwrap_or(OPENAI);
        let mut overrides = Vec::from([text("model_provider", selected)]);
        if let Some(url) = lead.to(OPENAI, self.openai.as_deref()) {
            overrides.push(text("openai_base_url", &url));
        }
        let realtime = self.realtime.as_deref();
        if let Some(url) = realtime.and_then(|own| lead.to("realtime", Some(own))) {
            overrides.push(text("experimental_realtime_ws_base_url", &url));
        }
        overrides.extend(self.table(lead));
        overrides
    }

    /// What `CODEX_OSS_BASE_URL` has to be.
    pub fn oss_base_url(lead: Lead<'_>) -> String {
        lead.to("oss", None).unwrap_or_default()
    }

    fn table(&self, lead: Lead<'_>) -> Option<Override> {
        let custom = self.custom.iter().enumerate();
        let custom = custom.filter_map(|(index, (id, custom))| {
            let url = lead.to(&name(index), custom.base_url.as_deref())?;
            Some((id.as_str(), Vec::from([("base_url", url)])))
        });
        let strangers = self.strangers.iter().map(|id| {
            // Without a name it is no provider to a codex that would not have heeded the project's.
            let name = ("name", id.clone());
            (
                id.as_str(),
                Vec::from([name, ("base_url", lead.below(NOWHERE))]),
            )
        });
        let entries: Vec<Entry<'_>> = custom.chain(strangers).collect();
        (!entries.is_empty()).then(|| Override {
            key: "model_providers",
            text: format!("model_providers={}", toml(&entries)),
            json: json(&entries),
        })
    }
}

/// A provider and what is laid over it.
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
    things
        .iter()
        .map(written)
        .collect::<Vec<String>>()
        .join(",")
}

impl Lead<'_> {
    /// Where a provider is from now on; `None` where it stays where it is, since that is the proxy.
    fn to(self, mount: &str, own: Option<&str>) -> Option<String> {
        match self {
            Self::Mounts(_) => Some(self.below(mount)),
            Self::Proxy { url, .. } if own.is_some_and(|own| leads_to(own, url)) => None,
            Self::Proxy { url, .. } if has_path(url) => Some(url.to_owned()),
            Self::Proxy { account: true, .. } if mount == OPENAI => {
                Some(self.below("backend-api/codex"))
            }
            Self::Proxy { .. } => Some(self.below("v1")),
        }
    }

    fn below(self, path: &str) -> String {
        let (Self::Mounts(url) | Self::Proxy { url, .. }) = self;
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
        text: write(key, value),
        json: encode(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::codex::config::Layer;

    const FILE: &str = "model_provider='b.c'\n[model_providers.'b.c']\nbase_url='http://h/v1'\n[model_providers.a]\nbase_url='http://127.0.0.1:8383/v1'";

    fn overrides(file: &str, project: &str, lead: Lead<'_>) -> Vec<String> {
        let layers = [Layer::Own(file), Layer::Project(project)];
        let overrides = Providers::read(layers).unwrap().overrides(lead);
        overrides
            .into_iter()
            .map(|override_| override_.text)
            .collect()
    }

    #[test]
    fn every_provider_is_led_to_its_mount() {
        let lead = Lead::Mounts("http://127.0.0.1:1/t");
        assert_eq!(
            overrides(FILE, "[model_providers.evil]", lead),
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
            overrides("experimental_realtime_ws_base_url='ws://x'", "", lead)[2],
            r#"experimental_realtime_ws_base_url="http://127.0.0.1:1/t/realtime""#
        );
        assert_eq!(Providers::oss_base_url(lead), "http://127.0.0.1:1/t/oss");
    }

    #[test]
    fn a_proxy_that_runs_gets_the_usual_paths() {
        let lead = |account| Lead::Proxy {
            url: "http://127.0.0.1:8383",
            account,
        };
        assert_eq!(
            overrides(FILE, "", lead(false)),
            [
                r#"model_provider="b.c""#,
                r#"openai_base_url="http://127.0.0.1:8383/v1""#,
                r#"model_providers={"b.c"={base_url="http://127.0.0.1:8383/v1"}}"#,
            ]
        );
        let account = overrides("", "", lead(true));
        assert_eq!(
            account[1],
            r#"openai_base_url="http://127.0.0.1:8383/backend-api/codex""#
        );
        let whole = Lead::Proxy {
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
                lead(false)
            ),
            [r#"model_provider="openai""#]
        );
    }
}
