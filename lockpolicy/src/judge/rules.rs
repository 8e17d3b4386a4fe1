//! The rules for one occurrence, by the setting that it states.

use alloc::string::{String, ToString};

use super::Judging;
use crate::occurrence::{Condition, ForceAction, Limit, Occurrence, SelectorValue, Setting};
use crate::{Action, Capability, Mode, ModelMatch, Reason};

impl Judging<'_> {
    /// Judges one occurrence by the rule of its setting.
    pub(super) fn judge_occurrence(&mut self, occurrence: &Occurrence<'_>) {
        match occurrence.setting {
            Setting::Model(capability) => {
                self.model(occurrence, capability);
                self.record_choice(occurrence, capability);
            }
            Setting::Effort => self.pinned_word(occurrence, self.policy.effort()),
            Setting::ToolType => self.tool_type(occurrence),
            Setting::Tier => self.pinned_word(occurrence, self.policy.tier()),
            Setting::OtherSelector(capability, force_action) => {
                self.other_selector(occurrence, capability, force_action);
            }
            Setting::Limited(condition, limit) => {
                self.limited(occurrence, condition, limit);
            }
        }
    }

    fn model(&mut self, occurrence: &Occurrence<'_>, capability: Capability) {
        let pin = self.policy.pin_of(capability).map(ToString::to_string);
        let model_match = self.model_match_of(occurrence, capability, pin.as_deref());
        self.record_match(model_match);
        match (model_match, pin) {
            (ModelMatch::Exact | ModelMatch::None, _) => {}
            (_, None) => self.attempt(occurrence, capability, Reason::NoPin, None),
            (ModelMatch::Absent | ModelMatch::Alias, Some(pin)) => {
                self.pin_not_spelled(occurrence, capability, pin);
            }
            (ModelMatch::Other, Some(pin)) => {
                let is_text = occurrence.text().is_some();
                let reason = if is_text {
                    Reason::ModelLocked
                } else {
                    Reason::ModelNotText
                };
                self.attempt(occurrence, capability, reason, Some(Action::Set(pin)));
            }
        }
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

    /// No other model is named, but neither is the pin as it is spelled.
    fn pin_not_spelled(
        &mut self,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        pin: String,
    ) {
        match self.mode() {
            Mode::ReportOnly => {}
            Mode::Reject if !self.inserts_when_missing() => {
                if occurrence.stated.is_missing() {
                    self.refuse(occurrence, Reason::ModelAbsent);
                } else {
                    self.attempt(occurrence, capability, Reason::ModelLocked, None);
                }
            }
            Mode::Force | Mode::Reject => self.change(Action::Set(pin)),
        }
    }

    /// Effort and tier: only where they are pinned does anything differ (rule 7). Like the model, they
    /// are not put into what a gate lets through (rule 5).
    fn pinned_word(&mut self, occurrence: &Occurrence<'_>, pin: Option<&str>) {
        let Some(pin) = pin else { return };
        if occurrence.text() == Some(pin) {
            return;
        }
        let action = Action::Set(pin.to_string());
        let reason = Reason::SettingLocked;
        match self.mode() {
            _ if !occurrence.stated.is_missing() => {
                self.attempt(occurrence, Capability::Generation, reason, Some(action));
            }
            Mode::ReportOnly => {}
            Mode::Reject if !self.inserts_when_missing() => self.refuse(occurrence, reason),
            Mode::Force | Mode::Reject => self.change(action),
        }
    }

    /// Another way to state effort or tier (rule 7), or a program that no pin covers: stating nothing is fine.
    fn limited(&mut self, occurrence: &Occurrence<'_>, condition: Condition, limit: Limit) {
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
        let silent = occurrence.stated.is_missing();
        if !holds || silent || occurrence.text() == allowed && allowed.is_some() {
            return;
        }
        let action = match limit {
            Limit::Drop => Some(Action::Drop),
            Limit::Only(word) if pin.is_some() => Some(Action::Set(word.to_string())),
            Limit::Only(_) | Limit::Refuse => None,
        };
        let reason = Reason::SettingLocked;
        self.attempt(occurrence, Capability::Generation, reason, action);
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
        occurrence: &Occurrence<'_>,
        capability: Capability,
        force_action: ForceAction,
    ) {
        let pin = self.policy.pin_of(capability).map(ToString::to_string);
        if occurrence.stated.is_missing() {
            return;
        }
        let names_models = matches!(force_action, ForceAction::DropOthers | ForceAction::Pin);
        if names_models && pin.is_some() && occurrence.text() == pin.as_deref() {
            return;
        }
        let reason = match (&pin, force_action, &occurrence.stated) {
            (None, ..) => Reason::NoPin,
            // A place that may hold a model holds another one, as the model's own place may.
            (Some(_), ForceAction::Pin, SelectorValue::Text(_)) => Reason::ModelLocked,
            (Some(_), ..) => Reason::Secondary,
        };
        let action = match (force_action, pin) {
            (ForceAction::Drop | ForceAction::DropCredential | ForceAction::DropOthers, _) => {
                Some(Action::Drop)
            }
            (ForceAction::Pin, Some(pin)) => Some(Action::Set(pin)),
            (ForceAction::Pin, None) | (ForceAction::Refuse, _) => None,
        };
        self.attempt(occurrence, capability, reason, action);
    }
}
