//! A row: a way, gone in every mode with one version.

use crate::outcome::Outcome;
use crate::run::{Mode, run};
use crate::way::{Chapter, Way};

/// What tells a row from every other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) chapter: String,
    pub(crate) title: String,
    pub(crate) version: String,
}

impl Key {
    pub(crate) fn new(chapter: &Chapter, way: &Way, version: &str) -> Self {
        Self {
            chapter: chapter.name.clone(),
            title: way.title(),
            version: version.to_owned(),
        }
    }

    /// Every row there is.
    pub(crate) fn all(chapters: &[Chapter]) -> Vec<(Self, &Way)> {
        let keys = chapters.iter().flat_map(|chapter| {
            let ways = chapter.turns().into_iter();
            ways.flat_map(move |(way, versions)| {
                let key = move |version| (Self::new(chapter, way, version), way);
                versions.into_iter().map(key)
            })
        });
        keys.collect()
    }
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) cells: [String; 3],
    wrong: Vec<String>,
    message: String,
}

impl Row {
    /// Goes the way in every mode.
    pub(crate) fn play(key: Key, way: &Way) -> Self {
        let outcomes = Mode::ALL.map(|mode| (mode, run(way, &key.version, mode)));
        let wrong = outcomes.iter().filter_map(|(mode, outcome)| {
            let why = outcome.wrong(way, *mode)?;
            let seen = outcome.cell(*mode);
            Some(format!("{mode:?}: {why}: {seen}"))
        });
        let message = |(mode, outcome): &(Mode, Outcome)| {
            format!("--- {mode:?} said:\n{}\n", outcome.message.trim())
        };
        Self {
            wrong: wrong.collect(),
            message: outcomes.iter().map(message).collect(),
            cells: outcomes.map(|(mode, outcome)| outcome.cell(mode)),
            key,
        }
    }

    /// What is wrong with it, in one text.
    pub(crate) fn wrong(&self) -> Option<String> {
        let all = self.wrong.join("\n");
        (!all.is_empty()).then(|| format!("{all}\n{}", self.difference(None)))
    }

    /// All of it, for the person who looks for a fault.
    pub(crate) fn difference(&self, written: Option<&Vec<String>>) -> String {
        let written = written.map(|cells| format!("  written: {}\n", cells.join(" | ")));
        format!(
            "{} {}\n{}  seen: {}\n{}",
            self.key.version,
            self.key.title,
            written.unwrap_or_default(),
            self.cells.join(" | "),
            self.message
        )
    }
}
