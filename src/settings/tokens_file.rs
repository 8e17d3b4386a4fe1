//! The file that lists the clients and their tokens, taken again when it changes: whole, or not at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use lockpolicy::http::ClientTokens;
use lockpolicy::{Problem, Problems};
use proxy::ClientTokensHandle;

use super::followed_file::{on_change, read_text};

/// The clients and where they came from.
#[derive(Clone, Debug)]
pub(crate) struct TokensFile {
    path: PathBuf,
    /// The setting that names it.
    pub(crate) place: &'static str,
    pub(crate) clients: ClientTokensHandle,
}

impl TokensFile {
    /// Reads the file.
    pub(super) fn read(path: &Path, place: &'static str) -> Result<Self, Vec<Problem>> {
        let tokens = read_text(path)
            .map_err(|error| vec![Problem::new(place, format!("{}: {error}", path.display()))])
            .and_then(|text| parse(path, &text).map_err(|Problems(found)| found))?;
        Ok(Self {
            path: path.to_owned(),
            place,
            clients: Arc::new(ArcSwap::from_pointee(tokens)),
        })
    }

    /// Takes the file's clients again and again; never ends. A file that is not valid changes nothing.
    pub(crate) async fn follow(self) {
        on_change(&self.path, |text, is_change| self.take(text, is_change)).await;
    }

    fn take(&self, text: Result<&str, &str>, is_change: bool) {
        let read = match text {
            Ok(text) => parse(&self.path, text).map_err(|problems| problems.to_string()),
            Err(error) => Err(error.to_owned()),
        };
        match read {
            Ok(tokens) => {
                self.clients.store(tokens.into());
                if is_change {
                    tracing::info!(event = "client_tokens", of = self.place, result = "applied");
                }
            }
            Err(problems) => {
                tracing::error!(
                    event = "client_tokens",
                    of = self.place,
                    result = "kept",
                    problems
                );
            }
        }
    }
}

fn parse(path: &Path, text: &str) -> Result<ClientTokens, Problems> {
    ClientTokens::from_file(&path.display().to_string(), text)
}

#[cfg(test)]
mod tests {
    use lockpolicy::dialect::Credential;
    use lockpolicy::http::RequestHead;

    use super::*;

    fn name(file: &TokensFile, token: &str) -> Option<String> {
        let value = format!("Bearer {token}");
        let fields = [("authorization", value.as_str())];
        let head = RequestHead {
            fields: &fields,
            ..RequestHead::default()
        };
        let client = file
            .clients
            .load()
            .authenticate(&head, &Credential::default());
        client.ok().map(|client| client.name.clone())
    }

    #[test]
    fn file_that_is_not_valid_keeps_the_last_good_clients() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("clients");
        std::fs::write(&path, "alice 0123456789abcdef\n").unwrap();
        let file = TokensFile::read(&path, "--client-tokens").unwrap();
        assert_eq!(name(&file, "0123456789abcdef").unwrap(), "alice");
        for bad in [Ok(""), Ok("bob"), Err("gone")] {
            file.take(bad, true);
            assert_eq!(name(&file, "0123456789abcdef").unwrap(), "alice", "{bad:?}");
        }
        file.take(Ok("bob fedcba9876543210"), true);
        assert_eq!(name(&file, "0123456789abcdef"), None);
        assert_eq!(name(&file, "fedcba9876543210").unwrap(), "bob");
    }

    #[test]
    fn problem_names_setting_file_and_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("clients");
        std::fs::write(&path, "\nalice short\n").unwrap();
        let problems = TokensFile::read(&path, "--client-tokens").unwrap_err();
        let want = format!("{}: line 2: token: ", path.display());
        assert!(problems[0].to_string().starts_with(&want), "{problems:?}");
        let none = TokensFile::read(Path::new("/nowhere/clients"), "--client-tokens").unwrap_err();
        assert!(
            none[0]
                .to_string()
                .starts_with("--client-tokens: /nowhere/clients: ")
        );
        let directory = TokensFile::read(directory.path(), "--client-tokens").unwrap_err();
        assert!(
            directory[0].to_string().contains("regular file"),
            "{directory:?}"
        );
    }
}
