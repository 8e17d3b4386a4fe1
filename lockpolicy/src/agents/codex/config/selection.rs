//! A key of codex's configuration with its value as the setting that it states: behind `-c`, in a config
//! map, or in a write to the configuration file.

use alloc::borrow::{Cow, ToOwned};

use super::keys::Selects;
use crate::{Policy, SelectorValue, Setting};

/// Returns the setting that a key states, with its value; `None` where nothing governed is selected.
///
/// `text` is the value where it is a text. Neither addresses, which may contain a password, nor tables,
/// which may contain a key, are repeated.
pub(crate) fn selection(
    selects: Selects,
    text: Option<&str>,
    policy: &Policy,
) -> Option<(Setting, SelectorValue<'static>)> {
    let stated = text.map_or(SelectorValue::NotText, |text| {
        SelectorValue::Text(Cow::Owned(text.to_owned()))
    });
    let stated = match selects {
        Selects::BaseUrl if is_proxy(text, policy) => return None,
        Selects::BaseUrl => SelectorValue::Text(Cow::Borrowed(ADDRESS)),
        Selects::Source if !is_name(text) => SelectorValue::Text(Cow::Borrowed(TABLE)),
        Selects::Tier => requested_tier(stated, policy),
        Selects::Effort | Selects::Model | Selects::OtherModel | Selects::Source => stated,
    };
    Some((selects.setting(), stated))
}

/// The text that is reported in place of an address.
pub(crate) const ADDRESS: &str = "<address>";

/// The text that is reported in place of a table.
pub(crate) const TABLE: &str = "<value>";

/// The tiers that every codex knows, as a request names them.
pub(crate) const TIERS: [&str; 2] = ["flex", "priority"];

/// Returns the word of a configuration for a word of a request: `priority` is called `fast` there.
pub(crate) fn config_word(setting: Setting, text: &str) -> &str {
    if setting == Setting::Tier && text == "priority" {
        "fast"
    } else {
        text
    }
}

/// Returns a tier of a configuration as a request will name it.
pub(crate) fn requested_tier<'a>(stated: SelectorValue<'a>, policy: &Policy) -> SelectorValue<'a> {
    if stated.text() == Some("fast") && policy.tier() == Some("priority") {
        SelectorValue::Text(Cow::Borrowed("priority"))
    } else {
        stated
    }
}

fn is_name(text: Option<&str>) -> bool {
    text.is_some_and(|text| {
        crate::Name::parse(text).is_ok() && text.len() <= 64 && !text.contains("://")
    })
}

fn is_proxy(text: Option<&str>, policy: &Policy) -> bool {
    text.zip(policy.proxy())
        .is_some_and(|(url, proxy)| is_below(url, proxy))
}

/// Returns true where a base URL is the proxy's or lies below it, in plain characters.
pub(crate) fn is_below(url: &str, proxy: &str) -> bool {
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
    fn url_below_the_proxy_is_the_proxy_and_no_other_is() {
        let proxy = "http://127.0.0.1:8383";
        for url in [
            proxy,
            "http://127.0.0.1:8383/",
            "http://127.0.0.1:8383/v1",
            "http://127.0.0.1:8383/x/v1",
        ] {
            assert!(
                is_below(url, proxy) && is_below(url, "http://127.0.0.1:8383/"),
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
            assert!(!is_below(url, proxy), "{url}");
        }
        assert!(!is_below("http://x", ""));
    }

    #[test]
    fn name_is_repeated_and_what_may_hold_a_password_is_not() {
        let policy = crate::PolicyConfig::from_toml("model = 'PIN'")
            .build()
            .unwrap();
        let [longest, longer] = [64, 65].map(|length| "n".repeat(length));
        for (text, expected) in [
            (Some("b"), "b"),
            (Some(&*longest), &*longest),
            (Some(&*longer), TABLE),
            (Some("a b"), TABLE),
            (Some("http://u:p@h"), TABLE),
            (Some(""), TABLE),
            (None, TABLE),
        ] {
            let (_, stated) = selection(Selects::Source, text, &policy).unwrap();
            assert_eq!(stated.text(), Some(expected));
        }
        let (_, address) = selection(Selects::BaseUrl, Some("http://u:p@h"), &policy).unwrap();
        assert_eq!(address.text(), Some(ADDRESS));
    }

    #[test]
    fn tier_priority_alone_has_another_word_in_a_configuration() {
        for (setting, text, expected) in [
            (Setting::Tier, "priority", "fast"),
            (Setting::Tier, "flex", "flex"),
            (Setting::Effort, "priority", "priority"),
        ] {
            assert_eq!(config_word(setting, text), expected);
        }
    }
}
