//! A Prometheus server, and series as each side names them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use fake_provider::fixture::TempDir;
use fake_provider::http_client::HttpClient;
use fake_provider::process::Daemon;
use serde::Deserialize;

use crate::SOON;
use crate::daemons::scratch;
use crate::run::ModelChoice;

/// A series and its count.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) count: u64,
}

impl Series {
    /// As a daemon that knows tags names it.
    pub(crate) fn tagged(&(metric, tags, count): &ModelChoice) -> Self {
        let mut name = format!("model_lock.{metric}");
        for (tag, word) in tags {
            write!(name, ";{tag}={word}").unwrap();
        }
        Self { name, count }
    }

    /// As one names it that knows none.
    pub(crate) fn named(&(metric, tags, count): &ModelChoice) -> Self {
        let mut name = format!("model_lock.{metric}");
        for (_, word) in tags {
            write!(name, ".{word}").unwrap();
        }
        Self { name, count }
    }

    /// As it stands on the admin port.
    pub(crate) fn scraped(&(metric, tags, count): &ModelChoice) -> Self {
        let mut tags: Vec<String> = tags
            .iter()
            .map(|(tag, word)| format!("{tag}={word}"))
            .collect();
        tags.sort();
        let name = format!("model_lock_{metric}_total {}", tags.join(" "));
        Self { name, count }
    }

    /// As Prometheus tells it.
    fn from_result(result: &QueryResult) -> Self {
        let (metric, (_, count)) = (&result.metric, &result.value);
        let tags = metric
            .iter()
            .filter(|(tag, _)| !OF_THE_SCRAPE.contains(&tag.as_str()));
        let tags: Vec<String> = tags.map(|(tag, word)| format!("{tag}={word}")).collect();
        let name = match metric.get("statsd") {
            Some(name) => name.clone(),
            None => format!("{} {}", metric["__name__"], tags.join(" ")),
        };
        // A bucket or a gauge may be no whole number, and none of those is wanted.
        let count = count.parse().unwrap_or_default();
        Self { name, count }
    }

    /// Whether it is one of those that the run counts, and has counted anything.
    pub(crate) fn is_of_interest(&self) -> bool {
        let metric = self.name.strip_prefix("model_lock").unwrap_or_default();
        let metric = metric.trim_start_matches(['.', '_']);
        let metrics = ["override_attempts", "requests", "served", "undecidable"];
        self.count > 0 && metrics.iter().any(|name| metric.starts_with(name))
    }
}

/// What Prometheus answers to a query.
#[derive(Deserialize)]
struct Response {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<QueryResult>,
}

#[derive(Deserialize)]
struct QueryResult {
    /// The labels, in order.
    metric: BTreeMap<String, String>,
    /// When it was so, and the value as text.
    value: (f64, String),
}

const OF_THE_SCRAPE: [&str; 3] = ["__name__", "instance", "job"];

/// A server that scrapes what it is told to, often.
pub(crate) struct Prometheus {
    _daemon: Daemon,
    _scratch: TempDir,
    address: SocketAddr,
}

impl Prometheus {
    /// Scrapes these, by the names of their jobs.
    pub(crate) fn start(jobs: &[(&str, SocketAddr)]) -> Self {
        let scratch = scratch();
        let mut text = "global: {scrape_interval: 500ms}\nscrape_configs:\n".to_owned();
        for (name, address) in jobs {
            let targets = format!("[{{targets: [\"{address}\"]}}]");
            writeln!(text, "- {{job_name: {name}, static_configs: {targets}}}").unwrap();
        }
        let config = scratch.path().join("prometheus.yml");
        fs::write(&config, text).unwrap();
        let program = fake_provider::tool("promtool", &[]).with_file_name("prometheus");
        let mut command = Command::new(program);
        command.arg("--config.file").arg(config);
        command
            .arg("--storage.tsdb.path")
            .arg(scratch.path().join("data"));
        command.arg("--web.listen-address=127.0.0.1:0");
        let daemon = Daemon::start(&mut command).unwrap();
        let ready = |line: &str| line.contains("Server is ready");
        assert!(
            daemon.wait_for(ready, SOON).is_some(),
            "{:#?}",
            daemon.lines()
        );
        let line = daemon
            .wait_for(|line| line.contains("Listening on"), SOON)
            .unwrap();
        let address = line.rsplit_once('=').unwrap().1.parse().unwrap();
        Self {
            _daemon: daemon,
            _scratch: scratch,
            address,
        }
    }

    /// Everything that it has of a job.
    pub(crate) fn ask(&self, job: &str) -> Vec<Series> {
        let query = format!("%7Bjob%3D%22{job}%22%7D");
        let request = format!("GET /api/v1/query?query={query} HTTP/1.1\r\nhost: a\r\n\r\n");
        let answer = HttpClient::connect(self.address).call(request.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer: Response = serde_json::from_slice(&answer.body).unwrap();
        answer.data.result.iter().map(Series::from_result).collect()
    }
}
