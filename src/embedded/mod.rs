//! The embedded proxy: a proxy that is started for one program and exits when that program exits.
//!
//! It is a process of its own and not a thread of the shim, because the shim execs the real codex:
//! then the terminal, job control, signals and the exit status are codex's own. The kernel ends it
//! when the program that started it is gone.

mod authorities;
mod certificate;
mod request;
mod serve;
mod shim_directory;
mod start;

pub(crate) use serve::serve;
pub(crate) use start::{EmbeddedProxy, secret};
