//! What was counted: a cell for every series of the table, each an atomic number.
//!
//! Counting is one relaxed add. What is read is read from elsewhere: Prometheus takes the totals, the
//! flusher what has come since it last looked.

pub(crate) mod table;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lockpolicy::{Attempt, Event, Mode, ModelMatch, Reason, Served, Surface};

pub(crate) use table::METRICS;
use table::{Kind, Metric};

use super::standing::Standing;

/// What came of a changed policy file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reload {
    /// The new policy holds.
    Applied,
    /// The new one is not valid; the last good one holds.
    Kept,
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Direction {
    /// From the client.
    Request,
    /// To the client.
    Answer,
}

/// How often everything in [`METRICS`] was seen.
#[derive(Debug)]
pub(crate) struct Counts {
    attempts: Cells,
    undecidable: Cells,
    requests: Cells,
    served: Cells,
    bytes: Cells,
    in_flight: Cells,
    overhead: Cells,
    upstream: Cells,
    upstream_errors: Cells,
    reloads: Cells,
    log_dropped: Cells,
    audit_dropped: Cells,
    build: Cells,
    /// What is so now.
    pub(crate) standing: Standing,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            attempts: Cells::new(&table::ATTEMPTS),
            undecidable: Cells::new(&table::UNDECIDABLE),
            requests: Cells::new(&table::REQUESTS),
            served: Cells::new(&table::SERVED),
            bytes: Cells::new(&table::BYTES),
            in_flight: Cells::new(&table::IN_FLIGHT),
            overhead: Cells::new(&table::OVERHEAD),
            upstream: Cells::new(&table::UPSTREAM),
            upstream_errors: Cells::new(&table::UPSTREAM_ERRORS),
            reloads: Cells::new(&table::RELOADS),
            log_dropped: Cells::new(&table::LOG_DROPPED),
            audit_dropped: Cells::new(&table::AUDIT_DROPPED),
            build: Cells::new(&table::BUILD),
            standing: Standing::default(),
        }
    }
}

impl Counts {
    /// Says that this version serves.
    pub(crate) fn serving(&self) {
        self.build.add(&[0], 1);
    }

    /// Counts an event.
    pub(crate) fn event(&self, event: Event<'_>) {
        match event {
            Event::Attempt(attempt) => self.attempt(attempt),
            Event::Judged {
                mode,
                surface,
                model_match,
            } => self.judged(mode, surface, model_match),
            Event::Served(report) => self.served(report.result, report.surface),
            Event::Undecidable { surface, reason } => self.undecidable(surface, reason),
        }
    }

    /// Counts an attempt.
    pub(crate) fn attempt(&self, attempt: &Attempt) {
        let words = [
            attempt.mode as usize,
            attempt.result as usize,
            attempt.surface as usize,
            attempt.source as usize,
            attempt.capability as usize,
        ];
        self.attempts.add(&words, 1);
    }

    /// Counts an input that could not be understood.
    pub(crate) fn undecidable(&self, surface: Surface, reason: Reason) {
        self.undecidable
            .add(&[reason as usize, surface as usize], 1);
    }

    /// Counts an input that was judged.
    pub(crate) fn judged(&self, mode: Mode, surface: Surface, naming: ModelMatch) {
        let words = [mode as usize, surface as usize, naming as usize];
        self.requests.add(&words, 1);
    }

    /// Counts an answer.
    pub(crate) fn served(&self, result: Served, surface: Surface) {
        self.served.add(&[result as usize, surface as usize], 1);
    }

    /// Counts bytes of contents.
    pub(crate) fn bytes(&self, direction: Direction, count: u64) {
        self.bytes.add(&[direction as usize], count);
    }

    /// Counts a request that is carried from now on.
    pub(crate) fn began(&self) {
        self.in_flight.add(&[], 1);
    }

    /// Counts a request that is carried no more.
    pub(crate) fn ended(&self) {
        // Wrapping round is subtracting.
        self.in_flight.add(&[], u64::MAX);
    }

    /// Counts what the lock took for a request.
    pub(crate) fn overhead(&self, time: Duration) {
        self.overhead.observe(&table::OVERHEAD_BOUNDS, time);
    }

    /// Counts what the provider took for one.
    pub(crate) fn upstream(&self, time: Duration) {
        self.upstream.observe(&table::UPSTREAM_BOUNDS, time);
    }

    /// Counts a request that got no answer of its provider.
    pub(crate) fn upstream_failed(&self) {
        self.upstream_errors.add(&[], 1);
    }

    /// Counts a changed policy file.
    pub(crate) fn reload(&self, reload: Reload) {
        self.reloads.add(&[reload as usize], 1);
    }

    /// Counts a log line that was dropped.
    pub(crate) fn dropped(&self) {
        self.log_dropped.add(&[], 1);
    }

    /// Counts lines that could not be written to the audit file.
    pub(crate) fn audit_dropped(&self, lines: u64) {
        self.audit_dropped.add(&[], lines);
    }

    /// What was counted of a metric.
    pub(crate) fn total(&self, metric: &Metric) -> u64 {
        self.of(metric)
            .map(|cell| cell.total())
            .fold(0, u64::wrapping_add)
    }

