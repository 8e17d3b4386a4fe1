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

pub use config::PolicyConfig;
pub use key::Key;
pub use keys::{KEYS, Policy, policy_variables};
pub use mode::{Mode, OnServedMismatch};
pub use name::{MAX_NAME_BYTES, Name, NameError};
pub use problem::{Problem, Problems};
pub use renamed::renamed_policy_variables;
pub use served_aliases::ServedAliases;
pub use texts::{AllowedOperation, HeaderPattern, Line, ProxySetting, ToolTypeName, Word};
pub use value::{KeyValue, ValueKind};
