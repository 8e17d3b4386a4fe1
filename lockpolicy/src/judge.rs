//! Occurrences and a policy to a verdict: the only rules in the house.
//!
//! `judge` knows no surface. It is told what is stated where, and answers what is to be done.
//!
//! Invariant: `judge` cannot fail, and adding a restriction never turns a refusal into a pass.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::occurrence::{Occurrence, Remedy, Setting, Stated};
use crate::{
    Action, Attempt, Capability, Change, Decision, Mode, Naming, Outcome, Policy, Reason,
    Rejection, Source, Surface, Verdict,
};

/// Where an input came from, as far as that matters for its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The door.
    pub surface: Surface,
    /// Who asked.
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
    let mut bench = Bench {
        policy,
        origin,
        changes: Vec::new(),
        attempts: Vec::new(),
        refusal: None,
        naming: Naming::None,
    };
    for (index, occurrence) in occurrences.iter().enumerate() {
        bench.hear(index, occurrence);
    }
    bench.verdict()
}

/// Refuses an input that no occurrence could be read from, and says so in `audit` too: what is not
/// understood is never passed on (rule 1).
pub fn refuse(rejection: Rejection) -> Verdict {
    Verdict {
        decision: Decision::Reject(rejection),
        attempts: Vec::new(),
        naming: Naming::None,
    }
}

/// The most attempts that are told of one input; what is cut or refused has no such bound. A request with
/// a hundred thousand tools would otherwise be as many lines in the log.
const ATTEMPT_CAP: usize = 64;

struct Bench<'p> {
    policy: &'p Policy,
    origin: Origin,
    changes: Vec<Change>,
    attempts: Vec<Attempt>,
    refusal: Option<Rejection>,
    naming: Naming,
}

