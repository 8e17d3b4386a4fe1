//! The credential of a request that goes on: the key that is held for its provider, or the client's own.

use std::borrow::Cow;

use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Request, Uri};
use lockpolicy::http::{
    Route, Secrets, is_credential_field, is_credential_parameter, query_without,
};

use crate::call::Call;
use crate::held_keys::HeldKey;

/// Puts the key of the provider in the place of every credential that the client has stated. Where none is held for
/// it, the client's own go on, but never a token by which the proxy knows a client.
pub(crate) fn replace<B>(call: &Call, route: &Route<'_>, request: &mut Request<B>) {
    if let Some(clients) = &call.clients {
        take_tokens(clients.secrets(), request);
    }
    if let Some(key) = held(call, route, request.uri()) {
        put(key, request);
    }
}

/// Returns the key that is held for the provider of a request.
fn held<'c>(call: &'c Call, route: &Route<'_>, target: &Uri) -> Option<&'c HeldKey> {
    let state = &call.state;
    if state.keys.is_empty() {
        return None;
    }
    let dialect = route.dialect()?;
    state.keys.of(dialect, target)
}

fn put<B>(key: &HeldKey, request: &mut Request<B>) {
    remove_fields(request, |name, _| is_credential_field(name.as_str()));
    remove_parameters(request, |name, _| is_credential_parameter(name));
    key.put(request.headers_mut());
}

/// Takes out the tokens of clients, wherever they stand.
fn take_tokens<B>(tokens: &Secrets, request: &mut Request<B>) {
    let is_in = |text: &[u8]| tokens.are_stated_in(text);
    remove_fields(request, |name, value| {
        is_in(name.as_str().as_bytes()) || is_in(value.as_bytes())
    });
    remove_parameters(request, |name, value| {
        tokens.are_stated_in_parameter(name, value)
    });
}

fn remove_fields<B>(request: &mut Request<B>, is_out: impl Fn(&HeaderName, &HeaderValue) -> bool) {
    let fields = request.headers_mut();
    let out = fields.iter().filter(|(name, value)| is_out(name, value));
    let out: Vec<HeaderName> = out.map(|(name, _)| name.clone()).collect();
    for name in out {
        fields.remove(name);
    }
}

fn remove_parameters<B>(request: &mut Request<B>, is_out: impl Fn(&str, &str) -> bool) {
    let uri = request.uri();
    let rest = uri.query().and_then(|query| query_without(query, is_out));
    if let Some(uri) = rest.and_then(|rest| with_query(uri, &rest)) {
        *request.uri_mut() = uri;
    }
}

fn with_query(uri: &Uri, query: &str) -> Option<Uri> {
    let target: Cow<'_, str> = match query {
        "" => uri.path().into(),
        query => format!("{}?{query}", uri.path()).into(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(&*target).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, fields: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().uri(uri);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn tokens_of_clients_are_taken_out_and_the_clients_own_credential_stays() {
        let tokens = Secrets::new(["fedcba9876543210", "0123456789abcdef"]);
        let mut request = request(
            "https://api.test/v1?key=0123456789abcdef&alt=sse",
            &[
                ("authorization", "Bearer 0123456789abcdef"),
                ("user-agent", "of-another/fedcba9876543210"),
                ("x-api-key", "sk-own"),
            ],
        );
        take_tokens(&tokens, &mut request);
        assert_eq!(request.uri(), "https://api.test/v1?alt=sse");
        assert_eq!(request.headers().len(), 1);
        assert_eq!(request.headers()["x-api-key"], "sk-own");
    }
}
