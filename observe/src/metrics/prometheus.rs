//! Renders the metrics as Prometheus text (exposition format 0.0.4), for the admin port.
//!
//! Series that dashboards query first are shown from the start, so that they are 0 and not missing.

use std::fmt::Write as _;

use super::series::{Cell, Kind, Metric, Series};
use super::table::Metrics;

/// The prefix of every name. It is fixed, since dashboards and alerts query it.
const PREFIX: &str = "model_lock";

/// Returns everything that was counted.
pub fn render(metrics: &Metrics) -> String {
    let mut text = String::new();
    for series in metrics.all() {
        // Writing to a string does not fail.
        if write_series(&mut text, series).is_err() {
            break;
        }
    }
    text
}

impl Metric {
    /// Returns the name of the metric in Prometheus.
    pub fn prometheus_name(&self) -> String {
        match self.kind {
            Kind::Counter => format!("{PREFIX}_{}_total", self.name),
            Kind::Gauge | Kind::Histogram => format!("{PREFIX}_{}", self.name),
        }
    }
}

fn write_series(text: &mut String, series: &Series) -> std::fmt::Result {
    let metric = series.metric;
    let name = metric.prometheus_name();
    writeln!(text, "# HELP {name} {}", metric.meaning)?;
    writeln!(text, "# TYPE {name} {}", metric.kind.as_str())?;
    if metric.kind == Kind::Histogram {
        return write_histogram(text, &name, series);
    }
    for cell in series.cells() {
        let total = cell.total();
        if total > 0 || cell.is_seeded() {
            writeln!(text, "{name}{} {total}", labels(&cell))?;
        }
    }
    Ok(())
}

/// Writes cumulative buckets. What is counted while they are read may be in some and not in others, so the
/// count is the last of them.
fn write_histogram(text: &mut String, name: &str, series: &Series) -> std::fmt::Result {
    let sum = series.sum();
    let mut count = 0;
    for cell in series.cells() {
        count += cell.total();
        writeln!(text, "{name}_bucket{} {count}", labels(&cell))?;
    }
    let (seconds, micros) = (sum / 1_000_000, sum % 1_000_000);
    writeln!(text, "{name}_sum {seconds}.{micros:06}")?;
    writeln!(text, "{name}_count {count}")
}

/// Returns the labels of a series. The words need no escape, since they come from closed lists.
fn labels(cell: &Cell<'_>) -> String {
    let labels = cell.labels().into_iter();
    let pairs: Vec<String> = labels
        .map(|(name, word)| format!("{name}=\"{word}\""))
        .collect();
    if pairs.is_empty() {
        return String::new();
    }
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lockpolicy::{Mode, ModelMatch, Surface};

    use super::*;

    #[test]
    fn metrics_of_each_kind_are_rendered_in_the_text_format() {
        let metrics = Metrics::default();
        metrics.serving();
        let judged = (Mode::Force, Surface::Argv, ModelMatch::Other);
        metrics.requests.add(judged, 1);
        metrics.in_flight.add((), 2);
        metrics.in_flight.subtract_one(());
        for micros in [50, 51, 2_000_000] {
            metrics
                .overhead_seconds
                .observe(Duration::from_micros(micros));
        }
        let page = render(&metrics);
        for line in [
            "# TYPE model_lock_requests_total counter",
            "model_lock_requests_total{mode=\"force\",surface=\"argv\",model_match=\"other\"} 1",
            "model_lock_requests_total{mode=\"force\",surface=\"http\",model_match=\"exact\"} 0",
            "model_lock_override_attempts_total{mode=\"force\",result=\"forced\",surface=\"http\",source=\"user\",capability=\"generation\"} 0",
            "model_lock_served_total{result=\"mismatch\",surface=\"websocket\"} 0",
            "# TYPE model_lock_in_flight gauge",
            "model_lock_in_flight 1",
            "# TYPE model_lock_overhead_seconds histogram",
            "model_lock_overhead_seconds_bucket{le=\"0.00005\"} 1",
            "model_lock_overhead_seconds_bucket{le=\"0.0001\"} 2",
            "model_lock_overhead_seconds_bucket{le=\"1\"} 2",
            "model_lock_overhead_seconds_bucket{le=\"+Inf\"} 3",
            "model_lock_overhead_seconds_sum 2.000101",
            "model_lock_overhead_seconds_count 3",
            concat!(
                "model_lock_build_info{version=\"",
                env!("CARGO_PKG_VERSION"),
                "\"} 1"
            ),
        ] {
            assert!(page.lines().any(|own| own == line), "{line}\n{page}");
        }
        // What nobody looks for is told once it was seen.
        assert!(!page.contains("source=\"background\""), "{page}");
    }
}
