//! The routes of a proxy to the providers that an agent calls.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// A base URL of the proxy, and the provider behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderRoute {
    /// The path segment that selects the route.
    pub name: String,
    /// The destination of calls that carry a key.
    pub key: ProviderBase,
    /// The destination of calls that carry an account's token, where it is another one.
    pub account: Option<ProviderBase>,
}

/// A provider's base URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderBase {
    /// The path below which the tables list its operations, without a slash at its end.
    pub canonical_prefix: String,
    /// The URL.
    pub url: String,
    /// Query parameters of its configuration that select nothing.
    pub query: Vec<String>,
    /// Fields of its configuration that select nothing, in lower case.
    pub headers: Vec<String>,
}

impl ProviderRoute {
    /// Returns a route with one destination, whatever credential a call carries.
    pub fn new(name: &str, key: ProviderBase) -> Self {
        Self {
            name: name.to_string(),
            key,
            account: None,
        }
    }
}
