//! The credentials of a client: where they can stand, and what of a request goes on without them.
//!
//! The places are data: `[credentials]` of `dialects/common.toml`, and the `credential` of each dialect.

use alloc::string::String;

use super::spellings::decoded;
use crate::dialect::{CREDENTIALS_FIELDS, CREDENTIALS_QUERY, CREDENTIALS_WORDS};

/// The field in which a client can state its token for this proxy, whatever the dialect. No field that starts as it
/// does goes on.
pub const CLIENT_TOKEN_FIELD: &str = "x-model-lock-token";

/// The start of the names of our own fields.
pub(super) const OWN_FIELDS: &str = "x-model-lock-";

/// Returns true if a field, its name in lower case, can state a credential: it is listed, or a part of its name says
/// so, which a field can be that a dialect lists by the start of its name alone.
pub fn is_credential_field(name: &str) -> bool {
    let mut parts = name.split(['-', '_']);
    CREDENTIALS_FIELDS.contains(&name)
        || name.ends_with("api-key")
        || name.ends_with("api_key")
        || parts.any(|part| CREDENTIALS_WORDS.contains(&part))
}

/// Returns true if a query parameter can state a credential, however its name is spelled.
pub fn is_credential_parameter(name: &str) -> bool {
    let plain = decoded(name.as_bytes());
    let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(&plain);
    CREDENTIALS_QUERY.iter().any(is)
}

/// Returns a query without the parameters that hold `is_out` of name and value; `None` where all of it goes on. The
/// rest stays byte for byte.
pub fn query_without(query: &str, is_out: impl Fn(&str, &str) -> bool) -> Option<String> {
    let mut rest = String::with_capacity(query.len());
    let mut is_whole = true;
    // Some readers take `;` for `&`.
    for pair in query.split_inclusive(['&', ';']) {
        let bare = pair.trim_end_matches(['&', ';']);
        let (name, value) = bare.split_once('=').unwrap_or((bare, ""));
        if is_out(name, value) {
            is_whole = false;
        } else {
            rest.push_str(pair);
        }
    }
    (!is_whole).then(|| trimmed(rest, query))
}

/// Takes off the separator that stood before a last parameter which is gone.
fn trimmed(mut rest: String, query: &str) -> String {
    let ended = query.ends_with(['&', ';']);
    if !ended && rest.ends_with(['&', ';']) {
        rest.pop();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Table, names};

    #[test]
    fn credential_field_of_every_dialect_is_known() {
        for name in names() {
            let table = Table::of([name]).unwrap();
            let field = &table.dialects()[0].credential.field;
            assert!(is_credential_field(field), "{name}: {field}");
        }
    }

    #[test]
    fn field_is_a_credential_by_its_name_or_a_part_of_it() {
        for name in [
            "authorization",
            "cookie",
            "api-key",
            "x-portkey-api-key",
            "x-amz-security-token",
            "x-amz-signature",
            "x-openai-actor-authorization",
            "x-codex-session_token",
            "x-oai-api_key",
            "x-openai-apikey",
            "x-openai-auth",
            "x-codex-bearer",
            "chatgpt-account-id",
        ] {
            assert!(is_credential_field(name), "{name}");
        }
        for name in [
            "idempotency-key",
            "content-type",
            "x-stainless-lang",
            "x-codex-turn-state",
            "x-codex-max-tokens",
            "openai-organization",
            "openai-beta",
            "anthropic-version",
            "x-goog-user-project",
            "x-amz-date",
        ] {
            assert!(!is_credential_field(name), "{name}");
        }
    }

    #[test]
    fn query_loses_its_credentials_and_nothing_else() {
        let kept = |query: &str| query_without(query, |name, _| is_credential_parameter(name));
        for (query, rest) in [
            ("key=a", ""),
            ("key=a&alt=sse", "alt=sse"),
            ("alt=sse&key=a", "alt=sse"),
            ("alt=sse&key=a&b=%2C", "alt=sse&b=%2C"),
            ("KEY=a&Access_Token=b&c", "c"),
            ("%6bey=a&alt=sse", "alt=sse"),
            ("a=1;key=b;c=2", "a=1;c=2"),
            ("X-Amz-Security-Token=a&X-Amz-Signature=b&x=y", "x=y"),
            ("key&a=b", "a=b"),
            ("a=b&key=c&", "a=b&"),
        ] {
            assert_eq!(kept(query).as_deref(), Some(rest), "{query}");
        }
        for query in [
            "",
            "alt=sse",
            "monkey=a",
            "a=key",
            "pageToken=1",
            "%6=a",
            "%zzey=a",
        ] {
            assert_eq!(kept(query), None, "{query}");
        }
    }
}
