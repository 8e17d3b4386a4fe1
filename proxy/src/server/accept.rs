//! The listening socket: one task for each connection, until told to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection;
use super::listener::Listener;
use crate::state::State;

/// Takes connections until `stop` is cancelled. Each runs on `tasks`, which outlives this function.
pub(crate) async fn accept(
    listener: Listener,
    state: Arc<State>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let socket = tokio::select! {
            () = stop.cancelled() => return,
            socket = listener.accept() => socket,
        };
        match socket {
            Ok(socket) => {
                tasks.spawn(connection::serve(socket, Arc::clone(&state), stop.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                // Out of descriptors, most likely: let some connections end first.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
