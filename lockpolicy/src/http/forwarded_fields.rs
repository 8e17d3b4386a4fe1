//! The fields of a request that go on to the provider (RFC 9110 section 7.6.1): those on a list.

use alloc::string::String;
use alloc::vec::Vec;

use super::credentials::OWN_FIELDS;
use super::request::RequestHead;
use super::request_route::Route;
use super::{passes, passes_unjudged};
use crate::Policy;

/// The fields that go on with an operation outside of the tables, besides those of the dialect at whose path it stands:
/// what it needs at the least, and what ties it to its trace.
const MINIMAL: [&str; 6] = [
    "accept",
    "authorization",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-api-key",
];

/// A field that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardedField<'a> {
    /// The index of the field in the head of the request.
    pub index: usize,
    /// The value that the verdict has written in place of the client's.
    pub value: Option<&'a str>,
}

/// Returns the fields that go on. `changed` are the values that the verdict has written, by the index of
/// the field.
pub fn forwarded_fields<'a>(
    policy: &Policy,
    route: &Route<'_>,
    head: &RequestHead<'_>,
    changed: &'a [(usize, String)],
) -> Vec<ForwardedField<'a>> {
    let mut out: Vec<ForwardedField<'_>> = Vec::with_capacity(head.fields.len());
    let mut content_type = None;
    for (index, (name, _)) in head.fields.iter().enumerate() {
        if *name == "content-type" && route.takes_content() {
            content_type = content_type.or(Some(index));
        } else if is_forwarded(policy, route, head, name) {
            let value = written(head, changed, name);
            let is_repeated = || {
                out.iter()
                    .any(|field| head.name(field.index) == Some(*name))
            };
            if value.is_none() || !is_repeated() {
                out.push(ForwardedField { index, value });
            }
        }
    }
    let kept = |index| ForwardedField { index, value: None };
    out.extend(content_type.map(kept));
    out
}

/// Returns true if the fields of a name go on.
pub(super) fn goes_on(
    policy: &Policy,
    route: &Route<'_>,
    head: &RequestHead<'_>,
    name: &str,
) -> bool {
    is_forwarded(policy, route, head, name) || (name == "content-type" && route.takes_content())
}

fn is_forwarded(policy: &Policy, route: &Route<'_>, head: &RequestHead<'_>, name: &str) -> bool {
    if name.starts_with(OWN_FIELDS) {
        return false;
    }
    match route {
        Route::Listed(found) => passes(found, policy, name) || head.base.adds_field(name),
        Route::Allowed(dialect) => {
            MINIMAL.contains(&name) || passes_unjudged(*dialect, policy, name)
        }
    }
}

/// Returns the value that the verdict has written into a field; the last one stands for all of that name.
fn written<'a>(
    head: &RequestHead<'_>,
    changed: &'a [(usize, String)],
    name: &str,
) -> Option<&'a str> {
    let mut changed = changed.iter().rev();
    let own = changed.find(|(index, _)| head.name(*index) == Some(name));
    own.map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::gate::route;
    use super::*;
    use crate::PolicyConfig;
    use crate::dialect::Table;

    #[test]
    fn operation_of_the_operator_gets_what_it_needs_at_the_least_and_what_is_listed() {
        let text = "model = 'p'\nallow = ['GET /v1/things/*']\nallow_headers = ['x-listed']";
        let policy = PolicyConfig::from_toml(text).build().unwrap();
        let table = Table::of(["openai"]).unwrap();
        let fields = [
            ("host", "a"),
            ("accept", "*/*"),
            ("x-any", "1"),
            ("traceparent", "t"),
            ("x-listed", "1"),
            ("content-type", "text/plain"),
        ];
        let head = RequestHead {
            method: "GET",
            path: "/v1/things/1",
            fields: &fields,
            is_http_1_1: true,
            ..RequestHead::default()
        };
        let route = route(&table, &policy, &head).route.unwrap();
        let forwarded = forwarded_fields(&policy, &route, &head, &[]);
        let names: Vec<_> = forwarded
            .iter()
            .map(|field| fields[field.index].0)
            .collect();
        assert_eq!(names, ["accept", "traceparent", "x-listed", "content-type"]);
    }

    #[test]
    fn upload_that_the_operator_allows_keeps_the_fields_of_the_dialect_that_refuses_it() {
        let text = "model = 'p'\nallow = ['POST /upload/**']";
        let policy = PolicyConfig::from_toml(text).build().unwrap();
        let table = Table::of(["openai", "gemini"]).unwrap();
        let fields = [
            ("x-goog-upload-protocol", "resumable"),
            ("x-goog-upload-header-content-length", "5"),
            ("x-goog-api-key", "k"),
            ("x-any", "1"),
        ];
        let head = RequestHead {
            method: "POST",
            path: "/upload/v1beta/files",
            fields: &fields,
            is_http_1_1: true,
            ..RequestHead::default()
        };
        let route = route(&table, &policy, &head).route.unwrap();
        let forwarded = forwarded_fields(&policy, &route, &head, &[]);
        let indexes: Vec<_> = forwarded.iter().map(|field| field.index).collect();
        assert_eq!(indexes, [0, 1, 2]);
    }
}
