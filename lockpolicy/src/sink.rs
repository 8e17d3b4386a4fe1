//! Where the doors tell what they saw.

use core::fmt;

use crate::{Attempt, Mode, Naming, Reason, Served, Source, Surface, Wanted};

/// What a door knows about an input besides its verdict. It goes into logs, never into labels: all of
/// it may come from the request. Empty means unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The id that the refusal carries too.
    pub request_id: &'a str,
    /// An HTTP method, a JSON-RPC method, or the sub-command of a command line.
    pub method: &'a str,
    /// The path of a request, without its query.
    pub path: &'a str,
    /// What the client calls itself.
    pub client: &'a str,
    /// The status that the client got, or the exit status; 0 while it has none.
    pub status: u16,
    /// The hash of the policy that decided.
    pub policy: &'a str,
    /// Why, where the input was refused.
    pub reason: &'a str,
}

/// What became of one request that was sent: which model was asked for, sent and, by the provider's
/// word, served (rule 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// The mode that was in force.
    pub mode: Mode,
    /// The door it came through.
    pub surface: Surface,
    /// Who asked.
    pub source: Source,
    /// What was asked for and sent; `None` where the answer was made before.
    pub wanted: Option<&'a Wanted>,
    /// What the answer names, the gravest of it; empty where it names nothing.
    pub served: &'a str,
    /// What comes of holding one against the other.
    pub result: Served,
    /// Whether the answer was ended for it.
    pub failed: bool,
}

/// Takes what the doors tell: log, metrics, audit file and page stand behind it.
///
/// Nothing here may block or fail: a sink that cannot keep up drops and counts.
pub trait Sink: fmt::Debug + Send + Sync {
    /// An attempt to run something that is not pinned.
    fn attempt(&self, attempt: &Attempt, facts: &Facts<'_>);

    /// An input that could not be understood and was refused for it (rule 1).
    fn undecidable(&self, surface: Surface, reason: Reason, facts: &Facts<'_>);

    /// An input that was judged, whatever came of it. Called for each, so it has to be cheap.
    fn judged(&self, mode: Mode, surface: Surface, naming: Naming);

    /// A request that was sent, once its answer has ended. Only a door that sees answers tells it.
    fn served(&self, _receipt: &Receipt<'_>, _facts: &Facts<'_>) {}
}
