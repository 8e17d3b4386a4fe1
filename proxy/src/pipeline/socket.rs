//! A WebSocket through the pipeline: its handshake is a request, its messages are judged one by one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use lockpolicy::dialect::{Found, Operation};
use lockpolicy::edit::apply;
use lockpolicy::http::response_edit;
use lockpolicy::http::served_names::FIELDS;
use lockpolicy::http::ws_message::judge_message;
use lockpolicy::{Decision, Judged, ModelChoice, Policy, Rejection, Source, Surface, report};

use super::decide::{self, Approved};
use super::receipt::{Asked, Watch};
use super::route::Route;
use super::{Call, forward, headers, respond};
use crate::body::Answer;
use crate::error::Stop;
use crate::reader::Form;
use crate::upgrade::{self, Drain, Handshake, Judge, Talk, Told};

/// Opens a WebSocket: the handshake is judged, passed on, and answered once the upstream agrees.
pub(super) async fn open(
    call: &Arc<Call>,
    found: Found<'_>,
    head: Parts,
    upgrade: OnUpgrade,
) -> Result<Response<Answer>, Stop> {
    let operation = found.operation.clone();
    let (approved, handshake, mut response) = shake(call, found, &head).await?;
    let said = said(response.headers());
    let asked = Asked {
        policy: Arc::clone(&call.policy),
        surface: Surface::WebSocket,
        source: approved.source,
        wanted: approved.wanted,
    };
    let watch = opening(call, &asked, &said)?;
    let provider = hyper::upgrade::on(&mut response);
    let answer = agree(call, &handshake, response);
    let judging = Judging {
        source: asked.source,
        operation,
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

/// The models that the provider's handshake names.
fn said(headers: &HeaderMap) -> Vec<String> {
    let values = FIELDS.iter().flat_map(|name| headers.get_all(*name));
    let said = values.filter_map(|value| value.to_str().ok());
    said.map(str::to_owned).collect()
}

/// Listens from the handshake on where that names a model; where messages do, only what the provider
/// names already is held against the pin.
fn opening(call: &Arc<Call>, asked: &Asked, said: &[String]) -> Result<Option<Watch>, Stop> {
    let named = asked.wanted.is_some();
    if !named && (said.is_empty() || !asked.policy.fails_on_mismatch()) {
        return Ok(None);
    }
    let mut watch = Watch::new(call, asked.clone(), SWITCHING, Form::Whole);
    let end = said.iter().any(|said| watch.said(said));
    if end {
        return Err(watch.stop());
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

async fn shake(call: &Call, found: Found<'_>, head: &Parts) -> Result<Agreed, Stop> {
    let handshake = upgrade::accepts(head)?;
    let route = Route::Listed(found);
    let approved = decide::handshake(call, &route, head)?;
    let mut request: Request<_> = forward::request(call, &route, head, &approved)?;
    handshake.ask(request.headers_mut());
    let sent = call.state.client.open(request).await;
    let response = sent.map_err(|error| Stop::Upstream(error.into()))?;
    if !upgrade::answered(&handshake, response.status(), response.headers()) {
        return Err(declined(response.status()));
    }
    Ok((approved, handshake, response))
}

/// What the upstream said instead: codex falls back to HTTP on 426 only, so that one is passed on.
fn declined(status: StatusCode) -> Stop {
    match status {
        StatusCode::UPGRADE_REQUIRED => Stop::Upgrade,
        _ => Stop::Answer("the upstream did not agree to a WebSocket"),
    }
}

fn agree(call: &Call, handshake: &Handshake, response: Response<Incoming>) -> Response<Answer> {
    let (mut head, _) = response.into_parts();
    headers::end_to_end(&mut head.headers);
    for name in [response_edit::SERVED, response_edit::SERVED_TOO] {
        // Nothing is known yet of what the client will ask for; the pin's name says nothing new.
        if head
            .headers
            .get_all(name)
            .iter()
            .all(|value| value == call.policy.pin())
        {
            head.headers.remove(name);
        }
    }
    handshake.agree(&mut head.headers);
    headers::set(&mut head.headers, "x-model-lock-policy", call.policy.hash());
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
        let mut watch = Watch::new(&self.call, asked, SWITCHING, Form::Whole);
        for said in &self.said {
            watch.said(said);
        }
        *self.watch() = Some(watch);
    }
}

/// What a provider's last word on an answer is called.
const LAST: [&str; 3] = [
    "response.completed",
    "response.failed",
    "response.incomplete",
];

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
        let status = match &verdict.decision {
            Decision::Reject(rejection) => respond::status(rejection.reason).as_u16(),
            Decision::Pass | Decision::Rewrite(_) => 0,
        };
        let judged = Judged {
            policy: &policy,
            surface: Surface::WebSocket,
            verdict: &verdict,
            runs_model: false,
        };
        let sink = &*self.call.state.sink;
        report(sink, judged, &self.call.facts(status, ""));
        match verdict.decision {
            Decision::Pass => {
                self.await_answer(&policy, verdict.choice);
                Told::Forward(message)
            }
            Decision::Rewrite(_) => {
                self.await_answer(&policy, verdict.choice);
                self.forced.store(true, Ordering::Relaxed);
                Told::Forward(apply(&message, edits))
            }
            Decision::Reject(rejection) => Told::Refuse(refusal(&rejection, &self.call.id)),
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
            let message = watch.stop().to_string();
            respond::frame("model_mismatch", &message, &self.call.id)
        });
        if end || LAST.contains(&kind.as_str()) {
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

fn refusal(rejection: &Rejection, id: &str) -> String {
    let code = if rejection.reason.is_undecidable() {
        rejection.reason.as_str()
    } else {
        "model_locked"
    };
    respond::frame(code, &rejection.to_string(), id)
}
