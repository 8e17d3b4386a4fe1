//! Every metric: its name, its tags and their words, its meaning. docs/reference/metrics.md is made from it.
//!
//! Invariant: a tag's words come from closed lists. Text of a request in a tag could forge a tag, a
//! line, or a reserved name at the daemon.

use lockpolicy::{
    AttemptResult, Capability, Label as _, Mode, ModelMatch, Reason, Served, Source, Surface,
};

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// How often something was seen.
    Counter,
    /// How much of something there is now.
    Gauge,
    /// How long something took: how often not longer than each of the bounds.
    Histogram,
}

impl Kind {
    /// The word of the page and of the Prometheus text.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric.
#[derive(Debug)]
pub(crate) struct Metric {
    /// The name, without the prefix.
    pub(crate) name: &'static str,
    /// What kind of number it is.
    pub(crate) kind: Kind,
    /// What is counted.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "neither daemon has units; the page tells it")
    )]
    pub(crate) unit: &'static str,
    /// The tags, in the order in which they are sent.
    pub(crate) tags: &'static [Tag],
    /// Which series are told also while they are 0, by the places of their words.
    pub(crate) seeded: fn(&[usize]) -> bool,
    /// One sentence.
    pub(crate) meaning: &'static str,
}

/// A tag and everything it can say.
#[derive(Debug)]
pub(crate) struct Tag {
    /// The name.
    pub(crate) name: &'static str,
    /// The words, in the order of the enum.
    pub(crate) words: &'static [&'static str],
}

const MODE: Tag = Tag {
    name: "mode",
    words: Mode::WORDS,
};
const RESULT: Tag = Tag {
    name: "result",
    words: AttemptResult::WORDS,
};
const SURFACE: Tag = Tag {
    name: "surface",
    words: Surface::WORDS,
};
const SOURCE: Tag = Tag {
    name: "source",
    words: Source::WORDS,
};
const CAPABILITY: Tag = Tag {
    name: "capability",
    words: Capability::WORDS,
};
const NAMING: Tag = Tag {
    name: "model_match",
    words: ModelMatch::WORDS,
};
const REASON: Tag = Tag {
    name: "reason",
    words: Reason::WORDS,
};
const SERVED_AS: Tag = Tag {
    name: "result",
    words: Served::WORDS,
};
const DIRECTION: Tag = Tag {
    name: "direction",
    words: &["request", "answer"],
};
const RELOAD: Tag = Tag {
    name: "result",
    words: &["applied", "kept"],
};
const VERSION: Tag = Tag {
    name: "version",
    words: &[env!("CARGO_PKG_VERSION")],
};
const OVERHEAD_LE: Tag = Tag {
    name: "le",
    words: &[
        "0.00005", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025",
        "0.05", "0.1", "0.25", "1", "+Inf",
    ],
};
const UPSTREAM_LE: Tag = Tag {
    name: "le",
    words: &[
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60",
        "+Inf",
    ],
};

/// The bounds of [`OVERHEAD`] in microseconds; what is longer than the last falls into `+Inf`.
pub(crate) const OVERHEAD_BOUNDS: [u64; 13] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
];
/// The bounds of [`UPSTREAM`] in microseconds.
pub(crate) const UPSTREAM_BOUNDS: [u64; 13] = [
    5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000, 30_000_000, 60_000_000,
];

