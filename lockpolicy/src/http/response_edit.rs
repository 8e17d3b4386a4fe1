//! Describes what an answer says about the model that served it, and the one thing that is taken out of it.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::json_body::remove_commas;
use crate::edit::{Edit, apply};
use crate::json::{Hit, Tree, decode, scan};

/// The field that codex compares with the model it asked for, in lower case.
pub const SERVED: &str = "openai-model";

/// The other spelling of it.
pub const SERVED_TOO: &str = "x-openai-model";

/// Returns true if some bytes hold the field's name in any case; quick, and never wrong about absence as long
/// as the name is not cut in two.
pub fn may_name_model(bytes: &[u8]) -> bool {
    let tail = b"penai-model";
    let mut rest = bytes;
    // The last letter is rare enough in text to be worth looking for.
    while let Some(at) = memchr::memchr2(b'o', b'O', rest) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let next = rest.get(..tail.len());
        if next.is_some_and(|next| next.eq_ignore_ascii_case(tail)) {
            return true;
        }
    }
    false
}

/// Returns true if a message asks for a response.
pub fn begins_response(message: &[u8]) -> bool {
    holds(message, b"\"response.create\"")
}

/// The types of the events that end a response. The report about the served model ends with those alone that
/// hold a whole response: a realtime session goes on under its own model.
const LAST: [(&str, bool); 6] = [
    ("error", false),
    ("response.cancelled", false),
    ("response.completed", true),
    ("response.done", false),
    ("response.failed", true),
    ("response.incomplete", true),
];

/// Returns whether an event of this type ends what is reported about the served model.
pub fn ends_observed_response(kind: &str) -> bool {
    LAST.contains(&(kind, true))
}

/// Returns whether an event, or the start of one, says that a response has ended. In a text inside of it the
/// quotes would be escaped.
pub fn ends_response(event: &[u8]) -> bool {
    let quoted = LAST.map(|(kind, _)| ["\"", kind, "\""].concat());
    let mut members = event.split(|byte| *byte == b',');
    members.any(|member| {
        holds(member, b"\"type\"") && quoted.iter().any(|last| holds(member, last.as_bytes()))
    })
}

fn holds(text: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(text, word).is_some()
}

/// An event's line without the served model, where that is the pin; the line itself in every other
/// case, also where it cannot be read.
///
/// The places are the ones that codex looks at: `response.headers` and the event's own `headers`, a
/// text or a list of one.
pub fn without_pin<'a>(line: &'a [u8], pin: &str) -> Cow<'a, [u8]> {
    edited(line, pin).map_or(Cow::Borrowed(line), Cow::Owned)
}

fn edited(line: &[u8], pin: &str) -> Option<Vec<u8>> {
    let start = line.iter().position(|byte| *byte == b'{')?;
    let end = line.iter().rposition(|byte| *byte == b'}')? + 1;
    let json = line.get(start..end)?;
    let mut tree = Tree::default();
    tree.insert("/headers/{}", 0);
    tree.insert("/response/headers/{}", 0);
    let hits = scan(json, &tree).ok()?;
    let pins = hits.iter().filter(|hit| names_pin(json, hit, pin));
    let edits = pins.map(|hit| Edit {
        at: hit.start..hit.value.end,
        text: String::new(),
    });
    let mut out = line.get(..start)?.to_vec();
    out.extend(apply(json, remove_commas(json, edits.collect())));
    out.extend_from_slice(line.get(end..)?);
    Some(out)
}

fn names_pin(json: &[u8], hit: &Hit, pin: &str) -> bool {
    let named =
        |name: &str| name.eq_ignore_ascii_case(SERVED) || name.eq_ignore_ascii_case(SERVED_TOO);
    let value = json.get(hit.value.clone()).unwrap_or_default();
    hit.name(json).is_some_and(|name| named(&name)) && says(value, pin)
}

fn says(value: &[u8], pin: &str) -> bool {
    let inner = value
        .strip_prefix(b"[")
        .and_then(|rest| rest.strip_suffix(b"]"))
        .unwrap_or(value);
    decode(inner.trim_ascii()).is_some_and(|text| text == pin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        String::from_utf8(without_pin(text.as_bytes(), "p").into_owned()).unwrap()
    }

    #[test]
    fn line_with_the_pin_loses_the_pin_alone() {
        let created = r#"data: {"type":"response.created","response":{"id":"r","headers":{"OpenAI-Model":"p","x":"1"}}}"#;
        let want = r#"data: {"type":"response.created","response":{"id":"r","headers":{"x":"1"}}}"#;
        assert_eq!(line(&[created, "\n"].concat()), [want, "\n"].concat());
        let list = r#"{"headers":{"a":"b","openai-model":["p"]}}"#;
        assert_eq!(line(list), r#"{"headers":{"a":"b"}}"#);
    }

    #[test]
    fn line_with_another_model_or_none_is_unchanged() {
        for text in [
            r#"data: {"headers":{"openai-model":"q"}}"#,
            r#"data: {"delta":"openai-model p"}"#,
            r#"data: {"response":{"x":{"openai-model":"p"}}}"#,
            "data: [DONE]",
            "data: {broken",
        ] {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn line_that_names_a_model_is_never_missed() {
        assert!(may_name_model(b"xx OpenAI-MODEL yy"));
        assert!(may_name_model(b"openai-model"));
        assert!(!may_name_model(b"openai-mode"));
        assert!(!may_name_model(b"response.output_text.delta o o O"));
    }

    #[test]
    fn report_ends_with_an_event_that_holds_a_whole_response() {
        for (kind, ends) in [
            ("response.completed", true),
            ("response.failed", true),
            ("response.incomplete", true),
            ("response.done", false),
            ("response.cancelled", false),
            ("error", false),
            ("response.created", false),
        ] {
            assert_eq!(ends_observed_response(kind), ends, "{kind}");
        }
    }

    #[test]
    fn text_of_a_last_event_ends_the_response() {
        for last in [
            r#"{"type":"response.completed","response":{"id":"r""#,
            r#"{"sequence_number":7,"type": "response.incomplete"}"#,
            r#"{"type":"error","status":400}"#,
            r#"{"event_id":"e","type":"response.done"}"#,
        ] {
            assert!(ends_response(last.as_bytes()), "{last}");
        }
        for other in [
            r#"{"type":"response.created","response":{"status":"in_progress","error":null}}"#,
            r#"{"type":"response.output_text.delta","delta":"\"type\":\"response.completed\""}"#,
            r#"{"type":"response.output_text.done","text":"response.completed"}"#,
        ] {
            assert!(!ends_response(other.as_bytes()), "{other}");
        }
        assert!(begins_response(
            br#"{"type":"response.create","model":"x"}"#
        ));
        assert!(!begins_response(br#"{"type":"response.cancel"}"#));
    }
}
