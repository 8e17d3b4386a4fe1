//! The resources that all requests share, and the response where none is left.

use core::fmt;

use crate::label_enum;

/// The time after which a client may try again, in seconds, as the field `retry-after` states it.
pub(super) const RETRY_AFTER: &str = "5";

label_enum! {
    /// Something that all requests share. Also the closed list of values of the metric tag `resource`.
    pub enum Resource {
        /// The connections of one client.
        ClientConnections = "client_connections",
        /// The `WebSocket`s of one client.
        ClientWebSockets = "client_websockets",
        /// The connections of all clients.
        Connections = "connections",
        /// The memory that requests hold.
        Memory = "memory",
        /// The `WebSocket`s of all clients.
        WebSockets = "websockets",
    }
}

impl Resource {
    /// Returns the text of a refusal where nothing is left.
    pub const fn exhausted(self) -> &'static str {
        match self {
            Self::ClientConnections => "this client has too many connections to the proxy",
            Self::ClientWebSockets => "this client has too many WebSockets through the proxy",
            Self::Connections => "the proxy has too many connections",
            Self::Memory => "the proxy has no memory left for another request",
            Self::WebSockets => "the proxy has too many WebSockets",
        }
    }
}

/// Writes the text of a refusal, for [`Fault::Exhausted`](super::Fault::Exhausted).
pub(super) struct Exhausted(pub(super) Resource);

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; try again in {RETRY_AFTER} s", self.0.exhausted())
    }
}
