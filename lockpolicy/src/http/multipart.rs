//! A multipart form (RFC 7578): one canonical spelling, or none.
//!
//! Six parsers of the field read thirty of fifty-one crafted forms differently. What is taken here is
//! the form that every client library writes and every parser reads alike: no preamble and no epilogue,
//! CRLF only, each part with one `Content-Disposition` and at most one `Content-Type`, plain names.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::dialect::{Entry, Places};
use crate::finds::{EditSpan, Finds};
use crate::{Reason, SelectorValue, Setting};

/// The most parts of a form.
const PART_CAP: usize = 256;

/// One part: its name, and where it and its content stand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part<'a> {
    name: &'a str,
    file: bool,
    /// It is true if a type of its own makes something else of it than plain text in UTF-8.
    typed: bool,
    content: Range<usize>,
    /// From its delimiter to the next.
    whole: Range<usize>,
}

/// Finds what a form states; the entries are those of a JSON content at the root.
///
/// # Errors
///
/// [`Reason::Type`] where the media type is no form with one plain boundary, [`Reason::Ambiguous`] where
/// the form has another reading.
pub(super) fn finds<'a>(
    places: &'a Places,
    media: &str,
    input: &'a [u8],
) -> Result<Finds<'a>, Reason> {
    let boundary = boundary(media).ok_or(Reason::Type)?;
    let parts = parts(input, boundary).ok_or(Reason::Ambiguous)?;
    let mut finds = Finds::default();
    let mut seen: Vec<&str> = Vec::new();
    for part in &parts {
        let Some((entry, setting)) = governed(places, part, &mut seen)? else {
            continue;
        };
        let text = input.get(part.content.clone());
        let text = text.and_then(|bytes| core::str::from_utf8(bytes).ok());
        let stated = text.map_or(SelectorValue::NotText, |text| {
            SelectorValue::Text(Cow::Borrowed(text))
        });
        let place = EditSpan {
            value: part.content.clone(),
            whole: part.whole.clone(),
            ..EditSpan::default()
        };
        finds.push(setting, stated, &entry.pointer, place);
    }
    let is_expected = |entry: &&Entry| entry.expected && entry.parent.is_none();
    for entry in places.entries.iter().filter(is_expected) {
        if let (Some(setting), false) = (entry.setting, seen.contains(&name(entry))) {
            let before = [
                "--",
                boundary,
                "\r\nContent-Disposition: form-data; name=\"",
                name(entry),
                "\"\r\n\r\n",
            ];
            let wrapper = (before.concat(), String::from("\r\n"));
            let place = EditSpan {
                wrapper,
                ..EditSpan::default()
            };
            finds.push(setting, SelectorValue::Missing, &entry.pointer, place);
        }
    }
    Ok(finds)
}

fn name(entry: &Entry) -> &str {
    entry.pointer.strip_prefix('/').unwrap_or_default()
}

/// The entry that a part is, if it is governed: a plain field, once.
fn governed<'p, 'a>(
    places: &'p Places,
    part: &Part<'a>,
    seen: &mut Vec<&'a str>,
) -> Result<Option<(&'p Entry, Setting)>, Reason> {
    let selector = places
        .tree
        .named(names(part.name))
        .map_err(|_| Reason::Ambiguous)?;
    let entry = selector.and_then(|selector| places.entries.get(selector));
    let Some((entry, setting)) = entry.and_then(|entry| Some((entry, entry.setting?))) else {
        return Ok(None);
    };
    if part.file || part.typed || seen.contains(&part.name) {
        return Err(Reason::Ambiguous);
    }
    seen.push(part.name);
    Ok(Some((entry, setting)))
}

/// The names of a part: `svg[reasoning][effort]` is a member of a member.
fn names(part: &str) -> impl Iterator<Item = &str> {
    part.split('[')
        .map(|name| name.strip_suffix(']').unwrap_or(name))
}

