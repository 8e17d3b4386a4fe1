//! Every metric: its name, its tags and their words, its meaning. One table, docs/metrics.md is made
//! from it, and every count has its cell in it.
//!
//! Invariant: a tag's words come from enums. Text of a request in a tag could forge a tag, a line, or
//! a reserved name at the daemon.

use std::sync::atomic::{AtomicU64, Ordering};

use lockpolicy::{Attempt, Mode, Naming, Outcome, Reason, Served, Source, Surface};

/// A counter.
#[derive(Debug)]
pub(crate) struct Metric {
    /// The name, without the prefix.
    pub(crate) name: &'static str,
    /// What is counted.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "StatsD has no units; the page tells it")
    )]
    pub(crate) unit: &'static str,
    /// The tags, in the order in which they are sent.
    pub(crate) tags: &'static [Tag],
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
    words: &[
        Mode::Audit.as_str(),
        Mode::Force.as_str(),
        Mode::Reject.as_str(),
    ],
};
const RESULT: Tag = Tag {
    name: "result",
    words: &[
        Outcome::Audited.as_str(),
        Outcome::Forced.as_str(),
        Outcome::Rejected.as_str(),
    ],
};
const SURFACE: Tag = Tag {
    name: "surface",
    words: &[
        Surface::Argv.as_str(),
        Surface::Header.as_str(),
        Surface::Http.as_str(),
        Surface::JsonRpc.as_str(),
        Surface::Multipart.as_str(),
        Surface::Target.as_str(),
        Surface::WebSocket.as_str(),
    ],
};
const SOURCE: Tag = Tag {
    name: "source",
    words: &[
        Source::Background.as_str(),
        Source::Subagent.as_str(),
        Source::User.as_str(),
    ],
};
const NAMING: Tag = Tag {
    name: "naming",
    words: &[
        Naming::Absent.as_str(),
        Naming::Alias.as_str(),
        Naming::Exact.as_str(),
        Naming::None.as_str(),
        Naming::Other.as_str(),
    ],
};
const REASON: Tag = Tag {
    name: "reason",
    words: &[
        Reason::Ambiguous.as_str(),
        Reason::Coding.as_str(),
        Reason::Corrupt.as_str(),
        Reason::Malformed.as_str(),
        Reason::ModelAbsent.as_str(),
        Reason::ModelLocked.as_str(),
        Reason::ModelNotText.as_str(),
        "no_pin",
        Reason::NotJson.as_str(),
        Reason::Secondary.as_str(),
        Reason::SettingLocked.as_str(),
        Reason::TooLarge.as_str(),
        Reason::Type.as_str(),
        Reason::UnknownOperation.as_str(),
    ],
};
const SERVED: Tag = Tag {
    name: "result",
    words: &[
        Served::Undeclared.as_str(),
        Served::Match.as_str(),
        Served::Variant.as_str(),
        Served::Mismatch.as_str(),
    ],
};
const RELOAD: Tag = Tag {
    name: "result",
    words: &["applied", "kept"],
};

/// The table.
pub(crate) const METRICS: [Metric; 6] = [
    Metric {
        name: "override_attempts",
        unit: "attempts",
        tags: &[MODE, RESULT, SURFACE, SOURCE],
        meaning: "Attempts to run something that is not pinned. Which model was asked for stands in the log.",
    },
    Metric {
        name: "undecidable",
        unit: "inputs",
        tags: &[REASON, SURFACE],
        meaning: "Inputs that could not be understood and were refused for it.",
    },
    Metric {
        name: "requests",
        unit: "inputs",
        tags: &[MODE, SURFACE, NAMING],
        meaning: "Inputs that were judged, whatever came of it, by how they named their model.",
    },
    Metric {
        name: "served",
        unit: "answers",
        tags: &[SERVED, SURFACE],
        meaning: "Answers, by what they say about the model that served: the one that was sent (`match`), another name of it (`variant`), another model (`mismatch`), nothing (`undeclared`).",
    },
    Metric {
        name: "policy_reloads",
        unit: "reloads",
        tags: &[RELOAD],
        meaning: "Changes of the policy file: `applied`, or not valid and the last good policy `kept`.",
    },
    Metric {
        name: "log_lines_dropped",
        unit: "lines",
        tags: &[],
        meaning: "Log lines that nobody took from standard error in time.",
    },
];

