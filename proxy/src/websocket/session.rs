//! The messages of one WebSocket, judged one by one, and the responses to them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockpolicy::dialect::Operation;
use lockpolicy::edit::apply;
use lockpolicy::http::response_edit::ends_observed_response;
use lockpolicy::http::ws_message::judge_message;
use lockpolicy::http::{BodyFormat, Refusal};
use lockpolicy::{Decision, Judged, ModelChoice, Policy, Source, Surface, report};

use super::activity::Talk;
use super::judge::{Judge, Told};
use crate::call::Call;
use crate::response::served_model::{Asked, Watch};

/// The status of an agreed handshake.
pub(crate) const SWITCHING: u16 = 101;

/// Judges the messages of one connection, each with the policy of its moment.
pub(crate) struct Judging {
    call: Arc<Call>,
    operation: Operation,
    source: Source,
    forced: AtomicBool,
    talk: Talk,
    /// What the provider's handshake named: it holds for every answer.
    said: Vec<String>,
    /// Listens to the answer that is awaited.
    watch: Mutex<Option<Watch>>,
}

impl Judging {
    /// Begins to judge the messages of a connection. `opened` are the requester, the models that the
    /// provider's handshake names, and what listens from the handshake on.
    pub(crate) fn new(
        call: &Arc<Call>,
        operation: Operation,
        opened: (Source, Vec<String>, Option<Watch>),
    ) -> Self {
        let (source, said, watch) = opened;
        Self {
            call: Arc::clone(call),
            operation,
            source,
            forced: AtomicBool::new(false),
            talk: Talk::default(),
            said,
            watch: Mutex::new(watch),
        }
    }

    fn watch(&self) -> MutexGuard<'_, Option<Watch>> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens to the answer to a message that names a model, from now on.
    fn await_answer(&self, policy: &Arc<Policy>, wanted: Option<ModelChoice>) {
        if wanted.is_none() {
            return;
        }
        let asked = Asked {
            policy: Arc::clone(policy),
            surface: Surface::WebSocket,
            source: self.source,
            wanted,
        };
        let mut watch = Watch::new(&self.call, asked, SWITCHING, BodyFormat::Json);
        for said in &self.said {
            watch.said(said);
        }
        *self.watch() = Some(watch);
    }
}

impl Judge for Judging {
    fn cap(&self) -> usize {
        self.call.state.limits.body
    }

    fn passed(&self, bytes: u64) {
        self.call.carried.passed(bytes);
    }

    fn judge(&self, message: Vec<u8>) -> Told {
        self.call.carried.taken(message.len() as u64);
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
        let sink = &*self.call.state.sink;
        report(sink, judged, &self.call.facts(status, ""));
        if let Some(refusal) = refusal {
            return Told::Refuse(refusal.websocket_error(&self.call.id));
        }
        self.await_answer(&policy, verdict.choice);
        match verdict.decision {
            Decision::Rewrite(_) => {
                self.forced.store(true, Ordering::Relaxed);
                Told::Forward(apply(&message, edits))
            }
            Decision::Pass | Decision::Reject(_) => Told::Forward(message),
        }
    }

    fn forced(&self) -> bool {
        self.forced.load(Ordering::Relaxed)
    }

    fn holds(&self) -> bool {
        self.forced() || self.watch().as_ref().is_some_and(Watch::is_strict)
    }

    fn hear(&self, message: &[u8]) -> Option<String> {
        let mut open = self.watch();
        let watch = open.as_mut()?;
        let (kind, end) = watch.text(message);
        let last = end.then(|| {
            let refusal = Refusal::from(&watch.fault());
            refusal.websocket_error(&self.call.id)
        });
        if end || ends_observed_response(&kind) {
            *open = None;
        }
        last
    }

    fn pin(&self) -> String {
        self.call.state.policy.load().pin().to_owned()
    }

    fn talk(&self) -> &Talk {
        &self.talk
    }
}
