//! One request while it is in flight, and what is reported about it.

use std::sync::Arc;

use lockpolicy::agents::HttpClient;
use lockpolicy::dialect::ErrorShape;
use lockpolicy::http::{Client, ClientTokens, Fault, Refusal, RefusalContext};
use lockpolicy::{Judged, Policy, Rejection, RequestContext, Surface, Verdict, report};

use crate::cost::Admission;
use crate::error::{RequestError, chain};
use crate::metrics::InFlight;
use crate::state::State;
use crate::upstream::provider_route::RouteMatch;
use crate::without_secrets::WithoutSecrets;

/// Describes a request while it is in flight.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) state: Arc<State>,
    /// The policy at its start, whatever is loaded meanwhile.
    pub(crate) policy: Arc<Policy>,
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) user_agent: String,
    /// The program that calls, if it is known.
    pub(crate) program: Option<&'static HttpClient>,
    /// The clients that are served; `None` serves everyone.
    pub(crate) clients: Option<Arc<ClientTokens>>,
    /// The client that stated its token, where clients have one.
    pub(crate) client: Option<Arc<Client>>,
    /// True if the request asks for another protocol: what follows a refusal cannot be delimited.
    pub(crate) upgrade: bool,
    pub(crate) errors: ErrorShape,
    pub(crate) route_match: RouteMatch,
    pub(crate) in_flight: Arc<InFlight>,
    /// The place of its connection.
    pub(crate) admission: Arc<Admission>,
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
        report(&self.observer(), judged, &self.context(status, ""));
    }

    /// Returns what records the events of the request, without a secret in them.
    pub(crate) fn observer(&self) -> WithoutSecrets<'_> {
        WithoutSecrets {
            sink: &*self.state.sink,
            tokens: self.clients.as_deref().map(ClientTokens::secrets),
            keys: &self.state.keys,
        }
    }

    /// Returns what the response of a refusal needs of the request.
    pub(crate) fn refusal_context(&self) -> RefusalContext<'_> {
        RefusalContext {
            errors: self.errors,
            id: &self.id,
            path: &self.path,
            policy: self.policy.hash(),
            upgrade: self.upgrade,
        }
    }

    pub(crate) fn context<'a>(&'a self, status: u16, reason: &'a str) -> RequestContext<'a> {
        RequestContext {
            request_id: &self.id,
            method: &self.method,
            path: &self.path,
            user_agent: &self.user_agent,
            client: self.client.as_ref().map_or("", |client| &client.name),
            status,
            policy: self.policy.hash(),
            reason,
        }
    }

    /// Reports a rejection for which there is no verdict yet.
    pub(crate) fn reject(&self, rejection: &Rejection) -> Refusal {
        let refusal = Refusal::from(rejection).for_client(self.program);
        let verdict = lockpolicy::refuse(rejection.clone());
        self.report(&verdict, false, refusal.status);
        refusal
    }

    /// Logs an error and counts it, where the provider is at fault.
    pub(crate) fn fail(&self, error: impl Into<RequestError>) -> Refusal {
        let error = error.into();
        let refusal = Refusal::from(&error).for_client(self.program);
        let observer = self.observer();
        let (id, path, status) = (self.id.as_str(), observer.shown(&self.path), refusal.status);
        match error.fault {
            // The report of the served model contains it.
            Fault::ModelMismatch(_) => {}
            Fault::BodyBeyondMemory
            | Fault::BodyIncomplete
            | Fault::BodyTimeout
            | Fault::HeadTimeout
            | Fault::WebSocketUnsupported => {
                tracing::debug!(event = "stopped", request_id = id, path, %error, "stopped");
            }
            Fault::TlsRequired => {
                tracing::info!(
                    event = "tls_required",
                    request_id = id,
                    path,
                    status,
                    "{error}"
                );
            }
            Fault::Exhausted(resource) => self.state.exhausted(resource, id),
            Fault::NoUpstream | Fault::UpstreamFailed | Fault::BadResponse(_) => {
                self.state.metrics.upstream_failed();
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
