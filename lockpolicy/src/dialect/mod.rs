//! The operations of each provider's API, as data: which exist, and where they name a model.
//!
//! One file in `dialects/` per dialect, compiled in. Adding one, or an operation to one, changes no
//! code. A method and path that no switched-on dialect lists is refused (rule 10).

mod allowed_model;
mod data_file;
mod nearest;
mod operation;
mod overlap;
mod places;
mod read;
mod sources;
mod table;
mod unheld;

pub use allowed_model::AllowedModel;
pub use operation::{
    Content, Entry, ErrorShape, Message, ModelAt, Operation, Places, Refused, ResponseKind,
    ToolTypes,
};
pub use overlap::Overlap;
pub(crate) use sources::{
    CREDENTIALS_FIELDS, CREDENTIALS_QUERY, CREDENTIALS_WORDS, SERVED_FIELDS, SERVED_MODELS,
    SERVED_PREFIXES, SERVED_REGIONS, SERVED_VENDORS, SERVED_VERSIONS,
};
pub(crate) use table::model_in_path;
pub use table::{Found, Table, UnknownDialect};
pub use unheld::Unheld;

use alloc::string::String;
use alloc::vec::Vec;

/// One provider's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The word that switches it on.
    pub name: String,
    /// The provider's URL, unless another one is configured.
    pub upstream: Option<String>,
    /// The field that a key stands in.
    pub credential: Credential,
    /// `true` if the provider takes a key, `false` if it takes the login of an account alone.
    pub takes_key: bool,
    /// Request headers that the clients of this API alone send: by one of them, a request for a path that other
    /// dialects list too tells that it is of this one.
    pub told_by: Vec<String>,
    /// Request headers that pass, in lower case; a `*` at the end stands for any rest.
    pub headers: Vec<String>,
    /// `true` if the proxy holds a key for it.
    pub holds_key: bool,
    /// The operations that it has.
    pub operations: Vec<Operation>,
    /// The operations that are refused, also where another dialect lists them and no model runs.
    pub refused: Vec<Refused>,
}

impl Dialect {
    /// Returns true if a request tells that it is of this dialect. `states` says whether it has a field.
    pub(crate) fn is_told(&self, states: impl Fn(&str) -> bool) -> bool {
        self.told_by.iter().any(|name| states(name))
    }
}

/// The field in which a provider takes a key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The name of the field.
    pub field: String,
    /// The text in front of the key.
    #[serde(default)]
    pub prefix: String,
}

/// `authorization: Bearer KEY` (RFC 6750).
impl Default for Credential {
    fn default() -> Self {
        Self {
            field: "authorization".into(),
            prefix: "Bearer ".into(),
        }
    }
}

/// The names of all dialects.
pub fn names() -> impl Iterator<Item = &'static str> {
    sources::DIALECTS.iter().map(|(name, _)| *name)
}
