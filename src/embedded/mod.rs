//! The embedded proxy: a proxy that is there for one program and ends with it.
//!
//! It is a process of its own and not a thread of the shim, so that the shim can become the real codex:
//! then the terminal, job control, signals and the exit status are codex's own. The kernel ends it
//! when the program is gone that opened it.

mod request;
mod serve;
mod start;

pub(crate) use serve::serve;
pub(crate) use start::{Companion, open, secret};

/// The word that runs one. No person writes it, so the help does not tell of it.
pub(crate) const VERB: &str = "companion";
