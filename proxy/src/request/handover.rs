//! The connection of a request that asks for another protocol. The HTTP library hands it over once it has responded,
//! whatever it responded: then it is here that the connection is closed.

use std::sync::Arc;

use http::Request;
use http::header::UPGRADE;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio_util::task::TaskTracker;

use crate::call::Call;
use crate::cost::Admission;

/// A connection that may be handed over. Where it is not taken, it is closed so that the response arrives.
#[derive(Debug)]
pub(super) struct Handover {
    upgrade: OnUpgrade,
    is_awaited: bool,
    admission: Arc<Admission>,
    tasks: TaskTracker,
}

impl Handover {
    pub(super) fn of(request: &mut Request<Incoming>, call: &Call) -> Self {
        Self {
            is_awaited: request.headers().contains_key(UPGRADE),
            upgrade: hyper::upgrade::on(request),
            admission: Arc::clone(&call.admission),
            tasks: call.state.tasks.clone(),
        }
    }

    /// Takes the connection, which comes once the protocol has changed.
    pub(super) fn take(mut self) -> OnUpgrade {
        self.is_awaited = false;
        self.upgrade.clone()
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        if !self.is_awaited {
            return;
        }
        let (upgrade, place) = (self.upgrade.clone(), Arc::clone(&self.admission));
        self.tasks.spawn(async move {
            let _place = place;
            // It does not come where another request follows on it.
            if let Ok(connection) = upgrade.await
                && let Err(error) = TokioIo::new(connection).shutdown().await
            {
                tracing::debug!(%error, "shutdown");
            }
        });
    }
}
