//! codex's command line: the settings that its arguments state, and the arguments that go on.
//!
//! ```text
//! arguments → parser: tokens → occurrences → judge → verdict: Arguments → rewrite: arguments
//! ```
//!
//! One line is judged for every version of codex at once. What only asks for help passes byte for byte.
//! Everything else gets the pin where each version respects it: `-m` where the command has it, and `-c model`,
//! `-c review_model`. A command that runs no model gets it too, before its name: to a version that
//! does not know the command, its name is a prompt.
//!
//! Not covered, because no command line can: models that codex picks by itself, roles and profiles in
//! its configuration files, and threads of a server that is running already.

mod arg_change;
mod directories;
mod judge;
mod line;
mod occurrences;
mod options;
mod parser;
mod rewrite;
mod spec;
mod table;
mod token;
mod verdict;

pub use arg_change::{ArgChange, Becomes};
pub use directories::directories;
pub use judge::{judge, judge_for, judge_without_policy};
pub use line::CommandLine;
pub use options::GLOBAL;
pub use parser::{read, read_for};
pub use spec::{Command, ModelSource, Operands, OptionSpec, Role, Takes};
pub use table::ROOT;
pub use token::{Disposition, OptionToken, Token, TokenKind, write};
pub use verdict::{Arguments, CommandAction, CommandVerdict};

#[cfg(test)]
mod tests;
