//! The counts as Prometheus text (exposition format 0.0.4), for whoever asks the admin port.
//!
//! Series that dashboards look for first are told from the start, so that they show 0 and not a hole.

use std::fmt::Write as _;

use super::metrics::table::Kind;
use super::metrics::{Cell, Cells, Counts};

/// What stands before every name. Fixed: dashboards and alerts ask for it.
const PREFIX: &str = "model_lock";

/// Everything that was counted.
pub(crate) fn page(counts: &Counts) -> String {
    let mut text = String::new();
    for cells in counts.all() {
        // Writing to a string does not fail.
        if metric(&mut text, cells).is_err() {
            break;
        }
    }
    text
}

/// The name of a metric, as Prometheus has it.
pub(crate) fn name(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Counter => format!("{PREFIX}_{name}_total"),
        Kind::Gauge | Kind::Histogram => format!("{PREFIX}_{name}"),
    }
}

fn metric(text: &mut String, cells: &Cells) -> std::fmt::Result {
    let metric = cells.metric;
    let name = name(metric.name, metric.kind);
    writeln!(text, "# HELP {name} {}", metric.meaning)?;
    writeln!(text, "# TYPE {name} {}", metric.kind.as_str())?;
    if metric.kind == Kind::Histogram {
        return histogram(text, &name, cells);
    }
    for cell in cells.cells() {
        let total = cell.total();
        if total > 0 || cell.is_seeded() {
            writeln!(text, "{name}{} {total}", labels(&cell))?;
        }
    }
    Ok(())
}

/// Buckets hold all that is not longer; what is counted while they are read may be in some and not in
/// others, so the count is the last of them.
fn histogram(text: &mut String, name: &str, cells: &Cells) -> std::fmt::Result {
    let sum = cells.sum();
    let mut count = 0;
    for cell in cells.cells() {
        count += cell.total();
        writeln!(text, "{name}_bucket{} {count}", labels(&cell))?;
    }
    let (seconds, micros) = (sum / 1_000_000, sum % 1_000_000);
    writeln!(text, "{name}_sum {seconds}.{micros:06}")?;
    writeln!(text, "{name}_count {count}")
}

/// The words need no escape: they are our own.
fn labels(cell: &Cell<'_>) -> String {
    let tags = cell.tags();
    if tags.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = tags
        .iter()
        .map(|(name, word)| format!("{name}=\"{word}\""))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lockpolicy::{Mode, ModelMatch, Surface};

    use super::*;

    #[test]
    fn counts_gauges_and_histograms_are_told_as_prometheus_reads_them() {
        let counts = Counts::default();
        counts.serving();
        counts.judged(Mode::Force, Surface::Argv, ModelMatch::Other);
        counts.began();
        counts.began();
        counts.ended();
        for micros in [50, 51, 2_000_000] {
            counts.overhead(Duration::from_micros(micros));
        }
        let page = page(&counts);
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
            assert!(page.lines().any(|told| told == line), "{line}\n{page}");
        }
        // What nobody looks for is told once it was seen.
        assert!(!page.contains("source=\"background\""), "{page}");
    }

    #[test]
    fn the_bounds_are_what_the_words_say() {
        use super::super::metrics::table;
        for (metric, bounds) in [
            (&table::OVERHEAD, &table::OVERHEAD_BOUNDS),
            (&table::UPSTREAM, &table::UPSTREAM_BOUNDS),
        ] {
            let words = metric.tags[0].words;
            assert_eq!(words.len(), bounds.len() + 1);
            for (word, bound) in words.iter().zip(bounds) {
                let seconds: f64 = word.parse().unwrap();
                assert_eq!((seconds * 1e6).round().to_string(), bound.to_string());
            }
        }
    }
}
