//! An attempt to run something that is not pinned: the one event that every sink is fed with.

use alloc::string::String;

use crate::{Capability, Mode, label_enum};

/// One attempt to override the pin.
///
/// Logs, metrics, the audit file and the page are sinks of this one type. Everything but `requested`
/// and `place` is from a closed list, so it can be a metric tag; those two may come from the request
/// and belong in logs only. Both are escaped and cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The mode that was in force.
    pub mode: Mode,
    /// The result of the attempt.
    pub result: AttemptResult,
    /// The surface it came through.
    pub surface: Surface,
    /// The source of the request.
    pub source: Source,
    /// The capability that the model was requested for.
    pub capability: Capability,
    /// The place of the request: a JSON pointer, an option, a header.
    pub place: String,
    /// The value that was requested.
    pub requested: String,
    /// `true` if that names a model, `false` if it is an effort, a tier, the type of a tool or the like.
    pub names_model: bool,
    /// The pin of the capability; empty where it has none.
    pub pin: String,
}

label_enum! {
    /// Describes what came of an attempt.
    pub enum AttemptResult {
        /// Passed on and counted: nothing is locked.
        Reported = "reported",
        /// The pin runs in its place.
        Forced = "forced",
        /// Refused.
        Rejected = "rejected",
    }
}

label_enum! {
    /// The kind of input.
    pub enum Surface {
        /// A command line.
        Argv = "argv",
        /// A request header.
        Header = "header",
        /// An HTTP body.
        Http = "http",
        /// A JSON-RPC message.
        JsonRpc = "jsonrpc",
        /// A multipart form.
        Multipart = "multipart",
        /// A request's path or query.
        Target = "target",
        /// A WebSocket message.
        WebSocket = "websocket",
    }
}

label_enum! {
    /// The source of the request.
    #[derive(Default)]
    pub enum Source {
        /// The agent by itself, for its own housekeeping (rule 11).
        Background = "background",
        /// An agent that another agent started.
        Subagent = "subagent",
        /// The person who runs the agent, as far as the request shows.
        #[default]
        User = "user",
    }
}
