//! Every exit status of the shim itself. All others are those of the real codex.

/// The shim found itself instead of the real codex.
pub const MET_ITSELF: u8 = 70;

/// The embedded proxy could not be started.
pub const NO_PROXY: u8 = 71;

/// The policy refuses the command line; the real codex was not started.
pub const REFUSED: u8 = 77;

/// The policy is missing or wrong, and the command could run a model.
pub const NO_POLICY: u8 = 78;

/// The real codex was found and cannot be run.
pub const NOT_RUNNABLE: u8 = 126;

/// The real codex was not found.
pub const NOT_FOUND: u8 = 127;

/// Every status, with its meaning.
pub const ALL: [(u8, &str); 6] = [
    (
        MET_ITSELF,
        "The shim found itself instead of the real codex.",
    ),
    (
        NO_PROXY,
        "The embedded proxy could not be started, so the real codex was not started.",
    ),
    (
        REFUSED,
        "The policy refuses the command line. The real codex was not started.",
    ),
    (
        NO_POLICY,
        "The policy is missing or wrong, and the command could run a model.",
    ),
    (NOT_RUNNABLE, "The real codex was found and cannot be run."),
    (NOT_FOUND, "The real codex was not found."),
];
