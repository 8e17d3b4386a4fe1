//! Every exit status of `model-lock`, each with its meaning.

use std::process::ExitCode;

/// An exit status with its meaning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit {
    /// The number.
    pub(crate) code: u8,
    /// The meaning.
    pub(crate) meaning: &'static str,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code)
    }
}

/// The command succeeded.
pub(crate) const DONE: Exit = Exit {
    code: 0,
    meaning: "The command succeeded. After SIGTERM or SIGINT: every running request was answered, or the deadline passed.",
};

/// Something outside of the program is not as required.
pub(crate) const FAILED: Exit = Exit {
    code: 1,
    meaning: "The command failed: a port is in use, a file cannot be written, an audit file is altered, `health` found no ready proxy, or the like.",
};

/// The assurance level is lower than required.
pub(crate) const BELOW: Exit = Exit {
    code: 3,
    meaning: "`doctor`: the required level is not reached.",
};

/// The command line cannot be read.
pub(crate) const USAGE: Exit = Exit {
    code: 64,
    meaning: "The command line cannot be read.",
};

/// The settings or the policy are missing or wrong.
pub(crate) const CONFIG: Exit = Exit {
    code: shim::exit::NO_POLICY,
    meaning: "The policy or a setting is missing or wrong. Every problem is printed, one line each.",
};

/// The explained command line would be refused.
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
    meaning: "A second signal ended the proxy before every running request was answered.",
};

/// Every exit status of `model-lock`.
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
