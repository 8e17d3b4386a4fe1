//! The policy: what is approved, and what is done about everything else.

mod config;
mod key;
mod keys;
mod mode;
mod name;
mod problem;
mod queries;
mod renamed;
mod served_aliases;
mod texts;
mod value;
mod values;
mod words;

pub use config::{PolicyConfig, line_of_key};
pub use key::Key;
pub use keys::{KEYS, Policy, policy_variables};
pub use mode::{Mode, OnServedMismatch};
pub use name::{MAX_NAME_BYTES, Name, NameError};
pub use problem::{Problem, Problems};
pub use renamed::renamed_policy_variables;
pub use served_aliases::ServedAliases;
pub use texts::{AllowedOperation, Effort, HeaderPattern, Line, ProxySetting, Tier, ToolTypeName};
pub use value::{KeyValue, ValueKind};
pub use words::{EFFORTS, TIERS};
