//! Describes where an answer names the model that served it: a JSON text, an event, a header.
//!
//! The places are those of every dialect at once: a gateway answers in the shape of whatever stands
//! behind it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::dialect::{SERVED_FIELDS, SERVED_MODELS};
use crate::json::{Hit, Kind, Tree, decode, scan};

/// The header fields that name the model, in lower case.
pub const FIELDS: &[&str] = SERVED_FIELDS;

/// Describes what one text of an answer says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServedNames {
    /// Every model that it names as the one that served, in the order of the text.
    pub models: Vec<String>,
    /// Its `type`, where it has one.
    pub kind: String,
}

/// Returns true if some bytes can name a model at all; quick, so that the many events that bear only text cost
/// next to nothing. The last two are how an escaped letter of the word begins.
pub fn may_name_model(bytes: &[u8]) -> bool {
    let words: [&[u8]; 4] = [b"odel", b"ODEL", b"\\u006", b"\\u004"];
    words
        .iter()
        .any(|word| memchr::memmem::find(bytes, word).is_some())
}

/// The places, compiled once.
#[derive(Clone, Debug)]
pub struct Places(Tree);

impl Default for Places {
    fn default() -> Self {
        let mut tree = Tree::loose();
        for pointer in SERVED_MODELS {
            tree.insert(pointer, MODEL);
            tree.insert(&[LIST, pointer].concat(), MODEL);
        }
        tree.insert("/headers/{}", FIELD);
        tree.insert("/response/headers/{}", FIELD);
        tree.insert("/type", KIND);
        Self(tree)
    }
}

impl Places {
    /// Reads one JSON text: an object or, as Gemini streams without SSE, an array of them. What stands
    /// before the first bracket, such as the name of an event's field, is passed over.
    ///
    /// A text that can be read in more than one way says nothing.
    pub fn read(&self, text: &[u8]) -> ServedNames {
        let Some(start) = text.iter().position(|byte| matches!(byte, b'{' | b'[')) else {
            return ServedNames::default();
        };
        let text = text.get(start..).unwrap_or_default().trim_ascii_end();
        if text.starts_with(b"[") {
            self.read_object(&[b"{\"list\":", text, b"}"].concat())
        } else {
            self.read_object(text)
        }
    }

    fn read_object(&self, text: &[u8]) -> ServedNames {
        let mut names = ServedNames::default();
        for hit in scan(text, &self.0).unwrap_or_default() {
            let value = text.get(hit.value.clone()).unwrap_or_default();
            match hit.selector {
                MODEL => names.models.extend(word(value)),
                FIELD if is_field(text, &hit) => names.models.extend(words(value, hit.kind)),
                KIND => names.kind = word(value).unwrap_or_default(),
                _ => {}
            }
        }
        names
    }
}

fn is_field(text: &[u8], hit: &Hit) -> bool {
    let named = |name: &str| FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field));
    hit.name(text).is_some_and(|name| named(&name))
}

/// A text that says something; some providers send an empty name before the first real one.
fn word(value: &[u8]) -> Option<String> {
    let text = decode(value)?;
    (!text.is_empty()).then(|| text.to_string())
}

/// A field's value is a text, or a list of texts.
fn words(value: &[u8], kind: Kind) -> Vec<String> {
    match kind {
        Kind::Array => serde_json::from_slice(value).unwrap_or_default(),
        Kind::Null | Kind::Object | Kind::Scalar | Kind::String => {
            word(value).into_iter().collect()
        }
    }
}

/// An array is read as the one member of an object.
const LIST: &str = "/list/*";

const MODEL: usize = 0;
const FIELD: usize = 1;
const KIND: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn models(text: &str) -> Vec<String> {
        assert!(may_name_model(text.as_bytes()), "{text}");
        Places::default().read(text.as_bytes()).models
    }

    #[test]
    fn response_of_each_dialect_names_its_model() {
        for text in [
            r#"{"id":"r","model":"m"}"#,
            r#"data: {"type":"response.created","response":{"model":"m"}}"#,
            r#"data: {"type":"message_start","message":{"model":"m","usage":{}}}"#,
            r#"{"candidates":[],"modelVersion":"m"}"#,
            r#"[{"candidates":[]},{"modelVersion":"m"}]"#,
            r#"{"usage":{"iterations":[{"type":"message"},{"model":"m"}]}}"#,
            r#"{"trace":{"promptRouter":{"invokedModelId":"m"}}}"#,
            r#"data: {"headers":{"OpenAI-Model":"m"}}"#,
            r#"{"response":{"headers":{"x-openai-model":["m"],"x":"1"}}}"#,
            r#"{"type":"session.created","session":{"model":"m"}}"#,
            "\u{1e}{\"model\":\"m\"}\n",
            r#"{"mod\u0065l":"m"}"#,
            r#"{"model":"m","__verbose":{},"model.name":"x","Model":"y"}"#,
            r#"{"model":"m","usage":[],"headers":["x"],"trace":"t"}"#,
        ] {
            assert_eq!(models(text), ["m"], "{text}");
        }
    }

    #[test]
    fn text_that_only_mentions_a_model_names_none() {
        for text in [
            r#"data: {"type":"x","delta":"\"model\":\"m\""}"#,
            r#"{"error":{"message":"no model m"},"model":null}"#,
            r#"{"output":[{"model":"m"}],"metadata":{"model":"m"}}"#,
            r#"{"headers":{"x-model":"m"},"model":""}"#,
            r#"{"model":"m","model":"n"}"#,
            r#"{"model":"m""#,
            "data: [DONE] model",
        ] {
            assert_eq!(models(text), [""; 0], "{text}");
        }
        assert!(!may_name_model(
            br#"{"type":"response.output_text.delta","delta":"x"}"#
        ));
    }

    #[test]
    fn text_with_kind_and_models_gives_them_in_order() {
        let text = br#"{"type":"t","model":"a","response":{"model":"b","headers":{"openai-model":["c","d"]}}}"#;
        let names = Places::default().read(text);
        assert_eq!(
            (names.kind.as_str(), names.models),
            (
                "t",
                alloc::vec!["a".into(), "b".into(), "c".into(), "d".into()]
            )
        );
    }
}
