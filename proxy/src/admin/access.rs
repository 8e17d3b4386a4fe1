//! Authorization on the admin port, for everything but the probes.
//!
//! With a token, its holders are authorized. Without one, the port has to be on loopback, and a browser has to be
//! on its own site: a foreign page whose name resolves to 127.0.0.1 still has that name in `Host`, and a page that
//! asks across sites has `Sec-Fetch-Site` or `Origin`.

use http::uri::Authority;
use http::{HeaderMap, Request, header};
use lockpolicy::http::HostRules;

use crate::key::Key;

#[derive(Debug)]
pub(super) struct Access {
    /// True if the port is on loopback.
    local: bool,
    token: Option<Key>,
    hosts: HostRules,
}

/// The reason why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AccessError {
    #[error("this port is not on loopback and has no token: set --admin-token FILE")]
    Closed,
    #[error("the token of this port is wanted: Authorization: Bearer TOKEN")]
    Token,
    #[error(
        "without a token, only localhost, loopback addresses and what --allow-host names are answered as Host"
    )]
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
    pub(super) fn new(local: bool, token: Option<Key>, hosts: HostRules) -> Self {
        Self {
            local,
            token,
            hosts,
        }
    }

    /// Checks the site of the page that asks. It is checked on every path, since no probe has one.
    pub(super) fn check_origin<B>(&self, request: &Request<B>) -> Result<(), AccessError> {
        if self.passes_origins(request.headers()) {
            Ok(())
        } else {
            Err(AccessError::Site)
        }
    }

    /// Checks that a request may be answered. An open path needs no token, so that a browser can load the page
    /// that asks for it.
    pub(super) fn check<B>(&self, request: &Request<B>, open: bool) -> Result<(), AccessError> {
        match &self.token {
            Some(_) if open => Ok(()),
            Some(token) => check_token(token, request.headers()),
            None if !self.local => Err(AccessError::Closed),
            None if !self.names_port(request) => Err(AccessError::Host),
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

impl Access {
    /// Returns true if `Host`, and the authority of the target if there is one, name loopback or an allowed host.
    fn names_port<B>(&self, request: &Request<B>) -> bool {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return false;
        };
        let passes = |host: &str| self.hosts.passes_host(host);
        let authority = request.uri().authority().map(Authority::as_str);
        host.to_str().is_ok_and(passes) && authority.is_none_or(passes)
    }

    /// Returns true if each origin is the host of the request, or allowed.
    fn passes_origins(&self, fields: &HeaderMap) -> bool {
        let mut origins = fields.get_all(header::ORIGIN).iter();
        let passes = |origin: &str| self.hosts.passes_origin(origin) || is_own(origin, fields);
        origins.all(|origin| origin.to_str().is_ok_and(passes))
    }
}

fn is_cross_site(fields: &HeaderMap) -> bool {
    let site = fields.get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

/// Returns true if an origin is the host of the request.
fn is_own(origin: &str, fields: &HeaderMap) -> bool {
    let mut schemes = ["http://", "https://"].iter();
    let origin = schemes.find_map(|scheme| origin.strip_prefix(scheme));
    let host = fields.get(header::HOST).map(http::HeaderValue::as_bytes);
    origin.is_some() && origin.map(str::as_bytes) == host
}

#[cfg(test)]
mod tests {
    use lockpolicy::http::{AllowedHost, AllowedOrigin};

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
        let access = Access::new(true, None, HostRules::default());
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

    fn checked(access: &Access, request: &Request<()>, open: bool) -> Result<(), AccessError> {
        access.check_origin(request)?;
        access.check(request, open)
    }

    #[test]
    fn cross_site_request_is_refused_and_a_link_to_the_page_is_not() {
        let access = Access::new(true, None, HostRules::default());
        let host = ("host", "localhost:8384");
        for site in ["cross-site", "same-site"] {
            let request = request_with(&[host, ("sec-fetch-site", site)]);
            let data = checked(&access, &request, false);
            assert_eq!(data, Err(AccessError::Site), "{site}");
            assert_eq!(checked(&access, &request, true), Ok(()), "{site}");
        }
        for origin in ["http://evil.example", "null", "http://localhost:1", ""] {
            let request = request_with(&[host, ("origin", origin)]);
            for open in [false, true] {
                let refused = checked(&access, &request, open);
                assert_eq!(refused, Err(AccessError::Site), "{origin}");
            }
        }
        for field in [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
            ("origin", "http://localhost:8384"),
        ] {
            let request = request_with(&[host, field]);
            assert_eq!(checked(&access, &request, false), Ok(()), "{field:?}");
        }
    }

    #[test]
    fn listed_host_and_origin_are_answered() {
        let hosts = HostRules {
            origins: vec![AllowedOrigin::parse("https://ops.example").unwrap()],
            hosts: vec![AllowedHost::parse("*.example").unwrap()],
            checks_host: true,
        };
        let access = Access::new(true, None, hosts);
        let fields = [("host", "lock.example"), ("origin", "https://ops.example")];
        assert_eq!(checked(&access, &request_with(&fields), false), Ok(()));
    }

    #[test]
    fn request_off_loopback_without_token_is_refused() {
        let closed = Access::new(false, None, HostRules::default());
        let request = request_with(&[("host", "localhost")]);
        for open in [true, false] {
            assert_eq!(closed.check(&request, open), Err(AccessError::Closed));
        }
        let token = Key::new("0123456789abcdef").unwrap();
        for local in [true, false] {
            let access = Access::new(local, Some(token.clone()), HostRules::default());
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
