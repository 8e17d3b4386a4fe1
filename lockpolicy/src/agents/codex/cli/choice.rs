//! What a key of codex's configuration means to the judge, wherever it is written: behind `-c`, in a
//! config map, in a write to the configuration file.

use alloc::borrow::{Cow, ToOwned};

use super::dotted::Selects;
use crate::{Capability, ForceAction, Policy, SelectorValue, Setting};

/// What a key selects, as a setting with what is stated. `None` is nothing that is governed.
///
/// `text` is the value where it is a text. Addresses may carry a password and tables a key, so neither
/// is told.
pub(crate) fn choice(
    selects: Selects,
    text: Option<&str>,
    policy: &Policy,
) -> Option<(Setting, SelectorValue<'static>)> {
    let drop = Setting::OtherSelector(Capability::Generation, ForceAction::Drop);
    let stated = text.map_or(SelectorValue::NotText, |text| {
        SelectorValue::Text(Cow::Owned(text.to_owned()))
    });
    Some(match selects {
        Selects::Effort => (Setting::Effort, stated),
        Selects::Tier => (Setting::Tier, tier(stated, policy)),
        Selects::Model => (Setting::Model(Capability::Generation), stated),
        Selects::OtherModel => (
            Setting::OtherSelector(Capability::Generation, ForceAction::Pin),
            stated,
        ),
        Selects::BaseUrl if leads_to_proxy(text, policy) => return None,
        Selects::BaseUrl => (drop, SelectorValue::Text(Cow::Borrowed(ADDRESS))),
        Selects::Source if is_name(text) => (drop, stated),
        Selects::Source => (drop, SelectorValue::Text(Cow::Borrowed(TABLE))),
    })
}

/// What is told in place of an address.
pub(crate) const ADDRESS: &str = "<address>";

/// What is told in place of a value with an inside.
pub(crate) const TABLE: &str = "<value>";

/// The tiers that every codex knows, as a request names them.
pub(crate) const TIERS: [&str; 2] = ["flex", "priority"];

/// What a request calls `priority` is `fast` in a configuration.
pub(crate) fn configured(setting: Setting, text: &str) -> &str {
    if setting == Setting::Tier && text == "priority" {
        "fast"
    } else {
        text
    }
}

/// The tier as a request will name it.
pub(crate) fn tier<'a>(stated: SelectorValue<'a>, policy: &Policy) -> SelectorValue<'a> {
    match stated {
        SelectorValue::Text(text) if text == "fast" && policy.tier() == Some("priority") => {
            SelectorValue::Text(Cow::Borrowed("priority"))
        }
        SelectorValue::Missing
        | SelectorValue::Null
        | SelectorValue::NotText
        | SelectorValue::Text(_) => stated,
    }
}

fn is_name(text: Option<&str>) -> bool {
    text.is_some_and(|text| {
        crate::Name::parse(text).is_ok() && text.len() <= 64 && !text.contains("://")
    })
}

fn leads_to_proxy(text: Option<&str>, policy: &Policy) -> bool {
    text.zip(policy.proxy())
        .is_some_and(|(url, proxy)| leads_to(url, proxy))
}

/// Whether a base URL is the proxy's or lies below it, in plain characters.
pub(crate) fn leads_to(url: &str, proxy: &str) -> bool {
    let Some(below) = url.strip_prefix(proxy.trim_end_matches('/')) else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '~');
    (below.is_empty() || below.starts_with('/'))
        && below.chars().all(plain)
        && !below.contains("..")
        && !proxy.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_proxy_and_what_lies_below_it_is_the_proxy() {
        let proxy = "http://127.0.0.1:8383";
        for url in [
            proxy,
            "http://127.0.0.1:8383/",
            "http://127.0.0.1:8383/v1",
            "http://127.0.0.1:8383/x/v1",
        ] {
            assert!(
                leads_to(url, proxy) && leads_to(url, "http://127.0.0.1:8383/"),
                "{url}"
            );
        }
        for url in [
            "http://127.0.0.1:83830/v1",
            "http://127.0.0.1:8383@evil/v1",
            "http://127.0.0.1:8383.evil/v1",
            "http://127.0.0.1:8383/../x",
            "http://127.0.0.1:8383/v1?x",
            "https://api.openai.com/v1",
            "",
        ] {
            assert!(!leads_to(url, proxy), "{url}");
        }
        assert!(!leads_to("http://x", ""));
    }
}
