//! Every count has a cell of its own, with its own words.

use super::*;
use lockpolicy::{
    AttemptResult, Capability, Event, Label, Mode, ModelMatch, Reason, Served, Source, Surface,
};

use crate::record::Reload;

fn only(metrics: &Metrics) -> (&'static str, Vec<(&'static str, &'static str)>) {
    let cells = metrics.all().into_iter().flat_map(Series::cells);
    let hit: Vec<_> = cells.filter(|cell| cell.take() == 1).collect();
    assert_eq!(hit.len(), 1);
    (hit[0].metric.name, hit[0].labels())
}

#[test]
fn attempt_of_each_kind_has_its_own_series() {
    let metrics = Metrics::default();
    for mode in Mode::ALL {
        for (result, source) in AttemptResult::ALL.into_iter().zip(Source::ALL) {
            for surface in Surface::ALL {
                metrics.count(Event::Attempt(&lockpolicy::Attempt {
                    mode,
                    result,
                    surface,
                    source,
                    capability: Capability::Image,
                    place: String::new(),
                    requested: String::new(),
                    names_model: true,
                    pin: String::new(),
                }));
                let labels = vec![
                    ("mode", mode.as_str()),
                    ("result", result.as_str()),
                    ("surface", surface.as_str()),
                    ("source", source.as_str()),
                    ("capability", "image"),
                ];
                assert_eq!(only(&metrics), ("override_attempts", labels));
            }
        }
    }
}

#[test]
fn count_of_each_reason_and_model_match_has_its_own_series() {
    let metrics = Metrics::default();
    for reason in Reason::ALL {
        let surface = Surface::Http;
        metrics.count(Event::Undecidable { surface, reason });
        let labels = vec![("reason", reason.as_str()), ("surface", "http")];
        assert_eq!(only(&metrics), ("undecidable", labels));
    }
    for model_match in ModelMatch::ALL {
        metrics.count(Event::Judged {
            mode: Mode::Force,
            surface: Surface::WebSocket,
            model_match,
        });
        let labels = vec![
            ("mode", "force"),
            ("surface", "websocket"),
            ("model_match", model_match.as_str()),
        ];
        assert_eq!(only(&metrics), ("requests", labels));
    }
}

#[test]
fn metric_with_one_label_or_none_is_counted() {
    let metrics = Metrics::default();
    metrics.policy_reloads.add((Reload::Kept,), 1);
    assert_eq!(only(&metrics), ("policy_reloads", vec![("result", "kept")]));
    metrics.log_lines_dropped.add((), 1);
    assert_eq!(only(&metrics), ("log_lines_dropped", vec![]));
    metrics.upstream_errors.add((), 1);
    assert_eq!(only(&metrics), ("upstream_errors", vec![]));
}

#[test]
fn label_words_are_in_the_order_of_their_positions() {
    type Attempts = (Mode, AttemptResult, Surface, Source, Capability);
    let metrics = Metrics::default();
    let cells = metrics.override_attempts.cells().enumerate();
    for (index, cell) in cells {
        let (mode, result, surface, source, capability) = Attempts::at(index).unwrap();
        let words = [
            mode.as_str(),
            result.as_str(),
            surface.as_str(),
            source.as_str(),
            capability.as_str(),
        ];
        let labels = cell.labels().into_iter().map(|(_, word)| word);
        assert!(labels.eq(words), "{index}");
    }
    assert_eq!(Attempts::at(Attempts::COUNT), None);
    assert_eq!(metrics.served.metric.labels[0].words, Served::WORDS);
}

#[test]
fn bounds_are_those_of_the_words_and_the_last_is_unlimited() {
    let metrics = Metrics::default();
    let overhead = metrics.overhead_seconds.bounds();
    assert_eq!(overhead[..4], [50, 100, 250, 500]);
    let upstream = metrics.upstream_seconds.bounds();
    assert_eq!(
        upstream[10..],
        [10_000_000, 30_000_000, 60_000_000, u64::MAX]
    );
    for series in [&*metrics.overhead_seconds, &*metrics.upstream_seconds] {
        let words = series.metric.labels[0].words;
        assert_eq!(words.len(), series.bounds().len());
        assert!(series.bounds().is_sorted());
    }
}

/// What is taken is taken once; the total stays for whoever asks for it.
#[test]
fn sent_count_stays_in_the_total() {
    let metrics = Metrics::default();
    let bytes = &metrics.content_bytes;
    let cell = || bytes.cells().nth(Direction::Answer as usize).unwrap();
    bytes.add((Direction::Answer,), 5);
    assert_eq!((cell().take(), cell().take(), cell().total()), (5, 0, 5));
    bytes.add((Direction::Answer,), 2);
    assert_eq!((cell().take(), cell().total()), (2, 7));
}
