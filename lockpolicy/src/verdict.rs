//! The verdict about an input: it passes, it is rewritten, or it is rejected.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{Attempt, Capability, Rejection, label_enum};

/// Describes what happens to an input. Exhaustive on purpose: a new kind of answer must break every caller.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// The input goes on byte for byte.
    Pass,
    /// The input goes on with these changes and no other.
    Rewrite(Vec<Change>),
    /// The input goes nowhere.
    Reject(Rejection),
}

/// One change: what is to be done at which of the occurrences that were judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The index of the occurrence.
    pub occurrence: usize,
    /// The action there.
    pub action: Action,
}

/// Describes what is done at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The place is taken out with its name.
    Drop,
    /// This text is written as the value, put in where none stands.
    Set(String),
}

/// A decision with what is to be reported about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Verdict {
    /// The decision about the input.
    pub decision: Decision,
    /// Each attempt to run something that is not pinned.
    pub attempts: Vec<Attempt>,
    /// The way in which the model was named, for the count of requests.
    pub model_match: ModelMatch,
    /// The model that was requested and the one that goes on, where the input runs one.
    pub choice: Option<ModelChoice>,
}

impl Verdict {
    /// Returns the verdict on an input that states nothing governed.
    pub(crate) const fn pass() -> Self {
        Self {
            decision: Decision::Pass,
            attempts: Vec::new(),
            model_match: ModelMatch::None,
            choice: None,
        }
    }
}

/// The model that an input asks for, and the one that goes on in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelChoice {
    /// The capability that it is for.
    pub capability: Capability,
    /// The requested model; empty where none was named.
    pub requested: String,
    /// The model that goes on; empty where none is named.
    pub sent: String,
}

label_enum! {
    /// Describes how an input named its model (rule 5).
    pub enum ModelMatch {
        /// None was named, or `null`: no attempt.
        Absent = "absent",
        /// By one of the operator's aliases: no attempt.
        Alias = "alias",
        /// Exactly as pinned.
        Exact = "exact",
        /// The input names no model by its nature.
        None = "none",
        /// Another model.
        Other = "other",
    }
}
