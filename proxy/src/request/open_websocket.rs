//! The opening of a WebSocket: its handshake is a request, judged, passed on, and answered once the provider
//! agrees.

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use lockpolicy::Surface;
use lockpolicy::dialect::Operation;
use lockpolicy::http::{
    Approved, BodyFormat, Refusal, ResponseHead, Route, check_handshake, declined, handshake_edits,
};

use super::forward::ClientHead;
use super::{decide, forward};
use crate::call::Call;
use crate::error::RequestError;
use crate::fields;
use crate::response::bodies::Answer;
use crate::response::served_model::{Asked, Watch, served_names};
use crate::upstream::body::Pieces;
use crate::websocket::handshake::{Handshake, answered};
use crate::websocket::relay::{Drain, relay};
use crate::websocket::session::{Judging, SWITCHING};

/// Opens a WebSocket: the handshake is judged, passed on, and answered once the upstream agrees.
pub(super) async fn open(
    call: &Arc<Call>,
    route: &Route<'_>,
    operation: &Operation,
    head: &ClientHead<'_>,
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
    let judging = Judging::new(call, operation.clone(), (asked.source, said, watch));
    let drain = Drain {
        stop: call.state.stop.clone(),
        patience: call.state.limits.drain,
    };
    call.state.tasks.spawn(async move {
        match tokio::try_join!(upgrade, provider) {
            Ok((client, provider)) => {
                let (client, provider) = (TokioIo::new(client), TokioIo::new(provider));
                relay(client, provider, judging, drain).await;
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

type Agreed = (Approved, Handshake, Response<Incoming>);

async fn shake(call: &Call, route: &Route<'_>, head: &ClientHead<'_>) -> Result<Agreed, Refusal> {
    check_handshake(&head.text).map_err(|rejection| call.reject(&rejection))?;
    let handshake = Handshake::of(&head.text);
    let approved = decide::judge(call, route, &head.text, &[])?;
    let request = forward::request(call, route, head, &approved, Pieces::default());
    let mut request: Request<_> = request.map_err(|error| call.fail(error))?;
    handshake.ask(request.headers_mut());
    let sent = call.state.client.open(request).await;
    let response = sent.map_err(|error| call.fail(RequestError::upstream(error)))?;
    if !answered(&handshake, response.status(), response.headers()) {
        return Err(call.fail(declined(response.status().as_u16())));
    }
    Ok((approved, handshake, response))
}

fn agree(call: &Call, handshake: &Handshake, response: Response<Incoming>) -> Response<Answer> {
    let (mut head, _) = response.into_parts();
    let own = fields::as_text(&head.headers);
    let text = ResponseHead {
        status: SWITCHING,
        fields: &own,
    };
    let edits = handshake_edits(&call.policy, &text);
    fields::apply(edits, &mut head.headers);
    handshake.agree(&mut head.headers);
    Response::from_parts(head, Answer::whole(""))
}
