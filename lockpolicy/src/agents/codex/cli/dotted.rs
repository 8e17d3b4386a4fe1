//! `-c key=value`: a key with dots and a value laid over codex's configuration.
//!
//! Taken as codex takes it: split at the first `=`, blanks trimmed, the key split at dots with
//! nothing unquoted, the value as TOML or else as it stands.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use toml::Value;

/// One override.
#[derive(Clone, Debug, PartialEq)]
pub struct Override<'a> {
    /// The key, blanks trimmed.
    pub key: &'a str,
    /// The value as written, blanks trimmed.
    pub written: &'a str,
    /// The value.
    pub value: Value,
}

/// What an override selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selects {
    /// How long the model may think.
    Effort,
    /// The service tier.
    Tier,
    /// The model of all that has none of its own: `model`, `review_model`.
    Model,
    /// The model of one thing: a sub-agent, the memory.
    OtherModel,
    /// Where a provider is.
    BaseUrl,
    /// The provider, or a file or table that may name model and provider.
    Source,
}

/// What was found in an override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is selected.
    pub selects: Selects,
    /// Whether it stands inside the value, so that it cannot be written anew by itself.
    pub nested: bool,
}

impl<'a> Override<'a> {
    /// Takes an override apart. `None` has no key or no `=`, which codex refuses.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (key, written) = text.split_once('=')?;
        let (key, written) = (key.trim(), written.trim());
        (!key.is_empty()).then(|| Self {
            key,
            written,
            value: parse_value(written),
        })
    }

    /// What it selects, if anything.
    pub fn finding(&self) -> Option<Finding> {
        let path: Vec<&str> = self.key.split('.').collect();
        if let Some(selects) = selects(&path) {
            return Some(Finding {
                selects,
                nested: false,
            });
        }
        // A key that codex takes for another one, but not every reader might.
        if self.key.contains('\\') {
            return Some(Finding {
                selects: Selects::Source,
                nested: false,
            });
        }
        let mut path: Vec<String> = path.into_iter().map(ToString::to_string).collect();
        strongest(&mut path, &self.value).map(|selects| Finding {
            selects,
            nested: true,
        })
    }

    /// The text that is stated. A text that is spelled in any but the plainest way is given as it
    /// was written, since not every TOML reader reads all spellings alike.
    pub fn text(&self) -> Option<&str> {
        let Value::String(text) = &self.value else {
            return None;
        };
        let quoted = |quote: char| {
            self.written
                .strip_prefix(quote)
                .and_then(|rest| rest.strip_suffix(quote))
        };
        let plain = self.written == text || quoted('"') == Some(text) || quoted('\'') == Some(text);
        Some(if plain { text } else { self.written })
    }
}

/// An override of `key` with a text.
pub fn write(key: &str, text: &str) -> String {
    [key, "=", &quoted(text)].concat()
}

/// A text as TOML.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.extend([&*format!("\\u{:04X}", u32::from(c))]),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The value as TOML, or as the text that stands there, without quotes around it.
fn parse_value(written: &str) -> Value {
    let document = ["_x_ = ", written].concat();
    let table: Option<toml::Table> = toml::from_str(&document).ok();
    let value = table.and_then(|mut table| table.remove("_x_"));
    value.unwrap_or_else(|| Value::String(written.trim_matches(['"', '\'']).to_string()))
}

/// The strongest selector inside a value; `path` is where the value stands.
fn strongest(path: &mut Vec<String>, value: &Value) -> Option<Selects> {
    let here = {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        selects(&path)
    };
    let inside = match value {
        Value::Table(table) => table
            .iter()
            .filter_map(|(key, value)| {
                path.push(key.clone());
                let found = strongest(path, value);
                path.pop();
                found
            })
            .max(),
        Value::Array(values) => values
            .iter()
            .filter_map(|value| strongest(path, value))
            .max(),
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => None,
    };
    here.max(inside)
}

/// What a key selects. A key that is one but for case, quotes or blanks is taken for it, and for
/// the worst, because it has no use but to be misread.
pub(crate) fn selects(path: &[&str]) -> Option<Selects> {
    let plain: Vec<String> = path.iter().map(|part| plain(part)).collect();
    let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
    let found = selects_exactly(&plain)?;
    Some(if plain == path {
        found
    } else {
        Selects::Source
    })
}

fn plain(part: &str) -> String {
    part.trim()
        .trim_matches(['"', '\''])
        .trim()
        .to_ascii_lowercase()
        .replace('-', "_")
}

