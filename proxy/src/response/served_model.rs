//! What an answer says about who served it, held against what was sent (rule 13), and told at its end.

use std::fmt;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::HeaderMap;
use lockpolicy::http::served_names::{FIELDS, Places, ServedNames, may_name_model};
use lockpolicy::http::{BodyFormat, Fault, Refusal};
use lockpolicy::{
    Event, ModelChoice, Policy, Served, ServedReport, Source, Surface, escape_for_log,
};

use super::observed_body::ResponseObserver;
use crate::call::Call;

/// Where models are named, compiled once.
static PLACES: LazyLock<Places> = LazyLock::new(Places::default);

/// Listens to one answer. The report is told when this is dropped: once, however the answer ends.
pub(crate) struct ServedModelObserver {
    call: Arc<Call>,
    request: ObservedRequest,
    status: u16,
    format: BodyFormat,
    /// What was named, the gravest of it.
    served: String,
    result: Served,
    failed: bool,
    /// True if no request was sent that this answers.
    discarded: bool,
}

/// What the answer is an answer to.
#[derive(Clone, Debug)]
pub(crate) struct ObservedRequest {
    /// The policy that decided.
    pub(crate) policy: Arc<Policy>,
    pub(crate) surface: Surface,
    pub(crate) source: Source,
    /// What was sent; `None` where the answer was made before.
    pub(crate) choice: Option<ModelChoice>,
}

impl fmt::Debug for ServedModelObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedModelObserver")
            .field("id", &self.call.id)
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}

impl ServedModelObserver {
    pub(crate) fn new(
        call: &Arc<Call>,
        request: ObservedRequest,
        status: u16,
        format: BodyFormat,
    ) -> Self {
        Self {
            call: Arc::clone(call),
            request,
            status,
            format,
            served: String::new(),
            result: Served::default(),
            failed: false,
            discarded: false,
        }
    }

    /// Ends without a report: no request was sent.
    pub(crate) fn discard(mut self) -> Option<Self> {
        self.discarded = true;
        None
    }

    /// Takes one name; whether the answer has to end.
    pub(crate) fn served_by(&mut self, name: &str) -> bool {
        let policy = &self.request.policy;
        let sent = self
            .request
            .choice
            .as_ref()
            .map_or("", |choice| &choice.sent);
        let Some(expected) = policy.expected(sent) else {
            return false;
        };
        let result = policy.served(expected, name);
        if result > self.result {
            self.result = result;
            name.clone_into(&mut self.served);
        }
        self.failed |= result == Served::Mismatch && policy.fails_on_mismatch();
        self.failed
    }

    /// Takes one text; gives its `type` and whether the answer has to end.
    pub(crate) fn observe_text(&mut self, text: &[u8]) -> (String, bool) {
        if !may_name_model(text) {
            return (String::new(), false);
        }
        let ServedNames { models, kind } = PLACES.read(text);
        let end = models.iter().any(|model| self.served_by(model));
        (kind, end)
    }

    /// Whether a mismatch has to end the answer.
    pub(crate) fn is_strict(&self) -> bool {
        self.request.policy.fails_on_mismatch()
    }

    /// Why the answer is not passed on.
    pub(crate) fn fault(&self) -> Fault {
        Fault::ModelMismatch(escape_for_log(&self.served))
    }
}

/// Returns the models that the fields of a response's head name.
pub(crate) fn served_names(headers: &HeaderMap) -> Vec<String> {
    let values = FIELDS.iter().flat_map(|name| headers.get_all(*name));
    let named = values.filter_map(|value| value.to_str().ok());
    named.map(str::to_owned).collect()
}

impl ResponseObserver for ServedModelObserver {
    fn observe(&mut self, text: &[u8]) -> bool {
        self.observe_text(text).1
    }

    fn last_event(&self) -> Bytes {
        let refusal = Refusal::from(&self.fault());
        refusal
            .last_event(&self.call.refusal_context(), self.format)
            .into()
    }
}

impl Drop for ServedModelObserver {
    fn drop(&mut self) {
        if self.discarded {
            return;
        }
        let report = ServedReport {
            mode: self.request.policy.mode(),
            surface: self.request.surface,
            source: self.request.source,
            choice: self.request.choice.as_ref(),
            served: &self.served,
            result: self.result,
            failed: self.failed,
        };
        let mut facts = self.call.context(self.status, "");
        facts.policy = self.request.policy.hash();
        let event = Event::Served(&report);
        self.call.state.sink.observe(event, &facts);
    }
}