    /// What was counted of a metric, by the words of one of its tags.
    pub(crate) fn by(&self, metric: &Metric, tag: &str) -> BTreeMap<&'static str, u64> {
        let tags = metric.tags.iter().filter(|known| known.name == tag);
        let mut counts: BTreeMap<_, _> = tags
            .flat_map(|tag| tag.words)
            .map(|word| (*word, 0))
            .collect();
        for cell in self.of(metric).filter(|cell| cell.total() > 0) {
            let word = cell.tags().into_iter().find(|(name, _)| *name == tag);
            if let Some(count) = word.and_then(|(_, word)| counts.get_mut(word)) {
                *count += cell.total();
            }
        }
        counts
    }

    fn of(&self, metric: &Metric) -> impl Iterator<Item = Cell<'_>> {
        let own = self
            .all()
            .into_iter()
            .filter(|cells| cells.metric.name == metric.name);
        own.flat_map(Cells::cells)
    }

    /// What the lock and the provider took: how often, up to each bound and beyond the last.
    pub(crate) fn observed(&self) -> (Vec<u64>, Vec<u64>) {
        let counts = |cells: &Cells| cells.cells().map(|cell| cell.total()).collect();
        (counts(&self.overhead), counts(&self.upstream))
    }

    /// The bounds of both, in microseconds.
    pub(crate) fn bounds() -> (&'static [u64], &'static [u64]) {
        (&table::OVERHEAD_BOUNDS, &table::UPSTREAM_BOUNDS)
    }

    /// The cells of each metric, in the order of [`METRICS`].
    pub(crate) fn all(&self) -> [&Cells; METRICS.len()] {
        [
            &self.requests,
            &self.attempts,
            &self.undecidable,
            &self.served,
            &self.overhead,
            &self.upstream,
            &self.upstream_errors,
            &self.in_flight,
            &self.bytes,
            &self.reloads,
            &self.log_dropped,
            &self.audit_dropped,
            &self.build,
        ]
    }
}

/// One series: a metric with a word for each of its tags.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'a> {
    /// The metric.
    pub(crate) metric: &'static Metric,
    index: usize,
    count: &'a Count,
}

/// A number, and how much of it has been sent.
#[derive(Debug, Default)]
struct Count {
    total: AtomicU64,
    sent: AtomicU64,
}

impl Count {
    fn take(&self) -> u64 {
        let total = self.total.load(Ordering::Relaxed);
        total.wrapping_sub(self.sent.swap(total, Ordering::Relaxed))
    }
}

impl Cell<'_> {
    /// What was counted since the start.
    pub(crate) fn total(&self) -> u64 {
        self.count.total.load(Ordering::Relaxed)
    }

    /// Takes what was counted since the last time. One thread at a time takes.
    pub(crate) fn take(&self) -> u64 {
        self.count.take()
    }

    /// Whether it is told also while it is 0.
    pub(crate) fn is_seeded(&self) -> bool {
        (self.metric.seeded)(&self.places())
    }

    /// The words of its tags.
    pub(crate) fn tags(&self) -> Vec<(&'static str, &'static str)> {
        let tags = self.metric.tags.iter().zip(self.places());
        tags.filter_map(|(tag, place)| Some((tag.name, *tag.words.get(place)?)))
            .collect()
    }

    /// The places of its words.
    fn places(&self) -> Vec<usize> {
        let mut rest = self.index;
        let mut places = Vec::new();
        for tag in self.metric.tags.iter().rev() {
            let words = tag.words.len().max(1);
            places.push(rest % words);
            rest /= words;
        }
        places.reverse();
        places
    }
}

/// The counts of one metric: a cell for every combination of words, the last tag changing fastest.
#[derive(Debug)]
pub(crate) struct Cells {
    /// The metric.
    pub(crate) metric: &'static Metric,
    counts: Box<[Count]>,
    /// What was observed, added up, in microseconds; of a histogram only.
    sum: Count,
}

impl Cells {
    fn new(metric: &'static Metric) -> Self {
        let series = metric.tags.iter().map(|tag| tag.words.len()).product();
        Self {
            metric,
            counts: (0..series).map(|_| Count::default()).collect(),
            sum: Count::default(),
        }
    }

    fn add(&self, words: &[usize], more: u64) {
        let tags = self.metric.tags.iter().zip(words);
        let index = tags.fold(0, |index, (tag, word)| index * tag.words.len() + word);
        if let Some(count) = self.counts.get(index) {
            count.total.fetch_add(more, Ordering::Relaxed);
        }
    }

    fn observe(&self, bounds: &[u64], time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let bucket = bounds.partition_point(|bound| *bound < time);
        self.add(&[bucket], 1);
        self.sum.total.fetch_add(time, Ordering::Relaxed);
    }

    /// Every cell, in an order that never changes.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let counts = self.counts.iter().enumerate();
        counts.map(|(index, count)| Cell {
            metric: self.metric,
            index,
            count,
        })
    }

    /// The sum of what was observed, in microseconds.
    pub(crate) fn sum(&self) -> u64 {
        self.sum.total.load(Ordering::Relaxed)
    }

    /// Takes what was added to the sum since the last time; `None` where there is none to take.
    pub(crate) fn take_sum(&self) -> Option<u64> {
        (self.metric.kind == Kind::Histogram).then(|| self.sum.take())
    }
}

#[cfg(test)]
mod tests;
