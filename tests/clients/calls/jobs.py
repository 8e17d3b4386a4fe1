"""Runs calls as they are asked for: a JSON line each on standard input, and a JSON line with what became of it."""

import asyncio
import inspect
import json
import os
import sys


def causes(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def status(error):
    """Returns the status that an error carries, wherever its library puts it."""
    for one in causes(error):
        response = getattr(one, "response", None)
        if isinstance(response, dict):
            return response["ResponseMetadata"]["HTTPStatusCode"]
        for place in (one, response):
            for name in ("status_code", "code", "status"):
                value = getattr(place, name, None)
                if isinstance(value, int):
                    return value
    return None


def run(function, *words):
    value = function(*words)
    return asyncio.run(value) if inspect.isawaitable(value) else value


def serve(calls, connect=lambda base: base):
    """Calls `calls[name](connect(base), model, text)` for each line. The keys of all the SDKs are set to one word."""
    for name in ("OPENAI", "ANTHROPIC", "GOOGLE", "GEMINI", "MISTRAL"):
        os.environ[f"{name}_API_KEY"] = "stand-in"
    os.environ["AWS_BEARER_TOKEN_BEDROCK"] = "stand-in"
    # Some libraries print advice.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        job = json.loads(line)
        text = "hi " * (job["size"] // 3) or "hi"
        try:
            told = {"text": str(run(calls[job["call"]], connect(job["base"]), job["model"], text))}
        except Exception as error:  # noqa: BLE001 - every error of a library is what is looked at.
            told = {"error": type(error).__name__, "status": status(error), "message": str(error)}
        print(json.dumps(told), file=answers, flush=True)
