//! Every metric, once: its name, kind, labels, unit and meaning. docs/reference/metrics.md is generated from it.
//!
//! A new metric is one entry here and the line that counts it; a new label is one more `name: List`, and its
//! value where the event is counted.

use lockpolicy::{
    AttemptResult, Capability, Event, Label, Mode, ModelMatch, Reason, Served, Source, Surface,
    label_enum,
};

use lockpolicy::http::Resource;

use super::label_set::LabelSet;
use super::series::{Counter, Family, Gauge, Histogram, Kind, LabelWords, Metric, Series};
use crate::record::Reload;

label_enum! {
    /// The direction of a content.
    pub enum Direction {
        /// From the client.
        Request = "request",
        /// To the client.
        Answer = "answer",
    }
}

/// A label whose words are no enum: it is a position among them.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident = $words:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name(usize);

        impl Label for $name {
            const WORDS: &'static [&'static str] = $words;

            fn index(self) -> usize {
                self.0
            }

            fn at(index: usize) -> Option<Self> {
                Self::WORDS.get(index).map(|_| Self(index))
            }
        }
    };
}

words! {
    /// The version that runs.
    Version = &[env!("CARGO_PKG_VERSION")]
}

words! {
    /// The upper bounds of the proxy's own time, in seconds.
    OverheadBound = &[
        "0.00005", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025",
        "0.05", "0.1", "0.25", "1", "+Inf",
    ]
}

words! {
    /// The upper bounds of the provider's time, in seconds.
    UpstreamBound = &[
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60",
        "+Inf",
    ]
}

/// Defines [`Metrics`]: the doc comment of each entry is its meaning, and `seeded` chooses the series that
/// are shown also while they are 0.
macro_rules! metrics {
    ($(
        #[doc = $meaning:literal]
        $name:ident: $kind:ident { $($label:ident: $words:ty),* } of $unit:literal, seeded $seeded:expr;
    )+) => {
        /// Everything that is counted.
        #[derive(Debug)]
        pub struct Metrics {
            $(
                #[doc = $meaning]
                pub $name: Family<$kind, ($($words,)*)>,
            )+
        }

        impl Default for Metrics {
            fn default() -> Self {
                Self {
                    $($name: Family::new(const { &Metric {
                        name: stringify!($name),
                        kind: Kind::$kind,
                        unit: $unit,
                        labels: &[$(LabelWords {
                            name: stringify!($label),
                            words: <$words as Label>::WORDS,
                        }),*],
                        meaning: $meaning.trim_ascii_start(),
                        seeded: |index| LabelSet::at(index).is_some_and($seeded),
                    } }),)+
                }
            }
        }

        impl Metrics {
            /// Returns every metric, in the order of the documentation.
            pub fn all(&self) -> [&Series; [$(stringify!($name)),+].len()] {
                [$(&self.$name),+]
            }
        }
    };
}

metrics! {
    /// Inputs that were judged, whatever the verdict, by how they name their model.
    requests: Counter { mode: Mode, surface: Surface, model_match: ModelMatch } of "inputs",
        seeded |(_, surface, _): (Mode, Surface, ModelMatch)| surface == Surface::Http;

    /// Attempts to run something that is not approved. The log names the requested model.
    override_attempts: Counter {
        mode: Mode, result: AttemptResult, surface: Surface, source: Source, capability: Capability
    } of "attempts", seeded is_usual_attempt;

    /// Inputs that were rejected without an attempt: they could not be understood, their sender may not use the proxy, or they state nothing where the policy asks for a value.
    undecidable: Counter { reason: Reason, surface: Surface } of "inputs",
        seeded |(_, surface): (Reason, Surface)| surface == Surface::Http;

    /// Responses, by the model that they name: the one that was sent (`match`), another name of it (`variant`), another model (`mismatch`), none (`undeclared`).
    served: Counter { result: Served, surface: Surface } of "answers",
        seeded |(_, surface): (Served, Surface)| {
            matches!(surface, Surface::Http | Surface::WebSocket)
        };

    /// The time of the lock: from the last byte of a request until it is decoded, judged, rewritten and sent on.
    overhead_seconds: Histogram { le: OverheadBound } of "requests",
        seeded |_: (OverheadBound,)| true;

    /// The time of the provider: from there to the head of its response.
    upstream_seconds: Histogram { le: UpstreamBound } of "requests",
        seeded |_: (UpstreamBound,)| true;

    /// Requests without a response of their provider: it could not be reached, broke off, or responded with something that must not be passed on.
    upstream_errors: Counter {} of "requests", seeded |()| true;

    /// Requests and connections that were told to come again: nothing was left of what all of them share.
    exhausted: Counter { resource: Resource } of "refusals", seeded |_: (Resource,)| true;

    /// Requests and WebSocket connections in progress. The embedded proxy does not export this gauge, since several would overwrite each other.
    in_flight: Gauge {} of "requests", seeded |()| true;

    /// Bytes of contents and WebSocket messages from clients (`request`) and to them (`answer`).
    content_bytes: Counter { direction: Direction } of "bytes", seeded |_: (Direction,)| true;

    /// Changes of the policy file: `applied`, or not valid, with the last good policy `kept`.
    policy_reloads: Counter { result: Reload } of "reloads", seeded |_: (Reload,)| true;

    /// Log lines that were dropped because standard error was not read in time.
    log_lines_dropped: Counter {} of "lines", seeded |()| true;

    /// Lines that could not be written to the audit file; the next line that can be written says how many.
    audit_lines_dropped: Counter {} of "lines", seeded |()| true;

    /// Always 1; the label is the version that runs.
    build_info: Gauge { version: Version } of "1", seeded |_: (Version,)| true;
}

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

/// Returns whether an attempt is one that its mode can result in, for what is requested most.
fn is_usual_attempt(
    (mode, result, _, source, capability): (Mode, AttemptResult, Surface, Source, Capability),
) -> bool {
    (mode == Mode::ReportOnly) == (result == AttemptResult::Reported)
        && source == Source::User
        && capability == Capability::Generation
}
