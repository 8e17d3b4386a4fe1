"""Calls of LiteLLM as a client of OpenAI, Anthropic and Gemini."""

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm  # noqa: E402
from jobs import serve  # noqa: E402

litellm.telemetry = False


def hi(text):
    return [{"role": "user", "content": text}]


def text_of(answer):
    return answer.choices[0].message.content


def joined(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def call(place, model, text, **words):
    return litellm.completion(model=model, messages=hi(text), api_base=place, **words)


CALLS = {
    "chat": lambda b, m, t: text_of(call(f"{b}/v1", f"openai/{m}", t)),
    "chat-stream": lambda b, m, t: joined(call(f"{b}/v1", f"openai/{m}", t, stream=True)),
    "responses": lambda b, m, t: litellm.responses(model=f"openai/{m}", input=t, api_base=f"{b}/v1").output_text,
    "messages": lambda b, m, t: text_of(call(b, f"anthropic/{m}", t)),
    "messages-stream": lambda b, m, t: joined(call(b, f"anthropic/{m}", t, stream=True)),
    "generate": lambda b, m, t: text_of(call(f"{b}/v1beta", f"gemini/{m}", t)),
    "embeddings": lambda b, m, t: litellm.embedding(model=f"openai/{m}", input=[t], api_base=f"{b}/v1").model,
}

serve(CALLS)
