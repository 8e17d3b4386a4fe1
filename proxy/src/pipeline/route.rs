//! Which operation a request is, and whether its target and fields have one reading.

use std::borrow::Cow;

use http::request::Parts;
use lockpolicy::dialect::{Content, ErrorShape, Found, ModelAt, Table};
use lockpolicy::http::unknown_operation;
use lockpolicy::{Reason, Rejection, path as paths};

use super::{Call, headers};
use crate::error::Stop;
use crate::mount::Place;

/// What a request was found to be.
#[derive(Debug)]
pub(super) enum Route<'t> {
    /// An operation of the tables.
    Listed(Found<'t>),
    /// One that the operator lets through unjudged.
    Allowed,
}

impl Route<'_> {
    /// Whether a content belongs to it.
    pub(super) fn takes_content(&self) -> bool {
        match self {
            Self::Listed(found) => {
                !matches!(found.operation.content, Content::None | Content::WebSocket)
            }
            Self::Allowed => true,
        }
    }
}

/// Finds the operation. The target is matched and later sent byte for byte, in plain characters.
pub(super) fn route<'t>(
    call: &mut Call,
    table: &'t Table,
    head: &Parts,
) -> Result<Route<'t>, Stop> {
    target(head)?;
    headers::check(&head.headers)?;
    let path = head.uri.path();
    if matches!(call.place, Place::Outside) {
        return Err(unknown_operation("").into());
    }
    let found = table.find(head.method.as_str(), path);
    call.errors = match &found {
        Some(found) => found.operation.errors,
        None => home_shape(table, path),
    };
    let plain = found
        .as_ref()
        .map_or_else(|| paths::is_plain_path(path), |found| found.is_plain(path));
    if !plain {
        return Err(unknown_operation(path).into());
    }
    let upgrade = headers::wants_upgrade(&head.headers);
    if upgrade
        != found
            .as_ref()
            .is_some_and(|found| found.operation.content == Content::WebSocket)
    {
        return Err(match found {
            Some(_) if upgrade => Rejection::whole(Reason::Malformed, "upgrade").into(),
            Some(_) | None => unknown_operation(path).into(),
        });
    }
    match found {
        Some(found) => {
            query(call, head.uri.query(), &found)?;
            Ok(Route::Listed(found))
        }
        None if call
            .policy
            .allow()
            .iter()
            .any(|allow| allow.covers(head.method.as_str(), path)) =>
        {
            Ok(Route::Allowed)
        }
        None => Err(unknown_operation(path).into()),
    }
}

/// How errors are told below this path: as by the operations that share its first segment, or else as
/// by whatever is switched on first.
fn home_shape(table: &Table, path: &str) -> ErrorShape {
    let first = |path: &str| path.split('/').nth(1).map(str::to_owned);
    let operations = || {
        table
            .dialects()
            .iter()
            .flat_map(|dialect| &dialect.operations)
    };
    let own = operations().find(|operation| first(&operation.pattern) == first(path));
    own.or_else(|| operations().next())
        .map(|operation| operation.errors)
        .unwrap_or_default()
}

/// No other host than `Host` names, and nobody at it.
fn target(head: &Parts) -> Result<(), Stop> {
    let authority_ok = head.uri.authority().is_none_or(|authority| {
        !authority.as_str().contains('@') && same_host(head, authority.as_str())
    });
    let method_ok = head
        .method
        .as_str()
        .bytes()
        .all(|byte| byte.is_ascii_uppercase());
    if authority_ok && method_ok {
        Ok(())
    } else {
        Err(Rejection::whole(Reason::Malformed, "target").into())
    }
}

fn same_host(head: &Parts, authority: &str) -> bool {
    head.headers
        .get_all(http::header::HOST)
        .iter()
        .all(|host| host.as_bytes() == authority.as_bytes())
}

/// Parameters that the operation lists, each once and in plain characters.
fn query(call: &Call, query: Option<&str>, found: &Found<'_>) -> Result<(), Stop> {
    let Some(query) = query else { return Ok(()) };
    let mut seen: Vec<Cow<'_, str>> = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = spelled(name);
        let names_model = matches!(&found.operation.model, ModelAt::Query(model) if *model == name);
        let listed = names_model
            || found.operation.query.iter().any(|listed| *listed == name)
            || call.place.takes_parameter(&name);
        let repeats = seen.contains(&name) && !name.ends_with("[]");
        if !listed || repeats || !is_value(value) {
            return Err(Rejection::whole(Reason::Malformed, "query").into());
        }
        seen.push(name);
    }
    Ok(())
}

/// A parameter's name; the brackets of a list may be escaped, as the SDKs write them.
fn spelled(name: &str) -> Cow<'_, str> {
    let list = name
        .strip_suffix("%5B%5D")
        .or_else(|| name.strip_suffix("%5b%5d"));
    list.map_or(Cow::Borrowed(name), |list| Cow::Owned(format!("{list}[]")))
}

/// Plain characters, and escapes of what would not make another query of it for a reader that decodes
/// first, or twice (RFC 3986 section 2.4).
fn is_value(value: &str) -> bool {
    let mut parts = value.split('%');
    let plain = |text: &str| text.bytes().all(is_plain);
    parts.next().is_none_or(plain)
        && parts.all(|part| {
            part.split_at_checked(2)
                .is_some_and(|(escape, rest)| is_escape(escape) && plain(rest))
        })
}

fn is_escape(digits: &str) -> bool {
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = u8::from_str_radix(digits, 16).ok().filter(|_| hex);
    byte.is_some_and(|byte| !byte.is_ascii_control() && !b"#%&;".contains(&byte))
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b',' | b'/')
}
