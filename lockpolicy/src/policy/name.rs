//! A model's name, and what may be written in one.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::value::KeyValue;
use crate::text::escape_for_log;

/// The longest name that is accepted, in bytes.
pub const MAX_NAME_BYTES: usize = 200;

/// A name that can be pinned: one model, spelled with `A-Z a-z 0-9 . _ : / @ + ~ -`, a letter or
/// digit first.
///
/// Lists, globs, blanks and control characters are no names, so a setting that holds one stops the
/// program instead of meaning something to some upstream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(String);

impl Name {
    /// Takes the text as it stands: no trimming, no case folding (rule 6).
    ///
    /// # Errors
    ///
    /// [`NameError`] says which part of the shape is wrong.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.trim().is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > MAX_NAME_BYTES {
            return Err(NameError::TooLong);
        }
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) || !text.chars().all(is_name_char)
        {
            return Err(NameError::Character);
        }
        Ok(Self(text.to_string()))
    }

    /// The name as text. It never needs escaping in JSON, TOML strings or a shell word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl KeyValue for Name {
    const MISSING: &'static str = "not set: set it to the one approved model, like gpt-5.5";

    type Ref<'a> = &'a str;

    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| match error {
            NameError::Empty => "empty: a model's name expected".to_owned(),
            NameError::Character | NameError::TooLong => {
                format!("`{}` is {error}", escape_for_log(text))
            }
        })
    }

    fn get(&self) -> &str {
        self.as_str()
    }

    fn write(&self) -> Vec<String> {
        alloc::vec![self.0.clone()]
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '/' | '@' | '+' | '~' | '-')
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Describes why a text is no model name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A character that no model name has.
    #[error(
        "not one model name: use letters, digits and . _ : / @ + ~ - only, a letter or digit first"
    )]
    Character,
    /// Nothing but blanks, or nothing at all.
    #[error("empty")]
    Empty,
    /// Longer than [`MAX_NAME_BYTES`].
    #[error("longer than 200 bytes")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_that_is_no_plain_word_is_an_error() {
        for good in [
            "gpt-5.5",
            "openai/gpt-5.5",
            "codex-cli/gpt-5.4",
            "llama3:8b",
            "a@b",
            "o3",
        ] {
            assert_eq!(Name::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "  ",
            "a b",
            "a,b",
            "gpt-*",
            "-x",
            "gpt\n",
            "gpt\0x",
            "m\u{043e}del",
            "\"x\"",
            " a",
        ] {
            assert!(Name::parse(bad).is_err(), "{bad:?}");
        }
        let longest = "a".repeat(200);
        assert_eq!(Name::parse(&longest).unwrap().to_string(), longest);
        assert_eq!(Name::parse(&"a".repeat(201)), Err(NameError::TooLong));
    }
}
