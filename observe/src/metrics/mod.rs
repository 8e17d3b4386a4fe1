//! Counts what happened. Nothing here can hold up a request: a thread of its own sends the counts once a second.

mod flusher;
mod label_set;
mod prometheus;
mod series;
mod statsd;
mod table;

pub use flusher::Flusher;
pub use label_set::LabelSet;
pub use prometheus::render;
pub use series::{Counter, Family, Gauge, Histogram, Kind, LabelWords, Metric, Series};
pub use statsd::{StatsdClient, StatsdSink, StatsdTarget, TagStyle};
pub use table::{Direction, Metrics, OverheadBound, UpstreamBound, Version};

use crate::sink::{Observation, Sink};

impl Sink for Metrics {
    fn observe(&self, observation: &Observation<'_>) {
        self.count(observation.event);
    }
}

#[cfg(test)]
mod tests;
