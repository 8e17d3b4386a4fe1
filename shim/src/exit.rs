//! Every exit status that is the shim's own. All others are the real codex's.

/// The shim met itself instead of the real codex.
pub const MET_ITSELF: u8 = 70;

/// The proxy that codex brings along could not be started.
pub const NO_PROXY: u8 = 71;

/// Refused by policy; the real codex was not started.
pub const REFUSED: u8 = 77;

/// The policy is missing or wrong, and the command could run a model.
pub const NO_POLICY: u8 = 78;

/// The real codex was found and cannot be run.
pub const NOT_RUNNABLE: u8 = 126;

/// The real codex was not found.
pub const NOT_FOUND: u8 = 127;

/// Every status, with its meaning.
pub const ALL: [(u8, &str); 6] = [
    (MET_ITSELF, "The shim met itself instead of the real codex."),
    (
        NO_PROXY,
        "The proxy that codex brings along could not be started; nothing was run.",
    ),
    (
        REFUSED,
        "Refused by policy; the real codex was not started.",
    ),
    (
        NO_POLICY,
        "The policy is missing or wrong, and the command could run a model.",
    ),
    (NOT_RUNNABLE, "The real codex was found and cannot be run."),
    (NOT_FOUND, "The real codex was not found."),
];
