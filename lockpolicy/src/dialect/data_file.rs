//! The shape of a data file, as it is deserialized.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Content, Credential, ErrorShape, ResponseKind};
use crate::Capability;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) upstream: Option<String>,
    #[serde(default)]
    pub(super) errors: ErrorShape,
    #[serde(default)]
    pub(super) credential: Credential,
    #[serde(default = "takes_key")]
    pub(super) takes_key: bool,
    #[serde(rename = "served")]
    _served: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) told_by: Vec<String>,
    #[serde(default)]
    pub(super) headers: Vec<String>,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) selectors: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) messages: BTreeMap<String, Vec<MessageEntry>>,
    #[serde(default)]
    pub(super) tool_types: BTreeMap<String, Vec<String>>,
    pub(super) operations: Vec<OperationEntry>,
    #[serde(default)]
    pub(super) refused: Vec<RefusedEntry>,
}

/// Describes what operations share, by name: of all dialects, and of this one.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Groups {
    #[serde(rename = "credentials")]
    _credentials: Option<IgnoredAny>,
    pub(super) fields: BTreeMap<String, Vec<String>>,
    pub(super) selectors: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) messages: BTreeMap<String, Vec<MessageEntry>>,
    pub(super) tool_types: BTreeMap<String, Vec<String>>,
    /// The groups of selectors that hold in every content.
    #[serde(skip)]
    pub(super) everywhere: &'static [&'static str],
    #[serde(skip)]
    pub(super) tools: BTreeMap<String, Arc<[String]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationEntry {
    pub(super) at: At,
    pub(super) capability: Option<Capability>,
    #[serde(default)]
    pub(super) content: Content,
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) unless: Vec<String>,
    #[serde(default)]
    pub(super) selectors: Vec<String>,
    #[serde(default)]
    pub(super) query: Vec<String>,
    #[serde(default)]
    pub(super) response: ResponseKind,
    pub(super) messages: Option<String>,
    pub(super) errors: Option<ErrorShape>,
}

/// One `METHOD PATH`, or several that are the same in all else.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum At {
    One(String),
    Each(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageEntry {
    pub(super) kind: String,
    pub(super) capability: Option<Capability>,
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) selectors: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusedEntry {
    pub(super) at: At,
    pub(super) why: String,
}

impl At {
    /// Returns each of them.
    pub(super) fn each(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(at) => core::slice::from_ref(at).iter().map(String::as_str),
            Self::Each(all) => all.iter().map(String::as_str),
        }
    }
}

/// Returns what holds for a provider that says nothing else.
const fn takes_key() -> bool {
    true
}
