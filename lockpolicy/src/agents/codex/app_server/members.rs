//! The members of one object, read as codex reads them.
//!
//! This is a second reader of JSON beside [`crate::json`]: a line has one reader, whose rules are known, so
//! an unusual spelling is no reason to refuse it. Whoever asks for the members looks at the governed ones more
//! closely.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

use serde::de::IgnoredAny;

use crate::json::{LOCATION_CAP, decode};

/// One member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member<'a> {
    /// Its name, decoded.
    pub(super) name: Cow<'a, str>,
    /// The position where its name begins.
    pub(super) start: usize,
    /// The range of its value.
    pub(super) value: Range<usize>,
}

impl Member<'_> {
    /// Returns the range of the whole member.
    pub(super) fn whole(&self) -> Range<usize> {
        self.start..self.value.end
    }
}

/// Returns the members of the object at a place; `None` where there is none, where it is malformed, or has more than
/// [`LOCATION_CAP`].
pub(super) fn members<'a>(input: &'a [u8], at: &Range<usize>) -> Option<Vec<Member<'a>>> {
    let (mut cursor, mut found) = (Cursor::new(input, at)?, Vec::new());
    cursor.list((b'{', b'}'), Cursor::member, &mut found)?;
    cursor.is_done().then_some(found)
}

/// Returns the complete members of an object that may end early.
pub(super) fn leading(input: &[u8]) -> Vec<Member<'_>> {
    let (mut cursor, mut found) = (Cursor { input, at: 0 }, Vec::new());
    let end = cursor.list((b'{', b'}'), Cursor::member, &mut found);
    // The members that were read are there, whether it ends or not.
    end.unwrap_or_default();
    found
}

/// Returns the elements of the array at a place; `None` also where it has more than [`LOCATION_CAP`].
pub(super) fn elements(input: &[u8], at: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let (mut cursor, mut found) = (Cursor::new(input, at)?, Vec::new());
    cursor.list((b'[', b']'), Cursor::value, &mut found)?;
    cursor.is_done().then_some(found)
}

struct Cursor<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(input: &'a [u8], at: &Range<usize>) -> Option<Self> {
        Some(Self {
            input: input.get(..at.end)?,
            at: at.start,
        })
    }

    fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().iter().take_while(is_blank).count();
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.blanks();
        let there = self.rest().first() == Some(&byte);
        self.at += usize::from(there);
        there.then_some(())
    }

    fn list<T>(
        &mut self,
        (open, close): (u8, u8),
        item: fn(&mut Self) -> Option<T>,
        found: &mut Vec<T>,
    ) -> Option<()> {
        self.take(open)?;
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            (found.len() < LOCATION_CAP).then_some(())?;
            found.push(item(self)?);
            if self.take(close).is_some() {
                return Some(());
            }
            self.take(b',')?;
        }
    }

    fn member(&mut self) -> Option<Member<'a>> {
        let name = self.value()?;
        self.take(b':')?;
        Some(Member {
            name: decode(self.input.get(name.clone())?)?,
            start: name.start,
            value: self.value()?,
        })
    }

    fn value(&mut self) -> Option<Range<usize>> {
        self.blanks();
        let start = self.at;
        let mut values =
            serde_json::Deserializer::from_slice(self.rest()).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(start..self.at)
    }

    fn is_done(&mut self) -> bool {
        self.blanks();
        self.rest().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};
    use std::vec;

    fn read(text: &str) -> Option<Vec<(String, &str)>> {
        let members = members(text.as_bytes(), &(0..text.len()))?;
        let pair = |member: Member<'_>| (member.name.to_string(), text.get(member.value).unwrap());
        Some(members.into_iter().map(pair).collect())
    }

    #[test]
    fn members_are_read_in_order_and_with_repetitions() {
        let pair = |name: &str, value| (name.to_string(), value);
        assert_eq!(read(" { } "), Some(vec![]));
        assert_eq!(
            read(r#"{"a" : 1 ,"\u0061":{"x":[1,2]},"b":"}\"","c":[[]],"d":true}"#),
            Some(vec![
                pair("a", "1"),
                pair("a", r#"{"x":[1,2]}"#),
                pair("b", r#""}\"""#),
                pair("c", "[[]]"),
                pair("d", "true")
            ])
        );
        for broken in [
            "",
            "[]",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":1}{"#,
            "{1:2}",
            "\u{feff}{}",
            r#"{"a":1} x"#,
            r#"{"\ud800":1}"#,
            r#"{"a":01}"#,
        ] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    #[test]
    fn members_beyond_the_cap_are_not_read() {
        let text = |count| std::format!("{{{}}}", vec!["\"a\":0"; count].join(","));
        assert!(read(&text(LOCATION_CAP)).is_some());
        assert_eq!(read(&text(LOCATION_CAP + 1)), None);
    }

    #[test]
    fn elements_of_an_array_are_read_in_order() {
        let read = |text: &'static str| {
            let found = elements(text.as_bytes(), &(0..text.len()))?;
            Some(
                found
                    .into_iter()
                    .map(|at| text.get(at).unwrap())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            read(r#"[1, {"a":2} ,"x"]"#),
            Some(vec!["1", r#"{"a":2}"#, "\"x\""])
        );
        assert_eq!(read("[]"), Some(vec![]));
        assert_eq!(read("[1,]"), None);
        assert_eq!(read("{}"), None);
    }
}
