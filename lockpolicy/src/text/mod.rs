//! Texts: how one of a stranger is made safe to print.

mod escape;

pub use escape::escape_for_log;
