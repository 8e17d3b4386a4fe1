//! Turns occurrences and a policy into a verdict. The rules are in `rules` and nowhere else.
//!
//! `judge` knows no surface. It gets what is stated where, and returns what is to be done.
//!
//! Invariant: `judge` cannot fail, and adding a restriction never turns a refusal into a pass.

mod rules;

use alloc::string::ToString;
use alloc::vec::Vec;

use crate::occurrence::{ForceAction, Occurrence, SelectorValue, Setting};
use crate::{
    Action, Attempt, AttemptResult, Capability, Change, Decision, Mode, ModelChoice, ModelMatch,
    Policy, Reason, Rejection, Source, Surface, Verdict,
};

/// Describes where an input came from, as far as that matters for its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The surface of the input.
    pub surface: Surface,
    /// The source of the request.
    pub source: Source,
}

/// Decides what happens to an input that states these occurrences.
///
/// - `force`: what differs from its pin is replaced, what is absent is put in (rule 5).
/// - `reject`: anything but the exact pin is refused, and nothing is changed; where naming none is
///   normal (a command line, JSON-RPC) and for the agent's own background calls the pin is put in
///   (rules 5 and 11).
/// - `audit`: everything passes and is counted.
pub fn judge(policy: &Policy, origin: Origin, occurrences: &[Occurrence<'_>]) -> Verdict {
    let mut judging = Judging {
        policy,
        origin,
        index: 0,
        changes: Vec::new(),
        attempts: Vec::new(),
        has_own: false,
        refusal: None,
        model_match: ModelMatch::None,
        choice: None,
    };
    for (index, occurrence) in occurrences.iter().enumerate() {
        judging.index = index;
        judging.judge_occurrence(occurrence);
    }
    judging.verdict()
}

/// Refuses an input that no occurrence could be read from, and says so in `audit` too: what is not
/// understood is never passed on (rule 1).
pub fn refuse(rejection: Rejection) -> Verdict {
    Verdict {
        decision: Decision::Reject(rejection),
        attempts: Vec::new(),
        model_match: ModelMatch::None,
        choice: None,
    }
}

/// The most attempts that are reported of one input; what is cut or refused has no such bound. A request with
/// a hundred thousand tools would otherwise be as many lines in the log.
const MAX_ATTEMPTS: usize = 64;

struct Judging<'p> {
    policy: &'p Policy,
    origin: Origin,
    /// The index of the occurrence that is judged now.
    index: usize,
    changes: Vec<Change>,
    attempts: Vec<Attempt>,
    /// `true` if one of them is about the model that the request runs.
    has_own: bool,
    refusal: Option<Rejection>,
    model_match: ModelMatch,
    choice: Option<ModelChoice>,
}

