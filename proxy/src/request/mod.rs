//! The life of a request.

mod admit;
mod decide;
mod decode;
pub(crate) mod exchange;
mod forward;
mod open_websocket;
mod read;
mod reply;
