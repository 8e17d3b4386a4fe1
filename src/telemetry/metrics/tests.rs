//! Every count has a cell of its own, with its own words.

use super::*;
use lockpolicy::{AttemptResult, Capability, Source};

fn only(counts: &Counts) -> (&'static str, Vec<(&'static str, &'static str)>) {
    let cells = counts.all().into_iter().flat_map(Cells::cells);
    let hit: Vec<_> = cells.filter(|cell| cell.take() == 1).collect();
    assert_eq!(hit.len(), 1);
    (hit[0].metric.name, hit[0].tags())
}

#[test]
fn every_attempt_has_a_cell_with_its_own_words() {
    let counts = Counts::default();
    for mode in [Mode::ReportOnly, Mode::Force, Mode::Reject] {
        for (result, source) in AttemptResult::ALL.into_iter().zip(Source::ALL) {
            for surface in Surface::ALL {
                counts.attempt(&Attempt {
                    mode,
                    result,
                    surface,
                    source,
                    capability: Capability::Image,
                    place: String::new(),
                    requested: String::new(),
                    pin: String::new(),
                });
                let tags = vec![
                    ("mode", mode.as_str()),
                    ("result", result.as_str()),
                    ("surface", surface.as_str()),
                    ("source", source.as_str()),
                    ("capability", "image"),
                ];
                assert_eq!(only(&counts), ("override_attempts", tags));
            }
        }
    }
}

#[test]
fn every_reason_and_naming_has_its_own_word() {
    let counts = Counts::default();
    for (index, word) in table::UNDECIDABLE.tags[0].words.iter().enumerate() {
        let reason = ALL_REASONS[index];
        assert_eq!(reason.as_str(), *word);
        counts.undecidable(Surface::Http, reason);
        assert_eq!(
            only(&counts),
            ("undecidable", vec![("reason", *word), ("surface", "http")])
        );
    }
    for naming in [
        ModelMatch::Absent,
        ModelMatch::Alias,
        ModelMatch::Exact,
        ModelMatch::None,
        ModelMatch::Other,
    ] {
        counts.judged(Mode::Force, Surface::WebSocket, naming);
        let tags = vec![
            ("mode", "force"),
            ("surface", "websocket"),
            ("model_match", naming.as_str()),
        ];
        assert_eq!(only(&counts), ("requests", tags));
    }
}

#[test]
fn what_has_one_tag_or_none_is_counted_too() {
    let counts = Counts::default();
    counts.reload(Reload::Kept);
    assert_eq!(only(&counts), ("policy_reloads", vec![("result", "kept")]));
    counts.dropped();
    assert_eq!(only(&counts), ("log_lines_dropped", vec![]));
    counts.upstream_failed();
    assert_eq!(only(&counts), ("upstream_errors", vec![]));
}

const ALL_REASONS: [Reason; 14] = [
    Reason::Ambiguous,
    Reason::Coding,
    Reason::Corrupt,
    Reason::Malformed,
    Reason::ModelAbsent,
    Reason::ModelLocked,
    Reason::ModelNotText,
    Reason::NoPin,
    Reason::NotJson,
    Reason::Secondary,
    Reason::SettingLocked,
    Reason::TooLarge,
    Reason::Type,
    Reason::UnknownOperation,
];

#[test]
fn the_order_of_the_table_is_the_order_of_the_cells() {
    let counts = Counts::default();
    for (metric, cells) in METRICS.iter().zip(counts.all()) {
        assert_eq!(metric.name, cells.metric.name);
    }
    for capability in Capability::ALL {
        assert_eq!(
            table::ATTEMPTS.tags[4].words[capability as usize],
            capability.as_str()
        );
    }
    for served in Served::ALL {
        assert_eq!(
            table::SERVED.tags[0].words[served as usize],
            served.as_str()
        );
    }
}

/// What is taken is taken once; the total stays for whoever asks for it.
#[test]
fn what_was_sent_is_told_again_as_a_total() {
    let counts = Counts::default();
    let cell = || {
        counts
            .bytes
            .cells()
            .nth(Direction::Answer as usize)
            .unwrap()
    };
    counts.bytes(Direction::Answer, 5);
    assert_eq!((cell().take(), cell().take(), cell().total()), (5, 0, 5));
    counts.bytes(Direction::Answer, 2);
    assert_eq!((cell().take(), cell().total()), (2, 7));
}
