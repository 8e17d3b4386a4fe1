//! Small cases of each dialect: what is asked, what goes on under `force`, whether `reject` lets it pass.

use lockpolicy::dialect::Table;

use super::pinned_cases::PINNED;
use super::{PINS, ask, policy};

/// What `force` makes of it.
pub(crate) enum Forced {
    /// It goes on as it came.
    Same,
    /// With this content.
    Content(&'static str),
    /// To this target.
    Target(&'static str),
    /// It is refused.
    Refused,
    /// No table lists it.
    Unlisted,
}

use Forced::{Content, Refused, Same, Target, Unlisted};

/// Dialect, target of a POST, content, what `force` makes of it. `reject` passes what stays the same and
/// nothing else.
pub(crate) type Case = (&'static str, &'static str, &'static str, Forced);

const CASES: &[Case] = &[
    (
        "litellm",
        "/v1/chat/completions",
        r#"{"model":"p-generation","tags":["paid"],"metadata":{"tags":["paid"],"team":"a"}}"#,
        Same,
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"p-generation","metadata":{"model":"x"}}"#,
        Same,
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"x","models":["y"]}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"p-generation","prompt":{"id":"x"}}"#,
        Refused,
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"p-generation","Model":"x"}"#,
        Refused,
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"p-generation","tools":[{"type":"image_generation","model":"x"}]}"#,
        Content(
            r#"{"model":"p-generation","tools":[{"type":"image_generation","model":"p-image"}]}"#,
        ),
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"p-generation","input":[{"type":"additional_tools","tools":[{"type":"image_generation","model":"x"}]}]}"#,
        Content(
            r#"{"model":"p-generation","input":[{"type":"additional_tools","tools":[{"type":"image_generation","model":"p-image"}]}]}"#,
        ),
    ),
    (
        "openai",
        "/v1/chat/completions",
        r#"{"model":"p-generation","moderation":{"model":"x"}}"#,
        Content(r#"{"model":"p-generation","moderation":{"model":"p-moderation"}}"#),
    ),
    (
        "openai",
        "/v1/embeddings",
        r#"{"model":"p-generation","input":"x"}"#,
        Content(r#"{"model":"p-embedding","input":"x"}"#),
    ),
    (
        "openai",
        "/v1/images/generations",
        r#"{"prompt":"x"}"#,
        Content(r#"{"model":"p-image","prompt":"x"}"#),
    ),
    (
        "openai",
        "/v1/moderations",
        r#"{"input":"x"}"#,
        Content(r#"{"model":"p-moderation","input":"x"}"#),
    ),
    (
        "openai",
        "/v1/videos",
        r#"{"prompt":"x"}"#,
        Content(r#"{"model":"p-video","prompt":"x"}"#),
    ),
    (
        "openai",
        "/v1/realtime/client_secrets",
        r#"{"session":{"type":"realtime"}}"#,
        Content(r#"{"session":{"model":"p-audio","type":"realtime"}}"#),
    ),
    (
        "openai",
        "/v1/realtime/client_secrets",
        "{}",
        Content(r#"{"session":{"model":"p-audio"}}"#),
    ),
    (
        "openai",
        "/v1/realtime/sessions",
        r#"{"model":"p-audio","prompt":{"id":"x"}}"#,
        Refused,
    ),
    ("openai", "/v1/batches", "{}", Unlisted),
    ("openai", "/v1/assistants", "{}", Unlisted),
    ("openai", "/v1/threads/runs", "{}", Unlisted),
    ("openai", "/v1/messages", "{}", Unlisted),
    (
        "chatgpt",
        "/backend-api/codex/responses",
        r#"{"model":"x"}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    (
        "chatgpt",
        "/backend-api/codex/memories/trace_summarize",
        r#"{"model":"x","traces":[]}"#,
        Content(r#"{"model":"p-generation","traces":[]}"#),
    ),
    (
        "chatgpt",
        "/backend-api/codex/images/edits",
        r#"{"model":"x"}"#,
        Content(r#"{"model":"p-image"}"#),
    ),
    (
        "azure",
        "/openai/deployments/p-generation/chat/completions?api-version=1",
        r#"{"messages":[]}"#,
        Same,
    ),
    (
        "azure",
        "/openai/deployments/p-generation/chat/completions",
        r#"{"model":"p-generation"}"#,
        Same,
    ),
    (
        "azure",
        "/openai/deployments/x/chat/completions?api-version=1",
        "{}",
        Target("/openai/deployments/p-generation/chat/completions?api-version=1"),
    ),
    (
        "azure",
        "/openai/deployments/p-generation/chat/completions",
        r#"{"model":"x"}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    (
        "azure",
        "/openai/deployments/x/embeddings",
        "{}",
        Target("/openai/deployments/p-embedding/embeddings"),
    ),
    (
        "azure",
        "/openai/v1/chat/completions",
        r#"{"model":"p-generation","data_sources":[{"parameters":{"embedding_dependency":{"deployment_name":"x"}}}]}"#,
        Content(
            r#"{"model":"p-generation","data_sources":[{"parameters":{"embedding_dependency":{"deployment_name":"p-embedding"}}}]}"#,
        ),
    ),
    (
        "azure",
        "/openai/deployments/p-generation/extensions/chat/completions",
        "{}",
        Unlisted,
    ),
    (
        "anthropic",
        "/v1/messages",
        r#"{"model":"p-generation","messages":[{"role":"user","content":"hi"}]}"#,
        Same,
    ),
    (
        "anthropic",
        "/v1/messages",
        r#"{"model":"p-generation","fallbacks":"default"}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    (
        "anthropic",
        "/v1/messages",
        r#"{"model":"p-generation","messages":[{"role":"assistant","content":[{"type":"fallback","from":{"model":"x"},"to":{"model":"p-generation"}}]}]}"#,
        Same,
    ),
    (
        "anthropic",
        "/v1/messages",
        r#"{"model":"p-generation","tools":[{"type":"advisor_20260301","name":"advisor","model":"x"}]}"#,
        Content(
            r#"{"model":"p-generation","tools":[{"type":"advisor_20260301","name":"advisor","model":"p-generation"}]}"#,
        ),
    ),
    (
        "anthropic",
        "/v1/messages",
        r#"{"model":"p-generation","messages":[{"role":"system","content":[{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"type":"advisor_20260301","model":"x"}}}]}]}"#,
        Content(
            r#"{"model":"p-generation","messages":[{"role":"system","content":[{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"type":"advisor_20260301","model":"p-generation"}}}]}]}"#,
        ),
    ),
    (
        "anthropic",
        "/v1/messages/batches",
        r#"{"requests":[{"params":{"model":"p-generation"}},{"params":{"model":"x","fallbacks":[{"model":"y"}]}}]}"#,
        Content(
            r#"{"requests":[{"params":{"model":"p-generation"}},{"params":{"model":"p-generation"}}]}"#,
        ),
    ),
    ("anthropic", "/v1/sessions", "{}", Unlisted),
    (
        "gemini",
        "/v1beta/models/p-generation:generateContent",
        r#"{"contents":[],"cachedContent":"cachedContents/a"}"#,
        Same,
    ),
    (
        "gemini",
        "/v1beta/models/x:streamGenerateContent?alt=sse",
        "{}",
        Target("/v1beta/models/p-generation:streamGenerateContent?alt=sse"),
    ),
    (
        "gemini",
        "/v1beta/models/p-generation:countTokens",
        r#"{"generateContentRequest":{"model":"models/p-generation"}}"#,
        Same,
    ),
    (
        "gemini",
        "/v1beta/models/p-generation:countTokens",
        r#"{"generateContentRequest":{"model":"models/x"}}"#,
        Content(r#"{"generateContentRequest":{"model":"models/p-generation"}}"#),
    ),
    (
        "gemini",
        "/v1beta/models/p-generation:countTokens",
        r#"{"generate_content_request":{"model":"models/x"}}"#,
        Refused,
    ),
    (
        "gemini",
        "/v1beta/models/p-embedding:batchEmbedContents",
        r#"{"requests":[{"model":"models/x"},{"model":"models/p-embedding"}]}"#,
        Content(r#"{"requests":[{"model":"models/p-embedding"},{"model":"models/p-embedding"}]}"#),
    ),
    (
        "gemini",
        "/v1beta/cachedContents",
        "{}",
        Content(r#"{"model":"models/p-generation"}"#),
    ),
    (
        "gemini",
        "/v1beta/interactions",
        r#"{"agent":"x"}"#,
        Refused,
    ),
    (
        "gemini",
        "/v1beta/tunedModels/p-generation:generateContent",
        "{}",
        Unlisted,
    ),
    (
        "gemini",
        "/v1beta/models/p-generation:batchGenerateContent",
        "{}",
        Unlisted,
    ),
    (
        "vertex",
        "/v1/projects/p/locations/l/publishers/google/models/x:generateContent",
        "{}",
        Target("/v1/projects/p/locations/l/publishers/google/models/p-generation:generateContent"),
    ),
    (
        "vertex",
        "/v1/projects/p/locations/l/publishers/google/models/p-generation:generateContent",
        r#"{"generation_config":{"routing_config":{"manual_mode":{"model_name":"x"}}}}"#,
        Refused,
    ),
    (
        "vertex",
        "/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict",
        r#"{"model":"x"}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    (
        "vertex",
        "/v1/projects/p/locations/l/endpoints/openapi/chat/completions",
        r#"{"model":"google/x"}"#,
        Content(r#"{"model":"google/p-generation"}"#),
    ),
    (
        "vertex",
        "/v1/projects/p/locations/l/publishers/anthropic/models/p-generation:generateContent",
        "{}",
        Unlisted,
    ),
    (
        "bedrock",
        "/model/x/converse",
        "{}",
        Target("/model/p-generation/converse"),
    ),
    (
        "bedrock",
        "/model/p-generation/converse",
        r#"{"additionalModelRequestFields":{"model":"x"}}"#,
        Refused,
    ),
    (
        "bedrock",
        "/model/p-generation/invoke",
        r#"{"model":"x"}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    (
        "ollama",
        "/api/generate",
        r#"{"model":"p-generation:latest"}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    ("ollama", "/api/pull", r#"{"name":"x"}"#, Unlisted),
    (
        "openrouter",
        "/api/v1/chat/completions",
        r#"{"model":"p-generation","provider":{"order":["a"]}}"#,
        Same,
    ),
    (
        "openrouter",
        "/api/v1/chat/completions",
        r#"{"model":"p-generation","tools":[{"type":"openrouter:advisor"}]}"#,
        Refused,
    ),
    (
        "litellm",
        "/chat/completions",
        r#"{"model":"p-generation,x"}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    (
        "litellm",
        "/chat/completions",
        r#"{"model":"p-generation","specific_deployment":true}"#,
        Refused,
    ),
    (
        "deepseek",
        "/anthropic/v1/messages",
        r#"{"model":"claude-x"}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    (
        "mistral",
        "/v1/fim/completions",
        r#"{"model":"p-generation","prompt":"x"}"#,
        Same,
    ),
    (
        "lmstudio",
        "/v1/chat/completions",
        r#"{"model":"p-generation","draft_model":"x"}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"p-generation","tools":[{"type":"image_generation","output_format":"svg","svg":{"model":"x"}}]}"#,
        Content(
            r#"{"model":"p-generation","tools":[{"type":"image_generation","output_format":"svg","svg":{"model":"p-generation"}}]}"#,
        ),
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"p-generation","tools":[{"type":"image_generation","svg":{"model":"p-generation","reasoning":{"effort":"max"}},"complexity":"high"}],"reasoning":{"mode":"pro"}}"#,
        Same,
    ),
    (
        "chatgpt",
        "/backend-api/codex/responses",
        r#"{"model":"p-generation","input":[{"type":"additional_tools","tools":[{"type":"namespace","tools":[{"type":"image_generation","svg":{"model":"x"}}]}]}]}"#,
        Content(
            r#"{"model":"p-generation","input":[{"type":"additional_tools","tools":[{"type":"namespace","tools":[{"type":"image_generation","svg":{"model":"p-generation"}}]}]}]}"#,
        ),
    ),
    (
        "azure",
        "/openai/deployments/p-image/images/generations",
        r#"{"prompt":"x","svg":{"model":"x"}}"#,
        Content(r#"{"prompt":"x","svg":{"model":"p-generation"}}"#),
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"p-generation","access_programs":{"cyber":"standard"}}"#,
        Same,
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"p-generation","access_programs":{"cyber":null}}"#,
        Same,
    ),
    (
        "openai",
        "/v1/responses",
        r#"{"model":"p-generation","access_programs":{"cyber":"daybreak_red"}}"#,
        Refused,
    ),
    (
        "chatgpt",
        "/backend-api/codex/responses/compact",
        r#"{"model":"p-generation","access_programs":{"cyber":["standard"]}}"#,
        Refused,
    ),
    (
        "anthropic",
        "/v1/messages",
        r#"{"model":"p-generation","messages":[{"role":"assistant","content":[{"type":"compaction","tool_changes":[{"tool":{"type":"tool_definition","definition":{"type":"advisor_20260301","model":"x"}}}]}]}]}"#,
        Content(
            r#"{"model":"p-generation","messages":[{"role":"assistant","content":[{"type":"compaction","tool_changes":[{"tool":{"type":"tool_definition","definition":{"type":"advisor_20260301","model":"p-generation"}}}]}]}]}"#,
        ),
    ),
    (
        "anthropic",
        "/v1/messages",
        r#"{"model":"p-generation","speed":"fast","thinking":{"type":"enabled","budget_tokens":6000},"messages":[{"role":"system","output_config":{"effort":"max"}}]}"#,
        Same,
    ),
    (
        "gemini",
        "/v1beta/interactions",
        r#"{"model":"p-generation","tools":[{"type":"retrieval","rag_store_config":{"rag_retrieval_config":{"ranking":{"model_name":"x"}}}}]}"#,
        Content(
            r#"{"model":"p-generation","tools":[{"type":"retrieval","rag_store_config":{"rag_retrieval_config":{"ranking":{"model_name":"p-generation"}}}}]}"#,
        ),
    ),
    (
        "gemini",
        "/v1beta/models/p-generation:generateContent",
        r#"{"generationConfig":{"thinking_config":{"thinkingLevel":"HIGH","thinking_budget":9}},"service_tier":"priority"}"#,
        Same,
    ),
    (
        "vertex",
        "/v1/projects/p/locations/l/publishers/mistralai/models/p-generation:rawPredict",
        r#"{"guardrails":[{"moderation_llm_v2":{"model_name":"x"}}]}"#,
        Content(r#"{"guardrails":[{"moderation_llm_v2":{"model_name":"p-moderation"}}]}"#),
    ),
    (
        "openrouter",
        "/api/v1/chat/completions",
        r#"{"model":"p-generation","provider":{"options":{"openai":{"model":"x"}}}}"#,
        Refused,
    ),
    (
        "openrouter",
        "/api/v1/responses",
        r#"{"model":"p-generation","input":[{"tools":[{"type":"fusion","parameters":{"analysis_models":["x"]}}]}]}"#,
        Refused,
    ),
    (
        "litellm",
        "/chat/completions",
        r#"{"model":"p-generation","silent_model":"x"}"#,
        Refused,
    ),
    (
        "openai",
        "/v1/chat/completions",
        r#"{"model":"p-generation","complexity_router_default_model":"x"}"#,
        Refused,
    ),
    (
        "litellm",
        "/chat/completions",
        r#"{"model":"p-generation","context_window_fallback_dict":{"p-generation":"x"}}"#,
        Content(r#"{"model":"p-generation"}"#),
    ),
    (
        "bedrock",
        "/model/p-generation/count-tokens",
        r#"{"input":{"converse":{"additionalModelRequestFields":{"model":"x"}}}}"#,
        Refused,
    ),
    (
        "bedrock",
        "/model/p-generation/converse",
        r#"{"additionalModelRequestFields":{"reasoning_config":{"type":"enabled","budget_tokens":9}},"serviceTier":{"type":"priority"},"outputConfig":{"effort":"max"}}"#,
        Same,
    ),
];

#[test]
fn request_of_each_case_gets_the_verdict_of_the_case() {
    decided(CASES, "");
}

#[test]
fn request_of_each_pinned_case_gets_the_verdict_of_the_case() {
    decided(PINNED, "reasoning_effort='low'\nservice_tier='default'\n");
}

fn decided(cases: &[Case], rest: &str) {
    let rest = [rest, PINS].concat();
    let (force, reject) = (policy("force", &rest), policy("reject", &rest));
    for (dialect, target, content, forced) in cases {
        let table = Table::of([*dialect]).unwrap();
        let name = format!("{dialect} {target} {content}");
        let Some(found) = table.find("POST", target.split('?').next().unwrap()) else {
            assert!(matches!(forced, Unlisted), "{name} is not listed");
            continue;
        };
        let have = ask(&force, &found, target, content);
        let gate = ask(&reject, &found, target, content);
        let (target, content) = ((*target).to_owned(), (*content).to_owned());
        assert_eq!(gate.is_ok(), matches!(forced, Same), "{name}: {gate:?}");
        match forced {
            Same => assert_eq!(have, Ok((target, content)), "{name}"),
            Content(want) => assert_eq!(have, Ok((target, (*want).to_owned())), "{name}"),
            Target(want) => assert_eq!(have, Ok(((*want).to_owned(), content)), "{name}"),
            Refused => assert!(have.is_err(), "{name}: {have:?}"),
            Unlisted => panic!("{name} is listed"),
        }
    }
}
