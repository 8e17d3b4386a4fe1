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
