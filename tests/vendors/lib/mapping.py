"""Which vendor's operations stand at which addresses of which dialect.

An entry is `(extract, prefix)`: an operation of the extract stands behind the prefix. `RENAMED` has what stands elsewhere,
`UNDER` what stands below a pointer of another operation, `SOCKETS` the messages, `WORDS` the bundles whose names belong to a dialect.
"""

OPERATIONS = {
    "openai": [("openai", "/v1")],
    "chatgpt": [("openai", "/backend-api/codex")],
    "azure": [
        ("openai", "/openai/v1"),
        ("openai", "/openai"),
        ("openai", "/openai/deployments/*"),
        ("openai", "/models"),
        ("anthropic", "/anthropic"),
    ],
    "anthropic": [("anthropic", "")],
    "bedrock": [("bedrock", ""), ("openai", "/openai/v1")],
    "gemini": [("gemini", "/v1beta"), ("gemini", "/v1"), ("gemini", ""), ("openai", "/v1beta/openai")],
    "vertex": [
        ("vertex", "/v1/projects/*/locations/*"),
        ("vertex", "/v1beta1/projects/*/locations/*"),
        ("openai", "/v1/projects/*/locations/*/endpoints/openapi"),
        ("openai", "/v1beta1/projects/*/locations/*/endpoints/openapi"),
    ],
    "openrouter": [("openrouter", "/api/v1")],
    "litellm": [("litellm", ""), ("openai", "/v1"), ("openai", ""), ("anthropic", "")],
    "mistral": [("mistral", "")],
    "ollama": [("ollama", ""), ("openai", "/v1"), ("anthropic", "")],
    "deepseek": [
        ("openai", ""),
        ("openai", "/v1"),
        ("openai", "/beta"),
        ("openai", "/beta/v1"),
        ("anthropic", "/anthropic"),
    ],
    "xai": [("openai", "/v1"), ("anthropic", "")],
    "vllm": [("openai", "/v1"), ("anthropic", "")],
    "llamacpp": [("openai", "/v1"), ("anthropic", "")],
    "lmstudio": [("openai", "/v1"), ("openai", "/api/v0"), ("anthropic", "")],
    "tgi": [("openai", "/v1")],
}
# The vendor whose own address this is: its operations that the dialect does not list are printed as refused.
OWN = {
    "openai": "openai",
    "anthropic": "anthropic",
    "bedrock": "bedrock",
    "gemini": "gemini",
    "vertex": "vertex",
    "openrouter": "openrouter",
    "litellm": "litellm",
    "mistral": "mistral",
    "ollama": "ollama",
}
_PUBLISHER = "/v1{}/projects/*/locations/*/publishers/{}/models/*:{}"
RENAMED = {
    "bedrock": {
        ("anthropic", "POST /v1/messages"): ["POST /model/*/invoke", "POST /model/*/invoke-with-response-stream"]
    },
    "vertex": {
        ("anthropic", "POST /v1/messages"): [
            "POST " + _PUBLISHER.format(v, "anthropic", verb)
            for v in ("", "beta1")
            for verb in ("rawPredict", "streamRawPredict")
        ],
        ("mistral", "POST /v1/chat/completions"): [
            "POST " + _PUBLISHER.format("", "mistralai", verb) for verb in ("rawPredict", "streamRawPredict")
        ],
        ("anthropic", "POST /v1/messages/count_tokens"): [
            f"POST /v1{v}/projects/*/locations/*/publishers/anthropic/models/count-tokens:rawPredict"
            for v in ("", "beta1")
        ],
    },
}
_FIELDS = [
    ("POST /model/*/converse", "/additionalModelRequestFields"),
    ("POST /model/*/converse-stream", "/additionalModelRequestFields"),
    ("POST /model/*/count-tokens", "/input/converse/additionalModelRequestFields"),
]
UNDER = {
    "bedrock": {
        ("anthropic", "POST /v1/messages"): _FIELDS,
        ("openai", "POST /chat/completions"): _FIELDS,
    },
}
SOCKETS = {
    "openai": {
        "responses.responses": "GET /v1/responses",
        "beta.responses.responses": "GET /v1/responses",
        "realtime.realtime": "GET /v1/realtime",
        "beta.realtime.realtime": "GET /v1/realtime",
    },
    "chatgpt": {"responses.responses": "GET /backend-api/codex/responses"},
    "azure": {
        "responses.responses": "GET /openai/v1/responses",
        "realtime.realtime": "GET /openai/v1/realtime",
        "beta.realtime.realtime": "GET /openai/realtime",
    },
    "gemini": {"live": "GET /ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"},
}
SOCKET_EXTRACT = {"gemini": "gemini"}
WORDS = {
    "ai-sdk-openai": ["openai", "azure"],
    "ai-sdk-azure": ["azure", "openai"],
    "ai-sdk-anthropic": ["anthropic"],
    "ai-sdk-google": ["gemini", "vertex"],
    "ai-sdk-amazon-bedrock": ["bedrock", "anthropic"],
    "ai-sdk-xai": ["xai", "openai"],
    "ai-sdk-mistral": ["mistral"],
    "ai-sdk-deepseek": ["deepseek"],
    "ai-sdk-openrouter": ["openrouter"],
    "gemini": ["gemini", "vertex"],
    "vertex": ["vertex", "gemini"],
    "ollama": ["ollama"],
}
