//! A running proxy on this machine that does not answer: without it codex calls again and again, and says nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Loopback answers at once, or not at all.
const TIMEOUT: Duration = Duration::from_millis(500);

/// Returns a warning where the proxy at a URL is on this machine and does not answer. Another one is not asked: it may
/// be far away, or behind a forward proxy.
pub fn unanswered(url: &str) -> Option<String> {
    let mut failed = None;
    for address in loopback(url) {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(_) => return None,
            Err(error) => failed = failed.or(Some((address, error))),
        }
    }
    let (address, error) = failed?;
    Some(format!(
        "warning: the proxy at {address} does not answer ({error}), and no call gets past it: start it with \
         `model-lock serve`, or correct MODEL_LOCK_PROXY, or `proxy` in the policy file"
    ))
}

/// Returns the addresses of a URL, where they are those of this machine.
fn loopback(url: &str) -> Vec<SocketAddr> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split('/').next().unwrap_or_default();
    let usual = if scheme == "https" { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap_or(usual)),
        Some(_) | None => (authority, usual),
    };
    let host = host.trim_matches(['[', ']']);
    let all = match host.parse::<IpAddr>() {
        Ok(ip) => vec![ip],
        Err(_) if host == "localhost" => {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        }
        Err(_) => Vec::new(),
    };
    let own = all.into_iter().filter(IpAddr::is_loopback);
    own.map(|ip| SocketAddr::new(ip, port)).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn proxy_of_this_machine_that_does_not_answer_is_told_with_its_address() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}/base");
        assert_eq!(unanswered(&url), None);
        drop(listener);
        let warning = unanswered(&url).unwrap();
        for part in [
            &*address.to_string(),
            "model-lock serve",
            "correct MODEL_LOCK_PROXY",
        ] {
            assert!(warning.contains(part), "{warning}");
        }
    }

    #[test]
    fn proxy_elsewhere_is_not_asked() {
        let all = |url: &str| -> Vec<String> {
            let all = loopback(url).into_iter();
            all.map(|address| address.to_string()).collect()
        };
        for (url, addresses) in [
            ("http://127.0.0.1:8383", &["127.0.0.1:8383"][..]),
            ("https://127.0.0.2/x:1", &["127.0.0.2:443"]),
            ("http://localhost:1", &["127.0.0.1:1", "[::1]:1"]),
            ("http://[::1]", &["[::1]:80"]),
            ("http://[::1]:2/v1", &["[::1]:2"]),
            ("http://192.0.2.1:1", &[]),
            ("http://sidecar:8383", &[]),
        ] {
            assert_eq!(all(url), addresses, "{url}");
        }
    }
}
