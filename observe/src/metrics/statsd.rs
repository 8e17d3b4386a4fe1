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
const TIMEOUT: Duration = Duration::from_millis(100);

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
            receiver.recv_timeout(TIMEOUT).ok().flatten()
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
mod tests;
