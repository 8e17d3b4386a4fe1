//! The head of a provider's response: what must not be passed on, and what is taken out or added (rule 12).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::decide::{Approved, RequestOutcome};
use super::gate::Route;
use super::refusal::Fault;
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
        Route::Allowed => ResponseKind::Opaque,
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
