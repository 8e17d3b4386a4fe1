//! The names under which a listener is called: which `Host` and which `Origin` pass.
//!
//! A page of another site makes its own name resolve to a listener's address (DNS rebinding) and still states that
//! name in `Host`. A page that calls across sites, or opens a WebSocket, states its own site in `Origin`.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::request::RequestHead;
use crate::{Reason, Rejection};

/// The rules of one listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostRules {
    /// The origins that pass.
    pub origins: Vec<AllowedOrigin>,
    /// The hosts that pass besides loopback's.
    pub hosts: Vec<AllowedHost>,
    /// `true` if `Host` is checked: a caller could use something that the listener holds.
    pub checks_host: bool,
}

impl HostRules {
    /// Checks the site and the name that a request states.
    ///
    /// # Errors
    ///
    /// [`Reason::UnknownOrigin`] where a site is not listed, [`Reason::UnknownHost`] where `Host` is checked and is neither
    /// loopback's nor listed. Over HTTP/2, the authority of the target is the host.
    pub fn check(&self, head: &RequestHead<'_>) -> Result<(), Rejection> {
        if !head
            .values("origin")
            .all(|origin| self.passes_origin(origin))
        {
            return Err(Rejection::whole(Reason::UnknownOrigin, "origin"));
        }
        if !self.checks_host {
            return Ok(());
        }
        let mut hosts = head
            .authority
            .into_iter()
            .chain(head.values("host"))
            .peekable();
        let is_named = hosts.peek().is_some();
        if is_named && hosts.all(|host| self.passes_host(host)) {
            Ok(())
        } else {
            Err(Rejection::whole(Reason::UnknownHost, "host"))
        }
    }

    /// Returns true if this origin is listed, byte for byte.
    pub fn passes_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|listed| listed.0 == origin)
    }

    /// Returns true if a host is loopback's or listed. Its port is ignored: a port may be forwarded.
    pub fn passes_host(&self, host: &str) -> bool {
        let bare = without_port(host);
        is_loopback(bare) || self.hosts.iter().any(|listed| listed.is(bare))
    }
}

