//! An environment as a value, so that tests need not change the real one.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use lockpolicy::Problem;

/// The variables of a process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Returns what a variable holds, whatever its bytes.
    pub(crate) fn raw(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Returns what a variable holds, as text.
    ///
    /// # Errors
    ///
    /// A [`Problem`] where it is not UTF-8.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        let text = raw.to_str().map(Some);
        text.ok_or_else(|| Problem::new(name, "not UTF-8"))
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        Self(
            pairs
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}
