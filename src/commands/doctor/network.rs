//! What can be reached from here: the proxy, the daemon of counts, the providers.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use lockpolicy::Policy;
use observe::metrics::StatsdTarget;

use super::finding::Finding;
use super::route::authority;

/// Asks what listens at a URL which policy it judges by, with a request that every policy refuses: nothing
/// goes on to a provider.
pub(crate) fn proxy(url: &str, policy: &Policy) -> Option<Finding> {
    if url.starts_with("https:") {
        return Some(Finding::ProxyUntried(
            "doctor speaks no TLS; ask it at its plain address".to_owned(),
        ));
    }
    let place = authority(url);
    match policy_of(&place) {
        Err(error) => Some(Finding::ProxySilent(place, error.to_string())),
        Ok(None) => Some(Finding::ProxyStrange(place)),
        Ok(Some(hash)) => {
            // Where the proxy itself is, it need not be told.
            let ours = [
                policy.hash().to_owned(),
                policy.without_proxy().hash().to_owned(),
            ];
            (!ours.contains(&hash))
                .then(|| Finding::ProxyOtherPolicy(lockpolicy::escape_for_log(&hash)))
        }
    }
}

/// The hash in the answer of a proxy of ours.
fn policy_of(place: &str) -> io::Result<Option<String>> {
    let mut socket = connect(place)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    write!(
        socket,
        "GET /model-lock-doctor HTTP/1.1\r\nhost: {place}\r\nconnection: close\r\n\r\n"
    )?;
    let head = BufReader::new(socket.take(CAP)).lines();
    let mut fields = head
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty());
    let hash = fields.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let ours = name.eq_ignore_ascii_case("x-model-lock-policy");
        ours.then(|| value.trim().to_owned())
    });
    Ok(hash)
}

/// Whether anybody takes what is sent: a port that is closed says so.
pub(crate) fn statsd(daemon: Option<&StatsdTarget>) -> Option<Finding> {
    let Some(daemon) = daemon else {
        return Some(Finding::StatsdOff);
    };
    let place = format!("{}:{}", daemon.host, daemon.port);
    match listens(&place) {
        Ok(()) => None,
        Err(_) => Some(Finding::StatsdSilent(place)),
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
    open.map(|place| Finding::EgressOpen(place.to_owned()))
        .collect()
}

/// By any of its addresses: a firewall for IPv4 alone leaves IPv6 open.
fn is_reached(place: &str) -> bool {
    let addresses = resolve(place).unwrap_or_default().into_iter();
    let tried: Vec<_> = addresses
        .map(|to| thread::spawn(move || TcpStream::connect_timeout(&to, PATIENCE).is_ok()))
        .collect();
    tried.into_iter().any(|tried| tried.join().unwrap_or(false))
}

fn connect(place: &str) -> io::Result<TcpStream> {
    TcpStream::connect_timeout(&first(place)?, PATIENCE)
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
    receiver.recv_timeout(PATIENCE).map_err(io::Error::other)?
}

/// Where codex would go by itself.
const PROVIDERS: [&str; 2] = ["api.openai.com:443", "chatgpt.com:443"];
const PATIENCE: Duration = Duration::from_secs(3);
/// No head is longer.
const CAP: u64 = 64 << 10;
