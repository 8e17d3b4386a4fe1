"""Calls of the official `openai` SDK."""

import openai
from jobs import serve

CALLS = {
    "responses": lambda c, m, t: c.responses.create(model=m, input=t).output_text,
    "responses-stream": lambda c, m, t: "".join(
        e.delta for e in c.responses.create(model=m, input=t, stream=True) if e.type == "response.output_text.delta"
    ),
    "chat": lambda c, m, t: c.chat.completions.create(model=m, messages=hi(t)).choices[0].message.content,
    "chat-stream": lambda c, m, t: "".join(
        e.choices[0].delta.content or "" for e in c.chat.completions.create(model=m, messages=hi(t), stream=True)
    ),
    "completions": lambda c, m, t: c.completions.create(model=m, prompt=t).choices[0].text,
    "embeddings": lambda c, m, t: c.embeddings.create(model=m, input=t).model,
    "moderations": lambda c, m, t: c.moderations.create(model=m, input=t).model,
    "transcriptions": lambda c, m, t: c.audio.transcriptions.create(model=m, file=("a.wav", b"RIFF", "audio/wav")).text,
    "speech": lambda c, m, t: c.audio.speech.create(model=m, voice="alloy", input=t).read().decode(),
    "images": lambda c, m, t: c.images.generate(model=m, prompt=t).data[0].revised_prompt,
    "models": lambda c, m, t: c.models.list().data[0].id,
    "files": lambda c, m, t: c.files.create(file=("b.jsonl", b"{}"), purpose="batch").id,
    "response-get": lambda c, m, t: c.responses.retrieve("resp_abc==").id,
    "response-cancel": lambda c, m, t: c.responses.cancel("resp_abc==").id,
    "response-delete": lambda c, m, t: c.responses.delete("resp_abc=="),
}


def hi(text):
    return [{"role": "user", "content": text}]


serve(CALLS, lambda base: openai.OpenAI(base_url=f"{base}/v1"))
