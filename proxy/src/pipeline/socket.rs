//! A WebSocket through the pipeline: its handshake is a request, its messages are judged one by one.

use std::sync::atomic::{AtomicBool, Ordering};

use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use lockpolicy::dialect::{Found, Operation};
use lockpolicy::edit::apply;
use lockpolicy::json::encode;
use lockpolicy::surface::answer;
use lockpolicy::surface::message::judge_message;
use lockpolicy::{Decision, Naming, Rejection, Source, Surface};

use super::decide;
use super::route::Route;
use super::{Call, forward, headers, respond};
use crate::body::Answer;
use crate::error::Stop;
use crate::upgrade::{self, Drain, Handshake, Judge, Talk, Told};

/// Opens a WebSocket: the handshake is judged, passed on, and answered once the upstream agrees.
pub(super) async fn open(
    call: Call,
    found: Found<'_>,
    head: Parts,
    upgrade: OnUpgrade,
) -> Result<Response<Answer>, (Call, Stop)> {
    match shake(&call, found, &head).await {
        Ok((response, provider, handshake, operation)) => {
            let answer = agree(&call, &handshake, response);
            let judging = Judging {
                source: source(&head),
                operation,
                forced: AtomicBool::new(false),
                talk: Talk::default(),
                call,
            };
            let drain = Drain {
                stop: judging.call.state.stop.clone(),
                patience: judging.call.state.limits.drain,
            };
            judging.call.state.tasks.clone().spawn(async move {
                match tokio::try_join!(upgrade, provider) {
                    Ok((client, provider)) => {
                        upgrade::relay(
                            TokioIo::new(client),
                            TokioIo::new(provider),
                            judging,
                            drain,
                        )
                        .await;
                    }
                    Err(error) => tracing::debug!(%error, "upgrade"),
                }
            });
            Ok(answer)
        }
        Err(stop) => Err((call, stop)),
    }
}

type Agreed = (Response<Incoming>, OnUpgrade, Handshake, Operation);

async fn shake(call: &Call, found: Found<'_>, head: &Parts) -> Result<Agreed, Stop> {
    let handshake = upgrade::accepts(head)?;
    let operation = found.operation.clone();
    let route = Route::Listed(found);
    let approved = decide::handshake(call, &route, head)?;
    let mut request: Request<_> = forward::request(call, &route, head, &approved)?;
    handshake.ask(request.headers_mut());
    let sent = call.state.client.open(request).await;
    let mut response = sent.map_err(|error| Stop::Upstream(error.into()))?;
    if !upgrade::answered(&handshake, response.status(), response.headers()) {
        return Err(declined(response.status()));
    }
    let provider = hyper::upgrade::on(&mut response);
    Ok((response, provider, handshake, operation))
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
    for name in [answer::SERVED, answer::SERVED_TOO] {
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
    Response::from_parts(head, Answer::Whole(None))
}

fn source(head: &Parts) -> Source {
    let fields = decide::fields(head);
    lockpolicy::surface::http::source(head.uri.path(), &fields)
}

/// Judges the messages of one connection, each with the policy of its moment.
struct Judging {
    call: Call,
    operation: Operation,
    source: Source,
    forced: AtomicBool,
    talk: Talk,
}

impl Judge for Judging {
    fn cap(&self) -> usize {
        self.call.state.limits.body
    }

    fn judge(&self, message: Vec<u8>) -> Told {
        let policy = self.call.state.policy.load();
        let (verdict, edits) = judge_message(&policy, &self.operation, &message, self.source);
        let status = |rejection: &Rejection| respond::status(rejection.reason).as_u16();
        let (code, reason) = match &verdict.decision {
            Decision::Reject(rejection) => (status(rejection), rejection.reason.as_str()),
            Decision::Pass | Decision::Rewrite(_) => (0, ""),
        };
        let sink = &self.call.state.sink;
        for attempt in &verdict.attempts {
            sink.attempt(attempt, &self.call.facts(code, reason));
        }
        if verdict.naming != Naming::None {
            sink.judged(policy.mode(), Surface::WebSocket, verdict.naming);
        }
        match verdict.decision {
            Decision::Pass => Told::Forward(message),
            Decision::Rewrite(_) => {
                self.forced.store(true, Ordering::Relaxed);
                Told::Forward(apply(&message, edits))
            }
            Decision::Reject(rejection) => {
                if rejection.reason.is_undecidable() {
                    sink.undecidable(
                        Surface::WebSocket,
                        rejection.reason,
                        &self.call.facts(code, reason),
                    );
                }
                Told::Refuse(refusal(&rejection, &self.call.id))
            }
        }
    }

    fn forced(&self) -> bool {
        self.forced.load(Ordering::Relaxed)
    }

    fn pin(&self) -> String {
        self.call.state.policy.load().pin().to_owned()
    }

    fn talk(&self) -> &Talk {
        &self.talk
    }
}

/// The error frame that codex shows its user without trying again: `status`, never `status_code`.
fn refusal(rejection: &Rejection, id: &str) -> String {
    let message = encode(&format!("{rejection} (request {id})"));
    let code = if rejection.reason.is_undecidable() {
        rejection.reason.as_str()
    } else {
        "model_locked"
    };
    format!(
        r#"{{"type":"error","status":400,"error":{{"type":"invalid_request_error","code":"{code}","message":{message},"param":"model"}}}}"#
    )
}
