//! Counts to a `StatsD` daemon, one datagram per series, at once.
//!
//! The exporter's own sink keeps a lone count in its buffer for ever and loses it at `exec`, so an
//! unbuffered one is put under it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use cadence::UdpMetricSink;
use metrics::{Key, Label, Level, Metadata, Recorder as _};
use metrics_exporter_statsd::{StatsdBuilder, StatsdRecorder};
use serde::{Deserialize, Serialize};

use super::series::{Cell, Kind};
use super::table::Metrics;
use crate::sink::{Observation, Sink};

/// The time that a name server may delay codex.
const PATIENCE: Duration = Duration::from_millis(100);

/// The daemon that metrics are sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatsdTarget {
    /// A name or an address.
    pub host: String,
    /// The UDP port.
    pub port: u16,
    /// The prefix of every name.
    pub prefix: String,
    /// The way in which tags are written.
    pub tags: TagStyle,
}

/// The way in which tags are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TagStyle {
    /// Tags as `DogStatsD` has them: `name:1|c|#tag:word`.
    #[default]
    Datadog,
    /// Tags as parts of the name, for a daemon without tags: `name.word:1|c`.
    Name,
}

impl fmt::Display for StatsdTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl StatsdTarget {
    /// Returns the address, if it needs no name server.
    pub fn address(&self) -> Option<SocketAddr> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host.parse::<IpAddr>()
            .ok()
            .map(|ip| SocketAddr::new(ip, self.port))
    }

    /// Looks the address up; this may take as long as a name server does. IPv4 is preferred where there
    /// are both: many daemons listen on nothing else, and UDP does not tell.
    pub fn resolve(&self) -> Option<SocketAddr> {
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

    /// Opens a client without waiting long for a name: a name that takes longer is not waited for.
    pub fn open_quickly(&self) -> Option<StatsdClient> {
        let address = self.address().or_else(|| {
            let (sender, receiver) = mpsc::sync_channel(1);
            let target = self.clone();
            // Ends with the process, or with `exec`.
            std::thread::spawn(move || sender.try_send(target.resolve()));
            receiver.recv_timeout(PATIENCE).ok().flatten()
        })?;
        StatsdClient::open(address, self)
    }
}

/// A client of one daemon.
pub struct StatsdClient {
    address: SocketAddr,
    recorder: StatsdRecorder,
    tags: TagStyle,
}

impl fmt::Debug for StatsdClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatsdClient")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl StatsdClient {
    /// Opens a socket; `None` where the machine has none to give.
    pub fn open(address: SocketAddr, target: &StatsdTarget) -> Option<Self> {
        let any: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.set_nonblocking(true).ok()?;
        let sink = UdpMetricSink::from(address, socket).ok()?;
        let recorder = StatsdBuilder::default()
            .with_sink(sink)
            .build(Some(&target.prefix))
            .ok()?;
        Some(Self {
            address,
            recorder,
            tags: target.tags,
        })
    }

    /// Returns the address that it sends to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends everything that was counted since the last call. Gauges are sent when they differ; buckets are
    /// cumulative, as in Prometheus.
    pub fn send(&self, metrics: &Metrics) {
        for series in metrics.all() {
            let mut below = 0;
            for cell in series.cells() {
                let count = cell.take();
                match cell.metric.kind {
                    Kind::Counter => self.add(&self.key(&cell), count),
                    Kind::Gauge if count == 0 => {}
                    Kind::Gauge => self.set(&cell),
                    Kind::Histogram => {
                        below += count;
                        self.add(&self.key(&cell), below);
                    }
                }
            }
            let name = series.metric.name.replace("seconds", "microseconds");
            self.add(&Key::from_name(name), series.take_sum());
        }
    }

    /// Sends a count. The exporter keeps nothing of a series, so none is registered before.
    fn add(&self, key: &Key, count: u64) {
        if count > 0 {
            let counter = self.recorder.register_counter(key, &METADATA);
            counter.increment(count);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "no gauge of ours is that large")]
    fn set(&self, cell: &Cell<'_>) {
        let gauge = self.recorder.register_gauge(&self.key(cell), &METADATA);
        gauge.set(cell.total() as f64);
    }

    /// Returns the name of a series and its tags. The words come from closed lists: none can break a line.
    fn key(&self, cell: &Cell<'_>) -> Key {
        let mut name = cell.metric.name.to_owned();
        if cell.metric.kind == Kind::Histogram {
            name.push_str("_bucket");
        }
        let labels = cell.labels().into_iter();
        if self.tags == TagStyle::Datadog {
            let tag = |(name, word)| Label::from_static_parts(name, word);
            return Key::from_parts(name, labels.map(tag).collect::<Vec<_>>());
        }
        for (_, word) in labels {
            name.push('.');
            name.push_str(&word.replace('.', "_").replace('+', ""));
        }
        Key::from_name(name)
    }
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// Counts and sends each event at once, for a process that becomes another one.
///
/// Nothing is opened before there is something to send.
#[derive(Debug)]
pub struct StatsdSink {
    metrics: Metrics,
    target: StatsdTarget,
    client: OnceLock<Option<StatsdClient>>,
}

