//! A multipart form (RFC 7578): one canonical spelling, or none.
//!
//! Six parsers of the field read thirty of fifty-one crafted forms differently. What is taken here is
//! the form that every client library writes and every parser reads alike: no preamble and no epilogue,
//! CRLF only, each part with one `Content-Disposition` and at most one of three other fields, plain names, and
//! the boundary nowhere but between parts.

mod boundary;
mod part_head;
mod parts;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::dialect::{Entry, Places};
use crate::finds::{EditSpan, Finds};
use crate::{Reason, SelectorValue, Setting};

use boundary::boundary;
pub use parts::PART_CAP;
use parts::{Part, parts};

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
        if !text.is_some_and(|text| part.head.text.reads(text)) {
            return Err(Reason::Ambiguous);
        }
        let text = text.and_then(|bytes| core::str::from_utf8(bytes).ok());
        let stated = text.map_or(SelectorValue::NotText, |text| {
            SelectorValue::Text(Cow::Borrowed(text))
        });
        let place = EditSpan {
            whole: part.whole.clone(),
            ..span(part)
        };
        finds.push(setting, stated, &entry.pointer, place);
    }
    let is_inserted = |entry: &&Entry| entry.insert_if_missing && entry.parent.is_none();
    for entry in places.entries.iter().filter(is_inserted) {
        if let (Some(setting), false) = (entry.setting, seen.contains(&name(entry))) {
            let before = ["--", boundary, "\r\n", &head(name(entry))];
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

/// Returns where another value is written into a part. One that states the length of its content gets another head.
fn span(part: &Part<'_>) -> EditSpan {
    let (value, before) = if part.head.has_length {
        (&part.text, head(part.head.name))
    } else {
        (&part.content, String::new())
    };
    EditSpan {
        value: value.clone(),
        wrapper: (before, String::new()),
        ..EditSpan::default()
    }
}

/// Returns the head of a part without a file.
fn head(name: &str) -> String {
    let start = "Content-Disposition: form-data; name=\"";
    [start, name, "\"\r\n\r\n"].concat()
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
        .named(names(part.head.name))
        .map_err(|_| Reason::Ambiguous)?;
    let entry = selector.and_then(|selector| places.entries.get(selector));
    let Some((entry, setting)) = entry.and_then(|entry| Some((entry, entry.setting?))) else {
        return Ok(None);
    };
    if part.head.file || seen.contains(&part.head.name) {
        return Err(Reason::Ambiguous);
    }
    seen.push(part.head.name);
    Ok(Some((entry, setting)))
}

/// The names of a part: `svg[reasoning][effort]` is a member of a member.
fn names(part: &str) -> impl Iterator<Item = &str> {
    part.split('[')
        .map(|name| name.strip_suffix(']').unwrap_or(name))
}
