"""Calls of the official `openai` SDK, one JSON line each: argv is a JSON list of [URL, kind, model]."""

import json
import sys

import openai
import websockets

PNG = ("picture.png", b"\x89PNG\r\n\x1a\n", "image/png")
HI = [{"role": "user", "content": "hi"}]


def connect(client, model):
    """The session that the provider tells, its own model and the transcriber's both asked for."""
    transcription = {"model": model}
    session = {"type": "realtime", "audio": {"input": {"transcription": transcription}}}
    with client.realtime.connect(model=model) as connection:
        connection.session.update(session=session)
        return tell(connection.recv())


def update(client, model):
    """The same where the address asks for what is approved."""
    session = {"type": "realtime", "audio": {"input": {"transcription": {"model": model}}}}
    with client.realtime.connect(model="gpt-audio-2") as connection:
        connection.session.update(session=session)
        return tell(connection.recv())


def tell(event):
    if event.type == "error":
        # What the SDK has in place of an exception here: an event of its own type.
        error = event.error
        return {"error": type(event).__name__, "code": error.code, "param": error.param, "type": error.type, "message": error.message}
    return {"text": event.session.audio.input.transcription.model}


CALLS = {
    "responses": lambda c, m: c.responses.create(model=m, input="hi").output_text,
    "responses-stream": lambda c, m: "".join(
        e.delta for e in c.responses.create(model=m, input="hi", stream=True) if e.type == "response.output_text.delta"
    ),
    "chat": lambda c, m: c.chat.completions.create(model=m, messages=HI).choices[0].message.content,
    "chat-stream": lambda c, m: "".join(
        e.choices[0].delta.content or "" for e in c.chat.completions.create(model=m, messages=HI, stream=True)
    ),
    "completions": lambda c, m: c.completions.create(model=m, prompt="hi").choices[0].text,
    "embeddings": lambda c, m: c.embeddings.create(model=m, input="hi").model,
    "moderations": lambda c, m: c.moderations.create(model=m, input="hi").model,
    "transcriptions": lambda c, m: c.audio.transcriptions.create(model=m, file=("a.wav", b"RIFF", "audio/wav")).text,
    "speech": lambda c, m: c.audio.speech.create(model=m, voice="alloy", input="hi").read().decode(),
    "images": lambda c, m: c.images.generate(model=m, prompt="hi").data[0].revised_prompt,
    "images-edit": lambda c, m: c.images.edit(model=m, image=PNG, prompt="hi").data[0].revised_prompt,
    "realtime": connect,
    "realtime-update": update,
    "files": lambda c, m: c.files.create(file=("b.jsonl", batch(m)), purpose="batch").id,
    "batches": lambda c, m: c.batches.create(
        input_file_id="file-1", endpoint="/v1/responses", completion_window="24h"
    ).id,
}


def batch(model):
    body = {"model": model, "input": "hi"}
    return json.dumps({"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": body}).encode()


def call(base, kind, model):
    client = openai.OpenAI(base_url=f"{base}/v1", api_key="sk-fake", timeout=30)
    try:
        told = CALLS[kind](client, model)
        return told if isinstance(told, dict) else {"text": told}
    except openai.APIStatusError as error:
        told = {"error": type(error).__name__, "status": error.status_code, "code": error.code, "param": error.param}
        return told | {"type": error.type, "id": error.request_id or "", "message": str(error)}
    except websockets.InvalidStatus as error:
        # The SDK lets this one of its WebSocket library through.
        answer = json.loads(error.response.body)["error"]
        told = {"error": type(error).__name__, "status": error.response.status_code}
        return told | {name: answer[name] for name in ("code", "param", "type", "message")}


for job in json.loads(sys.argv[1]):
    print(json.dumps(call(*job)), flush=True)
