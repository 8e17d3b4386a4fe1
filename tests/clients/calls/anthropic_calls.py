"""Calls of the official `anthropic` SDK. With the word `foundry`, its client for Microsoft Foundry makes them."""

import sys

import anthropic
from jobs import serve


def stream(client, model, text):
    with client.messages.stream(model=model, **hi(text)) as events:
        return "".join(events.text_stream)


def hi(text):
    return {"max_tokens": 9, "messages": [{"role": "user", "content": text}]}


def batch(client, model, text):
    rows = [{"custom_id": number, "params": {"model": model, **hi(text)}} for number in "12"]
    return client.messages.batches.create(requests=rows).id


CALLS = {
    "messages": lambda c, m, t: c.messages.create(model=m, **hi(t)).content[0].text,
    "messages-stream": stream,
    "messages-workspace": lambda c, m, t: c.messages.create(
        model=m, workspace_id="wrkspc_1", user_profile_id="uprof_1", **hi(t)
    ).content[0].text,
    "count-tokens": lambda c, m, t: c.messages.count_tokens(model=m, messages=hi(t)["messages"]).input_tokens,
    "batches": batch,
    "batch-results": lambda c, m, t: next(iter(c.messages.batches.results("msgbatch_1"))).result.type,
    "models": lambda c, m, t: c.models.list(limit=1).data[0].id,
    "models-lifecycle": lambda c, m, t: c.models.list(lifecycle=["active"]).data[0].id,
    "files": lambda c, m, t: c.beta.files.upload(file=("a.txt", b"hi", "text/plain")).id,
}



def connect(base):
    if sys.argv[1] == "foundry":
        return anthropic.AnthropicFoundry(api_key="stand-in", base_url=f"{base}/anthropic")
    return anthropic.Anthropic(base_url=base)


serve(CALLS, connect)
