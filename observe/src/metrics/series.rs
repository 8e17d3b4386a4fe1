//! The numbers of one metric: a cell for each combination of its labels, each an atomic number.
//!
//! Counting is one relaxed add. Two readers look at the cells: Prometheus at the totals, `StatsD` at the
//! difference since it last looked.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lockpolicy::Label;

use super::label_set::LabelSet;

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A count of events.
    Counter,
    /// An amount at this moment.
    Gauge,
    /// Times: how many were not longer than each of the bounds.
    Histogram,
}

impl Kind {
    /// Returns the word that the documentation and Prometheus use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// The description of a metric.
#[derive(Debug)]
pub struct Metric {
    /// The name, without the prefix.
    pub name: &'static str,
    /// The kind.
    pub kind: Kind,
    /// The unit.
    pub unit: &'static str,
    /// The labels, in the order in which they are sent.
    pub labels: &'static [LabelWords],
    /// The meaning, in a sentence.
    pub meaning: &'static str,
    /// Returns whether the series at a position is shown also while it is 0.
    pub(super) seeded: fn(usize) -> bool,
}

/// A label and its words.
#[derive(Debug)]
pub struct LabelWords {
    /// The name.
    pub name: &'static str,
    /// The words.
    pub words: &'static [&'static str],
}

/// A number, and how much of it has been sent.
#[derive(Debug, Default)]
struct Count {
    total: AtomicU64,
    sent: AtomicU64,
}

impl Count {
    fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    fn take(&self) -> u64 {
        let total = self.total();
        total.wrapping_sub(self.sent.swap(total, Ordering::Relaxed))
    }
}

/// All cells of one metric, in the order of their labels.
#[derive(Debug)]
pub struct Series {
    /// The description.
    pub metric: &'static Metric,
    counts: Box<[Count]>,
    /// The upper bounds in microseconds, and the sum of all that was observed; of a histogram only.
    bounds: Box<[u64]>,
    sum: Count,
}

impl Series {
    fn new(metric: &'static Metric, count: usize) -> Self {
        let words = metric.labels.iter().flat_map(|label| label.words);
        let bounds = words.filter(|_| metric.kind == Kind::Histogram);
        Self {
            metric,
            counts: (0..count).map(|_| Count::default()).collect(),
            bounds: bounds.map(|word| micros(word)).collect(),
            sum: Count::default(),
        }
    }

    fn add(&self, index: usize, more: u64) {
        if let Some(count) = self.counts.get(index) {
            count.total.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// Returns every cell, in an order that never changes.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let counts = self.counts.iter().enumerate();
        let metric = self.metric;
        counts.map(move |(index, count)| Cell {
            metric,
            index,
            count,
        })
    }

    /// Returns the sum of all cells.
    pub(crate) fn total(&self) -> u64 {
        let totals = self.cells().map(|cell| cell.total());
        totals.fold(0, u64::wrapping_add)
    }

    /// Returns the sums of the cells by the words of one label.
    pub(crate) fn by(&self, label: &str) -> BTreeMap<&'static str, u64> {
        let labels = self.metric.labels.iter();
        let own = labels.filter(|known| known.name == label);
        let words = own.flat_map(|label| label.words).map(|word| (*word, 0));
        let mut sums: BTreeMap<_, _> = words.collect();
        for cell in self.cells().filter(|cell| cell.total() > 0) {
            let word = cell.labels().into_iter().find(|(name, _)| *name == label);
            if let Some(sum) = word.and_then(|(_, word)| sums.get_mut(word)) {
                *sum += cell.total();
            }
        }
        sums
    }

    /// Returns the upper bounds of a histogram in microseconds; the last one is unlimited.
    pub(crate) fn bounds(&self) -> &[u64] {
        &self.bounds
    }

    /// Returns the sum of all times of a histogram, in microseconds.
    pub(crate) fn sum(&self) -> u64 {
        self.sum.total()
    }

    /// Takes what the sum has grown by since the last call.
    pub(crate) fn take_sum(&self) -> u64 {
        self.sum.take()
    }
}

/// Returns seconds in microseconds; `+Inf` has no limit.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates, and the bounds are a table of our own"
)]
fn micros(seconds: &str) -> u64 {
    let seconds: f64 = seconds.parse().unwrap_or(f64::INFINITY);
    (seconds * 1e6).round() as u64
}

/// One series: a metric with a word for each of its labels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'a> {
    /// The description of the metric.
    pub(crate) metric: &'static Metric,
    index: usize,
    count: &'a Count,
}

impl Cell<'_> {
    /// Returns what was counted since the start.
    pub(crate) fn total(&self) -> u64 {
        self.count.total()
    }

    /// Takes what was counted since the last call. One thread at a time takes.
    pub(crate) fn take(&self) -> u64 {
        self.count.take()
    }

    /// Returns whether the series is shown also while it is 0.
    pub(crate) fn is_seeded(&self) -> bool {
        (self.metric.seeded)(self.index)
    }

    /// Returns the names and words of its labels.
    pub(crate) fn labels(&self) -> Vec<(&'static str, &'static str)> {
        let mut rest = self.index;
        let labels = self.metric.labels.iter().rev();
        let words = labels.filter_map(|label| {
            let count = label.words.len().max(1);
            let word = label.words.get(rest % count)?;
            rest /= count;
            Some((label.name, *word))
        });
        let mut words: Vec<_> = words.collect();
        words.reverse();
        words
    }
}

/// A metric of a kind with typed labels.
#[derive(Debug)]
pub struct Family<K, L> {
    series: Series,
    kind: PhantomData<fn(K, L)>,
}

impl<K, L: LabelSet> Family<K, L> {
    pub(super) fn new(metric: &'static Metric) -> Self {
        Self {
            series: Series::new(metric, L::COUNT),
            kind: PhantomData,
        }
    }

    /// Adds to the number with these labels.
    pub fn add(&self, labels: L, more: u64) {
        self.series.add(labels.index(), more);
    }
}

impl<K, L> Deref for Family<K, L> {
    type Target = Series;

    fn deref(&self) -> &Series {
        &self.series
    }
}

/// Marks a metric that counts events.
#[derive(Debug)]
pub struct Counter;

/// Marks a metric that goes up and down.
#[derive(Debug)]
pub struct Gauge;

/// Marks a metric that sorts times into buckets.
#[derive(Debug)]
pub struct Histogram;

impl<L: LabelSet> Family<Gauge, L> {
    /// Subtracts one from the number with these labels.
    pub fn subtract_one(&self, labels: L) {
        // Wrapping round is subtracting.
        self.add(labels, u64::MAX);
    }
}

impl<L: Label> Family<Histogram, (L,)> {
    /// Adds a time.
    pub fn observe(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let bucket = self.series.bounds.partition_point(|bound| *bound < time);
        self.series.add(bucket, 1);
        self.series.sum.total.fetch_add(time, Ordering::Relaxed);
    }
}
