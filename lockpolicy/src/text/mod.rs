//! Texts: how one of a stranger is made safe to print, and which name a misspelled one was meant to be.

mod escape;
mod nearest;

pub use escape::escape_for_log;
pub use nearest::nearest_names;
