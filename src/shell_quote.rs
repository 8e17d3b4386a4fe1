//! Words as a POSIX shell reads them, on one line.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

/// Joins words to a line that a shell splits into the same words.
///
/// A word that has a control character, or is not UTF-8, is written as `$'…'`, which bash, zsh and POSIX 2024 read.
pub(crate) fn shell<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> String {
    let words: Vec<String> = words.into_iter().map(word).collect();
    words.join(" ")
}

fn word(word: &OsStr) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(b);
    match word.to_str() {
        Some(text) if !text.is_empty() && text.bytes().all(|b| plain(&b)) => text.to_owned(),
        Some(text) if !text.chars().any(char::is_control) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        Some(_) | None => escaped(word.as_bytes()),
    }
}

fn escaped(bytes: &[u8]) -> String {
    let mut out = String::from("$'");
    for byte in bytes {
        match byte {
            b'\\' | b'\'' => out.extend(['\\', char::from(*byte)]),
            0x20..=0x7e => out.push(char::from(*byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(out, "\\{byte:03o}")),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn quoted_words_are_read_by_a_shell_as_the_same_words() {
        let words: [&[u8]; 9] = [
            b"codex",
            b"",
            b"it's",
            b"a b",
            b"model=\"x\"",
            b"$HOME `id` !! \\",
            b"two\nlines\x1b[0m'",
            b"\xff\xfe1",
            "ü~*?".as_bytes(),
        ];
        let line = shell(words.map(OsStr::from_bytes));
        assert!(!line.contains('\n'));
        let script = format!("for word in {line}; do printf '%s\\0' \"$word\"; done");
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        let expected: Vec<u8> = words
            .iter()
            .flat_map(|word| [word, &b"\0"[..]].concat())
            .collect();
        assert_eq!(output.stdout, expected);
    }

    #[test]
    fn word_of_plain_characters_has_no_quotes() {
        assert_eq!(
            shell(["codex", "-m", "gpt-5.5", "-c", "a=b"].map(OsStr::new)),
            "codex -m gpt-5.5 -c a=b"
        );
    }
}
