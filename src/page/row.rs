//! One thing that was seen, as the page lists it: an attempt, an input that could not be understood, or an answer
//! of another model. Its members are those of the log.

use lockpolicy::{
    Attempt, AttemptResult, Capability, Mode, Reason, RequestContext, Served, ServedReport, Source,
    Surface, escape_for_log,
};
use serde::{Deserialize, Serialize};

use crate::telemetry::{Door, now};

/// What the page counts over time: the results of attempts, and what else a person has to see.
pub(super) const KINDS: [&str; 5] = [
    AttemptResult::Reported.as_str(),
    AttemptResult::Forced.as_str(),
    AttemptResult::Rejected.as_str(),
    UNDECIDABLE,
    Served::Mismatch.as_str(),
];
const UNDECIDABLE: &str = "undecidable";

/// A row. Texts of a request are escaped and cut; what nothing is known about is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    /// The number of the row; a later row has a higher one.
    pub(super) id: u64,
    /// The number of its last change.
    #[serde(skip)]
    pub(super) change: u64,
    pub(super) ts: String,
    pub(super) event: &'static str,
    pub(super) door: &'static str,
    pub(super) result: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) mode: &'static str,
    pub(super) surface: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) source: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) capability: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) place: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) requested_model: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) applied_model: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) approved_model: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) sent_model: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) served_model: String,
    /// What the receipt said of the answer: the `result` of a receipt.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) served: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) failed: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) reason: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) status: u16,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) request_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) method: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) user_agent: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) policy_hash: String,
    pub(super) pid: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(status: &u16) -> bool {
    *status == 0
}

impl Row {
    /// What this process was told.
    fn new(event: &'static str, facts: &RequestContext<'_>) -> Self {
        Self {
            ts: now(),
            event,
            door: Door::Proxy.as_str(),
            reason: facts.reason.to_owned(),
            status: facts.status,
            request_id: escape_for_log(facts.request_id),
            method: escape_for_log(facts.method),
            path: escape_for_log(facts.path),
            user_agent: escape_for_log(facts.client),
            policy_hash: facts.policy.to_owned(),
            pid: std::process::id(),
            ..Self::default()
        }
    }

    pub(super) fn attempt(attempt: &Attempt, facts: &RequestContext<'_>) -> Self {
        let applied = match attempt.result {
            AttemptResult::Reported => attempt.requested.as_str(),
            AttemptResult::Forced => attempt.pin.as_str(),
            AttemptResult::Rejected => "",
        };
        Self {
            result: attempt.result.as_str(),
            mode: attempt.mode.as_str(),
            surface: attempt.surface.as_str(),
            source: attempt.source.as_str(),
            capability: attempt.capability.as_str(),
            place: attempt.place.clone(),
            requested_model: attempt.requested.clone(),
            applied_model: applied.to_owned(),
            approved_model: attempt.pin.clone(),
            ..Self::new("attempt", facts)
        }
    }

    pub(super) fn undecidable(
        surface: Surface,
        reason: Reason,
        facts: &RequestContext<'_>,
    ) -> Self {
        Self {
            result: AttemptResult::Rejected.as_str(),
            surface: surface.as_str(),
            reason: reason.as_str().to_owned(),
            ..Self::new(UNDECIDABLE, facts)
        }
    }

    pub(super) fn receipt(receipt: &ServedReport<'_>, facts: &RequestContext<'_>) -> Self {
        let wanted = receipt.choice;
        let mut row = Self {
            result: receipt.result.as_str(),
            mode: receipt.mode.as_str(),
            surface: receipt.surface.as_str(),
            source: receipt.source.as_str(),
            capability: wanted.map_or("", |wanted| wanted.capability.as_str()),
            requested_model: wanted
                .map_or_else(String::new, |wanted| escape_for_log(&wanted.requested)),
            ..Self::new("receipt", facts)
        };
        row.answered(receipt);
        row
    }

    /// Takes what became of the request.
    pub(super) fn answered(&mut self, receipt: &ServedReport<'_>) {
        let sent = receipt.choice.map_or("", |wanted| &wanted.sent);
        self.sent_model = escape_for_log(sent);
        self.served_model = escape_for_log(receipt.served);
        self.served = receipt.result.as_str();
        self.failed = receipt.failed;
    }

    /// Whether an answer may still come: it was sent, and nothing was heard.
    pub(super) fn waits(&self) -> bool {
        let sent = !self.applied_model.is_empty() && !self.request_id.is_empty();
        sent && self.served.is_empty() && self.event == "attempt"
    }

    /// The word by which it is counted; one of [`KINDS`].
    pub(super) fn kind(&self) -> &'static str {
        if self.event == UNDECIDABLE {
            UNDECIDABLE
        } else {
            self.result
        }
    }

    /// Every text in which a person may look for something.
    pub(super) fn texts(&self) -> [&str; 16] {
        [
            &self.requested_model,
            &self.applied_model,
            &self.sent_model,
            &self.served_model,
            &self.place,
            &self.path,
            &self.user_agent,
            &self.request_id,
            &self.reason,
            &self.method,
            &self.policy_hash,
            self.surface,
            self.source,
            self.capability,
            self.door,
            self.served,
        ]
    }
}

/// The members of an audit line that a row has. Members come and go with versions.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    ts: String,
    event: String,
    door: String,
    result: String,
    mode: String,
    surface: String,
    source: String,
    capability: String,
    place: String,
    requested_model: String,
    applied_model: String,
    approved_model: String,
    request_id: String,
    method: String,
    path: String,
    user_agent: String,
    reason: String,
    policy_hash: String,
    status: u16,
    pid: u32,
}

impl Row {
    /// Reads the members of a line of the audit file; `None` where it is not about an attempt.
    pub(super) fn read(members: &str) -> Option<Self> {
        let line: Line = serde_json::from_str(&format!("{{{members}}}")).ok()?;
        let modes = [Mode::ReportOnly, Mode::Force, Mode::Reject];
        let doors = [Door::Proxy, Door::Shim];
        (line.event == "attempt").then_some(())?;
        Some(Self {
            event: "attempt",
            door: word(&line.door, doors.map(Door::as_str))?,
            result: word(&line.result, AttemptResult::ALL.map(AttemptResult::as_str))?,
            mode: word(&line.mode, modes.map(Mode::as_str))?,
            surface: word(&line.surface, Surface::ALL.map(Surface::as_str))?,
            source: word(&line.source, Source::ALL.map(Source::as_str))?,
            capability: word(&line.capability, Capability::ALL.map(Capability::as_str))?,
            ts: line.ts,
            place: line.place,
            requested_model: line.requested_model,
            applied_model: line.applied_model,
            approved_model: line.approved_model,
            request_id: line.request_id,
            method: line.method,
            path: line.path,
            user_agent: line.user_agent,
            reason: line.reason,
            policy_hash: line.policy_hash,
            status: line.status,
            pid: line.pid,
            ..Self::default()
        })
    }
}

/// The word of a closed list that a text is.
fn word<const N: usize>(text: &str, words: [&'static str; N]) -> Option<&'static str> {
    words.into_iter().find(|word| *word == text)
}
