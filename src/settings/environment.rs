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

    /// Returns the name of each variable.
    pub(super) fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.0.keys().map(OsString::as_os_str)
    }

    /// Returns the same without some variables, and the names of those that it has.
    pub(super) fn without(
        &self,
        names: impl Iterator<Item = &'static str>,
    ) -> (Self, Vec<&'static str>) {
        let mut left = self.clone();
        let removed = names.filter(|name| left.0.remove(OsStr::new(name)).is_some());
        let removed = removed.collect();
        (left, removed)
    }

    /// Returns what a variable holds, as text.
    ///
    /// # Errors
    ///
    /// A [`Problem`] where it is not UTF-8.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        let text = self.raw(name).map(OsStr::to_str);
        let text = text.map(|text| text.ok_or_else(|| Problem::new(name, "not UTF-8")));
        text.transpose()
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let owned = |(name, value): (K, V)| (name.into(), value.into());
        Self(pairs.into_iter().map(owned).collect())
    }
}
