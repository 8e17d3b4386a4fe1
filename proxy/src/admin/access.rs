//! Authorization on the admin port, for everything but the probes.
//!
//! With a token, its holders are authorized. Without one, the port has to be on loopback, and a browser has to be
//! on its own site: a foreign page whose name resolves to 127.0.0.1 still has that name in `Host`, and a page that
//! asks across sites has `Sec-Fetch-Site` or `Origin`.

use std::net::IpAddr;

use http::uri::Authority;
use http::{HeaderMap, Request, header};

use crate::key::Key;

#[derive(Debug)]
pub(super) struct Access {
    /// True if the port is on loopback.
    local: bool,
    token: Option<Key>,
}

/// The reason why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AccessError {
    #[error("this port is not on loopback and has no token: set --admin-token FILE")]
    Closed,
    #[error("the token of this port is wanted: Authorization: Bearer TOKEN")]
    Token,
    #[error("without a token, only localhost and loopback addresses are answered as Host")]
    Host,
    #[error("another site may not ask here")]
    Site,
}

impl AccessError {
    /// Returns the HTTP status and the error code.
    pub(super) fn status_and_code(self) -> (u16, &'static str) {
        match self {
            Self::Closed => (403, "token_not_set"),
            Self::Token => (401, "token_wanted"),
            Self::Host => (403, "host_not_local"),
            Self::Site => (403, "cross_site"),
        }
    }
}

impl Access {
    pub(super) fn new(local: bool, token: Option<Key>) -> Self {
        Self { local, token }
    }

    /// Checks that a request may be answered. An open path needs no token, so that a browser can load the page
    /// that asks for it.
    pub(super) fn check<B>(&self, request: &Request<B>, open: bool) -> Result<(), AccessError> {
        match &self.token {
            Some(_) if open => Ok(()),
            Some(token) => check_token(token, request.headers()),
            None if !self.local => Err(AccessError::Closed),
            None if !names_loopback(request) => Err(AccessError::Host),
            None if !open && is_cross_site(request.headers()) => Err(AccessError::Site),
            None => Ok(()),
        }
    }
}

fn check_token(token: &Key, fields: &HeaderMap) -> Result<(), AccessError> {
    let given = fields.get(header::AUTHORIZATION);
    let given = given.and_then(|given| given.as_bytes().split_at_checked(BEARER.len()));
    match given {
        Some((scheme, given)) if scheme.eq_ignore_ascii_case(BEARER) && token.equals(given) => {
            Ok(())
        }
        Some(_) | None => Err(AccessError::Token),
    }
}

const BEARER: &[u8] = b"Bearer ";

/// Returns true if `Host`, and the authority of the target if there is one, name loopback. Any port will do,
/// since it may be forwarded.
fn names_loopback<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let host = host.to_str().ok().and_then(|host| host.parse().ok());
    host.as_ref().is_some_and(is_loopback) && request.uri().authority().is_none_or(is_loopback)
}

fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse::<IpAddr>();
    !authority.as_str().contains('@')
        && (host.eq_ignore_ascii_case("localhost")
            || ip.is_ok_and(|ip| ip.to_canonical().is_loopback()))
}

fn is_cross_site(fields: &HeaderMap) -> bool {
    let site = fields.get("sec-fetch-site");
    let elsewhere = site.is_some_and(|site| site != "same-origin" && site != "none");
    elsewhere
        || fields
            .get(header::ORIGIN)
            .is_some_and(|origin| !is_own(origin.as_bytes(), fields))
}

/// Returns true if an origin is the host of the request.
fn is_own(origin: &[u8], fields: &HeaderMap) -> bool {
    let origin = ["http://", "https://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(scheme.as_bytes()));
    let host = fields.get(header::HOST).map(http::HeaderValue::as_bytes);
    origin.is_some() && origin == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request_with(fields: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().uri("/api/v1/status");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn host_without_token_names_loopback_or_is_refused() {
        let access = Access::new(true, None);
        for host in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:8384",
            "127.9.9.9",
            "[::1]:8384",
        ] {
            assert_eq!(
                access.check(&request_with(&[("host", host)]), false),
                Ok(()),
                "{host}"
            );
        }
        for host in [
            "evil.example",
            "evil.example:8384",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "a@localhost",
            "",
            "[::2]",
        ] {
            let refused = access.check(&request_with(&[("host", host)]), true);
            assert_eq!(refused, Err(AccessError::Host), "{host}");
        }
        assert_eq!(
            access.check(&request_with(&[]), false),
            Err(AccessError::Host)
        );
        let twice = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(
            access.check(&request_with(&twice), false),
            Err(AccessError::Host)
        );
        let mut absolute = request_with(&[("host", "localhost")]);
        *absolute.uri_mut() = "http://evil.example/".parse().unwrap();
        assert_eq!(access.check(&absolute, false), Err(AccessError::Host));
    }

    #[test]
    fn cross_site_request_to_data_is_refused() {
        let access = Access::new(true, None);
        let host = ("host", "localhost:8384");
        for field in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("origin", "http://localhost:1"),
        ] {
            let request = request_with(&[host, field]);
            assert_eq!(
                access.check(&request, false),
                Err(AccessError::Site),
                "{field:?}"
            );
            assert_eq!(access.check(&request, true), Ok(()), "{field:?}");
        }
        for field in [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
            ("origin", "http://localhost:8384"),
        ] {
            assert_eq!(
                access.check(&request_with(&[host, field]), false),
                Ok(()),
                "{field:?}"
            );
        }
    }

    #[test]
    fn request_off_loopback_without_token_is_refused() {
        let closed = Access::new(false, None);
        let request = request_with(&[("host", "localhost")]);
        for open in [true, false] {
            assert_eq!(closed.check(&request, open), Err(AccessError::Closed));
        }
        let token = Key::new("0123456789abcdef").unwrap();
        for local in [true, false] {
            let access = Access::new(local, Some(token.clone()));
            assert_eq!(access.check(&request_with(&[]), true), Ok(()));
            for right in ["Bearer 0123456789abcdef", "bearer 0123456789abcdef"] {
                let request = request_with(&[("host", "any.example"), ("authorization", right)]);
                assert_eq!(access.check(&request, false), Ok(()), "{right}");
            }
            for wrong in [
                "Bearer 0123456789abcdeF",
                "Bearer 0123456789abcde",
                "Bearer ",
                "Bearer",
                "Basic 0123456789abcdef",
                "0123456789abcdef",
                "Bearer 0123456789abcdef ",
                "Bearer  0123456789abcdef",
            ] {
                let request = request_with(&[("authorization", wrong)]);
                assert_eq!(
                    access.check(&request, false),
                    Err(AccessError::Token),
                    "{wrong}"
                );
            }
            assert_eq!(
                access.check(&request_with(&[]), false),
                Err(AccessError::Token)
            );
        }
    }
}
