//! The decisions about the messages of a WebSocket, for both directions.

use std::time::Duration;

use lockpolicy::http::{Resource, WebSocketRefusal};

use super::running_responses::RunningResponses;
use crate::cost::Cost;

/// Decides about messages; knows what was decided on this connection.
pub(crate) trait MessageJudge: Sync {
    /// The most bytes of a message.
    fn max_message(&self) -> usize;
    /// Returns the time that a message may take to arrive.
    fn message_deadline(&self) -> Duration;
    /// Returns the cost that all connections share.
    fn cost(&self) -> &Cost;
    /// Counts that nothing was left of it.
    fn exhausted(&self, resource: Resource);
    /// Decides about a whole message.
    fn judge(&self, message: Vec<u8>) -> MessageDecision;
    /// Returns true if a message of this connection was forced.
    fn is_forced(&self) -> bool;
    /// Returns true if a message of the provider has to be whole before any of it is passed on.
    fn buffers_messages(&self) -> bool;
    /// Hears a whole message of the provider; what the client gets in its place, where the connection
    /// has to end for it.
    fn observe(&self, message: &[u8]) -> Option<WebSocketRefusal>;
    /// Counts bytes of messages that go to the client.
    fn bytes_sent(&self, bytes: u64);
    /// The pin, as it is now.
    fn pin(&self) -> String;
    /// Returns the responses that run on this connection.
    fn running(&self) -> &RunningResponses;
}

/// The decision about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessageDecision {
    /// These bytes go on.
    Forward(Vec<u8>),
    /// Nothing goes on; the client gets this.
    Reject(WebSocketRefusal),
}
