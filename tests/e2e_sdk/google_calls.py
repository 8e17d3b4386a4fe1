"""Calls of the official `google-genai` SDK, one JSON line each: argv is a JSON list of [URL, kind, model]."""

import io
import json
import sys

from google import genai
from google.genai import errors, types

CALLS = {
    "generate": lambda c, m: c.models.generate_content(model=m, contents="hi").text,
    "generate-stream": lambda c, m: "".join(
        e.text for e in c.models.generate_content_stream(model=m, contents="hi")
    ),
    "count-tokens": lambda c, m: str(c.models.count_tokens(model=m, contents="hi").total_tokens),
    "embeddings": lambda c, m: str(c.models.embed_content(model=m, contents="hi").embeddings[0].values[0]),
    "files": lambda c, m: c.files.upload(file=io.BytesIO(b"hi"), config={"mime_type": "text/plain"}).name,
}


def call(base, kind, model):
    options = types.HttpOptions(base_url=base, timeout=30_000)
    client = genai.Client(api_key="stand-in", http_options=options)
    try:
        return {"text": CALLS[kind](client, model)}
    except errors.APIError as error:
        return {"error": type(error).__name__, "status": error.code, "type": error.status, "message": str(error)}


for job in json.loads(sys.argv[1]):
    print(json.dumps(call(*job)), flush=True)
