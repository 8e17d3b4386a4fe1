//! The keys of the policy. Reading a file and the environment, the policy itself, its hash and the
//! reference pages all follow from this table: a new key is a row here.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::key::{Key, policy_keys};
use super::mode::{Mode, OnServedMismatch};
use super::name::Name;
use super::served_aliases::ServedAliases;
use super::texts::{
    AllowedOperation, Effort, HeaderPattern, Line, ProxySetting, Tier, ToolTypeName,
};
use super::value::KeyValue;
use super::values::Values;
use crate::Capability;

policy_keys! {
    /// `force` replaces another model by the approved one, `reject` rejects the request, and `report_only`
    /// passes everything on and counts it: nothing is locked.
    mode: Mode {
        key: "mode",
        variable: Some("OPENCLAW_MODEL_LOCK_MODE"),
        default: "force",
        example: "mode = \"reject\"",
    }

    /// The approved model, required: the pin of generation.
    pin: Name {
        key: "model",
        variable: Some(Capability::Generation.variable()),
        example: "model = \"gpt-5.5\"",
    }

    /// Other spellings of the approved model. They are replaced by its name and count as no attempt;
    /// `openai/<model>` always is one.
    aliases: Vec<Name> {
        key: "aliases",
        variable: Some("OPENCLAW_MODEL_ALIASES"),
        example: "aliases = [\"our-model\"]",
    }

    /// The approved model for audio. Without one, audio is rejected.
    audio_model: Option<Name> {
        key: "pins.audio",
        variable: Some(Capability::Audio.variable()),
        example: "pins.audio = \"gpt-audio\"",
    }

    /// The approved model for embeddings. Without one, embeddings are rejected.
    embedding_model: Option<Name> {
        key: "pins.embedding",
        variable: Some(Capability::Embedding.variable()),
        example: "pins.embedding = \"text-embedding-3-small\"",
    }

    /// The approved model for images. Without one, images are rejected.
    image_model: Option<Name> {
        key: "pins.image",
        variable: Some(Capability::Image.variable()),
        example: "pins.image = \"gpt-image-1\"",
    }

    /// The approved model for moderation. Without one, moderation is rejected.
    moderation_model: Option<Name> {
        key: "pins.moderation",
        variable: Some(Capability::Moderation.variable()),
        example: "pins.moderation = \"omni-moderation-latest\"",
    }

    /// The approved model for video. Without one, video is rejected.
    video_model: Option<Name> {
        key: "pins.video",
        variable: Some(Capability::Video.variable()),
        example: "pins.video = \"sora-2\"",
    }

    /// The pinned reasoning effort, as the APIs spell it. Without one, any effort passes. In mode `reject`, a request
    /// has to state it: one that states no effort is rejected like one that states another.
    effort: Option<Effort> {
        key: "reasoning_effort",
        variable: Some("OPENCLAW_REASONING_EFFORT"),
        example: "reasoning_effort = \"medium\"",
    }

    /// The pinned service tier, as the APIs spell it. Without one, any tier passes. In mode `reject`, a request has to
    /// state it, as with the effort.
    tier: Option<Tier> {
        key: "service_tier",
        variable: Some("OPENCLAW_SERVICE_TIER"),
        example: "service_tier = \"default\"",
    }

    /// With `true`, a rejection names the approved model.
    disclose_model_in_errors: bool {
        key: "disclose_model_in_errors",
        variable: Some("MODEL_LOCK_DISCLOSE_MODEL_IN_ERRORS"),
        default: "false",
        example: "disclose_model_in_errors = true",
    }

    /// `log` records that the provider says it served another model; `fail` ends the response with an
    /// error.
    on_served_mismatch: OnServedMismatch {
        key: "on_served_mismatch",
        variable: Some("MODEL_LOCK_ON_SERVED_MISMATCH"),
        default: "log",
        example: "on_served_mismatch = \"fail\"",
    }

    /// Further names by which the provider may call the model that was sent: regular expressions, each for
    /// a whole name. Dated snapshots and the providers' own spellings need none.
    served_model_aliases: ServedAliases {
        key: "served_model_aliases",
        variable: None,
        example: "served_model_aliases = ['our-model-\\d+']",
    }

    /// Operations that no dialect lists, or that one refuses, and that pass without a judgement, with the headers of
    /// the dialect at whose path they stand. `*` is one path segment, `**` at the end the rest.
    allow: Vec<AllowedOperation> {
        key: "allow",
        variable: None,
        example: "allow = [\"GET /v1/files/*\"]",
    }

    /// Request headers that pass besides the dialects' own, in lower case. A `*` at the end is any rest that
    /// names no model and no configuration.
    allow_headers: Vec<HeaderPattern> {
        key: "allow_headers",
        variable: None,
        example: "allow_headers = [\"x-team-*\"]",
    }

    /// Types of tools, and rankers of their searches, that pass besides those that the dialects list, as the API
    /// spells them. A listed one passes whatever it runs.
    allow_tool_types: Vec<ToolTypeName> {
        key: "allow_tool_types",
        variable: None,
        example: "allow_tool_types = [\"x_search\"]",
    }

    /// The forward proxy through which `https` upstreams are reached, without credentials: it stands in for
    /// `HTTPS_PROXY`, which is ignored where the user cannot change the file.
    forward_proxy: Option<Line> {
        key: "forward_proxy",
        variable: None,
        example: "forward_proxy = \"http://proxy.example:3128\"",
    }

    /// The upstreams that are reached without the forward proxy, as in `NO_PROXY`.
    no_forward_proxy: Option<Line> {
        key: "no_forward_proxy",
        variable: None,
        example: "no_forward_proxy = \"internal.example,10.0.0.0/8\"",
    }

    /// The file with the certificate authorities that upstreams are checked by: it stands in for
    /// `SSL_CERT_FILE`, which is ignored where the user cannot change the file.
    ca_file: Option<Line> {
        key: "ca_file",
        variable: None,
        example: "ca_file = \"/etc/ssl/certs/company.pem\"",
    }

    /// The URL of a running proxy. The shim sends codex there, and a command line may name it. `off`
    /// disables the proxy layer.
    proxy_setting: Option<ProxySetting> {
        key: "proxy",
        variable: Some("MODEL_LOCK_PROXY"),
        example: "proxy = \"http://127.0.0.1:8383\"",
    }
}

/// Returns the environment variables that a policy is read from, with the meaning of each.
pub fn policy_variables() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.iter().filter_map(|key| Some((key.variable?, key.doc)))
}
