//! The routes of a proxy to the providers that an agent calls.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

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
    /// The query of the URL itself, which the client leaves before the path of an operation.
    pub own_query: Option<String>,
    /// The value of `authorization` where the client sends none: the credential of the URL.
    pub authorization: Option<Secret>,
}

/// A text that no debug output shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(String);

impl Secret {
    /// Returns the text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_is_exposed_on_demand_and_never_by_debug() {
        let secret = Secret::from("Basic dTpw".to_string());
        assert_eq!(secret.expose(), "Basic dTpw");
        assert_eq!(alloc::format!("{secret:?}"), "Secret(…)");
    }
}
