//! A refusal as a response, once it has been reported.

use http::{Response, StatusCode};
use lockpolicy::Rejection;
use lockpolicy::http::{Fault, Refusal};

use super::{Call, headers};
use crate::body::Answer;
use crate::error::{RequestError, chain};

impl Call {
    /// Reports a rejection for which there is no verdict yet.
    pub(super) fn reject(&self, rejection: &Rejection) -> Refusal {
        let refusal = Refusal::from(rejection);
        let verdict = lockpolicy::refuse(rejection.clone());
        self.report(&verdict, false, refusal.status);
        refusal
    }

    /// Logs an error and counts it, where the provider is at fault.
    pub(super) fn fail(&self, error: impl Into<RequestError>) -> Refusal {
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

    /// Returns the response of a refusal.
    pub(super) fn refused(&self, refusal: &Refusal) -> Response<Answer> {
        let to = self.to();
        let mut response = Response::new(Answer::whole(refusal.body(&to)));
        *response.status_mut() = StatusCode::from_u16(refusal.status).unwrap_or_default();
        headers::set(response.headers_mut(), refusal.fields(&to));
        response
    }
}
