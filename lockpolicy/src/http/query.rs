//! The rules for a query: parameters that the operation lists, each once and in plain characters.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use super::request::RequestHead;
use crate::dialect::{Found, ModelAt};
use crate::path::escaped_byte;
use crate::{Reason, Rejection};

/// Checks the query of a request.
///
/// # Errors
///
/// A parameter that the operation does not list, stands twice, or has a value with more than one reading.
pub(super) fn check(head: &RequestHead<'_>, found: &Found<'_>) -> Result<(), Rejection> {
    // A question mark with nothing behind it says nothing.
    let Some(query) = head.query.filter(|query| !query.is_empty()) else {
        return Ok(());
    };
    let mut seen: Vec<Cow<'_, str>> = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = plain_name(name);
        let repeats = seen.contains(&name) && !name.ends_with("[]");
        let is_own = head.base.adds_parameter(&name);
        let is_plain: fn(u8) -> bool = if is_own {
            is_plain_of_configuration
        } else {
            is_plain
        };
        if !is_listed(head, found, &name) || repeats || !is_value(value, is_plain) {
            return Err(Rejection::whole(Reason::Malformed, "query"));
        }
        seen.push(name);
    }
    Ok(())
}

fn is_listed(head: &RequestHead<'_>, found: &Found<'_>, name: &str) -> bool {
    let names_model = matches!(&found.operation.model, ModelAt::Query(model) if *model == name);
    let mut unless = found.operation.unless.iter();
    names_model
        || unless.any(|pair| pair.split('=').next() == Some(name))
        || found.operation.query.iter().any(|listed| *listed == name)
        || head.base.adds_parameter(name)
}

/// Returns a parameter's name; the brackets of a list may be escaped, as the SDKs write them.
fn plain_name(name: &str) -> Cow<'_, str> {
    let list = name
        .strip_suffix("%5B%5D")
        .or_else(|| name.strip_suffix("%5b%5d"));
    list.map_or(Cow::Borrowed(name), |list| Cow::Owned(format!("{list}[]")))
}

/// Returns whether a value has plain characters, and escapes of those alone that would not make another
/// query of it for a reader that decodes first, or twice (RFC 3986 section 2.4).
fn is_value(value: &str, is_plain: fn(u8) -> bool) -> bool {
    let mut parts = value.split('%');
    let plain = |text: &str| text.bytes().all(is_plain);
    parts.next().is_none_or(plain)
        && parts.all(|part| {
            part.split_at_checked(2)
                .is_some_and(|(escape, rest)| is_escape(escape) && plain(rest))
        })
}

fn is_escape(digits: &str) -> bool {
    escaped_byte(digits.as_bytes())
        .is_some_and(|byte| !byte.is_ascii_control() && !b"#%&;".contains(&byte))
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b',' | b'/')
}

/// As [`is_plain`], with what keys in base64 have: the configuration's own parameters select nothing.
fn is_plain_of_configuration(byte: u8) -> bool {
    is_plain(byte)
        || matches!(
            byte,
            b'+' | b'=' | b'@' | b'!' | b'*' | b'(' | b')' | b'$' | b'?'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_of_the_configuration_may_have_what_keys_have_and_no_more() {
        for value in ["2024-10-01", "a+b=", "a@b!", "*($)?", "%2B%3D"] {
            assert!(is_value(value, is_plain_of_configuration), "{value}");
        }
        for value in [
            "a b", "a\"b", "a'b", "a<b", "a;b", "a#b", "é", "a%26b", "a%3Bb",
        ] {
            assert!(!is_value(value, is_plain_of_configuration), "{value}");
        }
        for value in ["a+b", "a=b", "a@b", "a?b"] {
            assert!(!is_value(value, is_plain), "{value}");
        }
    }
}
