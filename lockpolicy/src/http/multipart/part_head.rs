//! The head of a part: its name, and whether it is a file.

/// The head of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PartHead<'a> {
    pub(super) name: &'a str,
    pub(super) file: bool,
    /// `true` if a type of its own makes something else of it than plain text in UTF-8.
    pub(super) typed: bool,
}

/// Reads the head of a part; `None` where it has another reading, or a field besides the two that clients write: the
/// transfer encoding of a part, for one, is decoded by some parsers and not by others.
pub(super) fn part_head(head: &str) -> Option<PartHead<'_>> {
    let mut found = None;
    let mut kind = None;
    for line in head.split("\r\n") {
        let (key, value) = line.split_once(':')?;
        value.chars().all(is_visible).then_some(())?;
        let value = value.trim_matches(' ');
        if key.eq_ignore_ascii_case("content-disposition") && found.is_none() {
            found = Some(disposition(value)?);
        } else if key.eq_ignore_ascii_case("content-type") && kind.is_none() {
            let value = value.to_ascii_lowercase();
            (!value.starts_with("multipart/")).then_some(())?;
            kind = Some(value);
        } else {
            return None;
        }
    }
    let (name, file) = found?;
    let typed = kind.is_some_and(|kind| !is_text(&kind));
    Some(PartHead { name, file, typed })
}

/// Returns false for what may end a line: some parsers split heads at every line end that Unicode knows.
fn is_visible(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns true for plain text in UTF-8, as some clients say of every field.
fn is_text(kind: &str) -> bool {
    let (kind, parameter) = kind.split_once(';').unwrap_or((kind, ""));
    let charset = parameter.trim().replace('"', "");
    kind.trim_end() == "text/plain" && matches!(charset.as_str(), "" | "charset=utf-8")
}

/// Reads `form-data; name="plain"`, with or without `; filename="…"`.
fn disposition(value: &str) -> Option<(&str, bool)> {
    let rest = value.strip_prefix("form-data; name=\"")?;
    let (name, rest) = rest.split_once('"')?;
    is_name(name).then_some(())?;
    if rest.is_empty() {
        return Some((name, false));
    }
    let file = rest.strip_prefix("; filename=\"")?.strip_suffix('"')?;
    is_file_name(file).then_some((name, true))
}

/// Returns false for a name that ends its quotes, or that is another parameter to a parser that splits at semicolons.
fn is_file_name(name: &str) -> bool {
    let ends_quotes = name.contains(['"', '\\']);
    let has_parameter = name.contains(';') && name.contains('=');
    !ends_quotes && !has_parameter
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
        assert!(is_text("text/plain") && is_text("text/plain; charset=\"utf-8\""));
        assert!(!is_text("text/plain; charset=utf-16") && !is_text("text/plainer"));
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
                "Content-Type: text/plain; charset=UTF-8\r\nContent-Disposition: form-data; name=\"model\"",
                (false, false),
            ),
        ] {
            let found = part_head(head).unwrap();
            assert_eq!(
                (found.name, found.file, found.typed),
                ("model", expected.0, expected.1)
            );
        }
    }

    #[test]
    fn head_with_another_reading_is_refused() {
        let good = "Content-Disposition: form-data; name=\"model\"";
        let with = |tail: &str| [good, tail].concat();
        for head in [
            good.replace("\"model\"", "model"),
            good.replace("model", "mo\\del"),
            good.replace("name=", "name ="),
            good.replace("name=", "NAME="),
            good.replace("form-data", "attachment"),
            good.replace("; name", ";\r\n name"),
            good.replace(": ", " : "),
            good.replace("Content-", " Content-"),
            with("; name=\"x\""),
            with("; name*=UTF-8''x"),
            with("; filename*=UTF-8''x"),
            with("; filename=x"),
            with("; filename=\"x\"; filename*=UTF-8''x"),
            with("; filename=\"x\"; name=\"x\""),
            with("; filename=\"x; name=y\""),
            with("; filename=\"x\\\"; name=\\\"y\""),
            with("; filename=\"x\u{2028}\""),
            with("; filename=\"x\u{85}\""),
            with("; filename=\"x\t\""),
            with("; filename=\"x\n\""),
            with("\r\nContent-Transfer-Encoding: base64"),
            with("\r\nContent-Length: 1"),
            with("\r\nContent-Type: multipart/mixed; boundary=X"),
            [good, "\r\n", good].concat(),
            with("\nContent-Type: text/plain"),
            with("\r\n"),
        ] {
            assert_eq!(part_head(&head), None, "{head:?}");
        }
    }
}
