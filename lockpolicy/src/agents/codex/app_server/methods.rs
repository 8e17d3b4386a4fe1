//! The requests that select something, as data: every such field of codex 0.125.0 to 0.169.0.
//!
//! Where versions differ, the table has what any of them has: a field that one version lacks is inert
//! there. A method that is not listed passes as long as no member of it looks like a selector.

use alloc::string::String;

use crate::Capability::{self, Audio, Generation};

/// A request and what it selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

/// One place in a request's `params`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The names that lead there; `*` is every element of an array.
    pub(super) path: &'static [&'static str],
    pub(super) kind: Kind,
    /// Whether the pin is put in where nothing stands.
    pub(super) expected: bool,
}

/// What a place selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// How much the agents may think together.
    Agents,
    /// A map of keys of the configuration.
    Config,
    /// A write to the configuration file: `keyPath` and `value`.
    Edit,
    /// How long the model may think.
    Effort,
    /// Looks like a selector, and only filters what is shown.
    Harmless,
    /// The model.
    Model(Capability),
    /// Another line of models of the provider.
    Program,
    /// A profile of the configuration.
    Profile,
    /// The provider.
    Provider,
    /// Lets codex pick another model by itself.
    Switch,
    /// The service tier.
    Tier,
    /// The request as a whole brings a provider or a model in, or opens a door that nobody watches.
    Whole,
}

const fn at(path: &'static [&'static str], kind: Kind) -> Field {
    Field {
        path,
        kind,
        expected: false,
    }
}

impl Field {
    const fn expected(self) -> Self {
        Self {
            expected: true,
            ..self
        }
    }
}

const fn method(name: &'static str, fields: &'static [Field]) -> Method {
    Method { name, fields }
}

const MODEL: Field = at(&["model"], Kind::Model(Generation));
const MODE_MODEL: Field = at(
    &["collaborationMode", "settings", "model"],
    Kind::Model(Generation),
);
const MODE_EFFORT: Field = at(
    &["collaborationMode", "settings", "reasoning_effort"],
    Kind::Effort,
);
const EFFORT: Field = at(&["effort"], Kind::Effort);
const TIER: Field = at(&["serviceTier"], Kind::Tier);
const AGENTS: Field = at(&["multiAgentMode"], Kind::Agents);
const DAYBREAK: Field = at(&["daybreakEnabled"], Kind::Switch);
const SHOWN: &[Field] = &[at(&["modelProvider"], Kind::Harmless)];
const WHOLE: &[Field] = &[at(&[], Kind::Whole)];

/// What opens a thread. Without a model, `thread/resume` runs the one that is recorded in the session.
const THREAD: &[Field] = &[
    MODEL.expected(),
    at(&["modelProvider"], Kind::Provider),
    TIER.expected(),
    at(&["config"], Kind::Config),
    at(&["allowProviderModelFallback"], Kind::Switch),
    AGENTS,
    DAYBREAK,
];

/// `codex app-server`.
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
    method("remoteControl/enable", WHOLE),
    method("remoteControl/pairing/start", WHOLE),
    method("thread/fork", THREAD),
    method("thread/metadata/update", &[DAYBREAK]),
    method(
        "thread/realtime/start",
        &[at(&["model"], Kind::Model(Audio)).expected()],
    ),
    method("thread/resume", THREAD),
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
            MODEL.expected(),
            EFFORT.expected(),
            TIER.expected(),
            at(&["serviceTierForTurn"], Kind::Tier),
            at(&["cyberAccessProgram"], Kind::Program),
            AGENTS,
            MODE_MODEL,
            MODE_EFFORT,
        ],
    ),
];

/// `codex mcp-server`: a call of the tool `codex`.
pub(super) const MCP_SERVER: &[Method] = &[method(
    "tools/call",
    &[
        at(&["arguments", "model"], Kind::Model(Generation)).expected(),
        at(&["arguments", "profile"], Kind::Profile),
        at(&["arguments", "config"], Kind::Config),
    ],
)];

/// Whether a name is one that selects something in a request of another kind, however it is spelled.
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

/// Whether two names are the same but for case and for what is no letter and no digit.
pub(super) fn alike(one: &str, other: &str) -> bool {
    folded(one).eq(folded(other))
}

fn folded(name: &str) -> impl Iterator<Item = char> + '_ {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase())
}
