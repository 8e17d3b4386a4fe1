//! The members of a line that every request has: its id, its method, its parameters.

use alloc::borrow::Cow;
use core::ops::Range;

use super::members::{Member, leading, members};
use crate::json::decode;

/// The members of a line that matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope<'a> {
    /// The id as it is written; `None` where there is none that a request can have.
    pub(super) id: Option<&'a str>,
    /// The method; `None` where the line is a response.
    pub(super) method: Option<Cow<'a, str>>,
    /// The range of the parameters.
    pub(super) params: Option<Range<usize>>,
    /// True where one of them occurs twice.
    pub(super) twice: bool,
}

impl<'a> Envelope<'a> {
    /// Reads a whole line; `None` where it is not one object.
    pub(super) fn read(line: &'a [u8]) -> Option<Self> {
        core::str::from_utf8(line).ok()?;
        let members = members(line, &(0..line.len()))?;
        Some(Self::of(line, members))
    }

    /// Reads the members that are complete in the beginning of a line.
    pub(super) fn beginning(line: &'a [u8]) -> Self {
        Self::of(line, leading(line))
    }

    /// Returns true where the line is a tool call that continues a conversation: that tool takes no model.
    pub(super) fn is_reply(&self, line: &[u8]) -> bool {
        let params = self
            .params
            .as_ref()
            .and_then(|params| members(line, params));
        let members = params.unwrap_or_default();
        let mut names = members.iter().filter(|member| member.name == "name");
        let value = |name: &Member<'_>| decode(line.get(name.value.clone())?);
        let first = names.next().and_then(value);
        self.method.as_deref() == Some("tools/call")
            && first.as_deref() == Some("codex-reply")
            && names.next().is_none()
    }

    fn of(line: &'a [u8], members: impl IntoIterator<Item = Member<'a>>) -> Self {
        let (mut own, mut ids) = (Self::default(), 0);
        for member in members {
            let value = line.get(member.value.clone()).unwrap_or_default();
            match &*member.name {
                "id" => {
                    own.twice |= ids > 0;
                    own.id = token(value).filter(|_| ids == 0);
                    ids += 1;
                }
                "method" => {
                    own.twice |= own.method.is_some();
                    own.method = Some(decode(value).unwrap_or_default());
                }
                "params" => own.twice |= own.params.replace(member.value).is_some(),
                _ => {}
            }
        }
        own
    }
}

/// Returns an id that a request can have: a string or an integer.
fn token(value: &[u8]) -> Option<&str> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let integer = digits.iter().all(u8::is_ascii_digit);
    let string = decode(value).is_some();
    let text = core::str::from_utf8(value).ok()?;
    (integer || string).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_stays_as_it_is_written() {
        let id = |line| Envelope::read(line).unwrap().id;
        assert_eq!(id(br#"{"id":7,"method":"m"}"#), Some("7"));
        assert_eq!(id(br#"{"id":-7}"#), Some("-7"));
        assert_eq!(id(br#"{"\u0069d" : "a\u0062" }"#), Some(r#""a\u0062""#));
        for none in [
            &b"{}"[..],
            br#"{"id":null}"#,
            br#"{"id":1.5}"#,
            br#"{"id":[1]}"#,
        ] {
            assert_eq!(id(none), None);
        }
    }

    #[test]
    fn beginning_of_a_line_is_read_as_far_as_it_goes() {
        let line = br#"{"id":"a","method":"m","params":{"x":"#;
        let read = Envelope::beginning(line);
        assert_eq!(
            (read.id, read.method.as_deref()),
            (Some("\"a\""), Some("m"))
        );
        assert_eq!(
            Envelope::beginning(br#"{"params":{"x"#),
            Envelope::default()
        );
    }
}
