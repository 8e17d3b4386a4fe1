//! Describes how codex names the requester of a model call, in its headers and in the metadata of a turn.

use crate::Source;

/// Returns the requester of a call, as codex's headers state it (rule 11). A forged header gains nothing:
/// a call that claims to be background gets the pin.
pub fn source(path: &str, headers: &[(&str, &str)]) -> Source {
    let value = |name: &str| {
        let header = headers.iter().find(|(have, _)| *have == name);
        header.map(|(_, value)| *value)
    };
    match value("x-openai-subagent") {
        Some(agent) if BACKGROUND_AGENTS.contains(&agent) => return Source::Background,
        Some(_) => return Source::Subagent,
        None => {}
    }
    let is_codex = value("x-codex-window-id").is_some();
    let is_background_path = BACKGROUND_PATHS.iter().any(|end| path.ends_with(end));
    if is_background(value("x-codex-turn-metadata").unwrap_or_default())
        || (is_codex && is_background_path)
    {
        Source::Background
    } else {
        Source::User
    }
}

/// Returns true where codex's metadata of a turn say that codex started the turn by itself.
pub fn is_background(metadata: &str) -> bool {
    BACKGROUND_METADATA
        .iter()
        .any(|text| metadata.contains(text))
}

/// The agents that codex starts by itself.
const BACKGROUND_AGENTS: [&str; 4] = [
    "compact",
    "guardian",
    "memory_consolidation",
    "thread_title",
];

/// The texts of a turn's metadata that mark a turn which nobody requested.
const BACKGROUND_METADATA: [&str; 6] = [
    "\"thread_source\":\"guardian_review\"",
    "\"thread_source\":\"memory_consolidation\"",
    "\"thread_source\":\"thread_title\"",
    "\"request_kind\":\"compaction\"",
    "\"request_kind\":\"memory\"",
    // Memories and local compaction of 0.125.0; a turn that a person requests has a UUID here.
    "\"turn_id\":\"auto-compact-",
];

/// The paths that codex calls by itself only; up to 0.125.0 nothing else marks these calls.
const BACKGROUND_PATHS: [&str; 2] = ["/memories/trace_summarize", "/responses/compact"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_of_codex_by_itself_is_background() {
        const TURN: &str = "/v1/responses";
        const COMPACT: &str = "/v1/responses/compact";
        let window = ("x-codex-window-id", "w:0");
        let metadata = |text: &'static str| ("x-codex-turn-metadata", text);
        for (path, header, expected) in [
            (TURN, ("x-openai-subagent", "guardian"), Source::Background),
            (
                TURN,
                ("x-openai-subagent", "collab_spawn"),
                Source::Subagent,
            ),
            (
                TURN,
                metadata(r#"{"thread_source":"thread_title"}"#),
                Source::Background,
            ),
            (
                TURN,
                metadata(r#"{"turn_id":"auto-compact-1"}"#),
                Source::Background,
            ),
            (
                TURN,
                metadata(r#"{"turn_id":"01a1fe5f-5745"}"#),
                Source::User,
            ),
            (TURN, window, Source::User),
            (COMPACT, window, Source::Background),
            (COMPACT, ("user-agent", "OpenAI/Python"), Source::User),
        ] {
            assert_eq!(source(path, &[header]), expected, "{path} {header:?}");
        }
    }
}
