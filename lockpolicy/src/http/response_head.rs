//! The head of a provider's response: what must not be passed on, and what is taken out or added (rule 12).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::decide::{Approved, RequestOutcome};
use super::refusal::Fault;
use super::request_route::Route;
use super::response_edit::{SERVED, SERVED_TOO};
use crate::dialect::ResponseKind;
use crate::{Mode, Policy};

/// The head of a response.
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    /// The status.
    pub status: u16,
    /// The fields in their order, names in lower case. A value that is no UTF-8 stands here as U+FFFD.
    pub fields: &'a [(&'a str, &'a str)],
}

/// Describes what is done with the content of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseHandling {
    /// It is a list of models, which is cut down to what may be used.
    CutModelList,
    /// It says which model served, which is compared with the one that was sent (rule 13).
    Observe,
    /// It passes as it comes.
    Pass,
}

/// The changes to the head of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadEdits {
    /// The names of the fields that are taken out.
    pub remove: Vec<String>,
    /// The fields that are set.
    pub set: Vec<(&'static str, String)>,
}

/// The fields that belong to one connection and stop here.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Returns what is done with the content of a response.
///
/// # Errors
///
/// A redirect, which would lead the client past the lock, and a change of protocol that nobody asked for.
pub fn response_handling(
    policy: &Policy,
    route: &Route<'_>,
    approved: &Approved,
    head: &ResponseHead<'_>,
) -> Result<ResponseHandling, Fault> {
    let kind = match route {
        Route::Listed(found) => found.operation.response,
        Route::Allowed(_) => ResponseKind::Opaque,
    };
    match head.status {
        300..=399 if has(head, "location") => Err(Fault::BadResponse(
            "the upstream redirects, which would lead past the lock",
        )),
        100..=199 => Err(Fault::BadResponse("the upstream changed the protocol")),
        200 if kind == ResponseKind::Models && policy.mode() != Mode::ReportOnly => {
            Ok(ResponseHandling::CutModelList)
        }
        _ if kind == ResponseKind::Models => Ok(ResponseHandling::Pass),
        _ if kind == ResponseKind::Opaque && approved.choice.is_none() => {
            Ok(ResponseHandling::Pass)
        }
        _ => Ok(ResponseHandling::Observe),
    }
}

/// Returns the changes to the head of a response.
pub fn response_edits(
    policy: &Policy,
    approved: &Approved,
    head: &ResponseHead<'_>,
    handling: ResponseHandling,
) -> HeadEdits {
    let mut edits = HeadEdits::default();
    edits.end_to_end(head);
    edits.remove(head, |name| name.starts_with("x-model-lock-"));
    match handling {
        ResponseHandling::CutModelList => {
            edits.remove(head, |name| matches!(name, "content-length" | "etag"));
        }
        // The client asked for another model and would take the pin's name for a reroute.
        ResponseHandling::Observe if approved.outcome == RequestOutcome::Forced => {
            edits.without_pin(policy, head);
        }
        ResponseHandling::Observe | ResponseHandling::Pass => {}
    }
    edits.set("x-model-lock-decision", approved.outcome.as_str());
    edits.set("x-model-lock-policy", policy.hash());
    if let Some(requested) = &approved.requested {
        edits.set("x-model-lock-requested", requested);
    }
    edits
}

/// Returns the changes to the head of the response that opens a WebSocket. Nothing is known yet of what the
/// client will ask for; the pin's name says nothing new.
pub fn handshake_edits(policy: &Policy, head: &ResponseHead<'_>) -> HeadEdits {
    let mut edits = HeadEdits::default();
    edits.end_to_end(head);
    edits.without_pin(policy, head);
    edits.set("x-model-lock-policy", policy.hash());
    edits
}

fn has(head: &ResponseHead<'_>, name: &str) -> bool {
    head.fields.iter().any(|(have, _)| *have == name)
}

impl HeadEdits {
    fn set(&mut self, name: &'static str, value: &str) {
        self.set.push((name, value.to_string()));
    }

    fn remove(&mut self, head: &ResponseHead<'_>, which: impl Fn(&str) -> bool) {
        let names = head.fields.iter().map(|(name, _)| *name);
        let gone = names.filter(|name| which(name));
        self.remove.extend(gone.map(ToString::to_string));
    }

    /// Takes out what belongs to one connection, by its name or by the word of `connection` (RFC 9110
    /// section 7.6.1).
    fn end_to_end(&mut self, head: &ResponseHead<'_>) {
        let connection = head.fields.iter().filter(|(name, _)| *name == "connection");
        let named: Vec<&str> = connection
            .flat_map(|(_, value)| value.split(',').map(str::trim))
            .collect();
        self.remove(head, |name| {
            HOP_BY_HOP.contains(&name) || named.iter().any(|own| own.eq_ignore_ascii_case(name))
        });
    }

