//! Every exit status of `model-lock`, each with its meaning.

use std::process::ExitCode;

/// An exit status with its meaning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit {
    pub(crate) code: u8,
    pub(crate) meaning: &'static str,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code)
    }
}

/// Defines each status once, with its meaning.
macro_rules! statuses {
    ($($name:ident = $code:expr, $meaning:literal;)+) => {
        $(
            #[doc = $meaning]
            pub(crate) const $name: Exit = Exit { code: $code, meaning: $meaning };
        )+

        /// Every exit status of `model-lock`.
        pub(crate) const ALL: &[Exit] = &[$($name),+];
    };
}

statuses! {
    DONE = 0, "The command succeeded. After SIGTERM or SIGINT: every running request was answered, or the deadline passed.";
    FAILED = 1, "The command failed: a port is in use, a file cannot be written, an audit file is altered, `health` found no ready proxy, or the like.";
    BELOW = 3, "`doctor`: the required level is not reached.";
    USAGE = 64, "The command line cannot be read.";
    REFUSED = shim::exit::REFUSED, "`explain`: the command line would be refused.";
    CONFIG = shim::exit::NO_POLICY, "The policy or a setting is missing or wrong. Every problem is printed, one line each.";
    NOT_FOUND = shim::exit::NOT_FOUND, "`which`: there is no real codex that could be run.";
    INTERRUPTED = 130, "A second signal ended the proxy before every running request was answered.";
}
