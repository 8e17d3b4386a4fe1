//! Turns occurrences and a policy into a verdict. The rules stand here and nowhere else.
//!
//! `judge` knows no surface. It gets what is stated where, and returns what is to be done.
//!
//! Invariant: `judge` cannot fail, and adding a restriction never turns a refusal into a pass.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::occurrence::{Condition, ForceAction, Limit, Occurrence, SelectorValue, Setting};
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
        changes: Vec::new(),
        attempts: Vec::new(),
        refusal: None,
        model_match: ModelMatch::None,
        choice: None,
    };
    for (index, occurrence) in occurrences.iter().enumerate() {
        judging.judge_occurrence(index, occurrence);
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
    changes: Vec<Change>,
    attempts: Vec<Attempt>,
    refusal: Option<Rejection>,
    model_match: ModelMatch,
    /// Says what the model's own place asks for, and which occurrence it is.
    choice: Option<(usize, ModelChoice)>,
}

impl Judging<'_> {
    fn judge_occurrence(&mut self, index: usize, occurrence: &Occurrence<'_>) {
        match occurrence.setting {
            Setting::Model(capability) => self.model(index, occurrence, capability),
            Setting::Effort => self.pinned_word(index, occurrence, self.policy.effort()),
            Setting::ToolType => self.tool_type(occurrence),
            Setting::Tier => self.pinned_word(index, occurrence, self.policy.tier()),
            Setting::OtherSelector(capability, force_action) => {
                self.other_selector(index, occurrence, capability, force_action);
            }
            Setting::Limited(condition, limit) => {
                self.limited(index, occurrence, condition, limit);
            }
        }
    }

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

    fn model(&mut self, index: usize, occurrence: &Occurrence<'_>, capability: Capability) {
        let pin = self.policy.pin_of(capability).map(ToString::to_string);
        let model_match = self.model_match_of(occurrence, capability, pin.as_deref());
        self.record_match(model_match);
        self.record_choice(index, occurrence, capability);
        match (model_match, pin) {
            (ModelMatch::Exact | ModelMatch::None, _) => {}
            (_, None) => self.attempt(occurrence, capability, Reason::NoPin, None),
            (ModelMatch::Absent | ModelMatch::Alias, Some(pin)) => {
                self.pin_not_spelled(index, occurrence, capability, pin);
            }
            (ModelMatch::Other, Some(pin)) => {
                let reason = match occurrence.stated {
                    SelectorValue::NotText => Reason::ModelNotText,
                    SelectorValue::Missing | SelectorValue::Null | SelectorValue::Text(_) => {
                        Reason::ModelLocked
                    }
                };
                self.attempt(
                    occurrence,
                    capability,
                    reason,
                    Some((index, Action::Set(pin))),
                );
            }
        }
    }

    fn record_choice(&mut self, index: usize, occurrence: &Occurrence<'_>, capability: Capability) {
        let requested = occurrence.text().unwrap_or_default().to_string();
        let sent = requested.clone();
        let choice = ModelChoice {
            capability,
            requested,
            sent,
        };
        self.choice = Some((index, choice));
    }

    /// Returns what was asked for with what is written in its place.
    fn model_choice(&mut self) -> Option<ModelChoice> {
        let (index, mut choice) = self.choice.take()?;
        let mut changes = self.changes.iter().rev();
        let change = changes.find(|change| change.occurrence == index);
        if let Some(Action::Set(text)) = change.map(|change| &change.action) {
            choice.sent.clone_from(text);
        }
        Some(choice)
    }

    fn model_match_of(
        &self,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        pin: Option<&str>,
    ) -> ModelMatch {
        match &occurrence.stated {
            SelectorValue::Missing | SelectorValue::Null => ModelMatch::Absent,
            SelectorValue::Text(text) if Some(text.as_ref()) == pin => ModelMatch::Exact,
            SelectorValue::Text(text)
                if capability == Capability::Generation && self.policy.is_alias(text) =>
            {
                ModelMatch::Alias
            }
            SelectorValue::NotText | SelectorValue::Text(_) => ModelMatch::Other,
        }
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

    /// No other model is named, but neither is the pin as it is spelled.
    fn pin_not_spelled(
        &mut self,
        index: usize,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        pin: String,
    ) {
        let absent = matches!(
            occurrence.stated,
            SelectorValue::Missing | SelectorValue::Null
        );
        match self.mode() {
            Mode::ReportOnly => {}
            Mode::Reject if !self.inserts_when_missing() => {
                if absent {
                    self.refuse(occurrence, Reason::ModelAbsent);
                } else {
                    self.attempt(occurrence, capability, Reason::ModelLocked, None);
                }
            }
            Mode::Force | Mode::Reject => self.changes.push(Change {
                occurrence: index,
                action: Action::Set(pin),
            }),
        }
    }

    /// Effort and tier: only where they are pinned does anything differ (rule 7). Like the model, they
    /// are not put into what a gate lets through (rule 5).
    fn pinned_word(&mut self, index: usize, occurrence: &Occurrence<'_>, pin: Option<&str>) {
        let Some(pin) = pin else { return };
        if occurrence.text() == Some(pin) {
            return;
        }
        let action = Action::Set(pin.to_string());
        match (&occurrence.stated, self.mode()) {
            (SelectorValue::Missing | SelectorValue::Null, Mode::ReportOnly) => {}
            (SelectorValue::Missing | SelectorValue::Null, Mode::Reject)
                if !self.inserts_when_missing() =>
            {
                self.refuse(occurrence, Reason::SettingLocked);
            }
            (SelectorValue::Missing | SelectorValue::Null, Mode::Force | Mode::Reject) => {
                self.changes.push(Change {
                    occurrence: index,
                    action,
                });
            }
            (SelectorValue::Text(_) | SelectorValue::NotText, _) => {
                self.attempt(
                    occurrence,
                    Capability::Generation,
                    Reason::SettingLocked,
                    Some((index, action)),
                );
            }
        }
    }

    /// Another way to state effort or tier (rule 7), or a program that no pin covers: stating nothing is fine.
    fn limited(
        &mut self,
        index: usize,
        occurrence: &Occurrence<'_>,
        condition: Condition,
        limit: Limit,
    ) {
        let pin = match condition {
            Condition::Always => None,
            Condition::EffortPinned => self.policy.effort(),
            Condition::TierPinned => self.policy.tier(),
        };
        let allowed = match limit {
            Limit::Only(word) => Some(word.as_str()),
            Limit::Drop | Limit::Refuse => pin,
        };
        let holds = condition == Condition::Always || pin.is_some();
        let silent = matches!(
            occurrence.stated,
            SelectorValue::Missing | SelectorValue::Null
        );
        if !holds || silent || occurrence.text() == allowed && allowed.is_some() {
            return;
        }
        let action = match limit {
            Limit::Drop => Some(Action::Drop),
            Limit::Only(word) if pin.is_some() => Some(Action::Set(word.to_string())),
            Limit::Only(_) | Limit::Refuse => None,
        };
        let change = action.map(|action| (index, action));
        self.attempt(
            occurrence,
            Capability::Generation,
            Reason::SettingLocked,
            change,
        );
    }

    /// The type of a tool that no table lists may run a model of its own, unless the operator lists it (rule 10).
    fn tool_type(&mut self, occurrence: &Occurrence<'_>) {
        let listed = self.policy.allow_tool_types();
        let text = occurrence.text();
        if !listed.iter().any(|own| Some(own.as_ref()) == text) {
            let reason = Reason::UnknownToolType;
            self.attempt(occurrence, Capability::Generation, reason, None);
        }
    }

    /// A further selector (rule 9). Stating nothing changes nothing; so does naming the pin where a
    /// pin may stand. Where none may, the text could be the name of anything: a preset, an agent.
    fn other_selector(
        &mut self,
        index: usize,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        force_action: ForceAction,
    ) {
        let pin = self.policy.pin_of(capability).map(ToString::to_string);
        if matches!(
            occurrence.stated,
            SelectorValue::Missing | SelectorValue::Null
        ) {
            return;
        }
        if force_action == ForceAction::Pin && pin.is_some() && occurrence.text() == pin.as_deref()
        {
            return;
        }
        let reason = match (&pin, force_action, &occurrence.stated) {
            (None, ..) => Reason::NoPin,
            // A place that may hold a model holds another one, as the model's own place may.
            (Some(_), ForceAction::Pin, SelectorValue::Text(_)) => Reason::ModelLocked,
            (Some(_), ..) => Reason::Secondary,
        };
        let change = match (force_action, pin) {
            (ForceAction::Drop, _) => Some((index, Action::Drop)),
            (ForceAction::Pin, Some(pin)) => Some((index, Action::Set(pin))),
            (ForceAction::Pin, None) | (ForceAction::Refuse, _) => None,
        };
        self.attempt(occurrence, capability, reason, change);
    }

    /// Counts an attempt and does with it what the mode says; `None` cannot be repaired.
    fn attempt(
        &mut self,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        reason: Reason,
        change: Option<(usize, Action)>,
    ) {
        let result = match (self.mode(), change) {
            (Mode::ReportOnly, _) => AttemptResult::Reported,
            (Mode::Force, Some((occurrence, action))) => {
                self.changes.push(Change { occurrence, action });
                AttemptResult::Forced
            }
            (Mode::Force, None) | (Mode::Reject, _) => {
                self.refuse(occurrence, reason);
                AttemptResult::Rejected
            }
        };
        if self.attempts.len() < MAX_ATTEMPTS && !self.repeats(occurrence, capability) {
            self.record_attempt(occurrence, capability, result);
        }
    }

    /// Returns true if a place only says again what the input has asked for already, as codex's routing hint
    /// does: one selection is one attempt.
    fn repeats(&self, occurrence: &Occurrence<'_>, capability: Capability) -> bool {
        let requested = occurrence.requested();
        matches!(
            occurrence.setting,
            Setting::OtherSelector(_, ForceAction::Pin)
        ) && self
            .attempts
            .iter()
            .any(|earlier| earlier.capability == capability && earlier.requested == requested)
    }

    fn record_attempt(
        &mut self,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        result: AttemptResult,
    ) {
        self.attempts.push(Attempt {
            mode: self.policy.mode(),
            result,
            surface: occurrence.surface.unwrap_or(self.origin.surface),
            source: self.origin.source,
            capability,
            place: crate::escape_for_log(&occurrence.place),
            requested: occurrence.requested(),
            pin: self
                .policy
                .pin_of(capability)
                .unwrap_or_default()
                .to_string(),
        });
    }

    /// Keeps the first refusal: it is the one that the person gets.
    fn refuse(&mut self, occurrence: &Occurrence<'_>, reason: Reason) {
        let pin = self
            .policy
            .disclose_model_in_errors()
            .then(|| self.policy.pin().to_string());
        self.refusal.get_or_insert_with(|| Rejection {
            reason,
            place: crate::escape_for_log(&occurrence.place),
            requested: occurrence.requested(),
            capability: occurrence.capability(),
            pin,
        });
    }

    fn verdict(mut self) -> Verdict {
        if self.refusal.is_some() {
            // What was to be forced went nowhere either.
            for attempt in &mut self.attempts {
                attempt.result = AttemptResult::Rejected;
            }
        }
        let choice = self.model_choice();
        let decision = match self.refusal {
            Some(rejection) => Decision::Reject(rejection),
            None if self.changes.is_empty() => Decision::Pass,
            None => Decision::Rewrite(self.changes),
        };
        Verdict {
            decision,
            attempts: self.attempts,
            model_match: self.model_match,
            choice,
        }
    }
}

#[cfg(test)]
mod tests;
