//! Where requests go.

pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod connector;
pub(crate) mod provider;
pub(crate) mod provider_route;
