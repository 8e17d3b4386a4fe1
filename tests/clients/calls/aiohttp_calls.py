"""Calls of aiohttp, as a program does that has no SDK."""

import aiohttp
from jobs import serve


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


async def post(url, **content):
    async with aiohttp.ClientSession() as session, session.post(url, **content) as response:
        text = await response.text()
        if response.status != 200:
            raise Refused(response.status, text)
        return text


def transcription(base, model, _text):
    form = aiohttp.FormData()
    form.add_field("model", model)
    form.add_field("file", b"RIFF", filename="a.wav", content_type="audio/wav")
    return post(f"{base}/v1/audio/transcriptions", data=form)


async def chunked(base, model, text):
    async def parts():
        yield f'{{"model":"{model}",'.encode()
        yield f'"input":"{text}"}}'.encode()

    return await post(f"{base}/v1/responses", data=parts(), headers={"content-type": "application/json"})


CALLS = {
    "responses": lambda b, m, t: post(f"{b}/v1/responses", json={"model": m, "input": t}),
    "responses-stream": lambda b, m, t: post(f"{b}/v1/responses", json={"model": m, "input": t, "stream": True}),
    "responses-chunked": chunked,
    "transcriptions": transcription,
}

serve(CALLS)
