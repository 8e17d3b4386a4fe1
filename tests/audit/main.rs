//! The audit file of the real binary: killed, on a full disk, on none, written to by many at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit_file;
mod disk;
mod flood;
mod killed;
mod shared;
mod tampered;
