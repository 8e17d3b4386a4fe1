//! Who may use the admin port for anything but the probes.
//!
//! With a token, its holders may. Without one, the port has to be on loopback, and a browser has to be on its own
//! site: a foreign page whose name resolves to 127.0.0.1 still has that name in `Host`, and a page that asks across
//! sites has `Sec-Fetch-Site` or `Origin`.

use super::request::RequestHead;
use super::request_host::HostRules;

/// The rules of an admin port.
#[derive(Debug)]
pub struct AdminAccess {
    /// `true` if the port is on loopback.
    pub is_local: bool,
    /// The hosts and origins that pass.
    pub hosts: HostRules,
}

/// The reason why a request to the admin port is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminRefusal {
    /// The port can be reached from elsewhere, and nobody can show that they may use it.
    #[error("this port is not on loopback and has no token: set --admin-token FILE")]
    Closed,
    /// The token is missing or another one.
    #[error("the token of this port is wanted: Authorization: Bearer TOKEN")]
    Token,
    /// `Host` names neither loopback nor an allowed host.
    #[error(
        "without a token, only localhost, loopback addresses and what --allow-host names are answered as Host"
    )]
    Host,
    /// A page of another site asks.
    #[error("another site may not ask here")]
    Site,
}

impl AdminRefusal {
    /// Returns the HTTP status and the error code.
    pub fn status_and_code(self) -> (u16, &'static str) {
        match self {
            Self::Closed => (403, "token_not_set"),
            Self::Token => (401, "token_wanted"),
            Self::Host => (403, "host_not_local"),
            Self::Site => (403, "cross_site"),
        }
    }
}

/// Compares a token with the one of the port.
pub type IsToken<'a> = &'a dyn Fn(&[u8]) -> bool;

impl AdminAccess {
    /// Checks the site of the page that asks. It is checked on every path, since no probe has one.
    ///
    /// # Errors
    ///
    /// [`AdminRefusal::Site`] where an origin is neither the host of the request nor listed.
    pub fn check_origin(&self, head: &RequestHead<'_>) -> Result<(), AdminRefusal> {
        let passes = |origin| self.hosts.passes_origin(origin) || is_own(origin, head);
        let is_known = head.values("origin").all(passes);
        is_known.then_some(()).ok_or(AdminRefusal::Site)
    }

    /// Checks that a request may be answered. `is_token` compares a token with the port's, if it has one. An open path
    /// needs no token, so that a browser can load the page that asks for it.
    ///
    /// # Errors
    ///
    /// The reason why it may not be answered.
    pub fn check(
        &self,
        head: &RequestHead<'_>,
        is_open: bool,
        is_token: Option<IsToken<'_>>,
    ) -> Result<(), AdminRefusal> {
        match is_token {
            Some(_) if is_open => Ok(()),
            Some(is_token) => check_token(head, is_token),
            None if !self.is_local => Err(AdminRefusal::Closed),
            None if !self.names_port(head) => Err(AdminRefusal::Host),
            None if !is_open && is_cross_site(head) => Err(AdminRefusal::Site),
            None => Ok(()),
        }
    }

    /// Returns true if `Host`, and the authority of the target if there is one, name loopback or an allowed host.
    fn names_port(&self, head: &RequestHead<'_>) -> bool {
        let mut hosts = head.values("host");
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return false;
        };
        let passes = |host: &str| self.hosts.passes_host(host);
        passes(host) && head.authority.is_none_or(passes)
    }
}

fn check_token(head: &RequestHead<'_>, is_token: IsToken<'_>) -> Result<(), AdminRefusal> {
    let given = head.field("authorization").map(str::as_bytes);
    let given = given.and_then(|given| given.split_at_checked(BEARER.len()));
    match given {
        Some((scheme, given)) if scheme.eq_ignore_ascii_case(BEARER) && is_token(given) => Ok(()),
        Some(_) | None => Err(AdminRefusal::Token),
    }
}

const BEARER: &[u8] = b"Bearer ";

