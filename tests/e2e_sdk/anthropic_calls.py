"""Calls of the official `anthropic` SDK, one JSON line each: argv is a JSON list of [URL, kind, model]."""

import json
import sys

import anthropic

HI = {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


def stream(client, model):
    with client.messages.stream(model=model, **HI) as events:
        return "".join(events.text_stream)


CALLS = {
    "messages": lambda c, m: c.messages.create(model=m, **HI).content[0].text,
    "messages-stream": stream,
    "count-tokens": lambda c, m: str(c.messages.count_tokens(model=m, messages=HI["messages"]).input_tokens),
    "message-batches": lambda c, m: c.messages.batches.create(
        requests=[{"custom_id": "1", "params": {"model": m, **HI}}, {"custom_id": "2", "params": {"model": m, **HI}}]
    ).id,
    "agents": lambda c, m: c.beta.agents.create(model=m, name="a").id,
    "files": lambda c, m: c.beta.files.upload(file=("a.txt", b"hi", "text/plain")).id,
}


def call(base, kind, model):
    client = anthropic.Anthropic(base_url=base, api_key="sk-fake", timeout=30)
    try:
        return {"text": CALLS[kind](client, model)}
    except anthropic.APIStatusError as error:
        told = {"error": type(error).__name__, "status": error.status_code}
        return told | {"type": error.body["error"]["type"], "message": str(error)}


for job in json.loads(sys.argv[1]):
    print(json.dumps(call(*job)), flush=True)
