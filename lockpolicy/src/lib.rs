//! Decides which model may run; touches nothing.
//!
//! ```text
//! bytes → surface: extract → [Occurrence] → judge(Policy) → Decision → surface: apply → bytes
//! ```
//!
//! A surface finds and cuts, it never decides; [`judge`] decides and knows no surface. This crate
//! does no I/O, has no clock and no environment, and builds without `std`.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod argv;
mod attempt;
mod capability;
mod decision;
pub mod dialect;
mod draft;
pub mod edit;
pub mod json;
mod judge;
mod mode;
mod name;
mod occurrence;
pub mod operation;
mod policy;
mod sink;
pub mod surface;

pub use attempt::{Attempt, Outcome, Source, Surface};
pub use capability::Capability;
pub use decision::{Action, Change, Decision, Naming, Reason, Rejection, Verdict};
pub use draft::{Draft, Problem, Problems, VARIABLES};
pub use judge::{Origin, judge, refuse};
pub use mode::Mode;
pub use name::{NAME_CAP, Name, NameError, shown};
pub use occurrence::{Occurrence, Remedy, Setting, Stated};
pub use policy::{Allow, Policy};
pub use sink::{Facts, Sink};
