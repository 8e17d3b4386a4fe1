//! Counts what happened. Nothing here can hold up a request: a thread of its own sends the counts once a second.

mod flusher;
mod label_set;
mod prometheus;
mod series;
mod statsd;
mod table;

use lockpolicy::Event;

pub use flusher::Flusher;
pub use label_set::LabelSet;
pub use prometheus::render;
pub use series::{Counter, Family, Gauge, Histogram, Kind, LabelWords, Metric, Series};
pub use statsd::{StatsdClient, StatsdSink, StatsdTarget, TagStyle};
pub use table::{Direction, Metrics, OverheadBound, UpstreamBound, Version};

use crate::sink::{Observation, Sink};

impl Metrics {
    /// Notes that this version serves.
    pub fn serving(&self) {
        self.build_info.add((Version::default(),), 1);
    }

    /// Counts an event.
    pub fn count(&self, event: Event<'_>) {
        match event {
            Event::Attempt(attempt) => {
                let (mode, result) = (attempt.mode, attempt.result);
                let (surface, source) = (attempt.surface, attempt.source);
                let labels = (mode, result, surface, source, attempt.capability);
                self.override_attempts.add(labels, 1);
            }
            Event::Judged {
                mode,
                surface,
                model_match,
            } => self.requests.add((mode, surface, model_match), 1),
            Event::Served(report) => self.served.add((report.result, report.surface), 1),
            Event::Undecidable { surface, reason } => self.undecidable.add((reason, surface), 1),
        }
    }
}

impl Sink for Metrics {
    fn observe(&self, observation: &Observation<'_>) {
        self.count(observation.event);
    }
}

#[cfg(test)]
mod tests;
