//! The data files, compiled in. A new dialect is a file and a line here.

/// What the dialects have in common; no dialect itself.
pub(super) const COMMON: &str = include_str!("../../dialects/common.toml");

/// The data of each dialect, by the name that switches it on.
pub(super) const DIALECTS: [(&str, &str); 17] = [
    ("openai", include_str!("../../dialects/openai.toml")),
    ("chatgpt", include_str!("../../dialects/chatgpt.toml")),
    ("anthropic", include_str!("../../dialects/anthropic.toml")),
    ("azure", include_str!("../../dialects/azure.toml")),
    ("bedrock", include_str!("../../dialects/bedrock.toml")),
    ("deepseek", include_str!("../../dialects/deepseek.toml")),
    ("gemini", include_str!("../../dialects/gemini.toml")),
    ("litellm", include_str!("../../dialects/litellm.toml")),
    ("llamacpp", include_str!("../../dialects/llamacpp.toml")),
    ("lmstudio", include_str!("../../dialects/lmstudio.toml")),
    ("mistral", include_str!("../../dialects/mistral.toml")),
    ("ollama", include_str!("../../dialects/ollama.toml")),
    ("openrouter", include_str!("../../dialects/openrouter.toml")),
    ("tgi", include_str!("../../dialects/tgi.toml")),
    ("vertex", include_str!("../../dialects/vertex.toml")),
    ("vllm", include_str!("../../dialects/vllm.toml")),
    ("xai", include_str!("../../dialects/xai.toml")),
];
