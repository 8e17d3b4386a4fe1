//! The fields of a request that go on to the provider (RFC 9110 section 7.6.1): those on a list.

use alloc::string::String;
use alloc::vec::Vec;

use super::gate::Route;
use super::passes;
use super::request::RequestHead;
use crate::Policy;

/// The fields that go on with an operation outside of the tables: what it needs at the least, and what
/// ties it to its trace.
const MINIMAL: [&str; 6] = [
    "accept",
    "authorization",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-api-key",
];

/// Returns the fields that go on. `changed` are the values that the verdict has written, by the index of
/// the field.
pub fn forwarded_fields<'a>(
    policy: &Policy,
    route: &Route<'_>,
    head: &RequestHead<'a>,
    changed: &'a [(usize, String)],
) -> Vec<(&'a str, &'a str)> {
    let mut out: Vec<(&str, &str)> = Vec::with_capacity(head.fields.len());
    for (name, value) in head.fields {
        if !goes_on(policy, route, head, name) {
            continue;
        }
        match written(head, changed, name) {
            None => out.push((name, value)),
            Some(_) if out.iter().any(|(have, _)| have == name) => {}
            Some(value) => out.push((name, value)),
        }
    }
    let kind = head.field("content-type").filter(|_| route.takes_content());
    out.extend(kind.map(|kind| ("content-type", kind)));
    out
}

fn goes_on(policy: &Policy, route: &Route<'_>, head: &RequestHead<'_>, name: &str) -> bool {
    match route {
        Route::Listed(_) if name == "content-type" && route.takes_content() => false,
        Route::Listed(found) => passes(found, policy, name) || head.base.adds_field(name),
        Route::Allowed => MINIMAL.contains(&name),
    }
}

/// Returns the value that the verdict has written into a field; the last one stands for all of that name.
fn written<'a>(
    head: &RequestHead<'_>,
    changed: &'a [(usize, String)],
    name: &str,
) -> Option<&'a str> {
    let mut changed = changed.iter().rev();
    let of = |index: usize| head.fields.get(index).map(|(name, _)| *name);
    let own = changed.find(|(index, _)| of(*index) == Some(name));
    own.map(|(_, value)| value.as_str())
}
