//! Counts to a `StatsD` daemon, one datagram per series, at once.
//!
//! The exporter's own sink keeps a lone count in its buffer for ever and loses it at `exec`, so an
//! unbuffered one is put under it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use cadence::UdpMetricSink;
use metrics::{Counter, Gauge, Key, Label, Level, Metadata, Recorder as _};
use metrics_exporter_statsd::{StatsdBuilder, StatsdRecorder};

use super::metrics::table::Kind;
use super::metrics::{Cell, Cells, Counts, METRICS};

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
    /// How tags are written.
    pub(crate) tags: Tags,
}

/// How tags are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tags {
    /// As `DogStatsD` has them: `name:1|c|#tag:word`.
    #[default]
    Datadog,
    /// As parts of the name, for a daemon that knows none: `name.word:1|c`.
    Name,
}

impl fmt::Display for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
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
        Outlet::open(address, self)
    }
}

/// An open way to a daemon.
pub(crate) struct Outlet {
    address: SocketAddr,
    recorder: StatsdRecorder,
    tags: Tags,
    /// A handle for each series that has been sent, and one for each metric's sum.
    handles: Vec<OnceLock<Handle>>,
    sums: [OnceLock<Handle>; METRICS.len()],
}

enum Handle {
    Counter(Counter),
    Gauge(Gauge),
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
    pub(crate) fn open(address: SocketAddr, daemon: &Daemon) -> Option<Self> {
        let any: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.set_nonblocking(true).ok()?;
        let sink = UdpMetricSink::from(address, socket).ok()?;
        let recorder = StatsdBuilder::default()
            .with_sink(sink)
            .build(Some(&daemon.prefix))
            .ok()?;
        let counts = Counts::default();
        let series = counts.all().into_iter().flat_map(Cells::cells);
        Some(Self {
            address,
            recorder,
            tags: daemon.tags,
            handles: series.map(|_| OnceLock::new()).collect(),
            sums: Default::default(),
        })
    }

    /// Where it leads.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends everything that was counted since the last time. Gauges are sent when they differ; buckets
    /// hold all that is not longer, as Prometheus has them.
    pub(crate) fn send(&self, counts: &Counts) {
        let mut handles = self.handles.iter();
        for (cells, sum) in counts.all().into_iter().zip(&self.sums) {
            let mut below = 0;
            for (cell, handle) in cells.cells().zip(&mut handles) {
                let count = cell.take();
                match cell.metric.kind {
                    Kind::Counter => self.add(&cell, handle, count),
                    Kind::Gauge => self.set(&cell, handle, count),
                    Kind::Histogram => {
                        below += count;
                        self.add(&cell, handle, below);
                    }
                }
            }
            if let Some(count @ 1..) = cells.take_sum() {
                let name = cells.metric.name.replace("seconds", "microseconds");
                let new = || Handle::Counter(self.counter(name, Vec::new()));
                if let Handle::Counter(counter) = sum.get_or_init(new) {
                    counter.increment(count);
                }
            }
        }
    }

    fn add(&self, cell: &Cell<'_>, handle: &OnceLock<Handle>, count: u64) {
        let new = || Handle::Counter(self.register(cell));
        if let (1.., Handle::Counter(counter)) = (count, handle.get_or_init(new)) {
            counter.increment(count);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "no gauge of ours is that large")]
    fn set(&self, cell: &Cell<'_>, handle: &OnceLock<Handle>, change: u64) {
        let new = || {
            let (name, labels) = self.named(cell);
            Handle::Gauge(
                self.recorder
                    .register_gauge(&Key::from_parts(name, labels), &METADATA),
            )
        };
        if let (1.., Handle::Gauge(gauge)) = (change, handle.get_or_init(new)) {
            gauge.set(cell.total() as f64);
        }
    }

    fn register(&self, cell: &Cell<'_>) -> Counter {
        let (name, labels) = self.named(cell);
        self.counter(name, labels)
    }

