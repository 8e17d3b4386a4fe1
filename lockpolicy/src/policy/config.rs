//! Settings as they are stated by a file or the environment, and the step from them to a [`Policy`].

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use toml::de::{DeTable, DeValue};

use super::key::Key;
use super::keys::{KEYS, Policy};
use super::problem::{Problem, Problems};
use super::renamed;
use super::values::{Place, Values, name};
use crate::text::{escape_for_log, nearest_names};

/// Settings from one source or several, unchecked but for their types. [`PolicyConfig::merged_over`] lays
/// one over another, and [`PolicyConfig::build`] makes the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyConfig {
    values: Values,
}

impl PolicyConfig {
    /// Reads the variables of [`policy_variables`](super::policy_variables); others are not looked at,
    /// except for names that are not read any more, which are problems.
    pub fn from_variables<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut values = Values::default();
        for (variable, text) in pairs {
            let mut keys = KEYS.iter();
            if let Some(key) = keys.find(|key| key.variable == Some(variable)) {
                values.state(key, Place::Variable, key.kind.texts_of_variable(text));
            } else if let Some(advice) = renamed::advice(variable) {
                values.problem(Place::Variable, variable, advice);
            }
        }
        Self { values }
    }

    /// Reads a policy file: TOML with the keys of [`KEYS`]. Problems come out of
    /// [`PolicyConfig::build`].
    pub fn from_toml(text: &str) -> Self {
        Self::from_file("", text)
    }

    /// Reads a policy file whose name is told in each problem.
    pub fn from_file(name: &str, text: &str) -> Self {
        let mut reader = FileReader {
            text,
            values: Values::of_file(name),
        };
        match DeTable::parse(text) {
            Ok(table) => reader.table("", table.get_ref()),
            Err(error) => {
                let line = error.span().map(|span| reader.line(span.start));
                let (place, what) = (Place::File { line }, error.message().replace('\n', " "));
                reader.values.unreadable = true;
                reader.values.problem(place, "invalid TOML", what);
            }
        }
        Self {
            values: reader.values,
        }
    }

    /// Returns settings of a source that could not be read. What it would state is not known, so nothing
    /// is reported as missing.
    #[must_use]
    pub fn unreadable(problem: Problem) -> Self {
        let mut values = Values::default();
        values.unreadable(problem);
        Self { values }
    }

    /// Lays these settings over lower ones: what they state wins, what they leave open comes from below.
    #[must_use]
    pub fn merged_over(mut self, lower: Self) -> Self {
        self.values.merge(lower.values);
        self
    }

    /// Checks everything and makes the policy.
    ///
    /// # Errors
    ///
    /// [`Problems`] lists all that is wrong: a missing or empty model, an unknown mode, an unknown
    /// key, a value of the wrong shape.
    pub fn build(mut self) -> Result<Policy, Problems> {
        let policy = Policy::read(&mut self.values);
        let problems = self.values.into_problems();
        match policy {
            Some(policy) if problems.is_empty() => Ok(policy.with_hash()),
            _ => Err(Problems(problems)),
        }
    }
}

/// Returns the number of the line of a policy file that states a key, if one does.
pub fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let reader = FileReader {
        text,
        values: Values::default(),
    };
    let table = DeTable::parse(text).ok()?;
    let mut keys = table.get_ref().keys();
    let found = keys.find(|stated| stated.get_ref() == key)?;
    Some(reader.line(found.span().start))
}

/// A policy file that is being read.
struct FileReader<'a> {
    text: &'a str,
    values: Values,
}

impl FileReader<'_> {
    /// Returns the number of the line that holds a byte.
    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    /// Reads a table; `prefix` is its name with a dot, or empty for the root.
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let line = Some(self.line(key.span().start));
            self.entry(prefix, key.get_ref(), value.get_ref(), Place::File { line });
        }
    }

    fn entry(&mut self, prefix: &str, key: &str, value: &DeValue<'_>, place: Place) {
        let path = [prefix, key].concat();
        let inner = [&path, "."].concat();
        let plain = !key.contains('.');
        let found = KEYS.iter().find(|known| plain && known.key == path);
        let has_inner = plain && KEYS.iter().any(|known| known.key.starts_with(&inner));
        match (found, value) {
            (Some(key), value) => self.value(key, value, place),
            (None, DeValue::Table(table)) if has_inner => self.table(&inner, table),
            (None, _) if has_inner => self.values.problem(place, &path, "a table expected"),
            (None, _) => {
                let what = unknown_key(prefix, &path);
                self.values.problem(place, &escape_for_log(&path), what);
            }
        }
    }

    fn value(&mut self, key: &'static Key, value: &DeValue<'_>, place: Place) {
        match key.kind.texts_of_toml(value) {
            Ok(texts) => self.values.state(key, place, texts),
            Err(expected) => self.values.problem(place, name(key, place), expected),
        }
    }
}

/// Returns what to say about a key that no row of the table has.
fn unknown_key(prefix: &str, path: &str) -> String {
    if let Some(advice) = renamed::advice(path) {
        return advice;
    }
    let meant = nearest_names(KEYS.iter().map(|key| key.key), path);
    if !meant.is_empty() {
        return format!("unknown key: `{}` expected", meant.join("` or `"));
    }
    let known = KEYS.iter().filter_map(|key| key.key.strip_prefix(prefix));
    match prefix {
        "" => String::from("unknown key: those of docs/reference/policy-file.md expected"),
        _ => format!("unknown key ({})", known.collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests;
