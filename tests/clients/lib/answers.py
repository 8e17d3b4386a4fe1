"""What the stand-in provider answers: each API's own shape, with the model that ran in the text."""

import base64
import json
import re

from .bedrock_events import encode
from .events import anthropic_events, chat_events, gemini_events, ollama_lines, response_events

VECTOR = [0.5, 0.25]
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


class Answer:
    """One response: its content, and what stands in its head."""

    def __init__(self, content, kind="application/json", **fields):
        self.content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.fields = {"content-type": kind, "x-request-id": "req_stand_in"} | fields


def sse(events):
    return Answer("".join(events).encode(), "text/event-stream")


def sentence(call):
    return f"The provider ran {call.model}."


def response(call):
    """The object of OpenAI's Responses, as JSON or as a stream of events."""
    part = {"type": "output_text", "text": sentence(call), "annotations": [], "logprobs": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    whole = {"id": "resp_abc==", "object": "response", "created_at": 1, "status": "completed", "error": None}
    whole |= {"model": call.model or "approved-1", "output": [item], "tools": [], "tool_choice": "auto"}
    whole |= {"parallel_tool_calls": True, "metadata": {}, "instructions": None, "incomplete_details": None}
    whole |= {"usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2} | details}
    return sse(response_events(whole, item, part)) if call.streams else Answer(whole)


def chat(call):
    whole = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": call.model, "usage": USAGE}
    message = {"role": "assistant", "content": sentence(call), "refusal": None}
    if call.streams:
        return sse(chat_events(whole, message["content"]))
    return Answer(whole | {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


def completion(call):
    choice = {"index": 0, "text": sentence(call), "finish_reason": "stop", "logprobs": None}
    return Answer({"id": "1", "object": "text_completion", "created": 1, "model": call.model, "choices": [choice]})


def embedding(call):
    vector = VECTOR
    if call.body.get("encoding_format") == "base64":
        vector = base64.b64encode(b"\x00\x00\x00\x3f\x00\x00\x80\x3e").decode()
    data = [{"object": "embedding", "index": 0, "embedding": vector}]
    return Answer({"id": "1", "object": "list", "model": call.model, "data": data, "usage": USAGE})


def moderation(call):
    result = {"flagged": False, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}
    return Answer({"id": "modr_1", "model": call.model, "results": [result]})


def message(call):
    """A message of Anthropic, as JSON or as a stream of events."""
    whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": call.model}
    whole |= {"content": [{"type": "text", "text": sentence(call)}], "stop_reason": "end_turn", "stop_sequence": None}
    whole |= {"usage": {"input_tokens": 1, "output_tokens": 1}}
    return sse(anthropic_events(whole)) if call.streams else Answer(whole)


def message_batch(call):
    counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    whole = {"id": "msgbatch_1", "type": "message_batch", "processing_status": "ended", "request_counts": counts}
    whole |= {"created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-02T00:00:00Z"}
    # The provider names an absolute address of its own here.
    return Answer(whole | {"results_url": f"{call.provider}/v1/messages/batches/msgbatch_1/results"})


def message_batch_results(call):
    row = {"custom_id": "1", "result": {"type": "expired"}}
    return Answer(json.dumps(row).encode() + b"\n", "application/x-jsonl")


def models(call):
    rows = [{"id": "approved-1", "object": "model", "created": 1, "owned_by": "stand-in"}]
    rows[0] |= {"type": "model"} if "anthropic-version" in call.headers else {"type": "base", "capabilities": {}}
    rows[0] |= {"display_name": "Approved", "created_at": "2026-01-01T00:00:00Z", "name": "models/approved-1"}
    lists = {"object": "list", "data": rows, "models": rows}
    return Answer(lists | {"has_more": False, "first_id": "approved-1", "last_id": "approved-1"})


def stored_file(call):
    whole = {"id": "file_1", "object": "file", "type": "file", "bytes": 2, "size_bytes": 2, "created_at": 1}
    whole |= {"filename": "a.txt", "purpose": "batch", "status": "processed", "mime_type": "text/plain"}
    if "anthropic-version" in call.headers:
        whole["created_at"] = "2026-01-01T00:00:00Z"
    return Answer(whole)


def google_file(call):
    """The first request of an upload is told where the bytes go, with an absolute address of the provider."""
    if call.headers.get("x-goog-upload-command") == "start":
        place = f"{call.provider}/upload/v1beta/files?upload_id=1"
        return Answer({}, **{"x-goog-upload-url": place, "x-goog-upload-status": "active"})
    whole = {"name": "files/1", "mimeType": "text/plain", "sizeBytes": "2", "state": "ACTIVE"}
    return Answer({"file": whole}, **{"x-goog-upload-status": "final"})


def generated(call):
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    content = {"role": "model", "parts": [{"text": sentence(call)}]}
    whole = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}
    whole |= {"modelVersion": call.model, "usageMetadata": usage}
    return sse(gemini_events(whole)) if "streamGenerateContent" in call.path else Answer(whole)


def google_embedding(call):
    return Answer({"embeddings": [{"values": VECTOR}], "embedding": {"values": VECTOR}})


def cache(call):
    return Answer({"name": "cachedContents/1", "model": f"models/{call.model or 'approved-1'}", "displayName": "c"})


def interaction(call):
    content = [{"type": "text", "text": sentence(call)}]
    whole = {"id": "int_1", "object": "interaction", "status": "completed", "model": call.model or "approved-1"}
    whole |= {"created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z", "outputs": content}
    return Answer(whole | {"role": "model", "steps": [{"type": "model_output", "content": content}]})


def ollama(call):
    """Ollama streams lines of JSON unless it is asked not to."""
    whole = {"model": call.model, "created_at": "2026-01-01T00:00:00Z", "done": True, "done_reason": "stop"}
    key = "message" if call.path.endswith("/chat") else "response"
    text = sentence(call)
    whole[key] = {"role": "assistant", "content": text} if key == "message" else text
    if call.body.get("stream", True):
        return Answer(ollama_lines(whole).encode(), "application/x-ndjson")
    return Answer(whole)


def converse(call):
    """A response of Bedrock, as JSON or as its binary stream."""
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    if call.path.endswith("-stream"):
        delta = {"contentBlockIndex": 0, "delta": {"text": sentence(call)}}
        events = [("messageStart", {"role": "assistant"}), ("contentBlockDelta", delta)]
        events += [("contentBlockStop", {"contentBlockIndex": 0}), ("messageStop", {"stopReason": "end_turn"})]
        events += [("metadata", {"usage": usage, "metrics": {"latencyMs": 1}})]
        return Answer(b"".join(encode(*event) for event in events), "application/vnd.amazon.eventstream")
    content = {"message": {"role": "assistant", "content": [{"text": sentence(call)}]}}
    return Answer({"output": content, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 1}})


def said(**members):
    return lambda call: Answer(members)


def told(key):
    return lambda call: Answer({key: sentence(call)})


ROUTES = [
    (r"POST .*/responses", response),
    (r"GET .*/responses/[^/]+", response),
    (r"POST .*/responses/[^/]+/cancel", response),
    (r"DELETE .*/responses/[^/]+", said(id="resp_abc==", object="response", deleted=True)),
    (r"POST .*/chat/completions", chat),
    (r"POST /v1/fim/completions", chat),
    (r"POST /v1/completions", completion),
    (r"POST .*/embeddings", embedding),
    (r"POST /v1/moderations", moderation),
    (r"POST /v1/images/generations", lambda call: Answer({"created": 1, "data": [{"revised_prompt": sentence(call)}]})),
    (r"POST /v1/audio/transcriptions", told("text")),
    (r"POST /v1/audio/speech", lambda call: Answer(sentence(call).encode(), "audio/mpeg")),
    (r"POST /v1/files", stored_file),
    (r"POST (/anthropic)?/v1/messages", message),
    (r"POST /v1/messages/count_tokens", said(input_tokens=7)),
    (r"POST /v1/messages/batches", message_batch),
    (r"GET /v1/messages/batches/[^/]+", message_batch),
    (r"GET /v1/messages/batches/[^/]+/results", message_batch_results),
    (r"GET /v1(beta)?/models", models),
    (r"POST /upload/v1(beta)?/files", google_file),
    (r"POST .*:(streamGenerateContent|generateContent)", generated),
    (r"POST .*:countTokens", said(totalTokens=7)),
    (r"POST .*:(batchEmbedContents|embedContent)", google_embedding),
    (r"POST /v1(beta)?/cachedContents", cache),
    (r"GET /v1(beta)?/cachedContents", said(cachedContents=[{"name": "cachedContents/1"}])),
    (r"GET /v1(beta)?/cachedContents/[^/]+", cache),
    (r"POST /v1(beta)?/interactions", interaction),
    (r"GET /v1(beta)?/interactions/[^/]+", interaction),
    (r"POST /api/(chat|generate)", ollama),
    (r"POST /api/embed", lambda call: Answer({"model": call.model, "embeddings": [VECTOR]})),
    (r"GET /api/tags", said(models=[{"model": "approved-1"}])),
    (r"POST /model/[^/]+/converse(-stream)?", converse),
    (r"POST /model/[^/]+/invoke", message),
    (r"POST /model/[^/]+/count-tokens", said(inputTokens=7)),
    (r"(GET|HEAD) /", said()),
]


def answer(call):
    """Returns the answer to a call, or `None` where the provider has no such operation."""
    line = f"{call.method} {call.path}"
    return next((reply(call) for route, reply in ROUTES if re.fullmatch(route, line)), None)
