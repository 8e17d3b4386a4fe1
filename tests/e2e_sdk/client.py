"""One call of the official SDK: argv is base URL, kind of call, model. Prints JSON."""

import json
import sys

import openai

base, kind, model = sys.argv[1:]
client = openai.OpenAI(base_url=base, api_key="sk-stand-in", timeout=30)


def call():
    if kind == "responses":
        return client.responses.create(model=model, input="hi").output_text
    if kind == "responses-stream":
        events = client.responses.create(model=model, input="hi", stream=True)
        return "".join(e.delta for e in events if e.type == "response.output_text.delta")
    if kind == "chat":
        answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}])
        return answer.choices[0].message.content
    if kind == "chat-stream":
        messages = [{"role": "user", "content": "hi"}]
        chunks = client.chat.completions.create(model=model, messages=messages, stream=True)
        return "".join(c.choices[0].delta.content or "" for c in chunks)
    if kind == "completions":
        return client.completions.create(model=model, prompt="hi").choices[0].text
    raise SystemExit(f"no such kind: {kind}")


try:
    print(json.dumps({"text": call()}))
except openai.APIStatusError as error:
    told = {"error": type(error).__name__, "status": error.status_code, "code": error.code}
    told |= {"param": error.param, "type": error.type, "id": error.request_id or "", "message": str(error)}
    print(json.dumps(told))
