//! The observer of one response, which reports the models that it names when it ends (rule 13).

use std::fmt;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::HeaderMap;
use lockpolicy::http::served_names::{FIELDS, Places};
use lockpolicy::http::{BodyFormat, Fault, Refusal, ServedCheck};
use lockpolicy::{Event, Observer as _};

use super::observed_body::ResponseObserver;
use crate::call::Call;

/// The places where models are named, compiled once.
static PLACES: LazyLock<Places> = LazyLock::new(Places::default);

/// Observes one response. The report is made when this is dropped: once, however the response ends.
pub(crate) struct ServedModelObserver {
    call: Arc<Call>,
    check: ServedCheck,
    status: u16,
    format: BodyFormat,
    /// `true` if there is nothing to report, since no request was sent.
    discarded: bool,
}

impl fmt::Debug for ServedModelObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedModelObserver")
            .field("id", &self.call.id)
            .finish_non_exhaustive()
    }
}

impl ServedModelObserver {
    pub(crate) fn new(
        call: &Arc<Call>,
        check: ServedCheck,
        status: u16,
        format: BodyFormat,
    ) -> Self {
        Self {
            call: Arc::clone(call),
            check,
            status,
            format,
            discarded: false,
        }
    }

    /// Ends without a report: no request was sent.
    pub(crate) fn discard(mut self) -> Option<Self> {
        self.discarded = true;
        None
    }

    /// Takes one name. Returns true if the response has to end.
    pub(crate) fn served_by(&mut self, name: &str) -> bool {
        self.check.add_name(name)
    }

    /// Takes one text. Returns its `type`, and true if the response has to end.
    pub(crate) fn observe_text(&mut self, text: &[u8]) -> (String, bool) {
        self.check.add_text(&PLACES, text)
    }

    /// Returns true if a mismatch has to end the response.
    pub(crate) fn is_strict(&self) -> bool {
        self.check.policy.fails_on_mismatch()
    }

    /// Returns the error of a response that is not passed on.
    pub(crate) fn fault(&self) -> Fault {
        self.check.fault()
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
        let event = refusal.last_event(&self.call.refusal_context(), self.format);
        event.into()
    }
}

impl Drop for ServedModelObserver {
    fn drop(&mut self) {
        if !self.discarded {
            let mut context = self.call.context(self.status, "");
            context.policy = self.check.policy.hash();
            let event = Event::Served(&self.check.report());
            self.call.observer().observe(event, &context);
        }
    }
}
