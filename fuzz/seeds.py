"""Writes seeds into FOLDER/TARGET, one file each: the cases of tests/corpus, and a few texts that a parser takes."""
import base64
import json
import pathlib
import sys

CASES = pathlib.Path(__file__).parent.parent / "tests" / "corpus"
FOLDER = pathlib.Path(sys.argv[1])
LARGEST = 1 << 13

TEXTS = {
    "policy_text": [
        'model = "gpt-5.5"\n',
        'model = "gpt-5.5"\nmode = "reject"\naliases = ["a"]\nreasoning_effort = "low"\n'
        'disclose_model_in_errors = true\nallow = ["GET /v1/files/*"]\n[pins]\nembedding = "e"\n',
    ],
    "command_line": [
        line.replace(" ", "\0")
        for line in [
            "exec -m x hi",
            "exec --model=x -c model_reasoning_effort=high --json hi",
            "-c model=x review --base main",
            "-p work --oss --local-provider ollama exec -i a.png b.png -- -m x",
            "exec resume --last -c profiles.a.model=x",
            "app-server --listen ws://127.0.0.1:1",
            "-cmodel_provider=x cloud exec --env e q",
            "--help",
        ]
    ],
    "config_override": [
        'model="x"',
        "model=x",
        "profiles.a.model='x'",
        'model_providers.a={base_url="http://x",wire_api="responses"}',
        'model_reasoning_effort="high"',
        'agents.a.config_file="/x"',
    ],
    "config_file": [
        'model = "x"\nmodel_provider = "a"\n[model_providers.a]\nbase_url = "https://x/v1"\n'
        'query_params = { "api-version" = "1" }\nhttp_headers = { "X-A" = "b" }\n',
        'profile = "p"\n[profiles.p]\nmodel = "y"\nmodel_provider = "openai"\n',
    ],
    "json_rpc": [
        '{"id":1,"method":"thread/start","params":{"model":"x","config":{"model":"y"}}}',
        '{"id":2,"method":"turn/start","params":{"threadId":"t","model":"x","effort":"high","input":[],'
        '"collaborationMode":{"mode":"plan","settings":{"model":"z"}}}}',
        '{"id":3,"method":"tools/call","params":{"name":"codex","arguments":{"prompt":"p","model":"x"}}}',
        '{"method":"initialized"}',
    ],
    "response_line": [
        'data: {"type":"response.created","response":{"headers":{"OpenAI-Model":"p"}}}\n',
        '{"headers":{"a":"b","x-openai-model":["p"]}}',
        "data: [DONE]",
    ],
    "served_names": ['{"model":"m","response":{"model":"m"}}', '[{"modelVersion":"m"}]', '{"message":{"model":"m"}}'],
    "target": ["/v1/responses", "/v1beta/models/x:generateContent", "/v1/files/a/content", "/backend-api/codex/responses"],
    "query": ["beta=true", "alt=sse", "after=a&limit=2", "client_version=0.1"],
    "head": [
        "POST /v1/responses HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\n\r\n",
        "GET http://a/v1/models HTTP/1.0\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: [::1]\r\ntransfer-encoding: chunked\r\n\r\n",
    ],
    "form": [
        '--B\r\nContent-Disposition: form-data; name="model"\r\n\r\nx\r\n--B\r\n'
        'Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n\0\r\n--B--\r\n',
    ],
    "ws_message": ['{"type":"response.create","model":"x","input":[]}', '{"type":"session.update","session":{"model":"x"}}'],
}


def body(request):
    if "body_base64" in request:
        return base64.b64decode(request["body_base64"])
    parts = request.get("body_parts", [])
    return b"".join(base64.b64decode(part["base64"]) * part["repeat"] for part in parts)


def bodies(*files):
    for name in files:
        for case in json.loads((CASES / f"{name}.json").read_text()):
            yield body(case["request"])


def write(target, seeds):
    folder = FOLDER / target
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seed for seed in seeds if 0 < len(seed) <= LARGEST):
        (folder / f"seed-{number}").write_bytes(seed)


texts = list(bodies("json-body", "secondary-models", "dialects"))
write("http_body", texts)
write("json_scan", texts)
for target, seeds in TEXTS.items():
    write(target, (seed.encode() for seed in seeds))
