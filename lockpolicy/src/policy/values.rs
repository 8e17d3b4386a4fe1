//! Describes what the sources of a policy state, and what is wrong with it.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::key::Key;
use super::problem::Problem;
use super::value::KeyValue;

/// The stated values, and the problems that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Values {
    stated: Vec<Stated>,
    problems: Vec<Problem>,
    /// The name of the policy file, if one is among the sources.
    file: Option<String>,
    /// `true` if a source could not be read, so that what it states is not known.
    pub(super) unreadable: bool,
}

/// A value as it is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stated {
    key: &'static Key,
    place: Place,
    texts: Vec<String>,
}

/// The place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File { line: Option<usize> },
    Variable,
}

impl Values {
    pub(super) fn of_file(name: &str) -> Self {
        Self {
            file: Some(name.to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn state(&mut self, key: &'static Key, place: Place, texts: Vec<String>) {
        self.stated.push(Stated { key, place, texts });
    }

    /// Adds a problem with a name that a source has.
    pub(super) fn problem(&mut self, place: Place, name: &str, what: impl Into<String>) {
        let mut problem = Problem::new(name, what);
        if let Place::File { line } = place {
            problem.file.clone_from(&self.file);
            problem.line = line;
        }
        self.problems.push(problem);
    }

    /// Adds a problem that keeps a source from being read.
    pub(super) fn unreadable(&mut self, problem: Problem) {
        self.unreadable = true;
        self.problems.push(problem);
    }

    /// Adds what the lower values state and these leave open.
    pub(super) fn merge(&mut self, lower: Self) {
        for stated in lower.stated {
            if !self.stated.iter().any(|own| own.key == stated.key) {
                self.stated.push(stated);
            }
        }
        self.problems.extend(lower.problems);
        self.file = self.file.take().or(lower.file);
        self.unreadable |= lower.unreadable;
    }

    /// Returns the value of a key, or its default. `None` is always explained by a problem.
    pub(super) fn read<T: KeyValue>(&mut self, key: &'static Key) -> Option<T> {
        let mut stated = self.stated.iter();
        let stated = stated.find(|stated| stated.key == key).cloned();
        let is_missing = stated.is_none();
        let stated = stated.unwrap_or_else(|| self.default_of(key));
        match T::read(&stated.texts) {
            Ok(value) => return Some(value),
            Err(_) if is_missing && self.is_explained(key) => {}
            Err(problems) => {
                for what in problems {
                    self.problem(stated.place, name(key, stated.place), what);
                }
            }
        }
        None
    }

    fn default_of(&self, key: &'static Key) -> Stated {
        let place = match self.file {
            Some(_) => Place::File { line: None },
            None => Place::Variable,
        };
        let texts = match (key.default, key.kind) {
            ("", _) => Vec::new(),
            (text, kind) => kind.texts_of_variable(text),
        };
        Stated { key, place, texts }
    }

    /// Returns whether the problems say already why a key has no value.
    fn is_explained(&self, key: &Key) -> bool {
        let names = [Some(key.key), key.variable];
        let mut problems = self.problems.iter();
        self.unreadable || problems.any(|problem| names.contains(&Some(&problem.place)))
    }

    /// Returns the problems: those of variables first, then those of the file from top to bottom.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems
            .sort_by_key(|problem| (problem.file.is_some(), problem.line));
        self.problems
    }
}

/// Returns the name that a source has for a key.
pub(super) fn name(key: &Key, place: Place) -> &'static str {
    match place {
        Place::File { .. } => key.key,
        Place::Variable => key.variable.unwrap_or(key.key),
    }
}
