//! Who may be told more than a probe.
//!
//! With a token, whoever has it. Without one, whoever sits at this machine: the port has to be on loopback,
//! and a browser has to mean it. A page from elsewhere that makes its own name lead to 127.0.0.1 still says that
//! name in `Host`, and a page that asks across sites says so in `Sec-Fetch-Site` or `Origin`.

use std::net::IpAddr;

use http::uri::Authority;
use http::{HeaderMap, Request, header};

use crate::key::Key;

#[derive(Debug)]
pub(super) struct Guard {
    /// Whether the port is on loopback.
    local: bool,
    token: Option<Key>,
}

/// Why somebody is told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("this port is not on loopback and has no token: set --admin-token FILE")]
    Closed,
    #[error("the token of this port is wanted: Authorization: Bearer TOKEN")]
    Token,
    #[error("without a token, only localhost and loopback addresses are answered as Host")]
    Host,
    #[error("another site may not ask here")]
    Site,
}

impl Refused {
    /// The status and the code.
    pub(super) fn told(self) -> (u16, &'static str) {
        match self {
            Self::Closed => (403, "token_not_set"),
            Self::Token => (401, "token_wanted"),
            Self::Host => (403, "host_not_local"),
            Self::Site => (403, "cross_site"),
        }
    }
}

impl Guard {
    pub(super) fn new(local: bool, token: Option<Key>) -> Self {
        Self { local, token }
    }

    /// Whether this may be answered; an open path holds nothing, so that a browser can load what asks for
    /// the token.
    pub(super) fn check<B>(&self, request: &Request<B>, open: bool) -> Result<(), Refused> {
        match &self.token {
            Some(_) if open => Ok(()),
            Some(token) => has(token, request.headers()),
            None if !self.local => Err(Refused::Closed),
            None if !names_loopback(request) => Err(Refused::Host),
            None if !open && is_cross_site(request.headers()) => Err(Refused::Site),
            None => Ok(()),
        }
    }
}

fn has(token: &Key, fields: &HeaderMap) -> Result<(), Refused> {
    let said = fields.get(header::AUTHORIZATION);
    let said = said.and_then(|said| said.as_bytes().split_at_checked(BEARER.len()));
    match said {
        Some((scheme, said)) if scheme.eq_ignore_ascii_case(BEARER) && token.is(said) => Ok(()),
        Some(_) | None => Err(Refused::Token),
    }
}

const BEARER: &[u8] = b"Bearer ";

/// Whether `Host`, and the target where it has an authority, name loopback. Ports are free: a port may be
/// forwarded.
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

/// Whether an origin is the host that was asked.
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

    fn asked(fields: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().uri("/api/v1/status");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn without_a_token_only_loopback_is_answered_by_its_own_names() {
        let guard = Guard::new(true, None);
        for host in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:8384",
            "127.9.9.9",
            "[::1]:8384",
        ] {
            assert_eq!(
                guard.check(&asked(&[("host", host)]), false),
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
            let refused = guard.check(&asked(&[("host", host)]), true);
            assert_eq!(refused, Err(Refused::Host), "{host}");
        }
        assert_eq!(guard.check(&asked(&[]), false), Err(Refused::Host));
        let twice = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(guard.check(&asked(&twice), false), Err(Refused::Host));
        let mut absolute = asked(&[("host", "localhost")]);
        *absolute.uri_mut() = "http://evil.example/".parse().unwrap();
        assert_eq!(guard.check(&absolute, false), Err(Refused::Host));
    }

    #[test]
    fn another_site_is_told_nothing_but_program_text() {
        let guard = Guard::new(true, None);
        let host = ("host", "localhost:8384");
        for field in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("origin", "http://localhost:1"),
        ] {
            let request = asked(&[host, field]);
            assert_eq!(
                guard.check(&request, false),
                Err(Refused::Site),
                "{field:?}"
            );
            assert_eq!(guard.check(&request, true), Ok(()), "{field:?}");
        }
        for field in [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
            ("origin", "http://localhost:8384"),
        ] {
            assert_eq!(
                guard.check(&asked(&[host, field]), false),
                Ok(()),
                "{field:?}"
            );
        }
    }

    #[test]
    fn off_loopback_nothing_is_told_without_the_token() {
        let closed = Guard::new(false, None);
        let request = asked(&[("host", "localhost")]);
        for open in [true, false] {
            assert_eq!(closed.check(&request, open), Err(Refused::Closed));
        }
        let token = Key::new("0123456789abcdef").unwrap();
        for local in [true, false] {
            let guard = Guard::new(local, Some(token.clone()));
            assert_eq!(guard.check(&asked(&[]), true), Ok(()));
            for right in ["Bearer 0123456789abcdef", "bearer 0123456789abcdef"] {
                let request = asked(&[("host", "any.example"), ("authorization", right)]);
                assert_eq!(guard.check(&request, false), Ok(()), "{right}");
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
                let request = asked(&[("authorization", wrong)]);
                assert_eq!(guard.check(&request, false), Err(Refused::Token), "{wrong}");
            }
            assert_eq!(guard.check(&asked(&[]), false), Err(Refused::Token));
        }
    }
}
