//! From a listening socket to requests.

mod accept;
mod connection;
mod rewind;

pub(crate) use accept::accept;
