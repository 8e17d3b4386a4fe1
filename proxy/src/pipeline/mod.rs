//! The life of a request: route, read, decode, decide, forward, answer.

mod answer;
mod decide;
mod decode;
mod forward;
mod headers;
mod read;
mod respond;
mod route;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, Response};
use lockpolicy::{Facts, Policy, Reason, Rejection, Surface};

use crate::body::Answer;
use crate::error::Stop;
use crate::state::State;
use crate::wire;

/// What is known of a request while it is carried.
#[derive(Debug)]
struct Call {
    state: Arc<State>,
    /// The policy that it began with, whatever is loaded meanwhile.
    policy: Arc<Policy>,
    id: String,
    method: String,
    path: String,
    client: String,
    errors: lockpolicy::dialect::ErrorShape,
}

impl Call {
    fn facts<'a>(&'a self, status: u16, reason: &'a str) -> Facts<'a> {
        Facts {
            request_id: &self.id,
            method: &self.method,
            path: &self.path,
            client: &self.client,
            status,
            policy: self.policy.hash(),
            reason,
        }
    }
}

/// Carries a request to its upstream and the answer back. Never fails: what goes wrong is an answer.
///
/// # Cancel safety
///
/// Dropping the future ends the call to the upstream; nothing is left running.
pub(crate) async fn handle(
    state: Arc<State>,
    head: Result<(), wire::Fault>,
    request: Request<Incoming>,
) -> Response<Answer> {
    let mut call = Call {
        policy: state.policy.load_full(),
        id: state.ids.next(),
        method: request.method().as_str().to_owned(),
        path: lockpolicy::shown(request.uri().path()),
        client: headers::client(request.headers()),
        errors: lockpolicy::dialect::ErrorShape::default(),
        state,
    };
    let carried = match head {
        Ok(()) => carry(&mut call, request).await,
        Err(fault) => Err(malformed(fault).into()),
    };
    carried.unwrap_or_else(|stop| respond::stopped(&call, &stop))
}

async fn carry(call: &mut Call, request: Request<Incoming>) -> Result<Response<Answer>, Stop> {
    let (head, body) = request.into_parts();
    let state = Arc::clone(&call.state);
    let route = route::route(call, &state.table, &head)?;
    let limits = state.limits;
    let content = read::whole(body, route.takes_content(), headers::length(&head.headers), &limits).await?;
    let content = decode::decode(content, &head.headers, &limits)?;
    let approved = decide::decide(call, &route, &head, content)?;
    let answer = forward::forward(call, &route, &head, &approved).await?;
    answer::pass(call, &route, &approved, answer).await
}

/// A head that can be read in two ways is refused like any other content that can.
fn malformed(fault: wire::Fault) -> Rejection {
    Rejection::whole(if fault == wire::Fault::Size { Reason::TooLarge } else { Reason::Malformed }, fault.to_string())
}

/// The door at which an undecidable request is counted.
const DOOR: Surface = Surface::Http;
