//! The only path from a verdict to those who record it.
//!
//! HTTP, WebSocket, the command line and JSON-RPC all call [`report`]; log, metrics, audit file and
//! dashboard implement [`Observer`].

use core::fmt;

use crate::{
    Attempt, AttemptResult, Decision, Mode, ModelChoice, ModelMatch, Policy, Reason, Rejection,
    Served, Source, Surface, Verdict,
};

/// Describes what is known about an input besides its verdict. It goes into logs and never into labels, since all of
/// it may come from the request. Empty means unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestContext<'a> {
    /// The id that a rejection carries too.
    pub request_id: &'a str,
    /// An HTTP method, a JSON-RPC method, or the sub-command of a command line.
    pub method: &'a str,
    /// The path of a request, without its query.
    pub path: &'a str,
    /// The name that the client gives itself.
    pub user_agent: &'a str,
    /// The name of the client that stated its token.
    pub client: &'a str,
    /// The status that the client got, or the exit status; 0 while it has none.
    pub status: u16,
    /// The hash of the policy that decided.
    pub policy: &'a str,
    /// The reason, where the input was rejected.
    pub reason: &'a str,
}

/// The result of one request that was sent: the model that was requested, sent and, according to the
/// provider, served (rule 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServedReport<'a> {
    /// The mode that was in force.
    pub mode: Mode,
    /// The surface that the request came through.
    pub surface: Surface,
    /// The requester.
    pub source: Source,
    /// The model that was requested and sent; `None` where the response was made before.
    pub choice: Option<&'a ModelChoice>,
    /// The model that the response names, the worst match of them; empty where it names none.
    pub served: &'a str,
    /// The comparison of the served model with the sent one.
    pub result: Served,
    /// `true` if the response was ended because of it.
    pub failed: bool,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// An attempt to run something that is not approved.
    Attempt(&'a Attempt),
    /// An input was judged, whatever the verdict. It comes for each input, so it must be cheap to record.
    Judged {
        /// The mode that was in force.
        mode: Mode,
        /// The surface that the input came through.
        surface: Surface,
        /// The way in which the input named its model.
        model_match: ModelMatch,
    },
    /// The response to a request that was sent has ended.
    Served(&'a ServedReport<'a>),
    /// An input could not be understood, or states nothing where the policy asks for a value, and was rejected for it
    /// (rule 1).
    Undecidable {
        /// The surface that the input came through.
        surface: Surface,
        /// The reason of the rejection.
        reason: Reason,
    },
}

/// Records events: log, metrics, audit file, dashboard.
///
/// An observer may neither block nor fail: one that cannot keep up drops events and counts them.
pub trait Observer: fmt::Debug + Send + Sync {
    /// Records one event.
    fn observe(&self, event: Event<'_>, context: &RequestContext<'_>);
}

/// Records nothing, for trials and tests.
#[derive(Clone, Copy, Debug)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn observe(&self, _: Event<'_>, _: &RequestContext<'_>) {}
}

/// A verdict with what is needed to report it.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The policy that decided.
    pub policy: &'a Policy,
    /// The surface that the input came through.
    pub surface: Surface,
    /// The decision.
    pub verdict: &'a Verdict,
    /// `true` if the input runs a model, so that it is counted also where it names none.
    pub runs_model: bool,
}

