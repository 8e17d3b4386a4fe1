//! One request while it is carried: who asked what, and what is reported about it.

use std::sync::Arc;

use lockpolicy::dialect::ErrorShape;
use lockpolicy::http::{Fault, Refusal, Refused};
use lockpolicy::{Judged, Policy, Rejection, RequestContext, Surface, Verdict, report};

use crate::error::{RequestError, chain};
use crate::meter::Carried;
use crate::state::State;
use crate::upstream::provider_route::Place;

/// Describes a request while it is carried.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) state: Arc<State>,
    /// The policy that it began with, whatever is loaded meanwhile.
    pub(crate) policy: Arc<Policy>,
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) client: String,
    /// Whether another protocol was asked for: what follows a refusal cannot be delimited.
    pub(crate) upgrade: bool,
    pub(crate) errors: ErrorShape,
    pub(crate) place: Place,
    pub(crate) carried: Arc<Carried>,
}

impl Call {
    /// Reports a verdict about the request.
    pub(crate) fn report(&self, verdict: &Verdict, runs_model: bool, status: u16) {
        let judged = Judged {
            policy: &self.policy,
            surface: Surface::Http,
            verdict,
            runs_model,
        };
        report(&*self.state.sink, judged, &self.facts(status, ""));
    }

    /// Returns what a refusal is the response to.
    pub(crate) fn to(&self) -> Refused<'_> {
        Refused {
            errors: self.errors,
            id: &self.id,
            path: &self.path,
            policy: self.policy.hash(),
            upgrade: self.upgrade,
        }
    }

    pub(crate) fn facts<'a>(&'a self, status: u16, reason: &'a str) -> RequestContext<'a> {
        RequestContext {
            request_id: &self.id,
            method: &self.method,
            path: &self.path,
            client: &self.client,
            status,
            policy: self.policy.hash(),
            reason,
        }
    }

    /// Reports a rejection for which there is no verdict yet.
    pub(crate) fn reject(&self, rejection: &Rejection) -> Refusal {
        let refusal = Refusal::from(rejection);
        let verdict = lockpolicy::refuse(rejection.clone());
        self.report(&verdict, false, refusal.status);
        refusal
    }

    /// Logs an error and counts it, where the provider is at fault.
    pub(crate) fn fail(&self, error: impl Into<RequestError>) -> Refusal {
        let error = error.into();
        let refusal = Refusal::from(&error);
        let (id, path, status) = (self.id.as_str(), self.path.as_str(), refusal.status);
        match error.fault {
            // The report of the served model says it.
            Fault::ModelMismatch(_) => {}
            Fault::BodyIncomplete | Fault::BodyTimeout | Fault::WebSocketUnsupported => {
                tracing::debug!(event = "stopped", request_id = id, path, %error, "stopped");
            }
            Fault::NoUpstream | Fault::UpstreamFailed | Fault::BadResponse(_) => {
                self.state.meter.failed();
                let error = chain(&error);
                tracing::warn!(
                    event = "failed",
                    request_id = id,
                    path,
                    status,
                    error,
                    "failed"
                );
            }
        }
        refusal
    }
}
