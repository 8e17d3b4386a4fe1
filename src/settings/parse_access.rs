//! From the texts of the settings that say who is served, and with which keys, to their values.

use std::path::Path;

use lockpolicy::http::{AllowedHost, AllowedOrigin, NotAllowable};
use lockpolicy::{escape_for_log, label_enum};
use proxy::ListenAddress;

use super::parse::{Given, Parsed, texts};
use super::secret_file::SecretFile;
use super::tokens_file::TokensFile;

label_enum! {
    /// The clients that are served.
    pub(crate) enum ClientAuth {
        /// Everyone who reaches the listener is served.
        None = "none",
        /// Only those whom the file of tokens lists are served.
        Token = "token",
    }
}

/// A file that holds a key, and the dialect that was named with it.
#[derive(Clone, Debug)]
pub(crate) struct KeyFile {
    pub(super) dialect: Option<String>,
    pub(crate) file: SecretFile,
}

pub(super) fn listen(given: &Given) -> Parsed<ListenAddress> {
    given.parse(
        "an address and port like 127.0.0.1:8383, or unix:PATH,",
        |text| text.parse().ok(),
    )
}

pub(super) fn client_auth(given: &Given) -> Parsed<Option<ClientAuth>> {
    given.parse("`none` or `token`", |text| {
        ClientAuth::parse(text).map(Some)
    })
}

pub(super) fn client_tokens(given: &Given) -> Parsed<Option<TokensFile>> {
    let file = TokensFile::read(Path::new(given.text()?), given.place);
    file.map(Some)
}

pub(super) fn origins(given: &Given) -> Parsed<Vec<AllowedOrigin>> {
    each(given, AllowedOrigin::parse)
}

pub(super) fn hosts(given: &Given) -> Parsed<Vec<AllowedHost>> {
    each(given, AllowedHost::parse)
}

/// Reads a list: the flag may be repeated, and commas separate in both.
fn each<T>(given: &Given, parse: fn(&str) -> Result<T, NotAllowable>) -> Parsed<Vec<T>> {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for text in texts(given)?.into_iter().flat_map(|text| text.split(',')) {
        match parse(text) {
            Ok(one) => all.push(one),
            Err(error) => {
                let what = format!("`{}`: {error}", escape_for_log(text));
                problems.push(given.problem(what));
            }
        }
    }
    if problems.is_empty() {
        Ok(all)
    } else {
        Err(problems)
    }
}

/// Reads `FILE` or `DIALECT=FILE`.
pub(super) fn keys(given: &Given) -> Parsed<Vec<KeyFile>> {
    let (mut keys, mut problems) = (Vec::new(), Vec::new());
    for text in texts(given)? {
        let (dialect, path) = named(text);
        match SecretFile::read(Path::new(path), given.place, 0) {
            Ok(file) => keys.push(KeyFile { dialect, file }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(keys)
    } else {
        Err(problems)
    }
}

/// Splits `DIALECT=FILE`. What has a slash or a dot before the `=` is a path.
fn named(text: &str) -> (Option<String>, &str) {
    let is_word = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.split_once('=') {
        Some((name, path)) if is_word(name) => (Some(name.to_owned()), path),
        Some(_) | None => (None, text),
    }
}
