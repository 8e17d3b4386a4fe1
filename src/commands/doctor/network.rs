//! Checks which servers can be reached: the proxy, the `StatsD` daemon, the providers.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hyper::Request;
use lockpolicy::Policy;
use observe::metrics::StatsdTarget;

use super::finding::Finding;
use super::route::authority;
use crate::probe;

/// Asks what listens at a URL which policy it judges by, with a request that every policy refuses: nothing
/// goes on to a provider.
pub(crate) fn proxy(url: &str, policy: &Policy) -> Option<Finding> {
    let address = authority(url);
    match policy_of(url, &address) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Some(Finding::proxy_not_ours(address))
        }
        Err(error) => Some(Finding::proxy_unreachable(address, error)),
        Ok(hash) => {
            // Where the proxy itself is, it need not know.
            let is_ours = hash == policy.hash() || hash == policy.without_proxy().hash();
            let shown = lockpolicy::escape_for_log(&hash);
            (!is_ours).then(|| Finding::proxy_other_policy(shown))
        }
    }
}

/// Returns the hash in the response; an error of kind `InvalidData` where it is not that of a proxy of ours.
fn policy_of(url: &str, address: &str) -> io::Result<String> {
    let (scheme, _) = url.split_once("://").unwrap_or(("http", url));
    let request = Request::get(format!("{scheme}://{address}/model-lock-doctor"));
    let request = request.body(String::new()).map_err(io::Error::other)?;
    let response = probe::send(request, TIMEOUT)?;
    let hash = response.headers().get("x-model-lock-policy");
    let hash = hash.and_then(|hash| hash.to_str().ok());
    let hash = hash.ok_or(io::ErrorKind::InvalidData)?;
    Ok(hash.to_owned())
}

/// Checks that a `StatsD` daemon listens: a closed port rejects a datagram.
pub(crate) fn statsd(daemon: Option<&StatsdTarget>) -> Option<Finding> {
    let Some(daemon) = daemon else {
        return Some(Finding::statsd_off());
    };
    let place = format!("{}:{}", daemon.host, daemon.port);
    match listens(&place) {
        Ok(()) => None,
        Err(_) => Some(Finding::statsd_unreachable(place)),
    }
}

fn listens(place: &str) -> io::Result<()> {
    let to = first(place)?;
    let from = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(from)?;
    socket.connect(to)?;
    socket.set_read_timeout(Some(Duration::from_millis(300)))?;
    // Nothing is in it, so nothing is counted.
    socket.send(&[])?;
    match socket.recv(&mut [0]) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Err(error),
        _ => Ok(()),
    }
}

/// The providers that can be reached without the proxy.
pub(crate) fn egress() -> Vec<Finding> {
    let tried = PROVIDERS.map(|place| thread::spawn(move || is_reached(place)));
    let open = PROVIDERS.into_iter().zip(tried);
    let open = open.filter_map(|(place, tried)| tried.join().unwrap_or(false).then_some(place));
    open.map(Finding::egress_open).collect()
}

/// By any of its addresses: a firewall for IPv4 alone leaves IPv6 open.
fn is_reached(place: &str) -> bool {
    let addresses = resolve(place).unwrap_or_default().into_iter();
    let tried: Vec<_> = addresses
        .map(|to| thread::spawn(move || TcpStream::connect_timeout(&to, TIMEOUT).is_ok()))
        .collect();
    tried.into_iter().any(|tried| tried.join().unwrap_or(false))
}

fn first(place: &str) -> io::Result<SocketAddr> {
    let found = resolve(place)?.into_iter().next();
    found.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// A name server that does not answer is not waited for.
fn resolve(place: &str) -> io::Result<Vec<SocketAddr>> {
    let (sender, receiver) = mpsc::channel();
    let name = place.to_owned();
    thread::spawn(move || sender.send(name.to_socket_addrs().map(Vec::from_iter)));
    receiver.recv_timeout(TIMEOUT).map_err(io::Error::other)?
}

/// The hosts that codex calls by default.
const PROVIDERS: [&str; 2] = ["api.openai.com:443", "chatgpt.com:443"];
const TIMEOUT: Duration = Duration::from_secs(3);
