//! The upstreams of requests.

pub(crate) mod client;
pub(crate) mod connector;
pub(crate) mod provider;
pub(crate) mod provider_route;
mod provider_stream;
mod resend;
pub(crate) mod segmented_body;
