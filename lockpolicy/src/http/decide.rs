//! The decision about a request whose operation is known and whose content is whole.

use alloc::string::String;
use alloc::vec::Vec;

use super::gate::Route;
use super::judge_request;
use super::refusal::Refusal;
use super::request::{Request, RequestHead};
use crate::agents::codex::identity::source;
use crate::edit::{Edit, apply};
use crate::{Decision, ModelChoice, Policy, Source, Verdict, label_enum};

label_enum! {
    /// Describes what was decided about a request, as `x-model-lock-decision` tells the client.
    pub enum RequestOutcome {
        /// The operator lets the operation through unjudged.
        Allowed = "allowed",
        /// It goes on with other values.
        Forced = "forced",
        /// It goes on as it is.
        Matched = "matched",
        /// It goes on as it is, and an attempt was counted.
        Reported = "reported",
    }
}

/// A request that goes on, as the changes to what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// The decision.
    pub outcome: RequestOutcome,
    /// The path, where it differs.
    pub path: Option<String>,
    /// The query, where it differs.
    pub query: Option<String>,
    /// The fields that get another value, by their index.
    pub fields: Vec<(usize, String)>,
    /// The edits of the content.
    pub content: Vec<Edit>,
    /// The model that was requested in the pin's place, escaped.
    pub requested: Option<String>,
    /// The model that was requested and the one that goes on.
    pub choice: Option<ModelChoice>,
    /// The requester.
    pub source: Source,
}

/// A verdict about a request, and what comes of it.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The decision.
    pub verdict: Verdict,
    /// `true` if the operation runs a model.
    pub runs_model: bool,
    /// The request that goes on, or the refusal that the client gets.
    pub result: Result<Approved, Refusal>,
}

/// Judges a request whose content is whole and decoded. A handshake has none: its messages are judged when
/// they come.
pub fn decide(
    policy: &Policy,
    route: &Route<'_>,
    head: &RequestHead<'_>,
    content: &[u8],
) -> Decided {
    let Route::Listed(found) = route else {
        let approved = Approved::unchanged(RequestOutcome::Allowed);
        return Decided {
            verdict: Verdict::pass(),
            runs_model: false,
            result: Ok(approved),
        };
    };
    let source = source(head.path, head.fields);
    let request = Request {
        found,
        path: head.path,
        query: head.query.unwrap_or_default(),
        headers: head.fields,
        content,
        source,
    };
    let judged = judge_request(policy, request);
    let verdict = judged.verdict;
    let first = verdict.attempts.first();
    let approved = match &verdict.decision {
        Decision::Reject(rejection) => Err(Refusal::from(rejection)),
        Decision::Pass if verdict.attempts.is_empty() => {
            Ok(Approved::unchanged(RequestOutcome::Matched))
        }
        Decision::Pass => Ok(Approved::unchanged(RequestOutcome::Reported)),
        Decision::Rewrite(_) => Ok(Approved {
            path: edited(request.path, judged.path),
            query: edited(request.query, judged.query),
            fields: judged.headers,
            content: judged.content,
            requested: first.map(|first| first.requested.clone()),
            ..Approved::unchanged(RequestOutcome::Forced)
        }),
    };
    Decided {
        runs_model: found.operation.capability.is_some(),
        result: approved.map(|approved| Approved {
            choice: verdict.choice.clone(),
            source,
            ..approved
        }),
        verdict,
    }
}

impl Approved {
    fn unchanged(outcome: RequestOutcome) -> Self {
        Self {
            outcome,
            path: None,
            query: None,
            fields: Vec::new(),
            content: Vec::new(),
            requested: None,
            choice: None,
            source: Source::default(),
        }
    }
}

/// Returns a part of the target with its edits made; `None` where there are none.
fn edited(text: &str, edits: Vec<Edit>) -> Option<String> {
    let bytes = (!edits.is_empty()).then(|| apply(text.as_bytes(), edits))?;
    String::from_utf8(bytes).ok()
}
