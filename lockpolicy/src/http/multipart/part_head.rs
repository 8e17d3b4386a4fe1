//! The head of a part: its name, and whether it is a file.

use alloc::string::ToString as _;

/// The head of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PartHead<'a> {
    pub(super) name: &'a str,
    pub(super) file: bool,
    /// The kind of text that it says to be.
    pub(super) text: PartText,
    /// `true` if it states the length of the content.
    pub(super) has_length: bool,
}

/// The kind of text that a part says to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartText {
    /// Plain text in UTF-8.
    Utf8,
    /// Plain text in a charset that reads ASCII as UTF-8 does.
    Ascii,
    /// Something else than plain text.
    Other,
}

impl PartText {
    /// Returns true if this content is read alike as text in UTF-8 and as what it says to be.
    pub(super) fn reads(self, content: &[u8]) -> bool {
        match self {
            Self::Utf8 => true,
            Self::Ascii => content.is_ascii(),
            Self::Other => false,
        }
    }
}

/// Reads the head of a part whose content has `length` bytes; `None` where it has another reading, or a field besides
/// those that clients write.
///
/// The length of a part and a transfer encoding that encodes nothing say nothing new. Any other length or encoding is
/// heeded by some parsers and not by others.
pub(super) fn part_head(head: &str, length: usize) -> Option<PartHead<'_>> {
    let mut found = None;
    let mut text = PartText::Utf8;
    let mut seen = [false; FIELDS.len()];
    for line in head.split("\r\n") {
        let (key, value) = line.split_once(':')?;
        value.chars().all(is_visible).then_some(())?;
        let value = value.trim_matches(' ');
        let index = FIELDS
            .iter()
            .position(|own| key.eq_ignore_ascii_case(own))?;
        let seen = seen.get_mut(index)?;
        (!core::mem::replace(seen, true)).then_some(())?;
        match index {
            0 => found = Some(disposition(value)?),
            1 => text = part_text(value)?,
            2 => (value == length.to_string()).then_some(())?,
            _ => is_no_encoding(value).then_some(())?,
        }
    }
    let (name, file) = found?;
    let [_, _, has_length, _] = seen;
    Some(PartHead {
        name,
        file,
        text,
        has_length,
    })
}

/// The fields of a part, each once at the most.
const FIELDS: [&str; 4] = [
    "content-disposition",
    "content-type",
    "content-length",
    "content-transfer-encoding",
];

/// Returns true for a transfer encoding that leaves the content as it is (RFC 2045 section 6.2).
fn is_no_encoding(value: &str) -> bool {
    let mut known = ["7bit", "8bit", "binary"].iter();
    known.any(|known| value.eq_ignore_ascii_case(known))
}

