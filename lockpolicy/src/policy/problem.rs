//! Describes what is wrong with the settings: always all of it, each with its place.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The policy file that states the value; `None` for a variable or a flag.
    pub file: Option<String>,
    /// The line of the file, where one line is wrong.
    pub line: Option<usize>,
    /// The variable, the flag or the key of the file.
    pub place: String,
    /// The description of what is wrong with it.
    pub what: String,
}

impl Problem {
    /// Returns a problem with a variable or a flag.
    pub fn new(place: &str, what: impl Into<String>) -> Self {
        Self {
            file: None,
            line: None,
            place: place.to_owned(),
            what: what.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A text that is read without a file has no name.
        if let Some(file) = self.file.as_ref().filter(|file| !file.is_empty()) {
            write!(f, "{file}: ")?;
        }
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Everything that is wrong with the settings, never just the first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}
