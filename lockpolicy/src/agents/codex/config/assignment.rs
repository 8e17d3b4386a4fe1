//! An assignment `key=value`, which codex lays over its configuration.
//!
//! It is read as codex reads it: split at the first `=`, blanks trimmed, the key split at dots with
//! nothing unquoted, the value as TOML or else as it is written.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use toml::Value;

use super::keys::{Selects, selects};

/// One assignment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assignment<'a> {
    /// The key, blanks trimmed.
    pub(crate) key: &'a str,
    /// The value as written, blanks trimmed.
    pub(crate) written: &'a str,
    /// The value.
    pub(crate) value: Value,
}

/// The selector that was found in an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The thing that is selected.
    pub(crate) selects: Selects,
    /// Whether it stands inside the value, so that it cannot be written anew by itself.
    pub(crate) nested: bool,
}

impl<'a> Assignment<'a> {
    /// Reads an assignment. `None` has no key or no `=`, which codex refuses.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (key, written) = text.split_once('=')?;
        let (key, written) = (key.trim(), written.trim());
        (!key.is_empty()).then(|| Self {
            key,
            written,
            value: parse_value(written),
        })
    }

    /// Returns the selector that it states, if it states one.
    pub(crate) fn finding(&self) -> Option<Finding> {
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

    /// Returns the value where it is a text. A text with an unusual spelling is returned as it was
    /// written, since TOML readers differ about spellings.
    pub(crate) fn text(&self) -> Option<&str> {
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

/// Returns the assignment of a text to a key.
pub(crate) fn assign(key: &str, text: &str) -> String {
    [key, "=", &quoted(text)].concat()
}

/// Returns a text as TOML.
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

/// Returns the value as TOML, or the text that is written, without quotes around it.
fn parse_value(written: &str) -> Value {
    let document = ["_x_ = ", written].concat();
    let table: Option<toml::Table> = toml::from_str(&document).ok();
    let value = table.and_then(|mut table| table.remove("_x_"));
    value.unwrap_or_else(|| Value::String(written.trim_matches(['"', '\'']).to_string()))
}

/// Returns the strongest selector inside a value; `path` leads to the value.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(Selects, bool)> {
        Assignment::parse(text)?
            .finding()
            .map(|finding| (finding.selects, finding.nested))
    }

    #[test]
    fn key_selects_by_its_name() {
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
    fn selector_in_a_table_is_found() {
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
    fn value_is_toml_or_the_written_text() {
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
            assert_eq!(Assignment::parse(text).unwrap().text(), expected, "{text}");
        }
        assert_eq!(assign("model", "a/b"), "model=\"a/b\"");
    }
}
