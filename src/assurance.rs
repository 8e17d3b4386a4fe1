//! The levels of assurance that a machine can reach.

/// A level of assurance. Each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Nothing that was tried holds.
    #[value(skip)]
    Open,
    /// The shim holds: a `codex` that is called by its name runs the pin.
    Guarded,
    /// The proxy holds too: all that such a codex does goes through it.
    Enforced,
    /// The route holds too: nothing gets around the proxy.
    Sealed,
}

impl Level {
    /// Every level, the lowest first.
    pub(crate) const ALL: [Self; 4] = [Self::Open, Self::Guarded, Self::Enforced, Self::Sealed];

    /// The word that is printed.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Guarded => "guarded",
            Self::Enforced => "enforced",
            Self::Sealed => "sealed",
        }
    }
}
