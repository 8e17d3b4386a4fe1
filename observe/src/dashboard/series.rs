//! Counts over time: a fixed number of buckets for each window, whatever comes.

use std::ops::RangeInclusive;

use lockpolicy::{Label, Surface};
use serde::Serialize;

use super::row::KINDS;
use crate::clock;

const SURFACES: usize = Surface::ALL.len();

/// A window of time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) name: &'static str,
    /// The length of a bucket in seconds.
    step: u64,
    buckets: usize,
}

pub(super) static WINDOWS: [Window; 3] = [
    Window {
        name: "1h",
        step: 60,
        buckets: 60,
    },
    Window {
        name: "24h",
        step: 15 * 60,
        buckets: 96,
    },
    Window {
        name: "7d",
        step: 2 * 60 * 60,
        buckets: 84,
    },
];

/// The longest window in seconds.
pub(super) const LONGEST: u64 = 7 * 24 * 60 * 60;

/// The counts of one bucket, by kind and surface.
type Counts = [[u32; SURFACES]; KINDS.len()];

#[derive(Debug)]
struct Track {
    window: &'static Window,
    /// A bucket has its place by its number, and the number that it has now.
    buckets: Vec<(u64, Counts)>,
}

#[derive(Debug)]
pub(super) struct Series(Vec<Track>);

impl Default for Series {
    fn default() -> Self {
        let track = |window: &'static Window| Track {
            window,
            buckets: vec![(0, Counts::default()); window.buckets],
        };
        Self(WINDOWS.iter().map(track).collect())
    }
}

/// The response with the counts of a window.
#[derive(Debug, Serialize)]
pub(super) struct SeriesResponse {
    window: &'static str,
    bucket_seconds: u64,
    results: [&'static str; KINDS.len()],
    surfaces: [&'static str; SURFACES],
    buckets: Vec<Bucket>,
}

/// The counts of one part of a window.
#[derive(Debug, Serialize)]
struct Bucket {
    ts: String,
    counts: Vec<Part>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Part {
    result: &'static str,
    surface: &'static str,
    count: u32,
}

impl Series {
    /// Counts one event.
    pub(super) fn add(&mut self, at: u64, kind: &str, surface: Option<Surface>) {
        let kind = KINDS.iter().position(|known| *known == kind);
        if let (Some(kind), Some(surface)) = (kind, surface.map(Label::index)) {
            let tracks = self.0.iter_mut();
            tracks.for_each(|track| track.add(at, kind, surface));
        }
    }

    /// Returns the counts of a window up to now.
    pub(super) fn response(&self, window: &Window, now: u64) -> Option<SeriesResponse> {
        let track = self.0.iter().find(|track| track.window == window)?;
        Some(SeriesResponse {
            window: window.name,
            bucket_seconds: window.step,
            results: KINDS,
            surfaces: Surface::ALL.map(Surface::as_str),
            buckets: track.response(now),
        })
    }

    /// Returns how many of a kind came within the shortest window.
    pub(super) fn lately(&self, kind: &str, now: u64) -> u64 {
        let Some(kind) = KINDS.iter().position(|known| *known == kind) else {
            return 0;
        };
        let held = self.0.first().into_iter().flat_map(|track| track.held(now));
        let own = held.filter_map(|counts| counts.get(kind)).flatten();
        own.map(|count| u64::from(*count)).sum()
    }
}

impl Track {
    fn add(&mut self, at: u64, kind: usize, surface: usize) {
        let number = at / self.window.step;
        let place = usize::try_from(number % self.window.buckets as u64).unwrap_or(0);
        let Some((held, counts)) = self.buckets.get_mut(place) else {
            return;
        };
        // A newer one stands here already: this one is out of the window.
        if *held > number {
            return;
        }
        if *held < number {
            (*held, *counts) = (number, Counts::default());
        }
        if let Some(count) = counts
            .get_mut(kind)
            .and_then(|counts| counts.get_mut(surface))
        {
            *count = count.saturating_add(1);
        }
    }

    /// Returns the numbers of the buckets up to now.
    fn numbers(&self, now: u64) -> RangeInclusive<u64> {
        let last = now / self.window.step;
        (last + 1).saturating_sub(self.window.buckets as u64)..=last
    }

    fn response(&self, now: u64) -> Vec<Bucket> {
        self.numbers(now)
            .map(|number| self.bucket(number))
            .collect()
    }

    /// Returns the buckets up to now, in no order.
    fn held(&self, now: u64) -> impl Iterator<Item = &Counts> {
        let numbers = self.numbers(now);
        let held = self.buckets.iter();
        held.filter_map(move |(number, counts)| numbers.contains(number).then_some(counts))
    }

    fn bucket(&self, number: u64) -> Bucket {
        let place = usize::try_from(number % self.window.buckets as u64).unwrap_or(0);
        let held = self.buckets.get(place).filter(|(held, _)| *held == number);
        Bucket {
            ts: clock::text(number * self.window.step),
            counts: held.map(|(_, counts)| listed(counts)).unwrap_or_default(),
        }
    }
}

fn listed(counts: &Counts) -> Vec<Part> {
    let kinds = KINDS.into_iter().zip(counts);
    let all = kinds.flat_map(|(result, counts)| {
        let surfaces = Surface::ALL.into_iter().zip(counts);
        surfaces.map(move |(surface, count)| Part {
            result,
            surface: surface.as_str(),
            count: *count,
        })
    });
    all.filter(|count| count.count > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts of a window, by the age of their bucket.
    fn counts(series: &Series, window: usize, now: u64) -> Vec<(usize, u32)> {
        let response = series.response(&WINDOWS[window], now).unwrap();
        assert_eq!(response.buckets.len(), WINDOWS[window].buckets);
        let ages = response.buckets.iter().rev().enumerate();
        ages.flat_map(|(age, bucket)| bucket.counts.iter().map(move |count| (age, count.count)))
            .collect()
    }

    #[test]
    fn attempt_is_counted_in_its_bucket_until_the_window_has_passed() {
        let mut series = Series::default();
        let now = 1_795_284_762;
        for (at, kind) in [
            (now, "forced"),
            (now, "forced"),
            (now - 180, "mismatch"),
            (now - 3 * 3600, "rejected"),
        ] {
            series.add(at, kind, Some(Surface::Http));
        }
        series.add(now, "unknown", Some(Surface::Http));
        assert_eq!(counts(&series, 0, now), [(0, 2), (3, 1)]);
        assert_eq!(counts(&series, 1, now).len(), 3);
        assert_eq!(series.lately("mismatch", now), 1);
        assert_eq!(series.lately("mismatch", now + 3600), 0);
        assert_eq!(counts(&series, 0, now + 3600), []);
        assert_eq!(counts(&series, 2, now + LONGEST), []);
        // A bucket is used again by what comes a window later, and not by what is too late.
        series.add(now + 3600, "forced", Some(Surface::Http));
        series.add(now, "forced", Some(Surface::Http));
        assert_eq!(counts(&series, 0, now + 3600), [(0, 1)]);
    }
}
