//! The login that codex's `auth.json` describes.

use alloc::string::String;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The members that tell an account from a key. The secrets themselves are not read.
#[derive(Deserialize)]
struct Auth {
    #[serde(rename = "auth_mode")]
    mode: Option<String>,
    #[serde(rename = "OPENAI_API_KEY")]
    key: Option<IgnoredAny>,
    tokens: Option<IgnoredAny>,
}

/// Returns true where codex's calls carry the token of an account instead of a key: its `auth.json` says so,
/// or contains tokens and no key. A text that cannot be read says no.
pub fn is_account(auth: &[u8]) -> bool {
    let Ok(auth) = serde_json::from_slice::<Auth>(auth) else {
        return false;
    };
    match auth.mode.as_deref() {
        Some(mode) => mode.eq_ignore_ascii_case("chatgpt"),
        None => auth.tokens.is_some() && auth.key.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_without_a_key_are_an_account() {
        for (text, expected) in [
            (
                r#"{"auth_mode":"chatgpt","OPENAI_API_KEY":"k","tokens":{}}"#,
                true,
            ),
            (r#"{"auth_mode":"apikey","tokens":{}}"#, false),
            (
                r#"{"OPENAI_API_KEY":null,"tokens":{"id_token":"a.b.c"},"last_refresh":"x"}"#,
                true,
            ),
            (r#"{"OPENAI_API_KEY":"sk","tokens":null}"#, false),
            (r#"{"OPENAI_API_KEY":"sk","tokens":{}}"#, false),
            ("{}", false),
            ("", false),
        ] {
            assert_eq!(is_account(text.as_bytes()), expected, "{text}");
        }
    }
}
