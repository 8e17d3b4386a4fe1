//! Escapes texts that come from a request, for logs and messages.

use alloc::string::String;

/// The longest text that is written whole, in bytes after escaping.
const MAX_ESCAPED_BYTES: usize = 128;

/// Returns a text, escaped and cut, so that it can stand in a log line or a message.
///
/// At most 128 bytes are kept. Control characters, quotes and everything outside ASCII are written as
/// escapes, so the result cannot forge anything where it is printed.
pub fn escape_for_log(text: &str) -> String {
    if text.len() <= MAX_ESCAPED_BYTES && text.bytes().all(is_plain) {
        return text.into();
    }
    let mut out = String::new();
    for c in text.chars() {
        let start = out.len();
        out.extend(c.escape_default());
        if out.len() > MAX_ESCAPED_BYTES {
            out.truncate(start);
            out.push_str("...");
            break;
        }
    }
    out
}

/// Returns true if a character stands for itself, as most of them do.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\'' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_control_characters_or_excess_length_is_escaped_and_cut() {
        assert_eq!(escape_for_log("x\ny\u{1b}[0m"), "x\\ny\\u{1b}[0m");
        assert!(escape_for_log(&"\u{fffd}".repeat(500)).len() <= 131);
        assert!(escape_for_log(&"a".repeat(500)).ends_with("..."));
        let (longest, escaped) = ("a".repeat(128), "\n".repeat(64));
        assert_eq!(escape_for_log(&longest), longest);
        assert_eq!(escape_for_log(&escaped), "\\n".repeat(64));
        let cut = [longest.as_str(), "..."].concat();
        assert_eq!(escape_for_log(&"a".repeat(129)), cut);
    }

    #[test]
    fn quote_and_backslash_are_escaped_and_other_visible_characters_are_not() {
        for (text, escaped) in [
            ("\"", "\\\""),
            ("'", "\\'"),
            ("\\", "\\\\"),
            ("é", "\\u{e9}"),
        ] {
            assert_eq!(escape_for_log(text), escaped);
        }
        assert_eq!(escape_for_log("a b/~!{}"), "a b/~!{}");
    }
}