    /// The name of a series and its tags. The words are our own: none can break a line.
    fn named(&self, cell: &Cell<'_>) -> (String, Vec<Label>) {
        let mut name = cell.metric.name.to_owned();
        if cell.metric.kind == Kind::Histogram {
            name.push_str("_bucket");
        }
        let tags = cell.tags();
        if self.tags == Tags::Name {
            for (_, word) in tags {
                name.push('.');
                name.push_str(&word.replace('.', "_").replace('+', ""));
            }
            return (name, Vec::new());
        }
        let label = |(name, word)| Label::from_static_parts(name, word);
        (name, tags.into_iter().map(label).collect())
    }

    fn counter(&self, name: String, labels: Vec<Label>) -> Counter {
        self.recorder
            .register_counter(&Key::from_parts(name, labels), &METADATA)
    }
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

#[cfg(test)]
mod tests {
    use super::*;
    use lockpolicy::{Mode, ModelMatch, Surface};

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
                tags: Tags::Datadog,
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
        counts.judged(Mode::Force, Surface::Argv, ModelMatch::Other);
        outlet.send(&counts);
        assert_eq!(
            line(&socket),
            "model_lock.requests:1|c|#mode:force,surface:argv,model_match:other"
        );
        for _ in 0..1000 {
            counts.judged(Mode::Force, Surface::Argv, ModelMatch::Other);
        }
        outlet.send(&counts);
        assert_eq!(
            line(&socket),
            "model_lock.requests:1000|c|#mode:force,surface:argv,model_match:other"
        );
    }

    #[test]
    fn a_daemon_without_tags_gets_them_in_the_name() {
        let (socket, daemon) = receiver();
        let counts = Counts::default();
        let daemon = Daemon {
            tags: Tags::Name,
            ..daemon
        };
        let outlet = daemon.open_quickly().unwrap();
        counts.serving();
        counts.judged(Mode::Force, Surface::Argv, ModelMatch::Other);
        counts.overhead(Duration::from_millis(30));
        outlet.send(&counts);
        let lines: Vec<String> = (0..8).map(|_| line(&socket)).collect();
        let want = [
            "model_lock.requests.force.argv.other:1|c",
            "model_lock.overhead_seconds_bucket.0_05:1|c",
            "model_lock.overhead_seconds_bucket.0_1:1|c",
            "model_lock.overhead_seconds_bucket.0_25:1|c",
            "model_lock.overhead_seconds_bucket.1:1|c",
            "model_lock.overhead_seconds_bucket.Inf:1|c",
            "model_lock.overhead_microseconds:30000|c",
            concat!("model_lock.build_info.", "0_1_0", ":1|g"),
        ];
        assert_eq!(lines, want);
    }

    #[test]
    fn a_gauge_is_sent_as_it_stands_when_it_differs() {
        let (socket, daemon) = receiver();
        let counts = Counts::default();
        let outlet = daemon.open_quickly().unwrap();
        for (began, ended, want) in [(3, 1, "2"), (1, 1, ""), (0, 2, "0")] {
            (0..began).for_each(|_| counts.began());
            (0..ended).for_each(|_| counts.ended());
            outlet.send(&counts);
            if !want.is_empty() {
                assert_eq!(line(&socket), format!("model_lock.in_flight:{want}|g"));
            }
        }
    }

    #[test]
    fn a_name_that_does_not_exist_holds_nothing_up() {
        let daemon = Daemon {
            host: "no-such-host.invalid".to_owned(),
            port: 8125,
            prefix: String::new(),
            tags: Tags::Datadog,
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
                tags: Tags::Datadog,
            }
            .address()
        };
        assert_eq!(at("127.0.0.1"), Some("127.0.0.1:1".parse().unwrap()));
        assert_eq!(at("::1"), at("[::1]"));
        assert_eq!(at("localhost"), None);
    }
}
