//! The opening of a WebSocket: its handshake is a request, judged, passed on, and answered once the provider
//! agrees.

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use lockpolicy::Surface;
use lockpolicy::dialect::Operation;
use lockpolicy::http::{
    Approved, BodyFormat, Fault, Refusal, ResponseHead, Route, ServedCheck, check_declined,
    handshake_edits,
};

use super::forward::ClientHead;
use super::handover::Handover;
use super::{decide, forward, reply};
use crate::call::Call;
use crate::cost::{ClientKey, Lease, Slot};
use crate::error::RequestError;
use crate::fields;
use crate::response::bodies::ResponseBody;
use crate::response::served_model::{ServedModelObserver, served_names};
use crate::upstream::segmented_body::SegmentedBody;
use crate::websocket::handshake::{Handshake, answered};
use crate::websocket::relay::{EndRules, relay};
use crate::websocket::session::{SWITCHING_PROTOCOLS, Session};

/// Opens a WebSocket: the handshake is judged, passed on, and answered once the upstream agrees.
pub(super) async fn open(
    call: &Arc<Call>,
    route: &Route<'_>,
    operation: &Operation,
    head: &ClientHead<'_>,
    handover: Handover,
) -> Result<Response<ResponseBody>, Refusal> {
    let place = place(call).await.map_err(|fault| call.fail(fault))?;
    let (approved, handshake, mut response) = send_handshake(call, route, head).await?;
    if !answered(&handshake, response.status(), response.headers()) {
        return decline(call, route, &approved, response).await;
    }
    let names = served_names(response.headers());
    let source = approved.source;
    let check = ServedCheck::new(&call.policy, Surface::WebSocket, source, approved.choice);
    let observer = handshake_observer(call, check, &names).map_err(|error| call.fail(error))?;
    let provider = hyper::upgrade::on(&mut response);
    let answer = accept_response(call, &handshake, response);
    let session = Session::new(call, operation.clone(), (source, names, observer));
    let rules = EndRules {
        stop: call.state.stop.clone(),
        drain_timeout: call.state.limits.drain_timeout,
        idle_timeout: call.state.limits.websocket_idle_timeout,
    };
    let upgrade = handover.take();
    call.state.tasks.spawn(async move {
        let _place = place;
        match tokio::try_join!(upgrade, provider) {
            Ok((client, provider)) => {
                let (client, provider) = (TokioIo::new(client), TokioIo::new(provider));
                relay(client, provider, session, rules).await;
            }
            Err(error) => tracing::debug!(%error, "upgrade"),
        }
    });
    Ok(answer)
}

/// The memory that an idle WebSocket holds: the buffers of its two ends.
const IDLE: usize = 128 << 10;

/// Takes a place for a WebSocket, and the memory that it holds.
async fn place(call: &Call) -> Result<(Slot, Lease), Fault> {
    let cost = &call.state.cost;
    let client = match &call.client {
        Some(client) => &ClientKey::Named(client.name.clone()),
        None => &call.admission.client,
    };
    let slot = cost.websockets.take(client);
    let slot = slot.map_err(Fault::Exhausted)?;
    let mut lease = cost.memory.lease();
    lease.grow(IDLE).await?;
    Ok((slot, lease))
}

/// Returns the observer of a response that the handshake requests. If messages name the model, the names in the
/// provider's handshake are compared and nothing more.
fn handshake_observer(
    call: &Arc<Call>,
    check: ServedCheck,
    names: &[String],
) -> Result<Option<ServedModelObserver>, RequestError> {
    let named = check.has_choice();
    if !named && (names.is_empty() || !check.policy.fails_on_mismatch()) {
        return Ok(None);
    }
    let mut observer = ServedModelObserver::new(call, check, SWITCHING_PROTOCOLS, BodyFormat::Json);
    let end = names.iter().any(|name| observer.served_by(name));
    if end {
        return Err(observer.fault().into());
    }
    if named {
        Ok(Some(observer))
    } else {
        Ok(observer.discard())
    }
}

type AnsweredHandshake = (Approved, Handshake, Response<Incoming>);

async fn send_handshake(
    call: &Call,
    route: &Route<'_>,
    head: &ClientHead<'_>,
) -> Result<AnsweredHandshake, Refusal> {
    let handshake = Handshake::of(&head.text);
    let approved = decide::judge(call, route, &head.text, &[])?;
    let request = forward::request(call, route, head, &approved, SegmentedBody::default());
    let mut request: Request<_> = request.map_err(|error| call.fail(error))?;
    handshake.ask(request.headers_mut());
    let sent = call.state.client.open(request).await;
    let response = sent.map_err(|error| call.fail(RequestError::upstream(error)))?;
    Ok((approved, handshake, response))
}

/// Passes on the error of a provider that does not agree.
async fn decline(
    call: &Arc<Call>,
    route: &Route<'_>,
    approved: &Approved,
    response: Response<Incoming>,
) -> Result<Response<ResponseBody>, Refusal> {
    let declined = check_declined(response.status().as_u16());
    declined.map_err(|fault| call.fail(fault))?;
    let response = reply::pass(call, route, approved, response).await;
    response.map_err(|error| call.fail(error))
}

fn accept_response(
    call: &Call,
    handshake: &Handshake,
    response: Response<Incoming>,
) -> Response<ResponseBody> {
    let (mut head, _) = response.into_parts();
    let own = fields::as_text(&head.headers);
    let text = ResponseHead {
        status: SWITCHING_PROTOCOLS,
        fields: &own,
    };
    let edits = handshake_edits(&call.policy, &text);
    fields::apply(edits, &mut head.headers);
    handshake.agree(&mut head.headers);
    Response::from_parts(head, ResponseBody::whole(""))
}
