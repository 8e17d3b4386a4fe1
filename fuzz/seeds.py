"""Writes the cases of tests/corpus as seeds into fuzz/corpus/TARGET, one file per case."""
import base64
import json
import pathlib

HERE = pathlib.Path(__file__).parent
CASES = HERE.parent / "tests" / "corpus"
LARGEST = 1 << 16

POLICIES = {
    "plain": 'model = "gpt-5.5"\n',
    "full": 'model = "gpt-5.5"\nmode = "reject"\naliases = ["a"]\nreasoning_effort = "low"\n'
    'disclose_model_in_errors = true\nallow = ["GET /v1/files/*"]\n[pins]\nembedding = "e"\n',
}
COMMANDS = [
    "exec -m x hi",
    "exec --model=x -c model_reasoning_effort=high --json hi",
    "-c model=x review --base main",
    "-p work --oss --local-provider ollama exec -i a.png b.png -- -m x",
    "exec resume --last -c profiles.a.model=x",
    "app-server --listen ws://127.0.0.1:1",
    "-cmodel_provider=x cloud exec --env e q",
    "--help",
]
LINES = {
    "created": 'data: {"type":"response.created","response":{"headers":{"OpenAI-Model":"p"}}}\n',
    "list": '{"headers":{"a":"b","x-openai-model":["p"]}}',
    "done": "data: [DONE]",
}


def body(request):
    if "body_base64" in request:
        return base64.b64decode(request["body_base64"])
    parts = request.get("body_parts", [])
    return b"".join(base64.b64decode(part["base64"]) * part["repeat"] for part in parts)


def bodies():
    for name in ["json-body", "secondary-models", "dialects"]:
        for case in json.loads((CASES / f"{name}.json").read_text()):
            yield case["id"], body(case["request"])


def write(target, seeds):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    kept = [(name, seed) for name, seed in seeds if 0 < len(seed) <= LARGEST]
    for name, seed in kept:
        (folder / name).write_bytes(seed)
    print(f"{target}: {len(kept)}")


write("http_body", bodies())
write("command_line", ((str(n), line.replace(" ", "\0").encode()) for n, line in enumerate(COMMANDS)))
write("response_line", ((name, line.encode()) for name, line in LINES.items()))
write("policy_text", ((name, text.encode()) for name, text in POLICIES.items()))
