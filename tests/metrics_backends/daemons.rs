//! `StatsD` daemons as operators run them.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;

use fake_provider::fixture::TempDir;
use fake_provider::process::Daemon;

use crate::SOON;
use crate::prometheus::Series;

/// The first of them, which knows tags.
pub(crate) struct Etsy {
    _daemon: Daemon,
    _scratch: TempDir,
    port: u16,
    management: u16,
}

impl Etsy {
    pub(crate) fn start() -> Self {
        let (scratch, port, management) = (scratch(), udp(), fake_provider::free_port());
        let config = scratch.path().join("config.js");
        // It forgets what it has passed on, so it passes nothing on.
        let text = format!(
            r#"{{ address: "127.0.0.1", port: {port}, mgmt_address: "127.0.0.1", mgmt_port: {management},
                 flushInterval: 3600000, backends: [] }}"#
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("node");
        command.arg(fake_provider::tool("statsd", &[])).arg(&config);
        let daemon = Daemon::start(&mut command).unwrap();
        drop(daemon.connect(management, SOON));
        Self {
            _daemon: daemon,
            _scratch: scratch,
            port,
            management,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// What it has counted, as its management port prints it.
    pub(crate) fn counters(&self) -> Vec<Series> {
        let mut socket = TcpStream::connect(("127.0.0.1", self.management)).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        socket.write_all(b"counters\n").unwrap();
        let lines = BufReader::new(socket).lines().map(Result::unwrap);
        let lines: Vec<String> = lines.take_while(|line| line != "END").collect();
        let lines = lines.iter().filter_map(|line| line.rsplit_once(": "));
        let series = lines.map(|(name, count)| Series {
            name: name.trim().trim_matches('\'').to_owned(),
            count: count.trim_end_matches(',').parse().unwrap(),
        });
        series.collect()
    }
}

/// One that knows no tags, and that Prometheus scrapes.
pub(crate) struct Collectd {
    _daemon: Daemon,
    _scratch: TempDir,
    port: u16,
    scraped: u16,
}

impl Collectd {
    pub(crate) fn start() -> Self {
        let (scratch, port, scraped) = (scratch(), udp(), fake_provider::free_port());
        let (tool, base) = (
            fake_provider::tool("collectd", &[]),
            scratch.path().display(),
        );
        let root = tool.display();
        let config = scratch.path().join("collectd.conf");
        let text = format!(
            r#"Hostname "here"
FQDNLookup false
BaseDir "{base}"
PIDFile "{base}/pid"
TypesDB "{root}/usr/share/collectd/types.db"
PluginDir "{root}/usr/lib/collectd"
Interval 1
LoadPlugin statsd
LoadPlugin write_prometheus
<Plugin statsd>
  Host "127.0.0.1"
  Port "{port}"
</Plugin>
<Plugin write_prometheus>
  Host "127.0.0.1"
  Port "{scraped}"
</Plugin>
"#
        );
        fs::write(&config, text).unwrap();
        let mut command = fake_provider::unpacked(&tool, "usr/sbin/collectd");
        command.arg("-f").arg("-C").arg(&config);
        let daemon = Daemon::start(&mut command).unwrap();
        let received = daemon.wait_for(|line| line.contains("entering read-loop"), SOON);
        assert!(received.is_some(), "{:#?}", daemon.lines());
        Self {
            _daemon: daemon,
            _scratch: scratch,
            port,
            scraped,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Where Prometheus asks it.
    pub(crate) fn scraped(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.scraped).into()
    }
}

pub(crate) fn scratch() -> TempDir {
    TempDir::new(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
}

/// A port that was free a moment ago: these daemons tell nobody which one they took.
fn udp() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}
