//! One line of JSON-RPC, from a client to codex's `app-server` or `mcp-server`.
//!
//! ```text
//! line → envelope: id, method, params → fields: occurrences → judge → edits → proxy_overrides
//! ```
//!
//! A line has one reader, so it is read as that reader does: `serde_json`, the last of two equal names,
//! escapes decoded. What that reader drops has no effect. Inside what is governed, everything that
//! has two spellings is refused: names that occur twice, with escapes or in another case, and
//! positional arrays, which codex takes in place of objects.
//!
//! Items of the Responses API, which codex hands on to the provider, are judged as the input of a request is.
//!
//! What is no request passes byte for byte: responses of the client and notifications. The server's
//! output is never read.
//!
//! A provider: `openai` is codex's own and passes, since clients repeat what the server reported. Any
//! other is refused in reject. In force its name is taken out, as is what defines one in a config map:
//! the thread then runs at the provider of the configuration, which is what a client that asked for
//! that one sees in the answer.
//!
//! Not covered, because no field says it: files and programs. `fs/writeFile` can write a configuration
//! file, `command/exec`, `process/spawn` and `thread/shellCommand` can start another codex.

mod config_map;
mod envelope;
mod error_line;
mod fields;
mod finder;
mod harmless;
mod items;
mod judge;
mod members;
mod methods;
mod proxy_overrides;
mod unlisted;

pub use judge::{LineAction, LineVerdict, judge_line, too_long};
pub use methods::{Server, app_server_methods};
pub use proxy_overrides::with_overrides;

#[cfg(test)]
pub(crate) mod tests;
