//! The errors of a request, and of a content that is passed on.

use std::error::Error as StdError;

use lockpolicy::http::{Fault, Refusal};

/// An error of a content that is passed on.
pub(crate) type BodyError = Box<dyn StdError + Send + Sync>;

/// The reason why a request that was not rejected got no response of its provider.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub(crate) struct RequestError {
    pub(crate) fault: Fault,
    source: Option<BodyError>,
}

impl From<Fault> for RequestError {
    fn from(fault: Fault) -> Self {
        let source = None;
        Self { fault, source }
    }
}

impl RequestError {
    /// Returns the error of a provider that cannot be reached, or that broke off.
    pub(crate) fn upstream(source: impl Into<BodyError>) -> Self {
        Self {
            fault: Fault::UpstreamFailed,
            source: Some(source.into()),
        }
    }
}

impl From<&RequestError> for Refusal {
    fn from(error: &RequestError) -> Self {
        Self::from(&error.fault)
    }
}

/// Returns an error with all its causes, joined by colons.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
