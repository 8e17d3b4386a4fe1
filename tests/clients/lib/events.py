"""The streams of each API."""

import json


def named(kind, **members):
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | members)}\n\n"


def data(value):
    return f"data: {json.dumps(value)}\n\n"


def response_events(whole, item, part):
    began = whole | {"status": "in_progress", "output": [], "usage": None}
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    text = part["text"]
    steps = [
        ("response.created", {"response": began}),
        ("response.output_item.added", {"output_index": 0, "item": item | {"status": "in_progress", "content": []}}),
        ("response.content_part.added", place | {"part": part | {"text": ""}}),
        ("response.output_text.delta", place | {"delta": text, "logprobs": []}),
        ("response.output_text.done", place | {"text": text, "logprobs": []}),
        ("response.content_part.done", place | {"part": part}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        ("response.completed", {"response": whole}),
    ]
    for number, (kind, members) in enumerate(steps):
        yield named(kind, sequence_number=number, **members)


def chat_events(whole, text):
    chunk = {key: value for key, value in whole.items() if key != "usage"} | {"object": "chat.completion.chunk"}
    first = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield data(chunk | {"choices": [first]})
    yield data(chunk | {"choices": [last], "usage": whole["usage"]})
    yield "data: [DONE]\n\n"


def anthropic_events(whole):
    text = whole["content"][0]["text"]
    yield named("message_start", message=whole | {"content": [], "stop_reason": None})
    yield named("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield named("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    yield named("content_block_stop", index=0)
    yield named("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 1})
    yield named("message_stop")


def gemini_events(whole):
    yield data(whole)


def ollama_lines(whole):
    last = {key: value for key, value in whole.items() if key not in ("message", "response")}
    empty = {"message": {"role": "assistant", "content": ""}} if "message" in whole else {"response": ""}
    return json.dumps(whole | {"done": False}) + "\n" + json.dumps(last | empty) + "\n"
