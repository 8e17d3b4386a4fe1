//! The check of one response: the models that it names, against the one that was sent (rule 13).

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::sync::Arc;

use super::refusal::Fault;
use super::served_names::{Places, ServedNames, may_name_model};
use crate::{ModelChoice, Policy, Served, ServedReport, Source, Surface, escape_for_log};

/// The request that a response belongs to, and the gravest result of the models that the response has named so far.
#[derive(Clone, Debug)]
pub struct ServedCheck {
    /// The policy that decided about the request.
    pub policy: Arc<Policy>,
    surface: Surface,
    source: Source,
    choice: Option<ModelChoice>,
    served: String,
    result: Served,
    failed: bool,
}

impl ServedCheck {
    /// Returns the check of a response. Without `choice`, the response was made before a model was sent.
    pub fn new(
        policy: &Arc<Policy>,
        surface: Surface,
        source: Source,
        choice: Option<ModelChoice>,
    ) -> Self {
        Self {
            policy: Arc::clone(policy),
            surface,
            source,
            choice,
            served: String::new(),
            result: Served::default(),
            failed: false,
        }
    }

    /// Returns true if a model was sent.
    pub fn has_choice(&self) -> bool {
        self.choice.is_some()
    }

    /// Compares one name. Returns true if the response has to end.
    pub fn add_name(&mut self, name: &str) -> bool {
        let sent = self.choice.as_ref().map_or("", |choice| &choice.sent);
        let Some(expected) = self.policy.expected(sent) else {
            return false;
        };
        let result = self.policy.served(expected, name);
        if result > self.result {
            self.result = result;
            name.clone_into(&mut self.served);
        }
        self.failed |= result == Served::Mismatch && self.policy.fails_on_mismatch();
        self.failed
    }

    /// Compares the names in one text of the response. Returns its `type`, and true if the response has to end.
    pub fn add_text(&mut self, places: &Places, text: &[u8]) -> (String, bool) {
        if !may_name_model(text) {
            return (String::new(), false);
        }
        let ServedNames { models, kind } = places.read(text);
        let ends = models.iter().any(|model| self.add_name(model));
        (kind, ends)
    }

    /// Returns the error of a response that is not passed on.
    pub fn fault(&self) -> Fault {
        Fault::ModelMismatch(escape_for_log(&self.served))
    }

    /// Returns the report on the response.
    pub fn report(&self) -> ServedReport<'_> {
        ServedReport {
            mode: self.policy.mode(),
            surface: self.surface,
            source: self.source,
            choice: self.choice.as_ref(),
            served: &self.served,
            result: self.result,
            failed: self.failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::{Capability, PolicyConfig};

    fn check(policy: &str, sent: Option<&str>) -> ServedCheck {
        let text = ["model = 'p'\n", policy].concat();
        let policy = Arc::new(PolicyConfig::from_toml(&text).build().unwrap());
        let choice = sent.map(|sent| ModelChoice {
            capability: Capability::Generation,
            requested: sent.to_string(),
            sent: sent.to_string(),
        });
        ServedCheck::new(&policy, Surface::Http, Source::User, choice)
    }

    #[test]
    fn response_is_reported_with_the_gravest_of_its_names() {
        for (names, served, result) in [
            (&[][..], "", Served::Undeclared),
            (&["p"], "p", Served::Match),
            (&["p-2026-04-01", "p"], "p-2026-04-01", Served::Variant),
            (&["p", "q", "p"], "q", Served::Mismatch),
            // Of two that are as grave, the first one.
            (&["q", "r"], "q", Served::Mismatch),
        ] {
            let mut check = check("", Some("p"));
            assert!(check.has_choice());
            for name in names {
                assert!(!check.add_name(name));
            }
            let report = check.report();
            let told = (report.served, report.result, report.failed);
            assert_eq!(told, (served, result, false), "{names:?}");
        }
    }

    #[test]
    fn response_of_another_model_ends_where_the_policy_says_so() {
        let mut check = check("on_served_mismatch = 'fail'", Some("p"));
        assert!(!check.add_name("p"));
        assert!(check.add_name("q"));
        // What comes behind it does not go on either.
        assert!(check.add_name("p"));
        assert!(check.report().failed);
    }

    #[test]
    fn response_that_was_made_before_is_held_against_the_pin_where_it_is_locked() {
        for (mode, result) in [
            ("mode = 'force'", Served::Mismatch),
            ("mode = 'report_only'", Served::Undeclared),
        ] {
            let mut check = check(mode, None);
            assert!(!check.has_choice());
            check.add_name("q");
            assert_eq!(check.report().result, result, "{mode}");
        }
    }

    #[test]
    fn text_that_names_no_model_says_nothing() {
        let mut check = check("on_served_mismatch = 'fail'", Some("p"));
        let places = Places::default();
        let no_model = check.add_text(&places, br#"{"type":"ping"}"#);
        assert_eq!(no_model, (String::new(), false));
        let named = check.add_text(&places, br#"{"type":"message","model":"p"}"#);
        assert_eq!(named, ("message".to_string(), false));
        let other = check.add_text(&places, br#"{"type":"message","model":"q"}"#);
        assert_eq!(other, ("message".to_string(), true));
    }
}
