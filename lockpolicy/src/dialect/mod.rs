//! The operations of each provider's API, as data: which exist, and where they name a model.
//!
//! One file in `dialects/` per dialect, compiled in. Adding one, or an operation to one, changes no
//! code. A method and path that no switched-on dialect lists is refused (rule 10).

mod operation;
mod places;
mod read;
mod sources;
mod table;

pub use operation::{
    Answer, Content, Entry, ErrorShape, Message, ModelAt, Operation, Places, Refused,
};
pub(crate) use table::model_in_path;
pub use table::{Found, Table, UnknownDialect};

use alloc::string::String;
use alloc::vec::Vec;

/// One provider's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The word that switches it on.
    pub name: String,
    /// Where its requests go when nothing else is configured.
    pub upstream: Option<String>,
    /// The header that a key stands in.
    pub credential: Credential,
    /// Request headers that pass, in lower case; a `*` at the end stands for any rest.
    pub headers: Vec<String>,
    /// What it can be asked.
    pub operations: Vec<Operation>,
    /// What it is never asked; nothing reads it but the documentation.
    pub refused: Vec<Refused>,
}

/// How a provider is told a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// `authorization: Bearer …` (RFC 6750).
    #[default]
    Bearer,
    /// `api-key: …`
    ApiKey,
    /// `x-api-key: …`
    XApiKey,
    /// `x-goog-api-key: …`
    XGoogApiKey,
}

/// The names of all dialects.
pub fn names() -> impl Iterator<Item = &'static str> {
    sources::DIALECTS.iter().map(|(name, _)| *name)
}