/// The boundary of `multipart/form-data; boundary=TOKEN`, quoted or not, and nothing else.
fn boundary(media: &str) -> Option<&str> {
    let (kind, parameter) = media.split_once(';')?;
    let (key, value) = parameter.trim().split_once('=')?;
    let value = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
    let proper = kind.trim().eq_ignore_ascii_case("multipart/form-data")
        && key.eq_ignore_ascii_case("boundary");
    (proper && (1..=70).contains(&value.len()) && value.bytes().all(plain)).then_some(value)
}

/// Cuts a form into its parts; `None` where it has another reading.
fn parts<'a>(input: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let delimiter = ["\r\n--", boundary].concat();
    let delimiter = delimiter.as_bytes();
    let mut at = delimiter.len() - 2;
    (input.get(..at) == delimiter.get(2..)).then_some(())?;
    only_delimiters(input, delimiter)?;
    let mut start = 0;
    let mut parts = Vec::new();
    loop {
        match input.get(at..)? {
            b"--" | b"--\r\n" if !parts.is_empty() => return Some(parts),
            rest if rest.starts_with(b"\r\n") && parts.len() < PART_CAP => {}
            _ => return None,
        }
        let next = at + 2 + find(input.get(at + 2..)?, delimiter)?;
        let (head, content) = head(input, at + 2..next)?;
        parts.push(part(head, content, start..next + 2)?);
        start = next + 2;
        at = next + delimiter.len();
    }
}

/// Decides whether the boundary begins a line only where it delimits: some parsers take a longer line, or one
/// behind a bare line feed, for a delimiter too.
fn only_delimiters(input: &[u8], delimiter: &[u8]) -> Option<()> {
    let dashed = delimiter.get(2..)?;
    let mut at = 0;
    while let Some(found) = find(input.get(at..)?, dashed) {
        let place = at + found;
        at = place + dashed.len();
        let before = input.get(..place)?;
        let begins = before.is_empty() || before.ends_with(b"\n") || before.ends_with(b"\r");
        let proper = before.is_empty() || before.ends_with(b"\r\n");
        let behind = input.get(at..)?;
        let ends = behind.starts_with(b"\r\n") || behind == b"--" || behind == b"--\r\n";
        if begins && !(proper && ends) {
            return None;
        }
    }
    Some(())
}

fn find(input: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(input, what)
}

/// A part's head, and where its content stands.
fn head(input: &[u8], range: Range<usize>) -> Option<(&str, Range<usize>)> {
    let bytes = input.get(range.clone())?;
    let end = find(bytes, b"\r\n\r\n")?;
    let head = core::str::from_utf8(bytes.get(..end)?).ok()?;
    Some((head, range.start + end + 4..range.end))
        .filter(|(_, content)| content.start <= content.end)
}

fn part(head: &str, content: Range<usize>, whole: Range<usize>) -> Option<Part<'_>> {
    let mut found = None;
    let mut kind = None;
    for line in head.split("\r\n") {
        let (key, value) = line.split_once(':')?;
        let is_visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic() || byte >= 0x80;
        value.bytes().all(is_visible).then_some(())?;
        if key.eq_ignore_ascii_case("content-disposition") && found.is_none() {
            found = Some(disposition(value.trim())?);
        } else if key.eq_ignore_ascii_case("content-type") && kind.is_none() {
            let value = value.trim().to_ascii_lowercase();
            (!value.starts_with("multipart/")).then_some(())?;
            kind = Some(value);
        } else {
            return None;
        }
    }
    let (name, file) = found?;
    let typed = kind.is_some_and(|kind| !is_text(&kind));
    Some(Part {
        name,
        file,
        typed,
        content,
        whole,
    })
}

/// Plain text in UTF-8, as some clients say of every field.
fn is_text(kind: &str) -> bool {
    let (kind, parameter) = kind.split_once(';').unwrap_or((kind, ""));
    let charset = parameter.trim().replace('"', "");
    kind.trim_end() == "text/plain" && matches!(charset.as_str(), "" | "charset=utf-8")
}

