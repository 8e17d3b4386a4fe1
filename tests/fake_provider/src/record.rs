//! What arrived, and waiting for it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::json::Json;
use crate::wire::{self, Framed};

/// One request that arrived whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The number of its connection.
    pub connection: usize,
    /// The method.
    pub method: String,
    /// The target as it was written.
    pub target: String,
    /// Names in lower case, values as they came.
    pub fields: Vec<(String, String)>,
    /// The content, its coding left on.
    pub body: Vec<u8>,
}

impl Request {
    pub(crate) fn framed(connection: usize, framed: Framed) -> Self {
        Self {
            connection,
            method: framed.method,
            target: framed.target,
            fields: framed.fields,
            body: framed.body,
        }
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The first field of this name, which has to be given in lower case.
    pub fn field(&self, name: &str) -> Option<&str> {
        wire::field(&self.fields, name)
    }

    /// The content as JSON, where it is that and has no coding.
    pub fn json(&self) -> Option<Json> {
        Json::parse(&self.body)
    }

    /// The model that the content names.
    pub fn model(&self) -> Option<String> {
        self.json()?.get("model")?.text().map(str::to_owned)
    }
}

/// One connection: what came over it, and whether its sender has left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Every byte, in order.
    pub bytes: Vec<u8>,
    /// Whole WebSocket messages, unmasked.
    pub messages: Vec<Vec<u8>>,
    /// Whether the other side has closed it.
    pub closed: bool,
}

/// Everything that arrived.
#[derive(Debug, Default)]
pub struct Record {
    seen: Mutex<Seen>,
    changed: Condvar,
}

/// What arrived so far.
#[derive(Clone, Debug, Default)]
struct Seen {
    connections: Vec<Connection>,
    requests: Vec<Request>,
}

impl Record {
    /// Every connection so far.
    pub fn connections(&self) -> Vec<Connection> {
        self.lock().connections.clone()
    }

    /// Every request so far, in the order in which they became whole.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// Every byte so far, over all connections.
    pub fn bytes_received(&self) -> usize {
        self.lock()
            .connections
            .iter()
            .map(|connection| connection.bytes.len())
            .sum()
    }

    /// Waits until something holds of the requests, and tells whether it came to hold in time.
    pub fn wait_until(&self, holds: impl Fn(&[Request]) -> bool, within: Duration) -> bool {
        self.wait(|seen| holds(&seen.requests), within)
    }

    /// Waits until something holds of the connections.
    pub fn wait_for_connection(
        &self,
        holds: impl Fn(&Connection) -> bool,
        within: Duration,
    ) -> bool {
        self.wait(|seen| seen.connections.iter().any(&holds), within)
    }

    fn wait(&self, holds: impl Fn(&Seen) -> bool, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        let mut seen = self.lock();
        while !holds(&seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let woken = self.changed.wait_timeout(seen, left);
            seen = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub(crate) fn open(&self) -> usize {
        let mut seen = self.lock();
        seen.connections.push(Connection::default());
        seen.connections.len() - 1
    }

    pub(crate) fn request(&self, request: Request) {
        self.lock().requests.push(request);
        self.changed.notify_all();
    }

    /// Changes what is known of a connection.
    pub(crate) fn update(&self, connection: usize, change: impl FnOnce(&mut Connection)) {
        if let Some(connection) = self.lock().connections.get_mut(connection) {
            change(connection);
        }
        self.changed.notify_all();
    }

    pub(crate) fn is_closed(&self, connection: usize) -> bool {
        self.lock()
            .connections
            .get(connection)
            .is_none_or(|connection| connection.closed)
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
