//! Recent latency: percentiles of the histograms over the last quarter of an hour.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::clock;
use crate::metrics::{Metrics, Series};

/// The seconds between two samples.
const STEP: u64 = 60;
/// The number of samples that are kept.
const SAMPLES: usize = 16;

/// The histograms at each minute.
#[derive(Debug, Default)]
pub(super) struct Latency(Mutex<VecDeque<Sample>>);

#[derive(Clone, Debug)]
struct Sample {
    at: u64,
    overhead: Vec<u64>,
    upstream: Vec<u64>,
    errors: u64,
}

/// The latency within a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct LatencySummary {
    window_seconds: u64,
    overhead: Percentiles,
    upstream: Percentiles,
    pub(super) upstream_errors: u64,
}

/// Percentiles. Each is the bound that so many did not exceed; `null` where nothing came, or where
/// it lies above all bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Percentiles {
    requests: u64,
    p50_seconds: Option<f64>,
    p90_seconds: Option<f64>,
    p99_seconds: Option<f64>,
}

impl Latency {
    /// Takes a sample where the last one is old enough.
    pub(super) fn sample(&self, metrics: &Metrics) {
        let mut samples = self.samples();
        let now = clock::now();
        if samples
            .back()
            .is_some_and(|last| last.at + STEP > now && last.at <= now)
        {
            return;
        }
        samples.push_back(sample(metrics));
        if samples.len() > SAMPLES {
            samples.pop_front();
        }
    }

    /// Returns the latency since the oldest sample.
    pub(super) fn summary(&self, metrics: &Metrics) -> LatencySummary {
        let now = sample(metrics);
        let samples = self.samples();
        let first = samples.front().unwrap_or(&now);
        LatencySummary {
            window_seconds: now.at.saturating_sub(first.at),
            overhead: percentiles(
                &now.overhead,
                &first.overhead,
                metrics.overhead_seconds.bounds(),
            ),
            upstream: percentiles(
                &now.upstream,
                &first.upstream,
                metrics.upstream_seconds.bounds(),
            ),
            upstream_errors: now.errors.saturating_sub(first.errors),
        }
    }

    fn samples(&self) -> MutexGuard<'_, VecDeque<Sample>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sample(metrics: &Metrics) -> Sample {
    let counts = |series: &Series| series.cells().map(|cell| cell.total()).collect();
    Sample {
        at: clock::now(),
        overhead: counts(&metrics.overhead_seconds),
        upstream: counts(&metrics.upstream_seconds),
        errors: metrics.upstream_errors.total(),
    }
}

fn percentiles(now: &[u64], before: &[u64], bounds: &[u64]) -> Percentiles {
    let came: Vec<u64> = now
        .iter()
        .zip(before)
        .map(|(now, before)| now.saturating_sub(*before))
        .collect();
    let requests = came.iter().sum();
    let at = |hundredths| bound(&came, requests, hundredths, bounds);
    Percentiles {
        requests,
        p50_seconds: at(50),
        p90_seconds: at(90),
        p99_seconds: at(99),
    }
}

/// Returns the bound below which a number of hundredths lies.
fn bound(came: &[u64], all: u64, hundredths: u64, bounds: &[u64]) -> Option<f64> {
    let wanted = (all * hundredths).div_ceil(100);
    let mut seen = 0;
    let place = came.iter().position(|count| {
        seen += count;
        seen >= wanted && seen > 0
    })?;
    let micros = u32::try_from(*bounds.get(place)?).ok()?;
    Some(f64::from(micros) / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_new_samples_are_their_upper_bounds() {
        let bounds = [50, 100, 1000, u64::MAX];
        let found = percentiles(&[60, 35, 4, 3], &[10, 0, 0, 2], &bounds);
        assert_eq!(
            found,
            Percentiles {
                requests: 90,
                p50_seconds: Some(0.000_05),
                p90_seconds: Some(0.000_1),
                p99_seconds: None,
            }
        );
        assert_eq!(
            percentiles(&[1, 1], &[1, 1], &bounds),
            Percentiles::default()
        );
    }
}
