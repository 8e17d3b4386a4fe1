//! A WebSocket through the pipeline: its handshake is a request, its messages are judged one by one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use lockpolicy::dialect::Operation;
use lockpolicy::edit::apply;
use lockpolicy::http::response_edit::ends_observed_response;
use lockpolicy::http::ws_message::judge_message;
use lockpolicy::http::{
    Approved, BodyFormat, Refusal, RequestHead, ResponseHead, Route, check_handshake, declined,
    handshake_edits,
};
use lockpolicy::{Decision, Judged, ModelChoice, Policy, Source, Surface, report};

use super::receipt::{Asked, Watch, served_names};
use super::{Call, decide, forward, headers};
use crate::body::{Answer, Pieces};
use crate::error::RequestError;
use crate::upgrade::{self, Drain, Handshake, Judge, Talk, Told};

/// Opens a WebSocket: the handshake is judged, passed on, and answered once the upstream agrees.
pub(super) async fn open(
    call: &Arc<Call>,
    route: &Route<'_>,
    operation: &Operation,
    head: &RequestHead<'_>,
    upgrade: OnUpgrade,
) -> Result<Response<Answer>, Refusal> {
    let (approved, handshake, mut response) = shake(call, route, head).await?;
    let said = served_names(response.headers());
    let asked = Asked {
        policy: Arc::clone(&call.policy),
        surface: Surface::WebSocket,
        source: approved.source,
        wanted: approved.choice,
    };
    let watch = opening(call, &asked, &said).map_err(|error| call.fail(error))?;
    let provider = hyper::upgrade::on(&mut response);
    let answer = agree(call, &handshake, response);
    let judging = Judging {
        source: asked.source,
        operation: operation.clone(),
        forced: AtomicBool::new(false),
        talk: Talk::default(),
        said,
        watch: Mutex::new(watch),
        call: Arc::clone(call),
    };
    let drain = Drain {
        stop: call.state.stop.clone(),
        patience: call.state.limits.drain,
    };
    call.state.tasks.spawn(async move {
        match tokio::try_join!(upgrade, provider) {
            Ok((client, provider)) => {
                let (client, provider) = (TokioIo::new(client), TokioIo::new(provider));
                upgrade::relay(client, provider, judging, drain).await;
            }
            Err(error) => tracing::debug!(%error, "upgrade"),
        }
    });
    Ok(answer)
}

/// Listens from the handshake on where that names a model; where messages do, only what the provider
/// names already is held against the pin.
fn opening(
    call: &Arc<Call>,
    asked: &Asked,
    said: &[String],
) -> Result<Option<Watch>, RequestError> {
    let named = asked.wanted.is_some();
    if !named && (said.is_empty() || !asked.policy.fails_on_mismatch()) {
        return Ok(None);
    }
    let mut watch = Watch::new(call, asked.clone(), SWITCHING, BodyFormat::Json);
    let end = said.iter().any(|said| watch.said(said));
    if end {
        return Err(watch.fault().into());
    }
    if named {
        Ok(Some(watch))
    } else {
        Ok(watch.forget())
    }
}

/// The status of an agreed handshake.
const SWITCHING: u16 = 101;

type Agreed = (Approved, Handshake, Response<Incoming>);

async fn shake(call: &Call, route: &Route<'_>, head: &RequestHead<'_>) -> Result<Agreed, Refusal> {
    check_handshake(head).map_err(|rejection| call.reject(&rejection))?;
    let handshake = Handshake::of(head);
    let approved = decide::judge(call, route, head, &[])?;
    let request = forward::request(call, route, head, &approved, Pieces::default());
    let mut request: Request<_> = request.map_err(|error| call.fail(error))?;
    handshake.ask(request.headers_mut());
    let sent = call.state.client.open(request).await;
    let response = sent.map_err(|error| call.fail(RequestError::upstream(error)))?;
    if !upgrade::answered(&handshake, response.status(), response.headers()) {
        return Err(call.fail(declined(response.status().as_u16())));
    }
    Ok((approved, handshake, response))
}

fn agree(call: &Call, handshake: &Handshake, response: Response<Incoming>) -> Response<Answer> {
    let (mut head, _) = response.into_parts();
    let fields = headers::as_text(&head.headers);
    let text = ResponseHead {
        status: StatusCode::SWITCHING_PROTOCOLS.as_u16(),
        fields: &fields,
    };
    let edits = handshake_edits(&call.policy, &text);
    headers::apply(edits, &mut head.headers);
    handshake.agree(&mut head.headers);
    Response::from_parts(head, Answer::whole(""))
}

/// Judges the messages of one connection, each with the policy of its moment.
struct Judging {
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
