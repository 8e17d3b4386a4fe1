//! The operation that a request was found to be, listed or allowed.

use crate::dialect::{Content, Dialect, Found};
use crate::{Reason, Rejection};

/// The operation of a request.
#[derive(Clone, Debug)]
pub enum Route<'t> {
    /// An operation of the tables.
    Listed(Found<'t>),
    /// One that the operator lets through unjudged, and the dialect at whose path it stands, if it does at one's.
    Allowed(Option<&'t Dialect>),
}

impl<'t> Route<'t> {
    /// Returns whether a content belongs to it.
    pub fn takes_content(&self) -> bool {
        match self {
            Self::Listed(found) => {
                !matches!(found.operation.content, Content::None | Content::WebSocket)
            }
            Self::Allowed(_) => true,
        }
    }

    /// Returns the dialect that it belongs to.
    pub fn dialect(&self) -> Option<&'t Dialect> {
        match self {
            Self::Listed(found) => Some(found.dialect),
            Self::Allowed(dialect) => *dialect,
        }
    }

    /// Returns whether it opens a WebSocket.
    pub fn opens_websocket(&self) -> bool {
        matches!(self, Self::Listed(found) if found.operation.content == Content::WebSocket)
    }

    /// Returns the rejection of a content that is longer than may be.
    pub fn too_large(&self) -> Rejection {
        if self.takes_content() {
            Rejection::whole(Reason::TooLarge, "content")
        } else {
            Rejection::whole(Reason::Malformed, "content where none belongs")
        }
    }
}
