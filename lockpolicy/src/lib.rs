//! This crate decides which model may run. It does no I/O.
//!
//! # The promise
//!
//! One model is approved: the **pin**. An input that is passed on names the pin for every plausible
//! decoder, or it is rejected. An approved input is passed on byte for byte; a forced one differs in the
//! forced values alone. Every attempt to run another model is reported, whatever its result.
//!
//! # The data flow
//!
//! ```text
//! bytes → surface: extract → [Occurrence] → judge(Policy) → Decision → surface: apply → bytes
//! ```
//!
//! A **surface** finds the places of an input that state a setting, and edits exactly these; it never decides.
//! [`judge()`] decides and knows no surface. The operations of each provider are tables
//! ([`dialect`]), the [`Policy`] is complete and valid by construction ([`PolicyConfig::build`]).
//!
//! # An HTTP request
//!
//! ```
//! use lockpolicy::dialect::Table;
//! use lockpolicy::http::{Request, judge_request};
//! use lockpolicy::{PolicyConfig, Source, edit};
//!
//! let policy = PolicyConfig::from_toml("model = 'gpt-5.5'").build().unwrap();
//! let table = Table::of(["openai"]).unwrap();
//! let content = br#"{"temperature": 1.0, "model": "other", "fallbacks": ["more"]}"#;
//! let request = Request {
//!     found: &table.find("POST", "/v1/responses").unwrap(),
//!     path: "/v1/responses",
//!     query: "",
//!     headers: &[("content-type", "application/json")],
//!     content,
//!     source: Source::User,
//! };
//! let judged = judge_request(&policy, request);
//! let sent = edit::apply(content, judged.content);
//! assert_eq!(sent, br#"{"temperature": 1.0, "model": "gpt-5.5"}"#);
//! assert_eq!(judged.verdict.attempts.len(), 2);
//! ```
//!
//! # A WebSocket message
//!
//! ```
//! use lockpolicy::dialect::Table;
//! use lockpolicy::http::ws_message::judge_message;
//! use lockpolicy::{Decision, PolicyConfig, Reason, Source};
//!
//! let policy = PolicyConfig::from_toml("model = 'gpt-5.5'\nmode = 'reject'").build().unwrap();
//! let table = Table::of(["openai"]).unwrap();
//! let socket = table.find("GET", "/v1/responses").unwrap();
//! let message = br#"{"type": "response.create", "model": "other"}"#;
//! let (verdict, _) = judge_message(&policy, socket.operation, message, Source::User);
//! let Decision::Reject(rejection) = verdict.decision else { panic!() };
//! assert_eq!(rejection.reason, Reason::ModelLocked);
//! assert_eq!(rejection.to_string(), "model `other` is not permitted here (/model); locked by policy");
//! ```
//!
//! # A command line
//!
//! ```
//! use lockpolicy::PolicyConfig;
//! use lockpolicy::agents::codex::cli::judge;
//!
//! let policy = PolicyConfig::from_toml("model = 'gpt-5.5'").build().unwrap();
//! assert!(judge(&policy, &[b"login", b"--help"]).arguments().unwrap().is_unchanged());
//! let judged = judge(&policy, &[b"exec", b"-m", b"other", b"hi"]);
//! let args = judged.arguments().unwrap().with_overrides(&[]);
//! assert!(args.windows(2).any(|pair| pair == [b"-m".to_vec(), b"gpt-5.5".to_vec()]));
//! assert!(!args.contains(&b"other".to_vec()));
//! ```
//!
//! # A response
//!
//! ```
//! use lockpolicy::PolicyConfig;
//! use lockpolicy::http::{model_list, response_edit};
//!
//! let event = br#"data: {"type":"response.created","response":{"headers":{"openai-model":"gpt-5.5"}}}"#;
//! let edited = response_edit::without_pin(event, "gpt-5.5");
//! assert_eq!(*edited, *br#"data: {"type":"response.created","response":{"headers":{}}}"#);
//!
//! let policy = PolicyConfig::from_toml("model = 'gpt-5.5'").build().unwrap();
//! let list = model_list::only_pinned(&policy, br#"{"data":[{"id":"other"},{"id":"gpt-5.5"}]}"#);
//! assert_eq!(list.unwrap(), br#"{"data":[{"id":"gpt-5.5"}]}"#);
//! ```
//!
//! # What is not promised
//!
//! - That the provider runs what it is asked for. What it says that it served is its word.
//! - Anything about what does not come through here: another address, another program, a file.
//! - That a request is valid to the provider, or safe in any other respect: only what selects a model,
//!   an effort or a service tier is looked at, and only where [`dialect`] or [`agents`] say that it can
//!   stand. A member that no table knows passes as long as its name is a plain identifier.
//! - Time that does not depend on the length of the input. It grows in proportion to it, and a little
//!   more where an object has many names, which are sorted.
//! - A lock in [`Mode::ReportOnly`], which refuses only what cannot be understood.
//! - Stable names or layouts: the crate belongs to this workspace.
//!
//! # What it depends on
//!
//! This crate does no I/O, has no clock and no environment, and builds without `std`; it has no
//! `unsafe` and does not panic. `tests/laws` states its laws and holds them against a second, naive
//! implementation; `fuzz` tries to break them.

#![no_std]

#[doc(hidden)]
pub extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod agents;
mod attempt;
mod capability;
pub mod dialect;
pub mod edit;
mod finds;
pub mod http;
pub mod json;
mod judge;
mod label;
mod occurrence;
pub mod path;
mod policy;
mod rejection;
mod report;
mod served_match;
#[cfg(test)]
mod tests;
mod text;
mod verdict;

pub use attempt::{Attempt, AttemptResult, Source, Surface};
pub use capability::Capability;
pub use judge::{Origin, judge, refuse};
pub use label::Label;
pub use occurrence::{
    Condition, ForceAction, Limit, NeutralWord, Occurrence, SelectorValue, Setting,
};
pub use policy::{
    AllowedOperation, EFFORTS, Effort, HeaderPattern, KEYS, Key, KeyValue, Line, MAX_NAME_BYTES,
    Mode, Name, NameError, OnServedMismatch, Policy, PolicyConfig, Problem, Problems, ProxySetting,
    ServedAliases, TIERS, Tier, ToolTypeName, ValueKind, line_of_key, policy_variables,
    renamed_policy_variables,
};
pub use rejection::{Reason, Rejection};
pub use report::{Event, Judged, NoObserver, Observer, RequestContext, ServedReport, report};
#[doc(hidden)]
pub use serde;
pub use served_match::Served;
pub use text::{escape_for_log, nearest_names};
pub use verdict::{Action, Change, Decision, ModelChoice, ModelMatch, Verdict};
