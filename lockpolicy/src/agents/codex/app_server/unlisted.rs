//! Requests without a row in the table of fields: those that are known to select nothing, and those that nobody knows.

use alloc::borrow::Cow;
use alloc::string::String;
use core::ops::Range;

use super::finder::Unclear;
use super::members::{elements, members};
use super::methods::{Server, folded, looks_governed};
use crate::json::decode;
use crate::{Reason, Rejection};

/// The depth to which the parameters of an unknown method may nest.
const MAX_DEPTH: usize = 16;

/// Passes a request that no row describes as long as nothing in it looks like a selector.
///
/// In a method that is known, only a parameter of its own would select. A method that is not known is refused where its
/// name, a name at any depth of its parameters, or a value that is a name speaks of a model or a provider.
pub(super) fn check(
    server: Server,
    method: &str,
    line: &[u8],
    params: Option<&Range<usize>>,
) -> Result<(), Rejection> {
    let unclear = |_: Unclear| Rejection::whole(Reason::Ambiguous, "/params");
    if server.is_harmless(method) {
        return params.map_or(Ok(()), |params| known(line, params).map_err(unclear)?);
    }
    if speaks(method) {
        return Err(unknown("method"));
    }
    let found = params.map_or(Ok(None), |params| selector(line, params, 0));
    match found.map_err(unclear)? {
        Some(name) => Err(unknown(&["/params/", &name].concat())),
        None => Ok(()),
    }
}

/// Checks the names of the parameters of a method that is known; the inner error is the rejection.
fn known(line: &[u8], params: &Range<usize>) -> Result<Result<(), Rejection>, Unclear> {
    let members = match line.get(params.start) {
        Some(b'[') => return Err(Unclear),
        Some(b'{') => members(line, params).ok_or(Unclear)?,
        _ => return Ok(Ok(())),
    };
    let found = members.iter().find(|member| looks_governed(&member.name));
    Ok(found.map_or(Ok(()), |member| {
        Err(unknown(&["/params/", &member.name].concat()))
    }))
}

/// Returns the first name below a value that speaks of a model or a provider.
fn selector(line: &[u8], at: &Range<usize>, depth: usize) -> Result<Option<String>, Unclear> {
    if depth > MAX_DEPTH {
        return Err(Unclear);
    }
    match line.get(at.start) {
        Some(b'[') if depth == 0 => Err(Unclear),
        Some(b'[') => {
            for element in elements(line, at).ok_or(Unclear)? {
                if let Some(found) = selector(line, &element, depth + 1)? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
        Some(b'{') => {
            for member in members(line, at).ok_or(Unclear)? {
                if looks_governed(&member.name) || speaks(&member.name) {
                    return Ok(Some(member.name.into_owned()));
                }
                if let Some(found) = selector(line, &member.value, depth + 1)? {
                    return Ok(Some([&*member.name, "/", &found].concat()));
                }
            }
            Ok(None)
        }
        _ => {
            let text = line.get(at.clone()).and_then(decode);
            let key = text.filter(|text| is_key(text));
            Ok(key.map(Cow::into_owned))
        }
    }
}

fn speaks(name: &str) -> bool {
    let folded: String = folded(name).collect();
    WORDS.iter().any(|word| folded.contains(word))
}

/// Returns true where a value is the name of a setting, such as `model_provider`, and no other text.
fn is_key(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let ends = |part: &str| {
        let folded: String = folded(part).collect();
        let singular = folded.strip_suffix('s').unwrap_or(&folded);
        WORDS.iter().any(|word| singular.ends_with(word))
    };
    text.chars().all(is_part) && text.split('.').any(ends)
}

fn unknown(place: &str) -> Rejection {
    Rejection::whole(Reason::UnknownOperation, crate::escape_for_log(place))
}

const WORDS: [&str; 2] = ["model", "provider"];
