//! What is done about a model that is not the pin.

use core::fmt;

/// What the operator asked for (rule 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Count and pass on: nothing is locked.
    Audit,
    /// Put the pin in the place of any other model.
    #[default]
    Force,
    /// Refuse whatever does not name exactly the pin.
    Reject,
}

impl Mode {
    /// Reads the exact word; anything else is no mode, never a default.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "audit" => Some(Self::Audit),
            "force" => Some(Self::Force),
            "reject" => Some(Self::Reject),
            _ => None,
        }
    }

    /// The word used in settings, logs and metric tags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Force => "force",
            Self::Reject => "reject",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
