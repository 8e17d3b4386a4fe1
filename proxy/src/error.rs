//! What went wrong while a request was carried, and whose fault it is.

use std::error::Error as StdError;

use lockpolicy::Rejection;

/// An error of a content that is passed on.
pub(crate) type BodyError = Box<dyn StdError + Send + Sync>;

/// Why a request got no answer of the upstream.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// The policy refuses it: an answer, not an error.
    #[error("{0}")]
    Rejected(Rejection),
    /// The policy refuses it, and the verdict has been reported.
    #[error("{0}")]
    Judged(Rejection),
    /// The client asks for something that is not spoken here.
    #[error("WebSocket is not spoken here")]
    Upgrade,
    /// The client did not send what it announced.
    #[error("the content did not arrive whole")]
    Half,
    /// The client took too long.
    #[error("the content took too long to arrive")]
    Slow,
    /// No upstream is configured for the path.
    #[error("no upstream for this path")]
    NoUpstream,
    /// The upstream cannot be reached, or broke off before it answered.
    #[error("the upstream cannot be reached")]
    Upstream(#[source] Box<dyn StdError + Send + Sync>),
    /// Another model served than the one that was sent, and the policy does not let that pass.
    #[error("another model was served: `{0}`")]
    Served(String),
    /// The upstream's answer is one that must not be passed on.
    #[error("{0}")]
    Answer(&'static str),
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Downstream,
    Upstream,
}

impl Stop {
    pub(crate) fn fault(&self) -> Fault {
        match self {
            Self::Rejected(_) | Self::Judged(_) | Self::Upgrade | Self::Half | Self::Slow => {
                Fault::Downstream
            }
            Self::NoUpstream | Self::Upstream(_) | Self::Served(_) | Self::Answer(_) => {
                Fault::Upstream
            }
        }
    }
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// An error with all its causes, joined by colons.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
