//! An attempt to run something that is not pinned: the one event that every sink is fed with.

use alloc::string::String;

use crate::{Capability, Mode};

/// One attempt to override the pin.
///
/// Logs, metrics, the audit file and the page are sinks of this one type. Everything but `asked`
/// and `place` is from a closed list, so it can be a metric tag; those two may come from the request
/// and belong in logs only. Both are escaped and cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The mode that was in force.
    pub mode: Mode,
    /// What came of it.
    pub result: Outcome,
    /// The door it came through.
    pub surface: Surface,
    /// Who asked.
    pub source: Source,
    /// What the model was wanted for.
    pub capability: Capability,
    /// Where it was asked: a JSON pointer, an option, a header.
    pub place: String,
    /// What was asked for.
    pub asked: String,
    /// The pin of the capability; empty where it has none.
    pub pin: String,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Passed on and counted: nothing is locked.
    Audited,
    /// The pin runs in its place.
    Forced,
    /// Refused.
    Rejected,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Audited, Self::Forced, Self::Rejected];

    /// The word used in logs and metric tags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audited => "audited",
            Self::Forced => "forced",
            Self::Rejected => "rejected",
        }
    }
}

/// The door through which an input came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// A command line.
    Argv,
    /// A request header.
    Header,
    /// An HTTP body.
    Http,
    /// A JSON-RPC message.
    JsonRpc,
    /// A multipart form.
    Multipart,
    /// A request's path or query.
    Target,
    /// A WebSocket message.
    WebSocket,
}

impl Surface {
    /// Every surface.
    pub const ALL: [Self; 7] = [
        Self::Argv,
        Self::Header,
        Self::Http,
        Self::JsonRpc,
        Self::Multipart,
        Self::Target,
        Self::WebSocket,
    ];

    /// The word used in logs and metric tags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Argv => "argv",
            Self::Header => "header",
            Self::Http => "http",
            Self::JsonRpc => "jsonrpc",
            Self::Multipart => "multipart",
            Self::Target => "target",
            Self::WebSocket => "websocket",
        }
    }
}

/// Who asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The agent by itself, for its own housekeeping (rule 11).
    Background,
    /// An agent that another agent started.
    Subagent,
    /// Whoever runs the agent, as far as can be told.
    #[default]
    User,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Background, Self::Subagent, Self::User];

    /// The word used in logs and metric tags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Background => "background",
            Self::Subagent => "subagent",
            Self::User => "user",
        }
    }
}