/// What came of a changed policy file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reload {
    /// The new policy holds.
    Applied,
    /// The new one is not valid; the last good one holds.
    Kept,
}

/// How often everything in [`METRICS`] was seen since it was last sent.
#[derive(Debug)]
pub(crate) struct Counts([Cells; METRICS.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self(METRICS.each_ref().map(Cells::new))
    }
}

impl Counts {
    /// Counts an attempt.
    pub(crate) fn attempt(&self, attempt: &Attempt) {
        let [attempts, ..] = &self.0;
        attempts.add(&[
            attempt.mode as usize,
            attempt.result as usize,
            attempt.surface as usize,
            attempt.source as usize,
        ]);
    }

    /// Counts an input that could not be understood.
    pub(crate) fn undecidable(&self, surface: Surface, reason: Reason) {
        let [_, undecidable, ..] = &self.0;
        undecidable.add(&[place(reason), surface as usize]);
    }

    /// Counts an input that was judged.
    pub(crate) fn judged(&self, mode: Mode, surface: Surface, naming: Naming) {
        let [_, _, requests, ..] = &self.0;
        requests.add(&[mode as usize, surface as usize, naming as usize]);
    }

    /// Counts an answer.
    pub(crate) fn served(&self, result: Served, surface: Surface) {
        let [_, _, _, served, ..] = &self.0;
        served.add(&[result as usize, surface as usize]);
    }

    /// Counts a changed policy file.
    pub(crate) fn reload(&self, reload: Reload) {
        let [_, _, _, _, reloads, _] = &self.0;
        reloads.add(&[reload as usize]);
    }

    /// Counts a log line that was dropped.
    pub(crate) fn dropped(&self) {
        let [.., dropped] = &self.0;
        dropped.add(&[]);
    }

    /// Every cell, in an order that never changes.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        self.0.iter().flat_map(|cells| {
            cells.counts.iter().enumerate().map(|(index, count)| Cell {
                metric: cells.metric,
                index,
                count,
            })
        })
    }
}

/// One series: a metric with a word for each of its tags.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'a> {
    /// The metric.
    pub(crate) metric: &'static Metric,
    index: usize,
    count: &'a AtomicU64,
}

impl Cell<'_> {
    /// Takes what was counted.
    pub(crate) fn take(&self) -> u64 {
        self.count.swap(0, Ordering::Relaxed)
    }

    /// The words of its tags.
    pub(crate) fn tags(&self) -> Vec<(&'static str, &'static str)> {
        let mut rest = self.index;
        let mut tags = Vec::new();
        for tag in self.metric.tags.iter().rev() {
            if let Some(word) = tag.words.get(rest % tag.words.len().max(1)) {
                tags.push((tag.name, *word));
            }
            rest /= tag.words.len().max(1);
        }
        tags.reverse();
        tags
    }
}

/// The counts of one metric: a cell for every combination of words, the last tag changing fastest.
#[derive(Debug)]
struct Cells {
    metric: &'static Metric,
    counts: Box<[AtomicU64]>,
}

impl Cells {
    fn new(metric: &'static Metric) -> Self {
        let series = metric.tags.iter().map(|tag| tag.words.len()).product();
        Self {
            metric,
            counts: (0..series).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    fn add(&self, words: &[usize]) {
        let tags = self.metric.tags.iter().zip(words);
        let index = tags.fold(0, |index, (tag, word)| index * tag.words.len() + word);
        if let Some(count) = self.counts.get(index) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The place of a reason among the words of its tag.
const fn place(reason: Reason) -> usize {
    match reason {
        Reason::Ambiguous => 0,
        Reason::Coding => 1,
        Reason::Corrupt => 2,
        Reason::Malformed => 3,
        Reason::ModelAbsent => 4,
        Reason::ModelLocked => 5,
        Reason::ModelNotText => 6,
        Reason::NoPin(_) => 7,
        Reason::NotJson => 8,
        Reason::Secondary => 9,
        Reason::SettingLocked => 10,
        Reason::TooLarge => 11,
        Reason::Type => 12,
        Reason::UnknownOperation => 13,
    }
}

#[cfg(test)]
mod tests;
