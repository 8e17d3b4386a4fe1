"""Calls of the `ollama` client, one JSON line each: argv is a JSON list of [URL, kind, model]."""

import json
import sys

import ollama

HI = [{"role": "user", "content": "hi"}]

CALLS = {
    "chat": lambda c, m: c.chat(model=m, messages=HI).message.content,
    "chat-stream": lambda c, m: "".join(e.message.content for e in c.chat(model=m, messages=HI, stream=True)),
    "generate": lambda c, m: c.generate(model=m, prompt="hi").response,
    "embeddings": lambda c, m: c.embed(model=m, input="hi").model,
    "pull": lambda c, m: c.pull(m).status,
}


def call(base, kind, model):
    client = ollama.Client(host=base, timeout=30)
    try:
        return {"text": CALLS[kind](client, model)}
    except ollama.ResponseError as error:
        return {"error": type(error).__name__, "status": error.status_code, "message": str(error)}


for job in json.loads(sys.argv[1]):
    print(json.dumps(call(*job)), flush=True)
