//! The requests that select something, as data: every such field of codex 0.125.0 to 0.171.0.
//!
//! Where versions differ, the table has what any of them has: a field that one version lacks is inert
//! there. `harmless.rs` lists the methods that select nothing.

use alloc::string::String;

use super::harmless::{HARMLESS, MCP_HARMLESS};
use crate::Capability::{Audio, Generation};
use crate::{ForceAction, Setting};

/// The server that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Server {
    /// `codex app-server`.
    App,
    /// `codex mcp-server`.
    Mcp,
}

impl Server {
    /// Returns the row of a method, if the table lists it.
    pub(super) fn method(self, name: &str) -> Option<&'static Method> {
        let methods = match self {
            Self::App => APP_SERVER,
            Self::Mcp => MCP_SERVER,
        };
        methods.iter().find(|entry| entry.name == name)
    }

    /// Returns true where a method is known to select nothing.
    pub(super) fn is_harmless(self, name: &str) -> bool {
        let names = match self {
            Self::App => HARMLESS,
            Self::Mcp => MCP_HARMLESS,
        };
        names.contains(&name)
    }
}

/// A request and its fields that select something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) name: &'static str,
    /// Its fields, which it may share with other methods.
    fields: &'static [Field],
    /// The list of items of the Responses API that it alone has.
    items: Option<Field>,
}

impl Method {
    /// Returns all of its fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().chain(&self.items)
    }

    const fn items(self, path: &'static [&'static str]) -> Self {
        Self {
            items: Some(at(path, Kind::Items)),
            ..self
        }
    }
}

/// One place in a request's `params`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The names that lead to it; `*` is every element of an array.
    pub(super) path: &'static [&'static str],
    pub(super) kind: Kind,
    /// The value, as JSON, with which it selects nothing.
    pub(super) harmless: Option<&'static str>,
    /// True where the pin is put in where nothing is stated.
    pub(super) insert_if_missing: bool,
}

/// The meaning of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is a map of keys of the configuration.
    Config,
    /// It is dropped where the policy pins the effort.
    DropsWithEffort,
    /// It is a write to the configuration file: `keyPath` and `value`.
    Edit,
    /// It looks like a selector, and only filters what is shown.
    Harmless,
    /// It is a list of items of the Responses API.
    Items,
    /// It states a setting.
    Selects(Setting),
    /// The request as a whole adds a provider or a model, or lets clients connect that are not judged.
    Whole,
}

/// A selector that `force` takes out.
pub(super) const DROP: Setting = Setting::OtherSelector(Generation, ForceAction::Drop);

const fn at(path: &'static [&'static str], kind: Kind) -> Field {
    Field {
        path,
        kind,
        harmless: None,
        insert_if_missing: false,
    }
}

const fn selects(path: &'static [&'static str], setting: Setting) -> Field {
    at(path, Kind::Selects(setting))
}

impl Field {
    const fn insert_if_missing(self) -> Self {
        Self {
            insert_if_missing: true,
            ..self
        }
    }

    const fn unless(self, json: &'static str) -> Self {
        Self {
            harmless: Some(json),
            ..self
        }
    }
}

const fn method(name: &'static str, fields: &'static [Field]) -> Method {
    Method {
        name,
        fields,
        items: None,
    }
}

const MODEL: Field = selects(&["model"], Setting::Model(Generation));
const MODE_MODEL: Field = selects(
    &["collaborationMode", "settings", "model"],
    Setting::Model(Generation),
);
const MODE_EFFORT: Field = selects(
    &["collaborationMode", "settings", "reasoning_effort"],
    Setting::Effort,
);
const EFFORT: Field = selects(&["effort"], Setting::Effort);
const TIER: Field = selects(&["serviceTier"], Setting::Tier);
const AGENTS: Field = at(&["multiAgentMode"], Kind::DropsWithEffort);
/// The program in older versions.
const DAYBREAK: Field = selects(&["daybreakEnabled"], Setting::PROGRAM).unless("false");
const SHOWN: &[Field] = &[at(&["modelProvider"], Kind::Harmless)];
const WHOLE: &[Field] = &[at(&[], Kind::Whole)];