/// Reports a verdict: the input for the count of requests, each attempt once, and an input that was rejected without
/// one: it could not be understood, or it states nothing where the policy asks for a value.
///
/// The policy's hash and the reason are filled in here. The status of `context` is the one that a
/// rejection has; it is not reported for what goes on.
pub fn report(observer: &dyn Observer, judged: Judged<'_>, context: &RequestContext<'_>) {
    let rejection = match &judged.verdict.decision {
        Decision::Reject(rejection) => Some(rejection),
        Decision::Pass | Decision::Rewrite(_) => None,
    };
    let rejected = RequestContext {
        policy: judged.policy.hash(),
        reason: rejection.map_or("", |rejection| rejection.reason.as_str()),
        ..*context
    };
    let passed = RequestContext {
        status: 0,
        ..rejected
    };
    let model_match = judged.verdict.model_match;
    if judged.runs_model || model_match != ModelMatch::None {
        let (mode, surface) = (judged.policy.mode(), judged.surface);
        let event = Event::Judged {
            mode,
            surface,
            model_match,
        };
        observer.observe(event, &passed);
    }
    for attempt in &judged.verdict.attempts {
        let is_rejected = attempt.result == AttemptResult::Rejected;
        let context = if is_rejected { &rejected } else { &passed };
        observer.observe(Event::Attempt(attempt), context);
    }
    // What is rejected because it states nothing is no attempt, and leaves a trace all the same.
    let no_attempt = judged.verdict.attempts.is_empty();
    let is_told = |rejection: &&Rejection| no_attempt || rejection.reason.is_undecidable();
    if let Some(rejection) = rejection.filter(is_told) {
        let event = Event::Undecidable {
            surface: judged.surface,
            reason: rejection.reason,
        };
        observer.observe(event, &rejected);
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use alloc::vec;
    use alloc::vec::Vec;
    use std::sync::Mutex;

    use super::*;
    use crate::{Capability, PolicyConfig, Rejection};

    /// Each event, and the policy, the reason and the status that came with it.
    #[derive(Debug, Default)]
    struct Recorded(Mutex<Vec<(&'static str, String, String, u16)>>);

    impl Observer for Recorded {
        fn observe(&self, event: Event<'_>, context: &RequestContext<'_>) {
            let kind = match event {
                Event::Attempt(_) => "attempt",
                Event::Judged { .. } => "judged",
                Event::Served(_) => "served",
                Event::Undecidable { .. } => "undecidable",
            };
            let (policy, reason) = (context.policy.to_string(), context.reason.to_string());
            let mut recorded = self.0.lock().unwrap();
            recorded.push((kind, policy, reason, context.status));
        }
    }

    fn attempt(result: AttemptResult) -> Attempt {
        Attempt {
            mode: Mode::Reject,
            result,
            surface: Surface::Http,
            source: Source::User,
            capability: Capability::Generation,
            place: "/model".to_string(),
            requested: "other".to_string(),
            names_model: true,
            pin: "p".to_string(),
        }
    }

    /// Reports a decision with one attempt, whose status is 403. Returns the events with reason and status; each has
    /// the hash of the policy.
    fn reported(
        decision: Decision,
        attempt: Option<AttemptResult>,
        model_match: ModelMatch,
        runs_model: bool,
    ) -> Vec<(&'static str, String, u16)> {
        let policy = PolicyConfig::from_toml("model = 'p'").build().unwrap();
        let verdict = Verdict {
            decision,
            attempts: attempt.map(self::attempt).into_iter().collect(),
            model_match,
            choice: None,
        };
        let judged = Judged {
            policy: &policy,
            surface: Surface::Http,
            verdict: &verdict,
            runs_model,
        };
        let context = RequestContext {
            status: 403,
            ..RequestContext::default()
        };
        let recorded = Recorded::default();
        report(&recorded, judged, &context);
        let recorded = recorded.0.into_inner().unwrap();
        let own = recorded.into_iter().map(|(kind, hash, reason, status)| {
            assert_eq!(hash, policy.hash());
            (kind, reason, status)
        });
        own.collect()
    }

    fn rejected(reason: Reason) -> Decision {
        Decision::Reject(Rejection::whole(reason, "place"))
    }

    #[test]
    fn attempt_that_is_rejected_is_reported_with_its_reason_and_status() {
        let locked = || "model_locked".to_string();
        let events = reported(
            rejected(Reason::ModelLocked),
            Some(AttemptResult::Rejected),
            ModelMatch::Other,
            true,
        );
        let wanted = vec![("judged", locked(), 0), ("attempt", locked(), 403)];
        assert_eq!(events, wanted);
    }

    #[test]
    fn attempt_that_goes_on_is_reported_without_a_status() {
        for result in [AttemptResult::Forced, AttemptResult::Reported] {
            let events = reported(Decision::Pass, Some(result), ModelMatch::Other, true);
            let wanted = vec![("judged", String::new(), 0), ("attempt", String::new(), 0)];
            assert_eq!(events, wanted);
        }
    }

    #[test]
    fn input_that_is_not_understood_is_reported_as_undecidable() {
        let malformed = || "malformed".to_string();
        let events = reported(rejected(Reason::Malformed), None, ModelMatch::None, true);
        let wanted = vec![
            ("judged", malformed(), 0),
            ("undecidable", malformed(), 403),
        ];
        assert_eq!(events, wanted);
    }

    /// One that states another model, too, may be undecidable for another reason; one that states nothing is told.
    #[test]
    fn rejection_is_told_where_it_is_undecidable_or_has_no_attempt() {
        let rejection = Some(AttemptResult::Rejected);
        for (reason, attempt, told) in [
            (Reason::Malformed, None, true),
            (Reason::Malformed, rejection, true),
            (Reason::ModelLocked, None, true),
            (Reason::ModelLocked, rejection, false),
        ] {
            let events = reported(rejected(reason), attempt, ModelMatch::None, false);
            let is_told = events.iter().any(|(kind, ..)| *kind == "undecidable");
            assert_eq!(is_told, told, "{reason:?} {attempt:?}");
        }
    }

    #[test]
    fn input_that_runs_no_model_and_names_none_is_not_counted() {
        for (model_match, runs_model, counted) in [
            (ModelMatch::None, false, false),
            (ModelMatch::None, true, true),
            (ModelMatch::Exact, false, true),
            (ModelMatch::Exact, true, true),
        ] {
            let events = reported(Decision::Pass, None, model_match, runs_model);
            assert_eq!(!events.is_empty(), counted, "{model_match:?} {runs_model}");
        }
    }
}
