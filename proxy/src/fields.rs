//! Header fields as `lockpolicy` reads and changes them.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use lockpolicy::http::HeadEdits;

/// Returns the fields as text, in their order. A value that is no UTF-8 stands as U+FFFD.
pub(crate) fn as_text(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let fields = headers.iter();
    fields
        .map(|(name, value)| (name.as_str(), utf8(value.as_bytes())))
        .collect()
}

fn utf8(value: &[u8]) -> &str {
    std::str::from_utf8(value).unwrap_or("\u{fffd}")
}

/// Returns true if the client waits for `100 Continue` before it sends its content.
pub(crate) fn expects_continue(headers: &HeaderMap) -> bool {
    headers.contains_key(header::EXPECT)
}

/// Returns `User-Agent`, escaped for the log.
pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    lockpolicy::escape_for_log(text(headers, &header::USER_AGENT).unwrap_or_default())
}

/// Returns the first value of a field, where it is printable.
pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Changes the head of a response.
pub(crate) fn apply(edits: HeadEdits, headers: &mut HeaderMap) {
    for name in edits.remove {
        headers.remove(name);
    }
    set(headers, edits.set);
}

/// Sets fields whose values are known to be printable.
pub(crate) fn set(headers: &mut HeaderMap, fields: Vec<(&'static str, String)>) {
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