/// The fields of a request that opens a thread. Without a model, `thread/resume` runs the one that is recorded in the session.
const THREAD: &[Field] = &[
    MODEL.insert_if_missing(),
    selects(&["modelProvider"], DROP).unless("\"openai\""),
    TIER.insert_if_missing(),
    at(&["config"], Kind::Config),
    selects(&["allowProviderModelFallback"], DROP).unless("false"),
    AGENTS,
    DAYBREAK,
];

/// The requests of `codex app-server`.
pub(super) const APP_SERVER: &[Method] = &[
    method("account/bedrock/setup", WHOLE),
    method("account/gatewayOAuth/login", SHOWN),
    method("account/gatewayOAuth/read", SHOWN),
    method("account/gcp/setup", WHOLE),
    method("config/batchWrite", &[at(&["edits", "*"], Kind::Edit)]),
    method("config/value/write", &[at(&[], Kind::Edit)]),
    method("externalAgentConfig/import", WHOLE),
    method("model/list", SHOWN),
    method("modelProvider/config/write", WHOLE),
    method("modelProvider/default/set", WHOLE),
    method("remoteControl/enable", WHOLE),
    method("remoteControl/pairing/start", WHOLE),
    method("thread/fork", THREAD),
    method("thread/inject_items", &[]).items(&["items"]),
    method("thread/metadata/update", &[DAYBREAK]),
    method(
        "thread/realtime/start",
        &[selects(&["model"], Setting::Model(Audio)).insert_if_missing()],
    ),
    method("thread/resume", THREAD).items(&["history"]),
    method("thread/sample", &[MODEL, EFFORT]),
    method(
        "thread/settings/update",
        &[MODEL, EFFORT, TIER, AGENTS, MODE_MODEL, MODE_EFFORT],
    ),
    method("thread/start", THREAD),
    method("turn/settings/update", &[MODEL, EFFORT, TIER]),
    method(
        "turn/start",
        &[
            MODEL.insert_if_missing(),
            EFFORT.insert_if_missing(),
            TIER.insert_if_missing(),
            selects(&["serviceTierForTurn"], Setting::Tier),
            selects(&["cyberAccessProgram"], Setting::PROGRAM),
            AGENTS,
            MODE_MODEL,
            MODE_EFFORT,
        ],
    ),
];

/// The requests of `codex mcp-server`: a call of the tool `codex`.
pub(super) const MCP_SERVER: &[Method] = &[method(
    "tools/call",
    &[
        selects(&["arguments", "model"], Setting::Model(Generation)).insert_if_missing(),
        selects(&["arguments", "profile"], DROP),
        at(&["arguments", "config"], Kind::Config),
    ],
)];

/// Returns the name of every method of `codex app-server`.
pub fn app_server_methods() -> impl Iterator<Item = &'static str> {
    let selecting = APP_SERVER.iter().map(|method| method.name);
    selecting.chain(HARMLESS.iter().copied())
}

/// Returns true where a name selects something in another request, however it is spelled.
pub(super) fn looks_governed(name: &str) -> bool {
    const LOOKS: [&str; 6] = [
        "baseurl",
        "collaborationmode",
        "config",
        "keypath",
        "modelprovider",
        "profile",
    ];
    let folded: String = folded(name).collect();
    folded.ends_with("model") || LOOKS.contains(&folded.as_str())
}

/// Returns true where two names differ only in case and in characters that are no letter and no digit.
pub(super) fn is_alike(one: &str, other: &str) -> bool {
    folded(one).eq(folded(other))
}

pub(super) fn folded(name: &str) -> impl Iterator<Item = char> + '_ {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase())
}