/// A host without its port; the brackets of an IPv6 address are taken off, too.
fn without_port(host: &str) -> &str {
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    match host.split_once(':') {
        Some((name, port)) if is_port(port) => name,
        Some(_) | None => host,
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// The reason why a text is no entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} expected")]
pub struct NotAllowable(&'static str);

/// An origin that an operator lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigin(String);

impl AllowedOrigin {
    /// Reads `SCHEME://HOST` or `SCHEME://HOST:PORT`, as a browser writes it (RFC 6454 section 6.2): in lower case,
    /// without a path, and without the port that its scheme has anyway.
    ///
    /// # Errors
    ///
    /// [`NotAllowable`] also for `null`, which any page can make its browser state, and for `*`.
    pub fn parse(text: &str) -> Result<Self, NotAllowable> {
        let expected = NotAllowable(
            "an origin like https://app.example or http://localhost:3000, without a path",
        );
        let (scheme, host) = text.split_once("://").ok_or(expected)?;
        let in_scheme =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
        let in_host = |byte: u8| in_scheme(byte) || b":[]_".contains(&byte);
        let has_both =
            scheme.starts_with(|first: char| first.is_ascii_lowercase()) && !host.is_empty();
        let is_plain = scheme.bytes().all(in_scheme) && host.bytes().all(in_host);
        let has_usual_port = [("http", ":80"), ("https", ":443")]
            .iter()
            .any(|(of, port)| scheme == *of && host.ends_with(port));
        if has_usual_port {
            return Err(NotAllowable(
                "an origin without the port that its scheme has anyway",
            ));
        }
        let origin = (has_both && is_plain).then(|| Self(text.to_owned()));
        origin.ok_or(expected)
    }
}

/// A host, or all hosts below a domain, that an operator lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost(String);

impl AllowedHost {
    /// Reads `NAME` or `*.SUFFIX`. The name may be an address; none has a port.
    ///
    /// # Errors
    ///
    /// [`NotAllowable`] also for `*` alone: then nothing would be checked.
    pub fn parse(text: &str) -> Result<Self, NotAllowable> {
        let expected = NotAllowable("a host like lock.example or *.lock.example, without a port");
        let name = text.to_ascii_lowercase();
        let bare = name.strip_prefix("*.").unwrap_or(&name);
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let is_name = !bare.starts_with('.') && bare.bytes().all(in_name);
        let is_address = name.parse::<IpAddr>().is_ok();
        let fits = !bare.is_empty() && (is_name || is_address);
        fits.then_some(Self(name)).ok_or(expected)
    }

    fn is(&self, host: &str) -> bool {
        let Some(suffix) = self.0.strip_prefix('*') else {
            return self.0.eq_ignore_ascii_case(host);
        };
        let start = host
            .len()
            .checked_sub(suffix.len())
            .filter(|start| *start > 0);
        let end = start.and_then(|start| host.get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(hosts: &[&str], origins: &[&str]) -> HostRules {
        HostRules {
            origins: origins
                .iter()
                .map(|one| AllowedOrigin::parse(one).unwrap())
                .collect(),
            hosts: hosts
                .iter()
                .map(|one| AllowedHost::parse(one).unwrap())
                .collect(),
            checks_host: true,
        }
    }

    #[test]
    fn host_passes_if_it_is_loopbacks_or_listed() {
        let rules = rules(
            &["lock.example", "*.Pods.example", "10.0.0.7", "fd00::7"],
            &[],
        );
        for host in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:8384",
            "127.9.9.9",
            "[::1]:8384",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "lock.example",
            "Lock.Example:80",
            "a.pods.example",
            "a.b.pods.example:1",
            "10.0.0.7:1",
            "[fd00::7]:1",
        ] {
            assert!(rules.passes_host(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8384",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "a@localhost",
            "[::2]",
            "pods.example",
            ".pods.example",
            "evilpods.example",
            "0.0.0.0",
            "127.1",
            "2130706433",
            "lock.example.",
            "lock.example:a",
            "localhost:",
            "localhost:1:2",
        ] {
            let passes = rules.passes_host(host);
            assert_eq!(passes, host == "localhost:", "{host}");
        }
    }

    #[test]
    fn request_passes_with_listed_origins_and_one_known_host() {
        let rules = rules(&[], &["https://app.example"]);
        let check = |authority, fields: &[(&str, &str)]| {
            let head = RequestHead {
                authority,
                fields,
                ..RequestHead::default()
            };
            rules.check(&head).map_err(|rejection| rejection.reason)
        };
        let host = ("host", "localhost");
        assert_eq!(check(None, &[host]), Ok(()));
        assert_eq!(check(Some("localhost:1"), &[]), Ok(()));
        assert_eq!(
            check(None, &[host, ("origin", "https://app.example")]),
            Ok(())
        );
        assert_eq!(check(None, &[]), Err(Reason::UnknownHost));
        assert_eq!(check(Some("evil.example"), &[]), Err(Reason::UnknownHost));
        assert_eq!(
            check(Some("evil.example"), &[host]),
            Err(Reason::UnknownHost)
        );
        assert_eq!(
            check(None, &[host, ("host", "evil.example")]),
            Err(Reason::UnknownHost)
        );
        for origin in [
            "https://evil.example",
            "null",
            "",
            "http://app.example",
            "https://app.example:1",
        ] {
            assert_eq!(
                check(None, &[host, ("origin", origin)]),
                Err(Reason::UnknownOrigin),
                "{origin}"
            );
        }
        let twice = [
            host,
            ("origin", "https://app.example"),
            ("origin", "https://evil.example"),
        ];
        assert_eq!(check(None, &twice), Err(Reason::UnknownOrigin));
    }

    #[test]
    fn any_host_passes_where_none_is_checked_and_no_origin_does() {
        let open = HostRules::default();
        let check = |fields| {
            open.check(&RequestHead {
                fields,
                ..RequestHead::default()
            })
        };
        assert!(check(&[("host", "proxy.test")]).is_ok());
        assert!(check(&[("host", "proxy.test"), ("origin", "http://proxy.test")]).is_err());
    }

    #[test]
    fn entry_that_would_pass_too_much_or_nothing_is_rejected() {
        for bad in [
            "", "*", "*.", "*.*.a", "a:1", "http://a", "a/b", "a b", "..", "[::1]",
        ] {
            assert!(AllowedHost::parse(bad).is_err(), "{bad}");
        }
        for bad in [
            "",
            "*",
            "null",
            "app.example",
            "https://",
            "https://a/",
            "https://A.example",
            "://a",
            "https://a:443",
            "http://a:80",
            "https://*.a",
        ] {
            assert!(AllowedOrigin::parse(bad).is_err(), "{bad}");
        }
        for good in [
            "https://a:80",
            "http://localhost:3000",
            "http://[::1]:3000",
            "vscode-webview://abc",
        ] {
            assert!(AllowedOrigin::parse(good).is_ok(), "{good}");
        }
    }
}
