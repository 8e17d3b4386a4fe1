//! A secret from a file, which a secret store may replace while the proxy runs: the provider's key, or the token of
//! the admin port.

use std::path::{Path, PathBuf};

use lockpolicy::Problem;
use proxy::Key;

use super::followed_file::{on_change, read_text};

/// A key and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct SecretFile {
    path: PathBuf,
    /// The setting that names it.
    pub(super) place: &'static str,
    shortest: usize,
    pub(crate) key: Key,
}

impl SecretFile {
    /// Reads a key of so many characters at the least. What is wrong never quotes the file.
    pub(crate) fn read(path: &Path, place: &'static str, shortest: usize) -> Result<Self, Problem> {
        let problem = |what: String| Problem::new(place, format!("{}: {what}", path.display()));
        let text = read_text(path).map_err(|error| problem(error.to_string()))?;
        if is_short(&text, shortest) {
            return Err(problem(format!("at least {shortest} characters expected")));
        }
        let key = Key::new(&text).map_err(|error| problem(error.to_string()))?;
        Ok(Self {
            path: path.to_owned(),
            place,
            shortest,
            key,
        })
    }

    /// Takes the file's key again and again; never ends. A file that holds none changes nothing.
    pub(crate) async fn follow(self) {
        on_change(&self.path, |text, is_change| {
            let fits = text.ok().filter(|text| !is_short(text, self.shortest));
            let taken = fits.is_some_and(|text| self.key.replace(text).is_ok());
            let result = if taken { "applied" } else { "kept" };
            if is_change {
                tracing::info!(event = "key", of = self.place, result);
            }
        })
        .await;
    }
}

/// Returns true if a file's text is too short to be a key.
fn is_short(text: &str, shortest: usize) -> bool {
    text.trim().len() < shortest
}