fn selects_exactly(path: &[&str]) -> Option<Selects> {
    let (first, last) = (*path.first()?, *path.last()?);
    if SOURCES.contains(&first) || (first == "agents" && last == "config_file") {
        Some(Selects::Source)
    } else if OTHERS.contains(&first) {
        None
    } else if last.ends_with("base_url") {
        Some(Selects::BaseUrl)
    } else if matches!(path, ["model" | "review_model"]) {
        Some(Selects::Model)
    } else if last == "model" || last.ends_with("_model") {
        Some(if first.starts_with("experimental_realtime") {
            Selects::Source
        } else {
            Selects::OtherModel
        })
    } else if last.ends_with("reasoning_effort") {
        Some(Selects::Effort)
    } else if last.ends_with("service_tier") {
        Some(Selects::Tier)
    } else {
        None
    }
}

/// Keys that choose a provider, or a place where model and provider are chosen.
const SOURCES: [&str; 6] = [
    "model_catalog_json",
    "model_provider",
    "model_providers",
    "oss_provider",
    "profile",
    "profiles",
];

/// Tables that belong to something else: a model named in there is not codex's.
const OTHERS: [&str; 12] = [
    "apps",
    "history",
    "hooks",
    "marketplaces",
    "mcp_servers",
    "notice",
    "otel",
    "permissions",
    "plugins",
    "projects",
    "shell_environment_policy",
    "tui",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(Selects, bool)> {
        Override::parse(text)?
            .finding()
            .map(|finding| (finding.selects, finding.nested))
    }

    #[test]
    fn keys_select_by_name() {
        for (text, expected) in [
            ("model=x", Selects::Model),
            (" model = x", Selects::Model),
            ("\tmodel\t=\tx", Selects::Model),
            ("review_model=x", Selects::Model),
            ("model_provider=x", Selects::Source),
            ("model_providers.x.base_url=\"http://x\"", Selects::Source),
            ("model_providers={}", Selects::Source),
            ("openai_base_url=x", Selects::BaseUrl),
            ("chatgpt_base_url=x", Selects::BaseUrl),
            ("experimental_realtime_ws_base_url=x", Selects::BaseUrl),
            ("experimental_realtime_ws_model=x", Selects::Source),
            ("oss_provider=x", Selects::Source),
            ("profile=p", Selects::Source),
            ("profiles.p.model=x", Selects::Source),
            ("model_catalog_json=x", Selects::Source),
            ("agents.default_subagent_model=x", Selects::OtherModel),
            ("agents.r.config_file=x", Selects::Source),
            ("memories.extract_model=x", Selects::OtherModel),
            ("model_reasoning_effort=x", Selects::Effort),
            ("plan_mode_reasoning_effort=x", Selects::Effort),
            ("service_tier=x", Selects::Tier),
            ("some_future_model=x", Selects::OtherModel),
            ("\"model\"=x", Selects::Source),
            ("MODEL=x", Selects::Source),
            ("model-provider=x", Selects::Source),
            ("mod\\u0065l=x", Selects::Source),
        ] {
            assert_eq!(found(text), Some((expected, false)), "{text}");
        }
        for text in [
            "model_verbosity=low",
            "model_reasoning_summary=none",
            "model_context_window=1",
            "mcp_servers.m.env.model=x",
            "projects={\"/d\"={trust_level=\"trusted\"}}",
            "features.memories=true",
            "notice={model_migrations={a=\"b\"}}",
            "shell_environment_policy.set.OPENAI_MODEL=x",
            "cli_auth_credentials_store=\"ephemeral\"",
            "model",
            "=x",
            "",
            "x=model=y",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn tables_are_looked_into() {
        for (text, expected) in [
            ("agents={r={config_file=\"/x\"}}", Selects::Source),
            ("agents={default_subagent_model=\"x\"}", Selects::OtherModel),
            ("agents={r.model='x'}", Selects::OtherModel),
            (
                "agents={default_subagent_reasoning_effort=\"x\"}",
                Selects::Effort,
            ),
            (
                "agents={default_subagent_reasoning_effort=\"x\", a={\"mo\\u0064el\"='x'}}",
                Selects::OtherModel,
            ),
            ("memories={consolidation_model=\"x\"}", Selects::OtherModel),
            (
                "memories=[{consolidation_model=\"x\"}]",
                Selects::OtherModel,
            ),
        ] {
            assert_eq!(found(text), Some((expected, true)), "{text}");
        }
    }

    #[test]
    fn values_are_toml_or_what_stands_there() {
        for (text, expected) in [
            ("model=x", Some("x")),
            ("model=\"x\"", Some("x")),
            ("model='x'", Some("x")),
            ("model=x#c", Some("x#c")),
            ("model=x=y", Some("x=y")),
            ("model=", Some("")),
            ("model=\"x\" # c", Some("\"x\" # c")),
            ("model=\"\\u0078\"", Some("\"\\u0078\"")),
            (
                "model=\"a\"\nmodel_provider=\"b\"",
                Some("\"a\"\nmodel_provider=\"b\""),
            ),
            ("model=1", None),
            ("model=[\"x\"]", None),
        ] {
            assert_eq!(Override::parse(text).unwrap().text(), expected, "{text}");
        }
        assert_eq!(write("model", "a/b"), "model=\"a/b\"");
    }
}
