//! What an answer says about who served it, held against what was sent (rule 13), and told at its end.

use std::fmt;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::HeaderMap;
use lockpolicy::http::served_names::{FIELDS, Places, Told, may_tell};
use lockpolicy::http::{BodyFormat, Fault, Refusal};
use lockpolicy::{
    Event, ModelChoice, Policy, Served, ServedReport, Source, Surface, escape_for_log,
};

use super::observer::Ear;
use crate::call::Call;

/// Where models are named, compiled once.
static PLACES: LazyLock<Places> = LazyLock::new(Places::default);

/// Listens to one answer. The receipt is told when this is dropped: once, however the answer ends.
pub(crate) struct Watch {
    call: Arc<Call>,
    asked: Asked,
    status: u16,
    form: BodyFormat,
    /// What was named, the gravest of it.
    served: String,
    result: Served,
    failed: bool,
    /// Whether nobody was asked anything yet.
    forgotten: bool,
}

/// What the answer is an answer to.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The policy that decided.
    pub(crate) policy: Arc<Policy>,
    pub(crate) surface: Surface,
    pub(crate) source: Source,
    /// What was sent; `None` where the answer was made before.
    pub(crate) wanted: Option<ModelChoice>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("id", &self.call.id)
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}

impl Watch {
    pub(crate) fn new(call: &Arc<Call>, asked: Asked, status: u16, form: BodyFormat) -> Self {
        Self {
            call: Arc::clone(call),
            asked,
            status,
            form,
            served: String::new(),
            result: Served::default(),
            failed: false,
            forgotten: false,
        }
    }

    /// Ends without a receipt: nothing was asked.
    pub(crate) fn forget(mut self) -> Option<Self> {
        self.forgotten = true;
        None
    }

    /// Takes one name; whether the answer has to end.
    pub(crate) fn said(&mut self, said: &str) -> bool {
        let policy = &self.asked.policy;
        let sent = self.asked.wanted.as_ref().map_or("", |wanted| &wanted.sent);
        let Some(expected) = policy.expected(sent) else {
            return false;
        };
        let result = policy.served(expected, said);
        if result > self.result {
            self.result = result;
            said.clone_into(&mut self.served);
        }
        self.failed |= result == Served::Mismatch && policy.fails_on_mismatch();
        self.failed
    }

    /// Takes one text; gives its `type` and whether the answer has to end.
    pub(crate) fn text(&mut self, text: &[u8]) -> (String, bool) {
        if !may_tell(text) {
            return (String::new(), false);
        }
        let Told { models, kind } = PLACES.told(text);
        let end = models.iter().any(|model| self.said(model));
        (kind, end)
    }

    /// Whether a mismatch has to end the answer.
    pub(crate) fn is_strict(&self) -> bool {
        self.asked.policy.fails_on_mismatch()
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

impl Ear for Watch {
    fn hear(&mut self, text: &[u8]) -> bool {
        self.text(text).1
    }

    fn last(&self) -> Bytes {
        let refusal = Refusal::from(&self.fault());
        refusal.last_event(&self.call.to(), self.form).into()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.forgotten {
            return;
        }
        let receipt = ServedReport {
            mode: self.asked.policy.mode(),
            surface: self.asked.surface,
            source: self.asked.source,
            choice: self.asked.wanted.as_ref(),
            served: &self.served,
            result: self.result,
            failed: self.failed,
        };
        let mut facts = self.call.facts(self.status, "");
        facts.policy = self.asked.policy.hash();
        let event = Event::Served(&receipt);
        self.call.state.sink.observe(event, &facts);
    }
}
