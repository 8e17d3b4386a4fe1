//! An assignment `key=value`, which overrides codex's configuration.
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
    /// True where it is inside the value, so that it cannot be replaced alone.
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
        let mut path: Vec<String> = self.key.split('.').map(ToString::to_string).collect();
        // A key that codex takes for another one, but not every reader might.
        let escaped = self.key.contains('\\').then_some(Selects::Source);
        let (selects, nested) = match selects(&path).or(escaped) {
            Some(selects) => (selects, false),
            None => (strongest(&mut path, &self.value)?, true),
        };
        Some(Finding { selects, nested })
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
    let here = selects(path);
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
mod tests;
