"""Runs a coding agent for one prompt, in a home and a folder of its own. Arguments: the agent, the folder of its package."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from jobs import serve

AGENT, PLACE = sys.argv[1:3]
SECONDS = 150


class Failed(Exception):
    status = None


def claude(base, model, home, _work):
    small = {"ANTHROPIC_DEFAULT_HAIKU_MODEL": model, "ANTHROPIC_SMALL_FAST_MODEL": model}
    return ["claude", "-p", "hi", "--model", model], {"ANTHROPIC_BASE_URL": base, "ANTHROPIC_API_KEY": "sk-ant-x"} | small


def gemini(base, model, home, _work):
    (home / ".gemini").mkdir()
    settings = {"security": {"auth": {"selectedType": "gemini-api-key"}}}
    (home / ".gemini/settings.json").write_text(json.dumps(settings))
    trust = {"GEMINI_CLI_TRUST_WORKSPACE": "true"}
    return ["gemini", "-m", model, "-p", "hi"], {"GOOGLE_GEMINI_BASE_URL": base, "GEMINI_API_KEY": "x"} | trust


def qwen(base, model, home, _work):
    command = ["qwen", "--auth-type", "openai", "-m", model, "-p", "hi"]
    return command, {"OPENAI_BASE_URL": f"{base}/v1", "OPENAI_API_KEY": "x", "OPENAI_MODEL": model}


def opencode(base, model, home, work):
    options = {"options": {"baseURL": f"{base}/v1", "apiKey": "x"}, "models": {model: {}}}
    small = {"small_model": f"openai/{model}"}
    (work / "opencode.json").write_text(json.dumps({"provider": {"openai": options}} | small))
    return ["opencode", "run", "-m", f"openai/{model}", "hi"], {}


AGENTS = {"claude": claude, "gemini": gemini, "qwen": qwen, "opencode": opencode}


def prompt(base, model, _text):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home, work = Path(folder, "home"), Path(folder, "work")
        home.mkdir()
        work.mkdir()
        words, env = AGENTS[AGENT](base, model, home, work)
        words[0] = f"{PLACE}/node_modules/.bin/{words[0]}"
        plain = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "dumb", "NO_PROXY": "*", "CI": "1"}
        status, text = ended(words, work, plain | env)
    if status != 0 or "not permitted" in text:
        raise Failed(text)
    return text


def ended(words, work, env):
    """Runs a program to its end, and ends what it has started with it."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    program = subprocess.Popen(words, cwd=work, env=env, text=True, start_new_session=True, **pipes)
    try:
        text = program.communicate(timeout=SECONDS)[0]
    finally:
        try:
            os.killpg(program.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        program.wait()
    return program.returncode, re.sub(r"\x1b\[[0-9;]*m", "", text)


serve({"prompt": prompt})
