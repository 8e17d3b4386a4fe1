//! One operation: a method and path, and where it names a model.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::json::Tree;
use crate::path::path_matches;
use crate::{Capability, SelectorValue, Setting};

/// The shape of a provider's error object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorShape {
    /// `{"type":"error","error":{…}}`.
    Anthropic,
    /// `{"message":"…"}`, with the kind of error in a header.
    Aws,
    /// `{"error":{"code":400,"message":…,"status":…}}`; a WebSocket is closed with the message.
    Google,
    /// `{"object":"error","message":…,"type":…,"param":…,"code":…}`.
    Mistral,
    /// `{"error":{"message":…,"type":…,"param":…,"code":…}}`.
    #[default]
    Openai,
    /// `{"error":"…"}`.
    Plain,
}

/// One thing that a provider can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The method, exactly.
    pub method: String,
    /// The path, segment by segment; `*` stands for one segment, `{model}` for the model's.
    pub pattern: String,
    /// The capability of the model; `None` where no model runs.
    pub capability: Option<Capability>,
    /// The kind of the content.
    pub content: Content,
    /// The location of the model's name.
    pub model: ModelAt,
    /// The parameters of the query, as `NAME=VALUE`, or as `NAME` for any value, with which the API takes no model
    /// there.
    pub unless: Vec<String>,
    /// The places of a JSON content.
    pub places: Places,
    /// Query parameters that may be given, each once.
    pub query: Vec<String>,
    /// The kind of the response.
    pub response: ResponseKind,
    /// The messages that a client may send after the handshake, by their `type`.
    pub messages: Vec<Message>,
    /// The shape of its errors.
    pub errors: ErrorShape,
}

impl Operation {
    /// Returns true if a parameter of a query says that the query names no model.
    pub(crate) fn names_no_model(&self, query: &str) -> bool {
        let says = |pair: &str, unless: &String| match pair.split_once('=') {
            Some((name, value)) if !unless.contains('=') => name == unless && !value.is_empty(),
            _ => pair == unless,
        };
        let mut pairs = query.split('&');
        pairs.any(|pair| self.unless.iter().any(|unless| says(pair, unless)))
    }
}

/// A door that exists and is not listed on purpose: what runs behind it is not named by the request, or
/// is not governed by a pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Method and path; `*` stands for one segment, `**` at the end for any rest, or none.
    pub at: String,
    /// The reason.
    pub why: String,
}

impl Refused {
    /// Returns true if it is this method and path.
    pub(crate) fn covers(&self, method: &str, path: &str) -> bool {
        let pattern = self.at.strip_prefix(method);
        let pattern = pattern.and_then(|rest| rest.strip_prefix(' '));
        pattern.is_some_and(|pattern| {
            path_matches(pattern, path) || pattern.strip_suffix("/**") == Some(path)
        })
    }
}

/// One kind of message on a WebSocket, and what it governs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The value of its member `type`.
    pub kind: String,
    /// The places in it.
    pub places: Places,
}

/// The governed places of a JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The places, by the selectors of `tree`.
    pub entries: Vec<Entry>,
    /// The pointers, compiled.
    pub tree: Tree,
    /// The request headers that state a setting, in lower case.
    pub headers: Vec<(String, Setting)>,
}

/// Describes what the content of a request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A JSON object.
    Json,
    /// A JSON object, whatever the media type says: the API heeds none.
    JsonAnyType,
    /// Nothing: whatever comes is refused.
    #[default]
    None,
    /// A form with files (RFC 7578).
    Multipart,
    /// JSON or a form, by the media type.
    JsonOrMultipart,
    /// A WebSocket handshake; what follows is judged message by message.
    WebSocket,
}

/// Describes where an operation names its model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ModelAt {
    /// Nowhere: none runs, or none is named.
    #[default]
    Nowhere,
    /// In the content, at the entry with this index.
    Content(usize),
    /// In the path, at `{model}`.
    Path,
    /// In the query, under this name.
    Query(String),
}

/// A governed place in a JSON content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The JSON pointer.
    pub pointer: String,
    /// The setting that it selects. `None` for an object that is watched because a governed member may have to be
    /// put into it.
    pub setting: Option<Setting>,
    /// `true` if absence is stated too, so that a pin can be inserted.
    pub insert_if_missing: bool,
    /// `true` if the value is compared in lower case.
    pub any_case: bool,
    /// The prefix of the model's name, such as `models/`; it may be left out.
    pub prefix: String,
    /// The entry of the object around it, where that is neither the root nor an array's element.
    pub parent: Option<usize>,
    /// The entry of the array's elements, or of the object, each of which has to state it; `None` where the whole
    /// content has to, or nothing.
    pub each: Option<usize>,
    /// The types of tools that may stand here, where the place holds one.
    pub tools: Option<ToolTypes>,
}

/// The types of tools that an API has: nothing else is found at a place that holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolTypes {
    /// The types, as the API spells them.
    pub listed: Arc<[String]>,
    /// `true` if the API takes `null` there.
    pub null: bool,
}

impl ToolTypes {
    /// Returns true if the API has this type.
    pub(crate) fn has(&self, stated: &SelectorValue<'_>) -> bool {
        match stated {
            SelectorValue::Missing => true,
            SelectorValue::Null => self.null,
            SelectorValue::Text(text) => self.listed.iter().any(|listed| listed == text),
            SelectorValue::NotText => false,
        }
    }
}

/// The kind of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseKind {
    /// A list of models: reduced to those that may be used.
    Models,
    /// Passed on as it comes.
    #[default]
    Opaque,
    /// A response or its events, observed because they name the model that served.
    Observed,
}