impl Bench<'_> {
    fn hear(&mut self, index: usize, occurrence: &Occurrence<'_>) {
        match occurrence.setting {
            Setting::Model(capability) => self.model(index, occurrence, capability),
            Setting::Effort => self.pinned_word(index, occurrence, self.policy.effort()),
            Setting::Plain => self.plain(occurrence),
            Setting::Tier => self.pinned_word(index, occurrence, self.policy.tier()),
            Setting::Secondary(capability, remedy) => {
                self.secondary(index, occurrence, capability, remedy);
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

    /// Whether naming nothing is the normal case at this door, so that the pin is put in there also in
    /// `reject` (rule 5).
    fn fills(&self) -> bool {
        matches!(self.origin.surface, Surface::Argv | Surface::JsonRpc)
    }

    fn model(&mut self, index: usize, occurrence: &Occurrence<'_>, capability: Capability) {
        let pin = self.policy.pin_of(capability).map(ToString::to_string);
        let naming = self.naming_of(occurrence, capability, pin.as_deref());
        self.note(naming);
        match (naming, pin) {
            (Naming::Exact | Naming::None, _) => {}
            (_, None) => self.attempt(occurrence, capability, Reason::NoPin(capability), None),
            (Naming::Absent | Naming::Alias, Some(pin)) => {
                self.unnamed(index, occurrence, capability, pin);
            }
            (Naming::Other, Some(pin)) => {
                let reason = match occurrence.stated {
                    Stated::Other => Reason::ModelNotText,
                    Stated::Absent | Stated::Null | Stated::Text(_) => Reason::ModelLocked,
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

    fn naming_of(
        &self,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        pin: Option<&str>,
    ) -> Naming {
        match &occurrence.stated {
            Stated::Absent | Stated::Null => Naming::Absent,
            Stated::Text(text) if Some(text.as_ref()) == pin => Naming::Exact,
            Stated::Text(text)
                if capability == Capability::Generation && self.policy.is_alias(text) =>
            {
                Naming::Alias
            }
            Stated::Other | Stated::Text(_) => Naming::Other,
        }
    }

    /// One word for the whole input: another model outweighs all, exact naming is the weakest.
    fn note(&mut self, naming: Naming) {
        let weight = |n: Naming| match n {
            Naming::None => 0,
            Naming::Exact => 1,
            Naming::Absent => 2,
            Naming::Alias => 3,
            Naming::Other => 4,
        };
        if weight(naming) > weight(self.naming) {
            self.naming = naming;
        }
    }

    /// No other model is named, but neither is the pin as it is spelled.
    fn unnamed(
        &mut self,
        index: usize,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        pin: String,
    ) {
        let absent = matches!(occurrence.stated, Stated::Absent | Stated::Null);
        match self.mode() {
            Mode::Audit => {}
            Mode::Reject if !self.fills() => {
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
            (Stated::Absent | Stated::Null, Mode::Audit) => {}
            (Stated::Absent | Stated::Null, Mode::Reject) if !self.fills() => {
                self.refuse(occurrence, Reason::SettingLocked);
            }
            (Stated::Absent | Stated::Null, Mode::Force | Mode::Reject) => {
                self.changes.push(Change {
                    occurrence: index,
                    action,
                });
            }
            (Stated::Text(_) | Stated::Other, _) => {
                self.attempt(
                    occurrence,
                    Capability::Generation,
                    Reason::SettingLocked,
                    Some((index, action)),
                );
            }
        }
    }

    /// A kind such as `vendor:subagent` brings a model of its own; a plain word is the API's own kind.
    fn plain(&mut self, occurrence: &Occurrence<'_>) {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if !occurrence
            .text()
            .is_some_and(|text| text.bytes().all(plain))
        {
            self.attempt(occurrence, Capability::Generation, Reason::Secondary, None);
        }
    }

    /// A further selector (rule 9). Stating nothing changes nothing; so does naming the pin where a
    /// pin may stand. Where none may, the text could be the name of anything: a preset, an agent.
    fn secondary(
        &mut self,
        index: usize,
        occurrence: &Occurrence<'_>,
        capability: Capability,
        remedy: Remedy,
    ) {
        let pin = self.policy.pin_of(capability).map(ToString::to_string);
        if matches!(occurrence.stated, Stated::Absent | Stated::Null) {
            return;
        }
        if remedy == Remedy::Pin && pin.is_some() && occurrence.text() == pin.as_deref() {
            return;
        }
        let reason = if pin.is_none() {
            Reason::NoPin(capability)
        } else {
            Reason::Secondary
        };
        let change = match (remedy, pin) {
            (Remedy::Drop, _) => Some((index, Action::Drop)),
            (Remedy::Pin, Some(pin)) => Some((index, Action::Set(pin))),
            (Remedy::Pin, None) | (Remedy::Refuse, _) => None,
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
            (Mode::Audit, _) => Outcome::Audited,
            (Mode::Force, Some((occurrence, action))) => {
                self.changes.push(Change { occurrence, action });
                Outcome::Forced
            }
            (Mode::Force, None) | (Mode::Reject, _) => {
                self.refuse(occurrence, reason);
                Outcome::Rejected
            }
        };
        if self.attempts.len() < ATTEMPT_CAP && !self.repeats(occurrence, capability) {
            self.tell(occurrence, capability, result);
        }
    }

    /// Whether a place only says again what the input has asked for already, as codex's routing hint
    /// does: one wish is one attempt.
    fn repeats(&self, occurrence: &Occurrence<'_>, capability: Capability) -> bool {
        let asked = occurrence.asked();
        matches!(occurrence.setting, Setting::Secondary(_, Remedy::Pin))
            && self
                .attempts
                .iter()
                .any(|told| told.capability == capability && told.asked == asked)
    }

    fn tell(&mut self, occurrence: &Occurrence<'_>, capability: Capability, result: Outcome) {
        self.attempts.push(Attempt {
            mode: self.policy.mode(),
            result,
            surface: self.origin.surface,
            source: self.origin.source,
            capability,
            place: crate::name::shown(&occurrence.place),
            asked: occurrence.asked(),
            pin: self
                .policy
                .pin_of(capability)
                .unwrap_or_default()
                .to_string(),
        });
    }

    /// The first refusal stands: it is the one the person is told.
    fn refuse(&mut self, occurrence: &Occurrence<'_>, reason: Reason) {
        let pin = self
            .policy
            .discloses()
            .then(|| self.policy.pin().to_string());
        self.refusal.get_or_insert_with(|| Rejection {
            reason,
            place: crate::name::shown(&occurrence.place),
            asked: occurrence.asked(),
            pin,
        });
    }

    fn verdict(mut self) -> Verdict {
        if self.refusal.is_some() {
            // What was to be forced went nowhere either.
            for attempt in &mut self.attempts {
                attempt.result = Outcome::Rejected;
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
            naming: self.naming,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Draft;
    use alloc::borrow::Cow;

    fn policy(text: &str) -> Policy {
        Draft::from_toml(text).compile().unwrap()
    }

    fn at(setting: Setting, stated: Stated<'static>) -> Occurrence<'static> {
        Occurrence {
            setting,
            stated,
            place: Cow::Borrowed("/x"),
            value: 0..0,
        }
    }

    fn named(text: &'static str) -> Occurrence<'static> {
        at(
            Setting::Model(Capability::Generation),
            Stated::Text(Cow::Borrowed(text)),
        )
    }

    fn decide(
        policy: &Policy,
        source: Source,
        surface: Surface,
        occurrence: Occurrence<'static>,
    ) -> Verdict {
        judge(policy, Origin { surface, source }, &[occurrence])
    }

    fn set(pin: &str) -> Decision {
        Decision::Rewrite(alloc::vec![Change {
            occurrence: 0,
            action: Action::Set(pin.to_string())
        }])
    }

    #[test]
    fn force_replaces_rejects_refuses_audit_passes() {
        let user = |text: &str, o| decide(&policy(text), Source::User, Surface::Http, o);
        assert_eq!(user("model='p'", named("p")).decision, Decision::Pass);
        assert_eq!(user("model='p'", named("x")).decision, set("p"));
        assert_eq!(
            user("model='p'\nmode='audit'", named("x")).decision,
            Decision::Pass
        );
        let refused = user("model='p'\nmode='reject'", named("x"));
        assert!(
            matches!(refused.decision, Decision::Reject(ref r) if r.reason == Reason::ModelLocked)
        );
        assert_eq!(refused.attempts.len(), 1);
        assert_eq!(refused.attempts[0].result, Outcome::Rejected);
    }

    #[test]
    fn absent_and_alias_are_no_attempts_in_force() {
        let p = policy("model='p'");
        for occurrence in [
            named("openai/p"),
            at(Setting::Model(Capability::Generation), Stated::Absent),
        ] {
            let verdict = decide(&p, Source::User, Surface::Http, occurrence);
            assert_eq!(verdict.decision, set("p"));
            assert!(verdict.attempts.is_empty());
        }
    }

    #[test]
    fn reject_puts_the_pin_into_a_command_line_that_names_none() {
        let p = policy("model='p'\nmode='reject'");
        let absent = || at(Setting::Model(Capability::Generation), Stated::Absent);
        assert_eq!(
            decide(&p, Source::User, Surface::Argv, absent()).decision,
            set("p")
        );
        let http = decide(&p, Source::User, Surface::Http, absent());
        assert!(
            matches!(http.decision, Decision::Reject(ref r) if r.reason == Reason::ModelAbsent)
        );
        assert!(http.attempts.is_empty());
    }

    #[test]
    fn background_calls_run_the_pin_even_in_reject() {
        let p = policy("model='p'\nmode='reject'");
        let verdict = decide(
            &p,
            Source::Background,
            Surface::Http,
            named("codex-auto-review"),
        );
        assert_eq!(verdict.decision, set("p"));
        assert_eq!(
            (verdict.attempts[0].mode, verdict.attempts[0].result),
            (Mode::Reject, Outcome::Forced)
        );
    }

    #[test]
    fn each_capability_has_its_own_pin() {
        let embedding = || {
            at(
                Setting::Model(Capability::Embedding),
                Stated::Text(Cow::Borrowed("e2")),
            )
        };
        let none = decide(
            &policy("model='p'"),
            Source::User,
            Surface::Http,
            embedding(),
        );
        let Decision::Reject(rejection) = none.decision else {
            panic!("{none:?}")
        };
        assert!(
            rejection.to_string().contains("OPENCLAW_EMBEDDING_MODEL"),
            "{rejection}"
        );
        let pinned = policy("model='p'\n[pins]\nembedding='e1'");
        assert_eq!(
            decide(&pinned, Source::User, Surface::Http, embedding()).decision,
            set("e1")
        );
    }

    #[test]
    fn secondary_selectors_are_dropped_pinned_or_refused() {
        let p = policy("model='p'");
        let at = |remedy| {
            at(
                Setting::Secondary(Capability::Generation, remedy),
                Stated::Text(Cow::Borrowed("x")),
            )
        };
        let decision = |remedy| decide(&p, Source::User, Surface::Http, at(remedy)).decision;
        let drop = Decision::Rewrite(alloc::vec![Change {
            occurrence: 0,
            action: Action::Drop
        }]);
        assert_eq!(decision(Remedy::Drop), drop);
        assert_eq!(decision(Remedy::Pin), set("p"));
        assert!(
            matches!(decision(Remedy::Refuse), Decision::Reject(r) if r.reason == Reason::Secondary)
        );
    }

    #[test]
    fn a_selector_that_takes_no_pin_is_not_excused_by_its_name() {
        let named = |remedy| {
            let setting = Setting::Secondary(Capability::Generation, remedy);
            let occurrence = at(setting, Stated::Text(Cow::Borrowed("p")));
            decide(
                &policy("model='p'"),
                Source::User,
                Surface::Http,
                occurrence,
            )
            .decision
        };
        assert_eq!(named(Remedy::Pin), Decision::Pass);
        assert!(matches!(named(Remedy::Refuse), Decision::Reject(_)));
        assert!(matches!(named(Remedy::Drop), Decision::Rewrite(_)));
    }

    #[test]
    fn one_wish_told_twice_is_one_attempt() {
        let hint = at(
            Setting::Secondary(Capability::Generation, Remedy::Pin),
            Stated::Text(Cow::Borrowed("x")),
        );
        let origin = Origin {
            surface: Surface::Http,
            source: Source::User,
        };
        let both = [named("x"), hint.clone()];
        let forced = judge(&policy("model='p'"), origin, &both);
        assert_eq!(forced.attempts.len(), 1);
        assert!(matches!(forced.decision, Decision::Rewrite(changes) if changes.len() == 2));
        let refused = judge(&policy("model='p'\nmode='reject'"), origin, &both);
        assert!(matches!(refused.decision, Decision::Reject(r) if r.reason == Reason::ModelLocked));
        assert_eq!(refused.attempts.len(), 1);
        assert_eq!(
            judge(&policy("model='p'"), origin, &[named("p"), hint])
                .attempts
                .len(),
            1
        );
    }

    #[test]
    fn what_is_told_of_one_input_is_bounded() {
        let many: Vec<_> = (0..1000).map(|_| named("x")).collect();
        let origin = Origin {
            surface: Surface::Http,
            source: Source::User,
        };
        let verdict = judge(&policy("model='p'"), origin, &many);
        assert_eq!(verdict.attempts.len(), ATTEMPT_CAP);
        assert!(matches!(verdict.decision, Decision::Rewrite(changes) if changes.len() == 1000));
    }

    #[test]
    fn a_refusal_undoes_what_was_to_be_forced() {
        let p = policy("model='p'");
        let refused = at(
            Setting::Secondary(Capability::Generation, Remedy::Refuse),
            Stated::Other,
        );
        let verdict = judge(
            &p,
            Origin {
                surface: Surface::Http,
                source: Source::User,
            },
            &[named("x"), refused],
        );
        assert!(
            verdict
                .attempts
                .iter()
                .all(|a| a.result == Outcome::Rejected)
        );
        assert_eq!(verdict.attempts.len(), 2);
    }

    #[test]
    fn effort_and_tier_pass_unless_pinned() {
        let effort = || at(Setting::Effort, Stated::Text(Cow::Borrowed("xhigh")));
        let user = |text: &str, o| decide(&policy(text), Source::User, Surface::Http, o).decision;
        assert_eq!(user("model='p'", effort()), Decision::Pass);
        assert_eq!(
            user("model='p'\nreasoning_effort='low'", effort()),
            set("low")
        );
        let audited = decide(
            &policy("model='p'\nreasoning_effort='low'\nmode='audit'"),
            Source::User,
            Surface::Http,
            effort(),
        );
        assert_eq!(audited.decision, Decision::Pass);
        assert_eq!(audited.attempts[0].result, Outcome::Audited);
        let rejected = user("model='p'\nreasoning_effort='low'\nmode='reject'", effort());
        assert!(matches!(rejected, Decision::Reject(r) if r.reason == Reason::SettingLocked));
    }

    #[test]
    fn a_gate_puts_no_effort_in_but_on_a_command_line() {
        let p = policy("model='p'\nreasoning_effort='low'\nmode='reject'");
        let absent = || at(Setting::Effort, Stated::Absent);
        let decision = |source, surface| decide(&p, source, surface, absent()).decision;
        let Decision::Reject(rejection) = decision(Source::User, Surface::Http) else {
            panic!("not refused")
        };
        assert!(
            rejection.to_string().contains("policy asks for"),
            "{rejection}"
        );
        assert_eq!(decision(Source::User, Surface::Argv), set("low"));
        assert_eq!(decision(Source::Background, Surface::Http), set("low"));
    }
}
