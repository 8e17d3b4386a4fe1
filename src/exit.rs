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
    FAILED = 1, "The command failed: a port is in use, a file cannot be written, an audit file is altered, or the like. `health`: no proxy that is ready answered.";
    BELOW = 3, "`doctor`: the required level is not reached.";
    USAGE = 64, "The command line cannot be read.";
    NO_PROXY = shim::exit::NO_PROXY, "`run`: the proxy could not be started, so the program was not started.";
    REFUSED = shim::exit::REFUSED, "`explain`: the command line would be refused.";
    CONFIG = shim::exit::NO_POLICY, "The policy or a setting is missing or wrong, such as the address that `health` asks. Every problem is printed, one line each.";
    NOT_RUNNABLE = shim::exit::NOT_RUNNABLE, "`run`: the program was found and cannot be run.";
    NOT_FOUND = shim::exit::NOT_FOUND, "`which`: there is no real codex that could be run. `run`: the program was not found.";
    INTERRUPTED = 130, "A second signal ended the proxy before every running request was answered.";
}
