//! The names that keys, variables and modes had before.

use alloc::format;
use alloc::string::String;

/// Each old name with the name of today.
const RENAMED: [(&str, &str); 6] = [
    ("MODEL_LOCK_DISCLOSE", "MODEL_LOCK_DISCLOSE_MODEL_IN_ERRORS"),
    ("MODEL_LOCK_ON_MISMATCH", "MODEL_LOCK_ON_SERVED_MISMATCH"),
    ("audit", "report_only"),
    ("disclose", "disclose_model_in_errors"),
    ("on_mismatch", "on_served_mismatch"),
    ("served_variants", "served_model_aliases"),
];

/// Returns what to say about an old name; `None` where the name is none of them.
pub(super) fn advice(name: &str) -> Option<String> {
    let mut renamed = RENAMED.iter();
    let (_, new) = renamed.find(|(old, _)| *old == name)?;
    Some(format!("renamed to `{new}`"))
}

/// Returns the environment variables that had a name of today's before. Each is an error.
pub fn renamed_policy_variables() -> impl Iterator<Item = &'static str> {
    let old = RENAMED.iter().map(|(old, _)| *old);
    old.filter(|name| name.starts_with("MODEL_LOCK_"))
}
