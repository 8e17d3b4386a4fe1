//! The parts of a request that are judged, as any transport can give them.

use alloc::string::String;

use crate::Source;
use crate::agents::{HttpClient, http_client};
use crate::dialect::Found;

/// The head of a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a str,
    /// The authority of the target, where it has one.
    pub authority: Option<&'a str>,
    /// The path that is matched against the tables.
    pub path: &'a str,
    /// The query, without the question mark.
    pub query: Option<&'a str>,
    /// The fields in their order, names in lower case. A value that is no UTF-8 stands here as U+FFFD.
    pub fields: &'a [(&'a str, &'a str)],
    /// The provider whose base URL the request came to.
    pub base: BaseMatch<'a>,
    /// `true` if it came over HTTP/1.1, the only version whose connections can become a WebSocket here.
    pub is_http_1_1: bool,
}

impl<'a> RequestHead<'a> {
    /// Returns the first value of a field.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        self.values(name).next()
    }

    /// Returns the program that sends it, if it is known.
    pub fn client(&self) -> Option<&'static HttpClient> {
        http_client(self.field("user-agent").unwrap_or_default())
    }

    /// Returns the name of the field at an index.
    pub(super) fn name(&self, index: usize) -> Option<&'a str> {
        self.fields.get(index).map(|(name, _)| *name)
    }

    /// Returns every value of a field.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let own = self.fields.iter().filter(move |(have, _)| *have == name);
        own.map(|(_, value)| *value)
    }
}

/// The base URL that a request came to.
#[derive(Clone, Copy, Debug, Default)]
pub enum BaseMatch<'a> {
    /// The proxy has no base URLs of its own: the path is judged as it stands.
    #[default]
    Any,
    /// It came to a base URL that stands for a provider's.
    Provider {
        /// The query parameters that the provider's configuration adds and that select nothing.
        query: &'a [String],
        /// The fields that the provider's configuration adds and that select nothing.
        fields: &'a [String],
    },
    /// It came to none of the base URLs that there are.
    Outside,
}

impl BaseMatch<'_> {
    /// Returns whether the provider's configuration adds this query parameter.
    pub(super) fn adds_parameter(&self, name: &str) -> bool {
        matches!(self, Self::Provider { query, .. } if query.iter().any(|own| own == name))
    }

    /// Returns whether the provider's configuration adds this field.
    pub(super) fn adds_field(&self, name: &str) -> bool {
        matches!(self, Self::Provider { fields, .. } if fields.iter().any(|own| own == name))
    }
}

/// A request as far as its model is judged.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The operation that it is.
    pub found: &'a Found<'a>,
    /// The path.
    pub path: &'a str,
    /// The query, without the question mark.
    pub query: &'a str,
    /// The fields, names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The content, after its coding is taken off.
    pub content: &'a [u8],
    /// The requester.
    pub source: Source,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_that_sends_a_request_is_told_by_its_user_agent() {
        for (user_agent, known) in [
            ("claude-cli/2.1", Some("claude-cli/")),
            ("other/1", None),
            ("", None),
        ] {
            let fields = [("accept", "claude-cli/2.1"), ("user-agent", user_agent)];
            let head = RequestHead {
                fields: &fields,
                ..RequestHead::default()
            };
            let own = head.client().map(|client| client.user_agents[0]);
            assert_eq!(own, known, "{user_agent}");
        }
    }
}
