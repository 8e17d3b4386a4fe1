//! The data files, compiled in, and what all of them say together. `build.rs` writes the lists.

/// The data that the dialects have in common; no dialect itself.
pub(super) const COMMON: &str = include_str!("../../dialects/common.toml");

include!(concat!(env!("OUT_DIR"), "/dialects.rs"));
