//! The messages of one WebSocket, judged one by one, and the responses to them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lockpolicy::dialect::Operation;
use lockpolicy::edit::apply;
use lockpolicy::http::response_edit::ends_observed_response;
use lockpolicy::http::ws_message::judge_message;
use lockpolicy::http::{BodyFormat, Refusal, Resource, ServedCheck, WebSocketRefusal};
use lockpolicy::{Decision, Judged, ModelChoice, Policy, Source, Surface, report};

use super::judge::{MessageDecision, MessageJudge};
use super::running_responses::RunningResponses;
use crate::call::Call;
use crate::cost::Cost;
use crate::response::served_model::ServedModelObserver;

/// The status of an agreed handshake.
pub(crate) const SWITCHING_PROTOCOLS: u16 = 101;

/// Judges the messages of one connection, each with the policy of its moment.
pub(crate) struct Session {
    call: Arc<Call>,
    operation: Operation,
    source: Source,
    forced: AtomicBool,
    running: RunningResponses,
    /// The models that the provider's handshake named: they hold for every response.
    handshake_names: Vec<String>,
    /// The observer of the response that is expected.
    observer: Mutex<Option<ServedModelObserver>>,
}

impl Session {
    /// Begins to judge the messages of a connection. `opened` are the requester, the models that the
    /// provider's handshake names, and what observes from the handshake on.
    pub(crate) fn new(
        call: &Arc<Call>,
        operation: Operation,
        opened: (Source, Vec<String>, Option<ServedModelObserver>),
    ) -> Self {
        let (source, handshake_names, observer) = opened;
        Self {
            call: Arc::clone(call),
            operation,
            source,
            forced: AtomicBool::new(false),
            running: RunningResponses::default(),
            handshake_names,
            observer: Mutex::new(observer),
        }
    }

    /// Returns a refusal as the client gets it.
    fn told(&self, refusal: &Refusal) -> WebSocketRefusal {
        refusal.on_websocket(self.operation.errors, &self.call.id)
    }

    fn observer(&self) -> MutexGuard<'_, Option<ServedModelObserver>> {
        self.observer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Observes the response to a message that names a model, from now on.
    fn expect_response(&self, policy: &Arc<Policy>, choice: Option<ModelChoice>) {
        if choice.is_none() {
            return;
        }
        let check = ServedCheck::new(policy, Surface::WebSocket, self.source, choice);
        let mut observer =
            ServedModelObserver::new(&self.call, check, SWITCHING_PROTOCOLS, BodyFormat::Json);
        for name in &self.handshake_names {
            observer.served_by(name);
        }
        *self.observer() = Some(observer);
    }
}

impl MessageJudge for Session {
    fn max_message(&self) -> usize {
        self.call.state.limits.max_body
    }

    fn message_deadline(&self) -> Duration {
        self.call.state.limits.body_deadline
    }

    fn cost(&self) -> &Cost {
        &self.call.state.cost
    }

    fn exhausted(&self, resource: Resource) {
        self.call.state.exhausted(resource, &self.call.id);
    }

    fn bytes_sent(&self, bytes: u64) {
        self.call.in_flight.bytes_sent(bytes);
    }

    fn judge(&self, message: Vec<u8>) -> MessageDecision {
        self.call.in_flight.bytes_received(message.len() as u64);
        let policy = self.call.state.policy.load_full();
        let (verdict, edits) = judge_message(&policy, &self.operation, &message, self.source);
        let refusal = match &verdict.decision {
            Decision::Reject(rejection) => Some(Refusal::from(rejection)),
            Decision::Pass | Decision::Rewrite(_) => None,
        };
        let status = refusal.as_ref().map_or(0, |refusal| refusal.status);
        let judged = Judged {
            policy: &policy,
            surface: Surface::WebSocket,
            verdict: &verdict,
            runs_model: false,
        };
        let observer = self.call.observer();
        report(&observer, judged, &self.call.context(status, ""));
        if let Some(refusal) = refusal {
            return MessageDecision::Reject(self.told(&refusal));
        }
        self.expect_response(&policy, verdict.choice);
        match verdict.decision {
            Decision::Rewrite(_) => {
                self.forced.store(true, Ordering::Relaxed);
                MessageDecision::Forward(apply(&message, edits))
            }
            Decision::Pass | Decision::Reject(_) => MessageDecision::Forward(message),
        }
    }

    fn is_forced(&self) -> bool {
        self.forced.load(Ordering::Relaxed)
    }

    fn buffers_messages(&self) -> bool {
        self.is_forced()
            || self
                .observer()
                .as_ref()
                .is_some_and(ServedModelObserver::is_strict)
    }

    fn observe(&self, message: &[u8]) -> Option<WebSocketRefusal> {
        let mut open = self.observer();
        let observer = open.as_mut()?;
        let (kind, end) = observer.observe_text(message);
        let last = end.then(|| {
            let refusal = Refusal::from(&observer.fault());
            self.told(&refusal)
        });
        if end || ends_observed_response(&kind) {
            *open = None;
        }
        last
    }

    fn pin(&self) -> String {
        self.call.state.policy.load().pin().to_owned()
    }

    fn running(&self) -> &RunningResponses {
        &self.running
    }
}
