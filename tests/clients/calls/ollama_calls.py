"""Calls of the `ollama` client."""

import ollama
from jobs import serve


def hi(text):
    return [{"role": "user", "content": text}]


CALLS = {
    "chat": lambda c, m, t: c.chat(model=m, messages=hi(t)).message.content,
    "chat-stream": lambda c, m, t: "".join(e.message.content for e in c.chat(model=m, messages=hi(t), stream=True)),
    "generate": lambda c, m, t: c.generate(model=m, prompt=t).response,
    "embeddings": lambda c, m, t: c.embed(model=m, input=t).model,
    "models": lambda c, m, t: c.list().models[0].model,
}

serve(CALLS, lambda base: ollama.Client(host=base))
