//! The real `OpenClaw` under the lock: whatever model its user asks for, the approved one runs.
//!
//! These tests take some minutes and install 1.5 GB, so they run only where `TEST_OPENCLAW=1`
//! is set, and say so where it is not; CI leaves it off:
//!
//! ```text
//! TEST_OPENCLAW=1 cargo test --test e2e_openclaw -- --nocapture
//! ```
#![expect(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and one that is not run says so"
)]

mod direct;
mod harness;
mod openclaw;
mod shipped;

const PIN: &str = "gpt-5.5";
