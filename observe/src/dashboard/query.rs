//! The parameters of a request to the API. An unknown name or word is an error, never ignored.

use super::ring::CAP;
use super::row::{KINDS, Row};
use super::series::{WINDOWS, Window};
use lockpolicy::{Label as _, Served, Surface};

/// The default number of rows in a response.
const USUAL: usize = 100;

/// The rows that are requested.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filter {
    text: String,
    result: Option<&'static str>,
    surface: Option<Surface>,
    before: u64,
    pub(super) limit: usize,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            text: String::new(),
            result: None,
            surface: None,
            before: u64::MAX,
            limit: USUAL,
        }
    }
}

impl Filter {
    /// Reads a query.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with it, in a sentence.
    pub(super) fn read(query: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        for (name, value) in members(query)? {
            match name.as_str() {
                "query" => filter.text = value.to_lowercase(),
                "result" => filter.result = among(&name, &value, &KINDS)?,
                "surface" => {
                    let word = among(&name, &value, Surface::WORDS)?;
                    filter.surface = word.and_then(Surface::parse);
                }
                "before" => filter.before = number(&name, &value, u64::MAX)?,
                "limit" => {
                    filter.limit =
                        usize::try_from(number(&name, &value, CAP as u64)?).unwrap_or(CAP);
                }
                _ => return Err(unknown(&name, "query, result, surface, before, limit")),
            }
        }
        Ok(filter)
    }

    /// Returns whether a row is one of those.
    pub(super) fn matches(&self, row: &Row) -> bool {
        let served = row.served.map(Served::as_str);
        let has_result = |result| row.kind() == result || served == Some(result);
        row.id < self.before
            && self.result.is_none_or(has_result)
            && (self.surface.is_none() || self.surface == row.record.surface)
            && (self.text.is_empty() || row.contains(&self.text))
    }
}

/// Returns the window that is requested.
///
/// # Errors
///
/// Returns what is wrong with the query.
pub(super) fn window(query: &str) -> Result<&'static Window, String> {
    let [mut wanted, ..] = WINDOWS.each_ref();
    for (name, value) in members(query)? {
        if name != "window" {
            return Err(unknown(&name, "window"));
        }
        let found = WINDOWS.iter().find(|window| window.name == value);
        wanted = found.ok_or_else(|| expected("window", "1h, 24h or 7d"))?;
    }
    Ok(wanted)
}

/// Checks that a query has no parameters.
///
/// # Errors
///
/// Returns what is wrong with the query.
pub(super) fn nothing(query: &str) -> Result<(), String> {
    match members(query)?.first() {
        Some((name, _)) => Err(unknown(name, "none")),
        None => Ok(()),
    }
}

fn unknown(name: &str, known: &str) -> String {
    format!(
        "`{}` is not known here; known: {known}",
        lockpolicy::escape_for_log(name)
    )
}

fn expected(name: &str, what: &str) -> String {
    format!("`{name}`: {what} expected")
}

/// Returns a word of a list; an empty one is any.
fn among(name: &str, value: &str, words: &[&'static str]) -> Result<Option<&'static str>, String> {
    let found = words.iter().find(|word| **word == value);
    if found.is_none() && !value.is_empty() {
        return Err(expected(name, &format!("one of {}", words.join(", "))));
    }
    Ok(found.copied())
}

fn number(name: &str, value: &str, most: u64) -> Result<u64, String> {
    let found = value
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number));
    found.ok_or_else(|| expected(name, &format!("a number from 1 to {most}")))
}

/// Returns the names and values of a query, as forms write them.
fn members(query: &str) -> Result<Vec<(String, String)>, String> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let pair = decoded(name).zip(decoded(value));
            pair.ok_or_else(|| "the query is not percent-encoded UTF-8".to_owned())
        })
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use lockpolicy::AttemptResult;

    use super::*;
    use crate::record::{Record, RecordResult};

    #[test]
    fn query_with_an_unknown_parameter_or_value_is_refused_with_a_reason() {
        let filter =
            Filter::read("query=A%20b+%c3%A9&result=forced&surface=&before=7&limit=3").unwrap();
        let wanted = Filter {
            text: "a b é".to_owned(),
            result: Some("forced"),
            surface: None,
            before: 7,
            limit: 3,
        };
        assert_eq!(filter, wanted);
        assert_eq!(Filter::read("").unwrap(), Filter::default());
        for (bad, why) in [
            (
                "result=x",
                "`result`: one of reported, forced, rejected, undecidable, mismatch expected",
            ),
            ("limit=0", "`limit`: a number from 1 to 1000 expected"),
            ("limit=1001", "`limit`: a number from 1 to 1000 expected"),
            (
                "before=x",
                "`before`: a number from 1 to 18446744073709551615 expected",
            ),
            (
                "a%0ab=1",
                "`a\\nb` is not known here; known: query, result, surface, before, limit",
            ),
            ("query=%f", "the query is not percent-encoded UTF-8"),
            ("query=%ff", "the query is not percent-encoded UTF-8"),
        ] {
            assert_eq!(Filter::read(bad), Err(why.to_owned()), "{bad}");
        }
        assert_eq!(window("window=7d").unwrap().name, "7d");
        assert_eq!(window("").unwrap().name, "1h");
        assert!(window("window=8d").is_err() && window("w=1h").is_err() && nothing("a").is_err());
    }

    #[test]
    fn row_is_found_by_any_text_and_by_its_words() {
        let mut row = Row::from(Record {
            result: Some(RecordResult::Attempt(AttemptResult::Forced)),
            surface: Some(Surface::Http),
            requested_model: "GPT-4o".to_owned(),
            ..Record::default()
        });
        (row.id, row.served) = (5, Some(Served::Mismatch));
        for (query, takes) in [
            ("query=gpt-4O", true),
            ("query=gpt-5", false),
            ("query=HTTP", true),
            ("result=forced", true),
            ("result=mismatch", true),
            ("result=rejected", false),
            ("surface=http&result=forced", true),
            ("surface=argv", false),
            ("before=5", false),
            ("before=6", true),
        ] {
            assert_eq!(Filter::read(query).unwrap().matches(&row), takes, "{query}");
        }
    }
}
