//! The facts about an agent that generic code needs.

/// One agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The name of its executable. Called by this name, this program stands in for it.
    pub executable: &'static str,
    /// The variable that holds the path of the real executable.
    pub real_path_variable: &'static str,
}
