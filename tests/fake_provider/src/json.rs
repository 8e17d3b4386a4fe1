//! A reader of JSON that is as plain as it can be.
//!
//! It is apart from the project's own reader on purpose: a second pair of eyes that shares no line
//! with the first.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A JSON value. Numbers keep their spelling, objects keep order and duplicates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is spelled.
    Number(String),
    /// A string, decoded.
    Text(String),
    /// An array.
    List(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads one complete value, or nothing.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { rest: bytes };
        let value = reader.value(0)?;
        reader.blank();
        reader.rest.is_empty().then_some(value)
    }

    /// The first member of this name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        members
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The text at the end of a path of names.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        let mut value = self;
        for name in path {
            value = value.get(name)?;
        }
        value.text()
    }

    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The elements, where it is an array.
    pub fn items(&self) -> &[Self] {
        if let Self::List(items) = self {
            items
        } else {
            &[]
        }
    }

    /// Where the values stand that are neither object nor array, each place once: `data[].id`.
    pub fn places(&self) -> BTreeSet<String> {
        let mut places = BTreeSet::new();
        self.note_places("", &mut places);
        places
    }

    fn note_places(&self, place: &str, places: &mut BTreeSet<String>) {
        match self {
            Self::Object(members) => {
                let dot = if place.is_empty() { "" } else { "." };
                for (name, value) in members {
                    value.note_places(&format!("{place}{dot}{name}"), places);
                }
            }
            Self::List(items) => items
                .iter()
                .for_each(|item| item.note_places(&format!("{place}[]"), places)),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => {
                places.insert(place.to_owned());
            }
        }
    }
}

/// Writes a text as a JSON string.
pub fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if u32::from(c) < 0x20 => {
                write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default();
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn blank(&mut self) {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn take(&mut self, literal: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEPTH {
            return None;
        }
        self.blank();
        match self.rest.first()? {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(Json::Text),
            b't' => self.take(b"true").map(|()| Json::Bool(true)),
            b'f' => self.take(b"false").map(|()| Json::Bool(false)),
            b'n' => self.take(b"null").map(|()| Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.take(b"{")?;
        let mut members = Vec::new();
        self.blank();
        if self.take(b"}").is_some() {
            return Some(Json::Object(members));
        }
        loop {
            self.blank();
            let name = self.string()?;
            self.blank();
            self.take(b":")?;
            members.push((name, self.value(depth + 1)?));
            self.blank();
            match self.byte()? {
                b',' => {}
                b'}' => return Some(Json::Object(members)),
                _ => return None,
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        self.take(b"[")?;
        let mut items = Vec::new();
        self.blank();
        if self.take(b"]").is_some() {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blank();
            match self.byte()? {
                b',' => {}
                b']' => return Some(Json::List(items)),
                _ => return None,
            }
        }
    }

    fn number(&mut self) -> Option<Json> {
        let is_number = |b: &u8| b.is_ascii_digit() || b"+-.eE".contains(b);
        let length = self.rest.iter().take_while(|b| is_number(b)).count();
        let (number, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        let text = std::str::from_utf8(number).ok()?;
        text.parse::<f64>().ok()?;
        Some(Json::Number(text.to_owned()))
    }

    fn string(&mut self) -> Option<String> {
        self.take(b"\"")?;
        let mut out = Vec::new();
        loop {
            match self.byte()? {
                b'"' => return String::from_utf8(out).ok(),
                b'\\' => {
                    let c = self.escape()?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                byte if byte < 0x20 => return None,
                byte => out.push(byte),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.byte()? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            _ => return None,
        })
    }

    fn code_point(&mut self) -> Option<char> {
        let high = self.unit()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        self.take(b"\\u")?;
        let low = self
            .unit()?
            .checked_sub(0xdc00)
            .filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)
    }

    fn unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        let text = std::str::from_utf8(digits)
            .ok()
            .filter(|t| !t.starts_with('+'))?;
        u32::from_str_radix(text, 16).ok()
    }
}

/// Deeper than any real request.
const DEPTH: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_reads_valid_json() {
        let json =
            Json::parse(br#" {"a":[1,-2.5e3,"x\u00e9\ud83d\ude00\n",null,true],"a":{}} "#).unwrap();
        let items = json.get("a").unwrap().items();
        assert_eq!(items.len(), 5);
        assert_eq!(items[2].text(), Some("x\u{e9}\u{1f600}\n"));
        assert_eq!(
            Json::parse(quote("a\"\\\n\u{1f600}").as_bytes()),
            Some(Json::Text("a\"\\\n\u{1f600}".into()))
        );
    }

    #[test]
    fn parse_refuses_invalid_json() {
        for bad in [
            "",
            "{",
            "{\"a\":1,}",
            "[1 2]",
            "nul",
            "\"\\x\"",
            "\"\\ud800\"",
            "1 2",
            "{\"a\":\u{1}}",
        ] {
            assert_eq!(Json::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
