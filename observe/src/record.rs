//! One thing that happened, as the log and the audit file write it and as the dashboard reads it back.

use lockpolicy::{
    Attempt, AttemptResult, Capability, Event, Mode, Policy, Reason, RequestContext, Served,
    ServedReport, Source, Surface, escape_for_log, label_enum,
};
use serde::{Deserialize, Serialize};

use crate::clock;

label_enum! {
    /// The kind of a record.
    #[derive(Default)]
    pub enum RecordKind {
        /// An attempt to run something that is not approved.
        #[default]
        Attempt = "attempt",
        /// An input that was rejected without an attempt.
        Undecidable = "undecidable",
        /// The end of a response, with the model that served it.
        Served = "served",
        /// The policy that is in force from now on, or still.
        Policy = "policy",
    }
}

label_enum! {
    /// The program that enforced the policy.
    pub enum EnforcementPoint {
        /// The proxy.
        Proxy = "proxy",
        /// The shim.
        Shim = "shim",
    }
}

label_enum! {
    /// The start of a process with its policy.
    pub enum Start {
        /// The process begins to serve.
        Started = "started",
    }
}

label_enum! {
    /// The result of a changed policy file.
    pub enum Reload {
        /// The new policy is in force.
        Applied = "applied",
        /// The new policy is not valid; the last good one stays in force.
        Kept = "kept",
    }
}

/// The result of what happened, in the words of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RecordResult {
    /// The result of an attempt, or of an input that was rejected without one.
    Attempt(AttemptResult),
    /// The comparison of the served model with the sent one.
    Served(Served),
    /// The policy at the start.
    Start(Start),
    /// The policy after a change of its file.
    Reload(Reload),
}

impl RecordResult {
    /// Returns the word of the result.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attempt(result) => result.as_str(),
            Self::Served(result) => result.as_str(),
            Self::Start(start) => start.as_str(),
            Self::Reload(reload) => reload.as_str(),
        }
    }
}

/// One thing that happened. Texts of a request are escaped and cut; contents, keys, prompts and queries are
/// never in it. Empty members are omitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The time, in RFC 3339.
    pub ts: String,
    /// The kind of the record.
    pub event: RecordKind,
    /// The program that enforced the policy.
    #[serde(skip_serializing_if = "is_empty")]
    pub enforcement_point: Option<EnforcementPoint>,
    /// The result.
    #[serde(skip_serializing_if = "is_empty")]
    pub result: Option<RecordResult>,
    /// Set where the response was ended because of the model that served it.
    #[serde(skip_serializing_if = "is_empty")]
    pub failed: bool,
    /// The mode that was in force.
    #[serde(skip_serializing_if = "is_empty")]
    pub mode: Option<Mode>,
    /// The surface that the input came through.
    #[serde(skip_serializing_if = "is_empty")]
    pub surface: Option<Surface>,
    /// The requester.
    #[serde(skip_serializing_if = "is_empty")]
    pub source: Option<Source>,
    /// The purpose of the model.
    #[serde(skip_serializing_if = "is_empty")]
    pub capability: Option<Capability>,
    /// The location of the model's name in the input.
    #[serde(skip_serializing_if = "is_empty")]
    pub place: String,
    /// The model that was requested.
    #[serde(skip_serializing_if = "is_empty")]
    pub requested_model: String,
    /// The value that was requested, where it is no model: an effort, a tier, the type of a tool.
    #[serde(skip_serializing_if = "is_empty")]
    pub requested_value: String,
    /// The model that was let through in its place, or itself.
    #[serde(skip_serializing_if = "is_empty")]
    pub applied_model: String,
    /// The model that the policy approves.
    #[serde(skip_serializing_if = "is_empty")]
    pub approved_model: String,
    /// The model that was sent to the provider.
    #[serde(skip_serializing_if = "is_empty")]
    pub sent_model: String,
    /// The model that the response names.
    #[serde(skip_serializing_if = "is_empty")]
    pub served_model: String,
    /// The id that a rejection carries too.
    #[serde(skip_serializing_if = "is_empty")]
    pub request_id: String,
    /// The method.
    #[serde(skip_serializing_if = "is_empty")]
    pub method: String,
    /// The path, without its query.
    #[serde(skip_serializing_if = "is_empty")]
    pub path: String,
    /// The name that the client gives itself.
    #[serde(skip_serializing_if = "is_empty")]
    pub user_agent: String,
    /// The name of the client that stated its token.
    #[serde(skip_serializing_if = "is_empty")]
    pub client: String,
    /// The reason of a rejection.
    #[serde(skip_serializing_if = "is_empty")]
    pub reason: String,
    /// The hash of the policy that decided.
    #[serde(skip_serializing_if = "is_empty")]
    pub policy_hash: String,
    /// The status of the response, or of the process.
    #[serde(skip_serializing_if = "is_empty")]
    pub status: u16,
    /// The process that recorded it.
    pub pid: u32,
}

