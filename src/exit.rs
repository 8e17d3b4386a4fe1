//! Every exit status that is ours, each with its meaning.

use std::process::ExitCode;

/// A status and what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit {
    /// The number.
    pub(crate) code: u8,
    /// What it says.
    pub(crate) meaning: &'static str,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code)
    }
}

/// Done.
pub(crate) const DONE: Exit = Exit {
    code: 0,
    meaning: "Done; after SIGTERM or SIGINT: every running request was answered, or the deadline passed.",
};

/// Something outside is not as it has to be.
pub(crate) const FAILED: Exit = Exit {
    code: 1,
    meaning: "A port is in use, a file cannot be written, an audit file is not whole, `health` found no proxy that is ready, or the like.",
};

/// Less holds than was asked for.
pub(crate) const BELOW: Exit = Exit {
    code: 3,
    meaning: "`doctor`: the level that was asked for is not reached.",
};

/// The command line cannot be read.
pub(crate) const USAGE: Exit = Exit {
    code: 64,
    meaning: "The command line cannot be read.",
};

/// The settings or the policy are missing or wrong.
pub(crate) const CONFIG: Exit = Exit {
    code: shim::exit::NO_POLICY,
    meaning: "The policy or a setting is missing or wrong; every problem is told, one line each.",
};

/// The command line that was asked about would be refused.
pub(crate) const REFUSED: Exit = Exit {
    code: shim::exit::REFUSED,
    meaning: "`explain`: the command line would be refused.",
};

/// There is no real codex.
pub(crate) const NOT_FOUND: Exit = Exit {
    code: shim::exit::NOT_FOUND,
    meaning: "`which`: there is no real codex that could be run.",
};

/// A second signal came while running requests were finishing.
pub(crate) const INTERRUPTED: Exit = Exit {
    code: 130,
    meaning: "A second signal ended it before every running request was answered.",
};

/// Everything that `model-lock` ends with.
pub(crate) const ALL: [Exit; 8] = [
    DONE,
    FAILED,
    BELOW,
    USAGE,
    REFUSED,
    CONFIG,
    NOT_FOUND,
    INTERRUPTED,
];
