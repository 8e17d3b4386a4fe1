//! What is deployed: the scripts against a docker that plays states and really copies, the entrypoint with each step
//! failing, and the files that an operator applies.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod bootstrap;
mod chart;
mod compose;
mod context;
mod entrypoint;
mod failures;
mod kubernetes;
mod layout;
mod stage;
mod text;
mod token;

/// The approved model.
const PIN: &str = "gpt-5.5";