fn is_cross_site(head: &RequestHead<'_>) -> bool {
    let site = head.field("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

/// Returns true if an origin is the host of the request.
fn is_own(origin: &str, head: &RequestHead<'_>) -> bool {
    let mut schemes = ["http://", "https://"].iter();
    let origin = schemes.find_map(|scheme| origin.strip_prefix(scheme));
    origin.is_some() && origin == head.field("host")
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::super::request_host::{AllowedHost, AllowedOrigin};
    use super::*;

    const LOCAL: AdminAccess = access(true);

    const fn access(is_local: bool) -> AdminAccess {
        let hosts = HostRules {
            origins: Vec::new(),
            hosts: Vec::new(),
            checks_host: false,
        };
        AdminAccess { is_local, hosts }
    }

    fn request_with<'a>(fields: &'a [(&'a str, &'a str)]) -> RequestHead<'a> {
        RequestHead {
            fields,
            ..RequestHead::default()
        }
    }

    #[test]
    fn host_without_token_names_loopback_or_is_refused() {
        let access = LOCAL;
        for host in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:8384",
            "127.9.9.9",
            "[::1]:8384",
        ] {
            assert_eq!(
                access.check(&request_with(&[("host", host)]), false, None),
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
            let refused = access.check(&request_with(&[("host", host)]), true, None);
            assert_eq!(refused, Err(AdminRefusal::Host), "{host}");
        }
        assert_eq!(
            access.check(&request_with(&[]), false, None),
            Err(AdminRefusal::Host)
        );
        let twice = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(
            access.check(&request_with(&twice), false, None),
            Err(AdminRefusal::Host)
        );
        let absolute = RequestHead {
            authority: Some("evil.example"),
            ..request_with(&[("host", "localhost")])
        };
        assert_eq!(
            access.check(&absolute, false, None),
            Err(AdminRefusal::Host)
        );
    }

    fn checked(
        access: &AdminAccess,
        request: &RequestHead<'_>,
        open: bool,
    ) -> Result<(), AdminRefusal> {
        access.check_origin(request)?;
        access.check(request, open, None)
    }

    #[test]
    fn cross_site_request_is_refused_and_a_link_to_the_page_is_not() {
        let access = LOCAL;
        let host = ("host", "localhost:8384");
        for site in ["cross-site", "same-site"] {
            let fields = [host, ("sec-fetch-site", site)];
            let request = request_with(&fields);
            let data = checked(&access, &request, false);
            assert_eq!(data, Err(AdminRefusal::Site), "{site}");
            assert_eq!(checked(&access, &request, true), Ok(()), "{site}");
        }
        for origin in ["http://evil.example", "null", "http://localhost:1", ""] {
            let fields = [host, ("origin", origin)];
            let request = request_with(&fields);
            for open in [false, true] {
                let refused = checked(&access, &request, open);
                assert_eq!(refused, Err(AdminRefusal::Site), "{origin}");
            }
        }
        for field in [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
            ("origin", "http://localhost:8384"),
        ] {
            let fields = [host, field];
            let request = request_with(&fields);
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
        let access = AdminAccess {
            is_local: true,
            hosts,
        };
        let fields = [("host", "lock.example"), ("origin", "https://ops.example")];
        assert_eq!(checked(&access, &request_with(&fields), false), Ok(()));
    }

    #[test]
    fn request_off_loopback_without_token_is_refused() {
        let closed = access(false);
        let fields = [("host", "localhost")];
        let request = request_with(&fields);
        for open in [true, false] {
            assert_eq!(
                closed.check(&request, open, None),
                Err(AdminRefusal::Closed)
            );
        }
        let is_token = |given: &[u8]| given == b"0123456789abcdef";
        for local in [true, false] {
            let access = access(local);
            assert_eq!(
                access.check(&request_with(&[]), true, Some(&is_token)),
                Ok(())
            );
            for right in ["Bearer 0123456789abcdef", "bearer 0123456789abcdef"] {
                let fields = [("host", "any.example"), ("authorization", right)];
                let request = request_with(&fields);
                assert_eq!(
                    access.check(&request, false, Some(&is_token)),
                    Ok(()),
                    "{right}"
                );
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
                let fields = [("authorization", wrong)];
                let request = request_with(&fields);
                assert_eq!(
                    access.check(&request, false, Some(&is_token)),
                    Err(AdminRefusal::Token),
                    "{wrong}"
                );
            }
            assert_eq!(
                access.check(&request_with(&[]), false, Some(&is_token)),
                Err(AdminRefusal::Token)
            );
        }
    }

    #[test]
    fn refusal_for_want_of_a_token_alone_has_the_status_that_asks_for_one() {
        for (refusal, told) in [
            (AdminRefusal::Closed, (403, "token_not_set")),
            (AdminRefusal::Token, (401, "token_wanted")),
            (AdminRefusal::Host, (403, "host_not_local")),
            (AdminRefusal::Site, (403, "cross_site")),
        ] {
            assert_eq!(refusal.status_and_code(), told);
        }
    }
}
