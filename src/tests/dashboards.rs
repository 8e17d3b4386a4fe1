//! Dashboards and rules ask for nothing that the program does not count, and leave nothing out.

use std::collections::BTreeSet;
use std::path::Path;

use observe::metrics::{Metric, Metrics};

/// Files that ask in Prometheus's names, and what every one of them together has to ask for.
const PROMETHEUS: [&str; 3] = [
    "deploy/grafana/model-lock.json",
    "deploy/prometheus/rules.yml",
    "deploy/prometheus/rules_test.yml",
];

/// Files that ask in the names that the `StatsD` daemon gets.
const STATSD: [&str; 1] = ["deploy/datadog/model-lock.json"];

/// Returns every metric.
fn table() -> impl Iterator<Item = &'static Metric> {
    let metrics = Metrics::default();
    metrics.all().map(|series| series.metric).into_iter()
}

/// The words of the files that begin with a prefix.
fn request(files: &[&str], prefix: &str) -> BTreeSet<String> {
    let mut request = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(Path::new(file)).unwrap();
        let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_' || c == '.'));
        let found: Vec<_> = words.filter(|word| word.starts_with(prefix)).collect();
        assert!(!found.is_empty(), "{file} asks for nothing");
        request.extend(found.into_iter().map(str::to_owned));
    }
    request
}

#[test]
fn dashboards_of_prometheus_query_existing_metrics() {
    let known: BTreeSet<String> = table().map(Metric::prometheus_name).collect();
    let request: BTreeSet<String> = request(&PROMETHEUS, "model_lock_")
        .iter()
        .map(|name| name.trim_end_matches("_bucket").to_owned())
        .collect();
    assert_eq!(request, known);
}

#[test]
fn dashboards_of_statsd_query_existing_metrics() {
    for name in request(&STATSD, "model_lock.") {
        let known = table().any(|metric| name == format!("model_lock.{}", metric.name));
        assert!(known, "{name}");
    }
}
