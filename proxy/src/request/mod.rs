//! The life of a request.

mod admit;
mod content;
mod cors;
mod decide;
pub(crate) mod decode;
pub(crate) mod exchange;
mod forward;
mod handover;
mod open_websocket;
mod read;
mod reply;
