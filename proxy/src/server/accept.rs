//! The listening socket: one task for each connection, until told to stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::listener::{Listener, Socket};
use super::{connection, peer_owner};
use crate::client_access::ServerTls;
use crate::cost::{Admission, ClientKey};
use crate::state::State;

/// Takes connections until `stop` is cancelled, and those that wait then. Each runs on `tasks`, which outlives this
/// function.
pub(crate) async fn accept(
    listener: Listener,
    state: Arc<State>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let socket = tokio::select! {
            () = stop.cancelled() => break,
            socket = listener.accept() => socket,
        };
        match socket {
            Ok(socket) => begin(socket, &state, &tasks, &stop).await,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                // Out of descriptors, most likely: let some connections end first, those that are idle.
                state.cost.open.close_idle(None);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    for socket in listener.close() {
        begin(socket, &state, &tasks, &stop).await;
    }
}

/// Begins to serve a connection, if it is to be served and there is a place for it.
async fn begin(socket: Socket, state: &Arc<State>, tasks: &TaskTracker, stop: &CancellationToken) {
    // One after the other: what others of the machine can make this process do is bounded.
    if !is_served(&socket, state).await {
        tracing::debug!("a connection of another user is closed");
        return;
    }
    let admission = match Admission::of(&state.cost, client(&socket)) {
        Ok(admission) => admission,
        Err(resource) => return state.exhausted(resource, ""),
    };
    let (state, stop) = (Arc::clone(state), stop.clone());
    tasks.spawn(async move {
        let admission = admission.or_that_of_an_idle_one(&state.cost).await;
        match state.access.tls.clone() {
            Some(tls) => serve_tls(tls, socket, (state, admission), stop).await,
            None => connection::serve(socket, (state, Arc::new(admission)), stop).await,
        }
    });
}

/// Returns whether a connection is served. Of a path in the file system, its mode decides who may connect.
async fn is_served(socket: &Socket, state: &State) -> bool {
    let Either::Left(socket) = socket else {
        return true;
    };
    if !state.access.is_for_own_user {
        return true;
    }
    match (socket.local_addr(), socket.peer_addr()) {
        (Ok(local), Ok(peer)) => peer_owner::is_own_user(local, peer).await,
        _ => false,
    }
}

/// A connection, after the handshake where there is one.
enum Opened {
    Plain(Socket),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Serves a connection of a client that speaks TLS, or does not.
async fn serve_tls(
    tls: ServerTls,
    socket: Socket,
    (state, mut admission): (Arc<State>, Admission),
    stop: CancellationToken,
) {
    let timeout = state.limits.header_timeout;
    let opening = tokio::select! {
        () = connection::last_moment(&stop) => return,
        opening = tokio::time::timeout(timeout, open(tls.config.load_full(), socket)) => opening,
    };
    match opening {
        Ok(Ok(Opened::Plain(socket))) => {
            admission.lacks_tls = tls.is_required;
            connection::serve(socket, (state, Arc::new(admission)), stop).await;
        }
        Ok(Ok(Opened::Tls(stream))) => {
            connection::serve(stream, (state, Arc::new(admission)), stop).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "no TLS handshake"),
        Err(_) => tracing::debug!("no TLS handshake in time"),
    }
}

/// Looks at the first byte, and completes the handshake that it begins.
async fn open(tls: Arc<ServerConfig>, socket: Socket) -> io::Result<Opened> {
    let socket = match socket {
        Either::Left(socket) => socket,
        Either::Right(_) => return Ok(Opened::Plain(socket)),
    };
    let mut first = [0];
    socket.peek(&mut first).await?;
    if first != [HANDSHAKE] {
        return Ok(Opened::Plain(Either::Left(socket)));
    }
    let stream = TlsAcceptor::from(tls).accept(socket).await?;
    Ok(Opened::Tls(Box::new(stream)))
}

/// The first byte of a TLS record with a handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// Returns whom a connection belongs to.
fn client(socket: &Socket) -> ClientKey {
    let address = match socket {
        Either::Left(socket) => socket.peer_addr().ok(),
        Either::Right(_) => None,
    };
    ClientKey::of(address.map(|address| address.ip()))
}