    /// Takes out the served model where that is the pin.
    fn without_pin(&mut self, policy: &Policy, head: &ResponseHead<'_>) {
        let pin = policy.pin();
        let other = |name: &str| {
            let mut values = head.fields.iter().filter(|(have, _)| *have == name);
            values.any(|(_, value)| *value != pin)
        };
        self.remove(head, |name| {
            (name == SERVED || name == SERVED_TOO) && !other(name)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PolicyConfig;
    use crate::dialect::Table;
    use crate::http::{RequestHead, decide, route};

    type Fields<'f> = &'f [(&'f str, &'f str)];

    fn policy(mode: &str) -> Policy {
        let keys = "model = 'p'\nallow = ['GET /v1/things']\npins.audio = 'p'\nmode = '";
        let policy = PolicyConfig::from_toml(&[keys, mode, "'"].concat());
        policy.build().unwrap()
    }

    /// Returns the handling and the edits of a response to a request in this mode; `None` for a fault.
    fn answered(
        mode: &str,
        (method, path, content): (&str, &str, &str),
        (status, fields): (u16, Fields<'_>),
    ) -> Option<(ResponseHandling, HeadEdits)> {
        let (policy, table) = (policy(mode), Table::of(["openai"]).unwrap());
        let json = [("content-type", "application/json")];
        let head = RequestHead {
            method,
            path,
            fields: if content.is_empty() { &[] } else { &json },
            ..RequestHead::default()
        };
        let route = route(&table, &policy, &head).route.unwrap();
        let approved = decide(&policy, &route, &head, content.as_bytes());
        let approved = approved.result.unwrap();
        let head = ResponseHead { status, fields };
        let handling = response_handling(&policy, &route, &approved, &head).ok()?;
        Some((
            handling,
            response_edits(&policy, &approved, &head, handling),
        ))
    }

    const MODELS: (&str, &str, &str) = ("GET", "/v1/models", "");
    const THINGS: (&str, &str, &str) = ("GET", "/v1/things", "");
    const PINNED: (&str, &str, &str) = ("POST", "/v1/responses", r#"{"model":"p"}"#);
    const SPOKEN: (&str, &str, &str) = ("POST", "/v1/audio/speech", r#"{"model":"p"}"#);
    const OTHER: (&str, &str, &str) = ("POST", "/v1/responses", r#"{"model":"q"}"#);

    #[test]
    fn content_is_cut_observed_or_passed_by_its_operation_and_status() {
        use ResponseHandling::{CutModelList, Observe, Pass};
        for (mode, request, status, handling) in [
            ("force", MODELS, 200, CutModelList),
            ("reject", MODELS, 200, CutModelList),
            ("report_only", MODELS, 200, Pass),
            ("force", MODELS, 404, Pass),
            ("force", PINNED, 200, Observe),
            ("force", PINNED, 500, Observe),
            ("force", SPOKEN, 200, Observe),
            ("force", THINGS, 200, Pass),
            ("force", THINGS, 404, Pass),
        ] {
            let told = answered(mode, request, (status, &[]));
            let told = told.map(|(handling, _)| handling);
            assert_eq!(told, Some(handling), "{mode} {request:?} {status}");
        }
    }

    #[test]
    fn redirect_and_change_of_protocol_are_not_passed_on() {
        let location = [("location", "https://elsewhere")];
        for request in [MODELS, PINNED, THINGS] {
            assert_eq!(answered("force", request, (307, &location)), None);
            assert_eq!(answered("force", request, (101, &[])), None);
            assert!(answered("force", request, (304, &[])).is_some());
            assert!(answered("force", request, (201, &location)).is_some());
        }
    }

    #[test]
    fn head_loses_what_is_of_one_connection_and_the_pin_that_was_forced() {
        let fields = [
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("x-model-lock-decision", "forged"),
            ("openai-model", "p"),
            ("x-openai-model", "r"),
            ("content-length", "2"),
            ("etag", "e"),
        ];
        let edits = |mode, request| answered(mode, request, (200, &fields)).unwrap().1;
        let common = ["connection", "x-hop", "x-model-lock-decision"];
        let forced = edits("force", OTHER);
        assert_eq!(forced.remove, [&common[..], &["openai-model"]].concat());
        let hash = policy("force").hash().to_string();
        let set = [
            ("x-model-lock-decision", "forced".to_string()),
            ("x-model-lock-policy", hash),
            ("x-model-lock-requested", "q".to_string()),
        ];
        assert_eq!(forced.set, set);
        let matched = edits("force", PINNED);
        assert_eq!(matched.remove, common);
        assert_eq!(matched.set[0].1, "matched");
        assert_eq!(matched.set.len(), 2);
        let list = edits("force", MODELS);
        assert_eq!(
            list.remove,
            [&common[..], &["content-length", "etag"]].concat()
        );
        let head = ResponseHead {
            status: 101,
            fields: &fields,
        };
        let handshake = handshake_edits(&policy("force"), &head);
        assert_eq!(handshake.remove, ["connection", "x-hop", "openai-model"]);
    }

    #[test]
    fn head_that_names_the_pin_alone_loses_the_fields_of_the_served_model() {
        let fields = [
            ("openai-model", "p"),
            ("x-openai-model", "p"),
            ("x-any", "p"),
        ];
        let (_, edits) = answered("force", OTHER, (200, &fields)).unwrap();
        assert_eq!(edits.remove, ["openai-model", "x-openai-model"]);
    }
}