fn is_empty<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Record {
    /// Returns the record of an event; `None` where an event is only counted.
    pub fn new(
        point: EnforcementPoint,
        event: Event<'_>,
        context: &RequestContext<'_>,
    ) -> Option<Self> {
        let seen = || Self::seen(point, context);
        match event {
            Event::Attempt(attempt) => Some(Self::attempt(attempt, seen())),
            Event::Judged { .. } => None,
            Event::Served(report) => Some(Self::served(report, seen())),
            Event::Undecidable { surface, reason } => {
                Some(Self::undecidable(surface, reason, seen()))
            }
        }
    }

    /// Returns the record of the policy that is in force from now on, or still.
    pub fn policy(result: RecordResult, policy: &Policy) -> Self {
        Self {
            event: RecordKind::Policy,
            result: Some(result),
            mode: Some(policy.mode()),
            approved_model: policy.pin().to_owned(),
            policy_hash: policy.hash().to_owned(),
            ..Self::now()
        }
    }

    fn now() -> Self {
        Self {
            ts: clock::timestamp(),
            pid: std::process::id(),
            ..Self::default()
        }
    }

    fn seen(point: EnforcementPoint, context: &RequestContext<'_>) -> Self {
        Self {
            enforcement_point: Some(point),
            request_id: escape_for_log(context.request_id),
            method: escape_for_log(context.method),
            path: escape_for_log(context.path),
            user_agent: escape_for_log(context.user_agent),
            client: escape_for_log(context.client),
            reason: context.reason.to_owned(),
            policy_hash: context.policy.to_owned(),
            status: context.status,
            ..Self::now()
        }
    }

    fn attempt(attempt: &Attempt, seen: Self) -> Self {
        let applied = match attempt.result {
            _ if !attempt.names_model => "",
            AttemptResult::Reported => attempt.requested.as_str(),
            AttemptResult::Forced => attempt.pin.as_str(),
            AttemptResult::Rejected => "",
        };
        let requested = attempt.requested.clone();
        let (requested_model, requested_value) = if attempt.names_model {
            (requested, String::new())
        } else {
            (String::new(), requested)
        };
        Self {
            event: RecordKind::Attempt,
            result: Some(RecordResult::Attempt(attempt.result)),
            mode: Some(attempt.mode),
            surface: Some(attempt.surface),
            source: Some(attempt.source),
            capability: Some(attempt.capability),
            place: attempt.place.clone(),
            requested_model,
            requested_value,
            applied_model: applied.to_owned(),
            approved_model: attempt.pin.clone(),
            ..seen
        }
    }

    fn undecidable(surface: Surface, reason: Reason, seen: Self) -> Self {
        Self {
            event: RecordKind::Undecidable,
            result: Some(RecordResult::Attempt(AttemptResult::Rejected)),
            surface: Some(surface),
            reason: reason.as_str().to_owned(),
            ..seen
        }
    }

    fn served(report: &ServedReport<'_>, seen: Self) -> Self {
        let mut record = Self {
            event: RecordKind::Served,
            result: Some(RecordResult::Served(report.result)),
            mode: Some(report.mode),
            surface: Some(report.surface),
            source: Some(report.source),
            capability: report.choice.map(|choice| choice.capability),
            requested_model: report
                .choice
                .map_or_else(String::new, |choice| escape_for_log(&choice.requested)),
            ..seen
        };
        record.add_served(report);
        record
    }

    /// Adds the models that were sent and served.
    pub(crate) fn add_served(&mut self, report: &ServedReport<'_>) {
        self.sent_model = escape_for_log(report.choice.map_or("", |choice| &choice.sent));
        self.served_model = escape_for_log(report.served);
        self.failed = report.failed;
    }

    /// Returns the word of the result, empty where there is none.
    pub fn result(&self) -> &'static str {
        self.result.map_or("", RecordResult::as_str)
    }

    /// Returns every text that a search looks at.
    pub(crate) fn texts(&self) -> [&str; 17] {
        [
            &self.requested_model,
            &self.requested_value,
            &self.applied_model,
            &self.sent_model,
            &self.served_model,
            &self.place,
            &self.path,
            &self.user_agent,
            &self.client,
            &self.request_id,
            &self.reason,
            &self.method,
            &self.policy_hash,
            self.surface.map_or("", Surface::as_str),
            self.source.map_or("", Source::as_str),
            self.capability.map_or("", Capability::as_str),
            self.enforcement_point.map_or("", EnforcementPoint::as_str),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_that_is_no_model_is_recorded_as_a_value() {
        for (names_model, model, value, applied) in
            [(true, "x", "", "gpt-5.5"), (false, "", "x", "")]
        {
            let attempt = Attempt {
                mode: Mode::Force,
                result: AttemptResult::Forced,
                surface: Surface::Http,
                source: Source::User,
                capability: Capability::Generation,
                place: "/x".to_owned(),
                requested: "x".to_owned(),
                names_model,
                pin: "gpt-5.5".to_owned(),
            };
            let (event, context) = (Event::Attempt(&attempt), RequestContext::default());
            let record = Record::new(EnforcementPoint::Proxy, event, &context).unwrap();
            assert_eq!(record.requested_model, model);
            assert_eq!(record.requested_value, value);
            assert_eq!(record.applied_model, applied);
        }
    }
}