pub(crate) static ATTEMPTS: Metric = Metric {
    name: "override_attempts",
    kind: Kind::Counter,
    unit: "attempts",
    tags: &[MODE, RESULT, SURFACE, SOURCE, CAPABILITY],
    seeded: |words| {
        let [mode, result, _, source, capability] = words else {
            return false;
        };
        // What a mode can come to, for what is asked most.
        let audits = *mode == Mode::ReportOnly as usize;
        audits == (*result == AttemptResult::Reported as usize)
            && *source == Source::User as usize
            && *capability == Capability::Generation as usize
    },
    meaning: "Attempts to run something that is not pinned. Which model was asked for stands in the log.",
};
pub(crate) static UNDECIDABLE: Metric = Metric {
    name: "undecidable",
    kind: Kind::Counter,
    unit: "inputs",
    tags: &[REASON, SURFACE],
    seeded: |words| words.last() == Some(&(Surface::Http as usize)),
    meaning: "Inputs that could not be understood and were refused for it.",
};
pub(crate) static REQUESTS: Metric = Metric {
    name: "requests",
    kind: Kind::Counter,
    unit: "inputs",
    tags: &[MODE, SURFACE, NAMING],
    seeded: |words| words.get(1) == Some(&(Surface::Http as usize)),
    meaning: "Inputs that were judged, whatever came of it, by how they named their model.",
};
pub(crate) static SERVED: Metric = Metric {
    name: "served",
    kind: Kind::Counter,
    unit: "answers",
    tags: &[SERVED_AS, SURFACE],
    seeded: |words| {
        let through = [Surface::Http as usize, Surface::WebSocket as usize];
        words.last().is_some_and(|word| through.contains(word))
    },
    meaning: "Answers, by what they say about the model that served: the one that was sent (`match`), another name of it (`variant`), another model (`mismatch`), nothing (`undeclared`).",
};
pub(crate) static BYTES: Metric = Metric {
    name: "content_bytes",
    kind: Kind::Counter,
    unit: "bytes",
    tags: &[DIRECTION],
    seeded: |_| true,
    meaning: "Contents and WebSocket messages that the proxy took from clients (`request`) and passed to them (`answer`).",
};
pub(crate) static IN_FLIGHT: Metric = Metric {
    name: "in_flight",
    kind: Kind::Gauge,
    unit: "requests",
    tags: &[],
    seeded: |_| true,
    meaning: "Requests and WebSockets that the proxy carries now, to the end of their answers. The one beside a codex does not tell it: several would write over each other.",
};
pub(crate) static OVERHEAD: Metric = Metric {
    name: "overhead_seconds",
    kind: Kind::Histogram,
    unit: "requests",
    tags: &[OVERHEAD_LE],
    seeded: |_| true,
    meaning: "What the lock takes: from a request's last byte to the request that goes on, decoded, judged and cut.",
};
pub(crate) static UPSTREAM: Metric = Metric {
    name: "upstream_seconds",
    kind: Kind::Histogram,
    unit: "requests",
    tags: &[UPSTREAM_LE],
    seeded: |_| true,
    meaning: "What the provider takes: from there to the head of its answer.",
};
pub(crate) static UPSTREAM_ERRORS: Metric = Metric {
    name: "upstream_errors",
    kind: Kind::Counter,
    unit: "requests",
    tags: &[],
    seeded: |_| true,
    meaning: "Requests that got no answer of their provider: it could not be reached, broke off, or answered what must not be passed on.",
};
pub(crate) static RELOADS: Metric = Metric {
    name: "policy_reloads",
    kind: Kind::Counter,
    unit: "reloads",
    tags: &[RELOAD],
    seeded: |_| true,
    meaning: "Changes of the policy file: `applied`, or not valid and the last good policy `kept`.",
};
pub(crate) static LOG_DROPPED: Metric = Metric {
    name: "log_lines_dropped",
    kind: Kind::Counter,
    unit: "lines",
    tags: &[],
    seeded: |_| true,
    meaning: "Log lines that nobody took from standard error in time.",
};
pub(crate) static AUDIT_DROPPED: Metric = Metric {
    name: "audit_lines_dropped",
    kind: Kind::Counter,
    unit: "lines",
    tags: &[],
    seeded: |_| true,
    meaning: "Lines that could not be written to the audit file; the next one that can says how many.",
};
pub(crate) static BUILD: Metric = Metric {
    name: "build_info",
    kind: Kind::Gauge,
    unit: "1",
    tags: &[VERSION],
    seeded: |_| true,
    meaning: "Always 1; the version that runs.",
};

/// The table, in the order of the page.
pub(crate) static METRICS: [&Metric; 13] = [
    &REQUESTS,
    &ATTEMPTS,
    &UNDECIDABLE,
    &SERVED,
    &OVERHEAD,
    &UPSTREAM,
    &UPSTREAM_ERRORS,
    &IN_FLIGHT,
    &BYTES,
    &RELOADS,
    &LOG_DROPPED,
    &AUDIT_DROPPED,
    &BUILD,
];
