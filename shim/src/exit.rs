//! Every exit status of the shim itself. All others are those of the real codex.

/// Defines each status once, with its meaning.
macro_rules! statuses {
    ($($name:ident = $status:literal, $meaning:literal;)+) => {
        $(#[doc = $meaning] pub const $name: u8 = $status;)+

        /// Every status, with its meaning.
        pub const ALL: [(u8, &str); [$($status),+].len()] = [$(($name, $meaning)),+];
    };
}

statuses! {
    MET_ITSELF = 70, "The shim found itself instead of the real codex.";
    NO_PROXY = 71, "The embedded proxy could not be started, so the real codex was not started.";
    REFUSED = 77, "The policy refuses the command line. The real codex was not started.";
    NO_POLICY = 78, "The policy is missing or wrong, and the command could run a model.";
    NOT_RUNNABLE = 126, "The real codex was found and cannot be run.";
    NOT_FOUND = 127, "The real codex was not found.";
}
