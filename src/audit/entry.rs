//! What a line says. Texts of a request are escaped and cut; contents, keys and prompts are never in it.

use std::fmt::{self, Display, Write as _};

use lockpolicy::{Attempt, AttemptResult, Policy, RequestContext, escape_for_log};

use crate::telemetry::{Door, now};

/// The members of a line about an attempt.
pub(crate) fn attempt(door: Door, attempt: &Attempt, facts: &RequestContext<'_>) -> String {
    let applied = match attempt.result {
        AttemptResult::Reported => attempt.requested.as_str(),
        AttemptResult::Forced => attempt.pin.as_str(),
        AttemptResult::Rejected => "",
    };
    let mut members = Members::begin("attempt");
    members.text("door", door.as_str());
    members.text("result", attempt.result.as_str());
    members.text("mode", attempt.mode.as_str());
    members.text("surface", attempt.surface.as_str());
    members.text("source", attempt.source.as_str());
    members.text("capability", attempt.capability.as_str());
    members.text("place", &attempt.place);
    members.text("requested_model", &attempt.requested);
    members.text("applied_model", applied);
    members.text("approved_model", &attempt.pin);
    members.text("request_id", &escape_for_log(facts.request_id));
    members.text("method", &escape_for_log(facts.method));
    members.text("path", &escape_for_log(facts.path));
    members.text("user_agent", &escape_for_log(facts.client));
    members.text("reason", facts.reason);
    members.text("policy_hash", facts.policy);
    members.number("status", u64::from(facts.status));
    members.end()
}

/// The members of a line about the policy that holds from now on, or still.
pub(crate) fn policy(result: &str, policy: &Policy) -> String {
    let mut members = Members::begin("policy");
    members.text("result", result);
    members.text("mode", policy.mode().as_str());
    members.text("approved_model", policy.pin());
    members.text("policy_hash", policy.hash());
    members.end()
}

/// The members of a line about the file itself.
pub(super) fn file(event: &str, name: &str, number: u64) -> String {
    let mut members = Members::begin(event);
    members.number(name, number);
    members.end()
}

/// Members that know nothing are left out.
struct Members(String);

impl Members {
    fn begin(event: &str) -> Self {
        let mut members = Self(String::with_capacity(512));
        members.text("ts", &now());
        members.text("event", event);
        members
    }

    fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.bare(name, &lockpolicy::json::encode(text));
        }
    }

    fn number(&mut self, name: &str, number: u64) {
        if number > 0 {
            self.bare(name, &number);
        }
    }

    fn bare(&mut self, name: &str, value: &dyn Display) {
        let comma = if self.0.is_empty() { "" } else { "," };
        let written: fmt::Result = write!(self.0, "{comma}\"{name}\":{value}");
        debug_assert!(written.is_ok());
    }

    fn end(mut self) -> String {
        self.number("pid", u64::from(std::process::id()));
        self.0
    }
}
