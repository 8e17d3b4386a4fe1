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
            let taken = self.take(text);
            let (of, file) = (self.place, self.path.display());
            match taken {
                _ if !is_change => {}
                Ok(()) => tracing::info!(event = "key", of, %file, result = "applied"),
                Err(why) => tracing::warn!(event = "key", of, %file, result = "kept", why),
            }
        })
        .await;
    }

    /// Takes a file's text as the key, or says why the last one stays. The reason never quotes the file.
    fn take(&self, text: Result<&str, &str>) -> Result<(), String> {
        let text = text.map_err(str::to_owned)?;
        if text.trim().is_empty() {
            return Err("the file is empty: the last key is used on".to_owned());
        }
        if is_short(text, self.shortest) {
            let shortest = self.shortest;
            return Err(format!(
                "at least {shortest} characters expected: the last one is used on"
            ));
        }
        let replaced = self.key.replace(text);
        replaced.map_err(|error| format!("{error}: the last one is used on"))
    }
}

/// Returns true if a file's text is too short to be a key.
fn is_short(text: &str, shortest: usize) -> bool {
    text.trim().len() < shortest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_that_holds_no_key_keeps_the_last_one_and_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, "k-0123456789abcdef").unwrap();
        let secret = SecretFile::read(&path, "--key", 8).unwrap();
        assert_eq!(secret.take(Ok("k-fedcba9876543210")), Ok(()));
        for (text, why) in [
            (Ok(""), "the file is empty"),
            (Ok(" \n"), "the file is empty"),
            (Ok("short"), "at least 8 characters expected"),
            (Ok("two lines\nof a key"), "a key is one line"),
            (Err("permission denied"), "permission denied"),
        ] {
            let told = secret.take(text).unwrap_err();
            assert!(told.starts_with(why), "{told}");
            assert!(
                !told.contains("short") && !told.contains("two lines"),
                "{told}"
            );
        }
    }
}