/// The name in front of the brackets of a list or of a member: `include[]`, `chunking_strategy[type]`.
fn stem(name: &str) -> &str {
    name.split_once('[').map_or(name, |(stem, _)| stem)
}

/// `plain`, `plain[]`, `plain[member]` and so on.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let stem = stem(name);
    let mut rest = name.get(stem.len()..).unwrap_or_default();
    while let Some((inner, behind)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        if !inner.bytes().all(plain) {
            return false;
        }
        rest = behind;
    }
    let proper = stem.starts_with(|c: char| c.is_ascii_alphabetic()) && stem.bytes().all(plain);
    proper && rest.is_empty()
}

/// `form-data; name="plain"`, with or without `; filename="…"`.
fn disposition(value: &str) -> Option<(&str, bool)> {
    let rest = value.strip_prefix("form-data; name=\"")?;
    let (name, rest) = rest.split_once('"')?;
    is_name(name).then_some(())?;
    if rest.is_empty() {
        return Some((name, false));
    }
    let file = rest.strip_prefix("; filename=\"")?.strip_suffix('"')?;
    (!file.contains(['"', '\\'])).then_some((name, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=B";

    fn form(parts: &[&str]) -> String {
        let parts: Vec<String> = parts
            .iter()
            .map(|part| ["--B\r\n", part, "\r\n"].concat())
            .collect();
        [parts.concat().as_str(), "--B--\r\n"].concat()
    }

    fn field(name: &str, value: &str) -> String {
        alloc::format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
    }

    const FILE: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n\r\n";

    #[test]
    fn parts_are_cut_where_every_parser_cuts() {
        let text = form(&[&field("model", "m"), FILE]);
        let parts = parts(text.as_bytes(), "B").unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(
            (parts[0].name, text.get(parts[0].content.clone()).unwrap()),
            ("model", "m")
        );
        assert_eq!(text.get(parts[1].content.clone()).unwrap(), "RIFF\r\n\r\n");
        assert_eq!(
            text.get(parts[0].whole.clone()).unwrap(),
            ["--B\r\n", &field("model", "m"), "\r\n"].concat()
        );
    }

    #[test]
    fn names_may_have_brackets_and_fields_a_type() {
        for name in ["a", "a[]", "a[b]", "a[b][]", "a_b-c[d_e]"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "", "[a]", "a[", "a]", "a[b", "a[b]c", "a[b.c]", "_a", "a b", "a[[b]]",
        ] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_text("text/plain") && is_text("text/plain; charset=\"utf-8\""));
        assert!(!is_text("text/plain; charset=utf-16") && !is_text("text/plainer"));
    }

    #[test]
    fn other_readings_are_refused() {
        let good = form(&[&field("model", "m"), FILE]);
        let bad = [
            ["x\r\n", &good].concat(),
            [&good, "x"].concat(),
            good.replace("--B--\r\n", ""),
            good.replace("RIFF", "RIFF\r\n--BX\r\n"),
            good.replace("RIFF", "RIFF\n--B\r\n"),
            good.replace("name=\"model\"", "name=model"),
            good.replace("name=\"model\"", "name=\"model\"; name*=UTF-8''x"),
            good.replace("form-data; name=\"model\"", "attachment; name=\"model\""),
            good.replace(
                "Content-Type: audio/wav",
                "Content-Transfer-Encoding: base64",
            ),
            good.replace("form-data; name=\"model\"", "form-data;\r\n name=\"model\""),
            form(&[]),
        ];
        for text in bad {
            assert_eq!(parts(text.as_bytes(), "B"), None, "{text:?}");
        }
        assert_eq!(boundary("multipart/form-data; boundary=\"B\""), Some("B"));
        for media in [
            "multipart/form-data",
            "multipart/related; boundary=B",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=B; x=y",
        ] {
            assert_eq!(boundary(media), None, "{media}");
        }
        assert_eq!(boundary(TYPE), Some("B"));
    }
}