/// Returns false for what may end a line: some parsers split heads at every line end that Unicode knows.
fn is_visible(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns the kind of text that a media type says; `None` for parts in a part.
fn part_text(kind: &str) -> Option<PartText> {
    let kind = kind.to_ascii_lowercase();
    (!kind.starts_with("multipart/")).then_some(())?;
    let (kind, parameter) = kind.split_once(';').unwrap_or((&kind, ""));
    let charset = parameter.trim().replace('"', "");
    Some(match (kind.trim_end(), charset.as_str()) {
        ("text/plain", "" | "charset=utf-8") => PartText::Utf8,
        ("text/plain", "charset=us-ascii" | "charset=iso-8859-1") => PartText::Ascii,
        _ => PartText::Other,
    })
}

/// Reads `form-data; name="plain"`, with or without `; filename="…"` and `; filename*=…`. What is a token needs no
/// quotes.
fn disposition(value: &str) -> Option<(&str, bool)> {
    let rest = value.strip_prefix("form-data")?;
    let (name, rest) = parameter(rest, "; name=")?;
    let name = match name {
        Value::Quoted(name) | Value::Token(name) if is_name(name) => name,
        Value::Quoted(_) | Value::Token(_) => return None,
    };
    let (file, rest) = match parameter(rest, "; filename=") {
        Some((Value::Quoted(file), rest)) => (is_file_name(file).then_some(true)?, rest),
        Some((Value::Token(_), rest)) => (true, rest),
        None => (false, rest),
    };
    if rest.is_empty() {
        return Some((name, file));
    }
    let extended = rest.strip_prefix("; filename*=")?;
    is_extended(extended).then_some((name, true))
}

/// The value of a parameter.
enum Value<'a> {
    Quoted(&'a str),
    Token(&'a str),
}

/// Reads one parameter at the beginning of `text`, and returns what follows it.
fn parameter<'a>(text: &'a str, start: &str) -> Option<(Value<'a>, &'a str)> {
    let rest = text.strip_prefix(start)?;
    let (value, rest) = if let Some(inner) = rest.strip_prefix('"') {
        let (inner, rest) = inner.split_once('"')?;
        (Value::Quoted(inner), rest)
    } else {
        let end = rest.find(';').unwrap_or(rest.len());
        let (token, rest) = rest.split_at_checked(end)?;
        is_token(token).then_some((Value::Token(token), rest))?
    };
    (rest.is_empty() || rest.starts_with(';')).then_some((value, rest))
}

/// Returns true for a token of characters that no parser takes for the end of one, nor decodes.
fn is_token(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.+~".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// Returns true for `UTF-8'LANGUAGE'ESCAPED` (RFC 8187 section 3.2).
fn is_extended(value: &str) -> bool {
    let mut parts = value.split('\'');
    let (Some(charset), Some(language), Some(text), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let known = ["utf-8", "iso-8859-1"].iter();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&byte);
    known
        .into_iter()
        .any(|known| charset.eq_ignore_ascii_case(known))
        && language
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.is_empty()
        && text.bytes().all(plain)
}

/// Returns false for a name that ends its quotes, or that is another name to a parser that splits at semicolons.
fn is_file_name(name: &str) -> bool {
    let ends_quotes = name.contains(['"', '\\']);
    let mut parameters = name
        .split(';')
        .skip(1)
        .filter_map(|part| part.split_once('='));
    let is_name = |(key, _): (&str, &str)| key.to_ascii_lowercase().contains("name");
    !ends_quotes && !parameters.any(is_name)
}

/// Returns true for `plain`, `plain[]`, `plain[member]` and so on.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let base = base_name(name);
    let mut rest = name.get(base.len()..).unwrap_or_default();
    while let Some((inner, behind)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        if !inner.bytes().all(plain) {
            return false;
        }
        rest = behind;
    }
    let proper = base.starts_with(|c: char| c.is_ascii_alphabetic()) && base.bytes().all(plain);
    proper && rest.is_empty()
}

/// The name in front of the brackets of a list or of a member: `include[]`, `chunking_strategy[type]`.
fn base_name(name: &str) -> &str {
    name.split_once('[').map_or(name, |(base, _)| base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_may_have_brackets_and_field_a_type() {
        for name in ["a", "a[]", "a[b]", "a[b][]", "a_b-c[d_e]"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "[a]",
            "a[",
            "a]",
            "a[b",
            "a[b]c",
            "a[b.c]",
            "_a",
            "_charset_",
            "a b",
            "a[[b]]",
        ] {
            assert!(!is_name(name), "{name}");
        }
        for (kind, text) in [
            ("text/plain", Some(PartText::Utf8)),
            ("Text/Plain; charset=\"utf-8\"", Some(PartText::Utf8)),
            ("text/plain;charset=ISO-8859-1", Some(PartText::Ascii)),
            ("text/plain; charset=utf-16", Some(PartText::Other)),
            ("text/plainer", Some(PartText::Other)),
            ("multipart/mixed; boundary=X", None),
        ] {
            assert_eq!(part_text(kind), text, "{kind}");
        }
        assert!(PartText::Ascii.reads(b"a") && !PartText::Ascii.reads("é".as_bytes()));
    }

    #[test]
    fn head_that_clients_write_is_read() {
        for (head, expected) in [
            (
                "Content-Disposition: form-data; name=\"model\"",
                (false, false),
            ),
            (
                "content-disposition: form-data; name=\"model\"",
                (false, false),
            ),
            (
                "Content-Disposition: form-data; name=\"model\"; filename=\"é;%22.wav\"\r\nContent-Type: audio/wav",
                (true, true),
            ),
            (
                "Content-Disposition: form-data; name=\"model\"; filename=\"a;b=c.wav\"",
                (true, false),
            ),
            (
                "Content-Disposition: form-data; name=model\r\nContent-Length: 7",
                (false, false),
            ),
            (
                "Content-Disposition: form-data; name=model; filename=a.wav; filename*=utf-8''a.wav",
                (true, false),
            ),
            (
                "Content-Disposition: form-data; name=\"model\"; filename*=UTF-8'en'%e2%82%ac.wav",
                (true, false),
            ),
            (
                "Content-Disposition: form-data; name=\"model\"; filename*=UTF-8'en-US'a.wav",
                (true, false),
            ),
            (
                "Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: Binary",
                (false, false),
            ),
            (
                "Content-Disposition: form-data; name=\"model\"\r\nContent-Type: text/plain; charset=US-ASCII\r\nContent-Transfer-Encoding: 8bit\r\nContent-Length: 7",
                (false, false),
            ),
            (
                "Content-Type: text/plain; charset=UTF-8\r\nContent-Disposition: form-data; name=\"model\"",
                (false, false),
            ),
        ] {
            let found = part_head(head, 7).unwrap();
            let other = found.text == PartText::Other;
            assert_eq!(
                (found.name, found.file, other),
                ("model", expected.0, expected.1),
                "{head}"
            );
        }
    }

    #[test]
    fn head_with_another_reading_is_refused() {
        let good = "Content-Disposition: form-data; name=\"model\"";
        let with = |tail: &str| [good, tail].concat();
        for head in [
            good.replace("\"model\"", "mo del"),
            good.replace("\"model\"", "model[a]"),
            good.replace("\"model\"", "model%5B%5D"),
            good.replace("\"model\"", "model\""),
            good.replace("\"model\"", "'model'"),
            good.replace("\"model\"", "model x"),
            good.replace("\"model\"", "mod.el"),
            good.replace("\"model\"", "_model"),
            good.replace("\"model\"", ""),
            good.replace("model", "mo\\del"),
            good.replace("name=", "name ="),
            good.replace("name=", "NAME="),
            good.replace("form-data", "attachment"),
            good.replace("; name", ";\r\n name"),
            good.replace(": ", " : "),
            good.replace("Content-", " Content-"),
            with("; name=\"x\""),
            with("; name*=UTF-8''x"),
            with("; filename*=UTF-16''x"),
            with("; filename*=UTF-8'x"),
            with("; filename*=UTF-8'en_US'x"),
            with("; filename*=UTF-8'e n'x"),
            with("; filename*=UTF-8''x;y"),
            with("; filename*=UTF-8''x\""),
            with("; filename*=x"),
            with("; filename*=UTF-8''x; filename=\"x\""),
            with("; filename=x y"),
            with("; filename=x; name=y"),
            with("; filename=x,y"),
            with("; filename=\"x\"; name=\"x\""),
            with("; filename=\"x; name=y\""),
            with("; filename=\"x\\\"; name=\\\"y\""),
            with("; filename=\"x\u{2028}\""),
            with("; filename=\"x\u{85}\""),
            with("; filename=\"x\t\""),
            with("; filename=\"x\n\""),
            with("\r\nContent-Transfer-Encoding: base64"),
            with("\r\nContent-Transfer-Encoding: quoted-printable"),
            with("\r\nContent-Transfer-Encoding: binary, base64"),
            with("\r\nContent-Transfer-Encoding: "),
            with("\r\nContent-Length: 1"),
            with("\r\nContent-Length: +7"),
            with("\r\nContent-Length: 07"),
            with("\r\nContent-Length: 7, 7"),
            with("\r\nContent-Length: 7\r\nContent-Length: 7"),
            with("\r\nContent-ID: 7"),
            with("; filename=\"x;Name=y\""),
            with("; filename=\"x; filename*=utf-8''y\""),
            with("\r\nContent-Type: multipart/mixed; boundary=X"),
            [good, "\r\n", good].concat(),
            with("\nContent-Type: text/plain"),
            with("\r\n"),
        ] {
            assert_eq!(part_head(&head, 7), None, "{head:?}");
        }
    }
}
