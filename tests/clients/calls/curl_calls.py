"""Calls of curl, as the providers' pages document them."""

import subprocess

from jobs import serve


class Refused(Exception):
    status = None


def curl(*words, content=None):
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--write-out", "\n%{http_code}", *words]
    done = subprocess.run(command, input=content, capture_output=True, text=True, check=True)
    text, _, status = done.stdout.rpartition("\n")
    if status != "200":
        refused = Refused(text)
        refused.status = int(status)
        raise refused
    return text


def body(model, text, more=""):
    return f'{{"model":"{model}","input":"{text}"{more}}}'


def post(base, content):
    return curl(f"{base}/v1/responses", "-H", "content-type: application/json", "-d", "@-", content=content)


def ollama(base, model, text):
    """Ollama's own pages state no type of the content."""
    content = f'{{"model":"{model}","stream":false,"messages":[{{"role":"user","content":"{text}"}}]}}'
    return curl(f"{base}/api/chat", "-d", content)


CALLS = {
    "responses": lambda b, m, t: post(b, body(m, t)),
    "responses-stream": lambda b, m, t: post(b, body(m, t, ',"stream":true')),
    "transcriptions": lambda b, m, t: curl(
        f"{b}/v1/audio/transcriptions", "-F", f"model={m}", "-F", "file=@-;filename=a.wav", content="RIFF"
    ),
    "ollama-chat": ollama,
}

serve(CALLS)
