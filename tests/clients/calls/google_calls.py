"""Calls of the official `google-genai` SDK. With the word `vertex`, they are those of Vertex with an API key."""

import io
import sys

from google import genai
from google.genai import types
from jobs import serve


async def live(client, model, text):
    """One turn of a Live session."""
    async with client.aio.live.connect(model=model, config={"response_modalities": ["TEXT"]}) as session:
        turn = types.Content(role="user", parts=[types.Part(text=text)])
        await session.send_client_content(turns=turn, turn_complete=True)
        return "".join([message.text or "" async for message in session.receive()])


CALLS = {
    "generate": lambda c, m, t: c.models.generate_content(model=m, contents=t).text,
    "generate-stream": lambda c, m, t: "".join(
        e.text for e in c.models.generate_content_stream(model=m, contents=t)
    ),
    "count-tokens": lambda c, m, t: c.models.count_tokens(model=m, contents=t).total_tokens,
    "embeddings": lambda c, m, t: c.models.embed_content(model=m, contents=t).embeddings[0].values[0],
    "caches": lambda c, m, t: c.caches.create(model=m, config={"contents": [t]}).name,
    "cache-get": lambda c, m, t: c.caches.get(name="cachedContents/1").name,
    "cache-list": lambda c, m, t: next(iter(c.caches.list())).name,
    "models": lambda c, m, t: next(iter(c.models.list())).name,
    "files": lambda c, m, t: c.files.upload(file=io.BytesIO(b"hi"), config={"mime_type": "text/plain"}).name,
    "interactions": lambda c, m, t: c.interactions.create(model=m, input=t).steps[0].content[0].text,
    "interaction-get": lambda c, m, t: c.interactions.get("int_1").id,
    "live": live,
}



def connect(base):
    options = types.HttpOptions(base_url=base)
    return genai.Client(vertexai=sys.argv[1] == "vertex", api_key="stand-in", http_options=options)


serve(CALLS, connect)
