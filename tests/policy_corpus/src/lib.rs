//! The cases of `tests/corpus` and `tests/corpus/extra`: how they are read, what compares an exchange with what its
//! case expects, and `lockpolicy` alone, which decides them without a socket.
//!
//! `tests/corpus.rs` plays the same cases against the binary. The tests of this crate need `lockpolicy` and nothing
//! else of the program, so that they are quick enough to be run for each mutant of `lockpolicy`.
#![expect(
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_debug_implementations,
    missing_docs,
    reason = "a test that cannot go on fails, and the names are those of the format of the cases"
)]

mod base64;
pub mod case;
pub mod exchange;
pub mod judge;
pub mod oracle;
pub mod policy_alone;
pub mod profile;
pub mod strict;
pub mod talk;
#[cfg(test)]
mod tests;