impl Judging<'_> {
    /// The mode that holds for this input: `reject` forces the agent's own housekeeping (rule 11).
    fn mode(&self) -> Mode {
        match (self.policy.mode(), self.origin.source) {
            (Mode::Reject, Source::Background) => Mode::Force,
            (mode, Source::Background | Source::Subagent | Source::User) => mode,
        }
    }

    /// Returns true if naming nothing is the normal case on this surface, so that the pin is put in there also in
    /// `reject` (rule 5).
    fn inserts_when_missing(&self) -> bool {
        matches!(self.origin.surface, Surface::Argv | Surface::JsonRpc)
    }

    /// Records which model was requested and which goes on, once the changes of its place are known.
    fn record_choice(&mut self, occurrence: &Occurrence<'_>, capability: Capability) {
        let requested = occurrence.text().unwrap_or_default().to_string();
        let own = self.changes.last();
        let sent = match own.filter(|change| change.occurrence == self.index) {
            Some(Change {
                action: Action::Set(pin),
                ..
            }) => pin.clone(),
            Some(_) | None => requested.clone(),
        };
        self.choice = Some(ModelChoice {
            capability,
            requested,
            sent,
        });
    }

    /// One word for the whole input: another model outweighs all, exact naming is the weakest.
    fn record_match(&mut self, model_match: ModelMatch) {
        let weight = |n: ModelMatch| match n {
            ModelMatch::None => 0,
            ModelMatch::Exact => 1,
            ModelMatch::Absent => 2,
            ModelMatch::Alias => 3,
            ModelMatch::Other => 4,
        };
        if weight(model_match) > weight(self.model_match) {
            self.model_match = model_match;
        }
    }

    fn change(&mut self, action: Action) {
        let occurrence = self.index;
        self.changes.push(Change { occurrence, action });
    }

    /// Counts an attempt and does with it what the mode says; `None` cannot be repaired.
    fn attempt(
        &mut self,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        reason: Reason,
        action: Option<Action>,
    ) {
        let result = match (self.mode(), action) {
            (Mode::ReportOnly, _) => AttemptResult::Reported,
            (Mode::Force, Some(action)) => {
                self.change(action);
                AttemptResult::Forced
            }
            (Mode::Force, None) | (Mode::Reject, _) => {
                self.refuse(occurrence, reason);
                AttemptResult::Rejected
            }
        };
        if !self.repeats(occurrence, capability) && self.make_place(occurrence) {
            self.record_attempt(occurrence, capability, result);
        }
    }

    /// Makes place for one more attempt, and returns true if there is one. The model that the request runs takes the
    /// place of a further selector: a request that names many of them must not hide it.
    fn make_place(&mut self, occurrence: &Occurrence<'_>) -> bool {
        if self.attempts.len() < MAX_ATTEMPTS {
            return true;
        }
        let goes_before = matches!(occurrence.setting, Setting::Model(_)) && !self.has_own;
        if goes_before {
            self.attempts.pop();
        }
        goes_before
    }

    /// Returns true if a place only says again what the input has asked for already, as codex's routing hint does, or the
    /// content of a call whose path names the same model: one selection is one attempt.
    fn repeats(&self, occurrence: &Occurrence<'_>, capability: Capability) -> bool {
        let requested = occurrence.requested();
        let says_again = match occurrence.setting {
            Setting::Model(_) => self.has_own,
            Setting::OtherSelector(_, force_action) => force_action == ForceAction::Pin,
            Setting::Effort | Setting::Tier | Setting::ToolType | Setting::Limited(..) => false,
        };
        let names_model = occurrence.setting.names_model();
        let is_same = |own: &Attempt| {
            own.capability == capability
                && own.names_model == names_model
                && own.requested == requested
        };
        // What was cut, or is no text, may be another one.
        let is_whole =
            matches!(&occurrence.stated, SelectorValue::Text(text) if *text == requested);
        says_again && is_whole && self.attempts.iter().any(is_same)
    }

    fn record_attempt(
        &mut self,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        result: AttemptResult,
    ) {
        self.has_own |= matches!(occurrence.setting, Setting::Model(_));
        self.attempts.push(Attempt {
            mode: self.policy.mode(),
            result,
            surface: occurrence.surface.unwrap_or(self.origin.surface),
            source: self.origin.source,
            capability,
            place: crate::escape_for_log(&occurrence.place),
            requested: occurrence.requested(),
            names_model: occurrence.setting.names_model(),
            pin: self
                .policy
                .pin_of(capability)
                .unwrap_or_default()
                .to_string(),
        });
    }

    /// Keeps the first refusal: it is the one that the person gets.
    fn refuse(&mut self, occurrence: &Occurrence<'_>, reason: Reason) {
        let capability = occurrence.capability().unwrap_or(Capability::Generation);
        let discloses = self.policy.disclose_model_in_errors();
        let pin = self.policy.pin_of(capability).filter(|_| discloses);
        self.refusal.get_or_insert_with(|| Rejection {
            reason,
            place: crate::escape_for_log(&occurrence.place),
            requested: occurrence.requested(),
            capability: occurrence.capability(),
            pin: pin.map(str::to_string),
            dialects: Vec::new(),
        });
    }

    fn verdict(mut self) -> Verdict {
        if self.refusal.is_some() {
            // What was to be forced went nowhere either.
            for attempt in &mut self.attempts {
                attempt.result = AttemptResult::Rejected;
            }
        }
        let decision = match self.refusal {
            Some(rejection) => Decision::Reject(rejection),
            None if self.changes.is_empty() => Decision::Pass,
            None => Decision::Rewrite(self.changes),
        };
        Verdict {
            decision,
            attempts: self.attempts,
            model_match: self.model_match,
            choice: self.choice,
        }
    }
}

#[cfg(test)]
mod tests;