impl StatsdSink {
    /// Sends to a daemon.
    pub fn new(target: StatsdTarget) -> Self {
        Self {
            metrics: Metrics::default(),
            target,
            client: OnceLock::new(),
        }
    }
}

impl Sink for StatsdSink {
    fn observe(&self, observation: &Observation<'_>) {
        self.metrics.count(observation.event);
        let client = self.client.get_or_init(|| self.target.open_quickly());
        if let Some(client) = client {
            client.send(&self.metrics);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockpolicy::{Mode, ModelMatch, Surface};

    fn receiver() -> (UdpSocket, StatsdTarget) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let port = socket.local_addr().unwrap().port();
        (
            socket,
            StatsdTarget {
                host: "127.0.0.1".to_owned(),
                port,
                prefix: "model_lock".to_owned(),
                tags: TagStyle::Datadog,
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
        let metrics = Metrics::default();
        let client = daemon.open_quickly().unwrap();
        metrics
            .requests
            .add((Mode::Force, Surface::Argv, ModelMatch::Other), 1);
        client.send(&metrics);
        assert_eq!(
            line(&socket),
            "model_lock.requests:1|c|#mode:force,surface:argv,model_match:other"
        );
        for _ in 0..1000 {
            metrics
                .requests
                .add((Mode::Force, Surface::Argv, ModelMatch::Other), 1);
        }
        client.send(&metrics);
        assert_eq!(
            line(&socket),
            "model_lock.requests:1000|c|#mode:force,surface:argv,model_match:other"
        );
    }

    #[test]
    fn a_daemon_without_tags_gets_them_in_the_name() {
        let (socket, daemon) = receiver();
        let metrics = Metrics::default();
        let daemon = StatsdTarget {
            tags: TagStyle::Name,
            ..daemon
        };
        let client = daemon.open_quickly().unwrap();
        metrics.serving();
        metrics
            .requests
            .add((Mode::Force, Surface::Argv, ModelMatch::Other), 1);
        metrics.overhead_seconds.observe(Duration::from_millis(30));
        client.send(&metrics);
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
        let metrics = Metrics::default();
        let client = daemon.open_quickly().unwrap();
        for (began, ended, want) in [(3, 1, "2"), (1, 1, ""), (0, 2, "0")] {
            metrics.in_flight.add((), began);
            (0..ended).for_each(|_| metrics.in_flight.subtract_one(()));
            client.send(&metrics);
            if !want.is_empty() {
                assert_eq!(line(&socket), format!("model_lock.in_flight:{want}|g"));
            }
        }
    }

    #[test]
    fn a_name_that_does_not_exist_holds_nothing_up() {
        let daemon = StatsdTarget {
            host: "no-such-host.invalid".to_owned(),
            port: 8125,
            prefix: String::new(),
            tags: TagStyle::Datadog,
        };
        let start = std::time::Instant::now();
        assert!(daemon.open_quickly().is_none());
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn addresses_need_no_name_server() {
        let at = |host: &str| {
            StatsdTarget {
                host: host.to_owned(),
                port: 1,
                prefix: String::new(),
                tags: TagStyle::Datadog,
            }
            .address()
        };
        assert_eq!(at("127.0.0.1"), Some("127.0.0.1:1".parse().unwrap()));
        assert_eq!(at("::1"), at("[::1]"));
        assert_eq!(at("localhost"), None);
    }
}
