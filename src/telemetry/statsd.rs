//! Counts to a `StatsD` daemon, one datagram per series, at once.
//!
//! The exporter's own sink keeps a lone count in its buffer for ever and loses it at `exec`, so an
//! unbuffered one is put under it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use cadence::UdpMetricSink;
use metrics::{Counter, Key, Label, Level, Metadata, Recorder as _, Unit};
use metrics_exporter_statsd::{StatsdBuilder, StatsdRecorder};

use super::metrics::{Cell, Counts};

/// How long codex may be held up by a name server.
const PATIENCE: Duration = Duration::from_millis(100);

/// Where counts are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Daemon {
    /// A name or an address.
    pub(crate) host: String,
    /// The UDP port.
    pub(crate) port: u16,
    /// What stands before every name.
    pub(crate) prefix: String,
}

impl Daemon {
    /// The address, if it needs no name server.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host.parse::<IpAddr>()
            .ok()
            .map(|ip| SocketAddr::new(ip, self.port))
    }

    /// Asks for the address; may take as long as a name server does. IPv4 is preferred where there
    /// are both: many daemons listen on nothing else, and UDP does not tell.
    pub(crate) fn resolve(&self) -> Option<SocketAddr> {
        let found: Vec<SocketAddr> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .ok()?
            .collect();
        found
            .iter()
            .find(|address| address.is_ipv4())
            .or(found.first())
            .copied()
    }

    /// Opens an outlet without waiting long for a name: what cannot be had quickly is not sent.
    pub(crate) fn open_quickly(&self) -> Option<Outlet> {
        let address = self.address().or_else(|| {
            let (sender, receiver) = mpsc::sync_channel(1);
            let daemon = self.clone();
            // Ends with the process, or with `exec`.
            std::thread::spawn(move || sender.try_send(daemon.resolve()));
            receiver.recv_timeout(PATIENCE).ok().flatten()
        })?;
        Outlet::open(address, &self.prefix)
    }
}

/// An open way to a daemon.
pub(crate) struct Outlet {
    address: SocketAddr,
    recorder: StatsdRecorder,
    handles: Vec<OnceLock<Counter>>,
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Outlet {
    /// Opens a socket; `None` where the machine has none to give.
    pub(crate) fn open(address: SocketAddr, prefix: &str) -> Option<Self> {
        let any: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.set_nonblocking(true).ok()?;
        let sink = UdpMetricSink::from(address, socket).ok()?;
        let recorder = StatsdBuilder::default()
            .with_sink(sink)
            .build(Some(prefix))
            .ok()?;
        let handles = Counts::default().cells().map(|_| OnceLock::new()).collect();
        Some(Self {
            address,
            recorder,
            handles,
        })
    }

    /// Where it leads.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends everything that was counted since the last time.
    pub(crate) fn send(&self, counts: &Counts) {
        for (cell, handle) in counts.cells().zip(&self.handles) {
            let count = cell.take();
            if count > 0 {
                handle.get_or_init(|| self.register(&cell)).increment(count);
            }
        }
    }

    fn register(&self, cell: &Cell<'_>) -> Counter {
        let labels: Vec<Label> = cell
            .tags()
            .into_iter()
            .map(|(name, word)| Label::from_static_parts(name, word))
            .collect();
        self.recorder.describe_counter(
            cell.metric.name.into(),
            Some(Unit::Count),
            cell.metric.meaning.into(),
        );
        let key = Key::from_parts(cell.metric.name, labels);
        self.recorder
            .register_counter(&key, &Metadata::new(module_path!(), Level::INFO, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockpolicy::{Mode, Naming, Surface};

    fn receiver() -> (UdpSocket, Daemon) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let port = socket.local_addr().unwrap().port();
        (
            socket,
            Daemon {
                host: "127.0.0.1".to_owned(),
                port,
                prefix: "model_lock".to_owned(),
            },
        )
    }

    fn line(socket: &UdpSocket) -> String {
        let mut buffer = [0; 1500];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn a_lone_count_arrives_at_once_and_many_as_one_line() {
        let (socket, daemon) = receiver();
        let counts = Counts::default();
        let outlet = daemon.open_quickly().unwrap();
        counts.judged(Mode::Force, Surface::Argv, Naming::Other);
        outlet.send(&counts);
        assert_eq!(
            line(&socket),
            "model_lock.requests:1|c|#mode:force,surface:argv,naming:other"
        );
        for _ in 0..1000 {
            counts.judged(Mode::Force, Surface::Argv, Naming::Other);
        }
        outlet.send(&counts);
        assert_eq!(
            line(&socket),
            "model_lock.requests:1000|c|#mode:force,surface:argv,naming:other"
        );
    }

    #[test]
    fn a_name_that_does_not_exist_holds_nothing_up() {
        let daemon = Daemon {
            host: "no-such-host.invalid".to_owned(),
            port: 8125,
            prefix: String::new(),
        };
        let start = std::time::Instant::now();
        assert!(daemon.open_quickly().is_none());
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn addresses_need_no_name_server() {
        let at = |host: &str| {
            Daemon {
                host: host.to_owned(),
                port: 1,
                prefix: String::new(),
            }
            .address()
        };
        assert_eq!(at("127.0.0.1"), Some("127.0.0.1:1".parse().unwrap()));
        assert_eq!(at("::1"), at("[::1]"));
        assert_eq!(at("localhost"), None);
    }
}
