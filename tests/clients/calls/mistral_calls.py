"""Calls of the official `mistralai` SDK."""

from jobs import serve
from mistralai.client import Mistral


def hi(text):
    return [{"role": "user", "content": text}]


def stream(client, model, text):
    with client.chat.stream(model=model, messages=hi(text)) as events:
        return "".join(event.data.choices[0].delta.content or "" for event in events)


CALLS = {
    "chat": lambda c, m, t: c.chat.complete(model=m, messages=hi(t)).choices[0].message.content,
    "chat-stream": stream,
    "fim": lambda c, m, t: c.fim.complete(model=m, prompt=t).choices[0].message.content,
    "embeddings": lambda c, m, t: c.embeddings.create(model=m, inputs=[t]).model,
    "models": lambda c, m, t: c.models.list().data[0].id,
}

serve(CALLS, lambda base: Mistral(api_key="stand-in", server_url=base))
