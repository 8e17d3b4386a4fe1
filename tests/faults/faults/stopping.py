"""The end of the program, and what it leaves: calls, folders, processes, the audit chain."""

import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from lib import http1
from lib.fault import OWN, fault
from lib.http1 import ok, post, sending
from lib.lock import environment, program
from lib.provider import keeps
from lib.wire import SECONDS, connect, wait_until

GROUP = "The program"
EVIL = sending(b'{"model":"evil","input":"x"}')


def url(provider):
    return f"http://127.0.0.1:{provider.port}"


class Load:
    """Clients that call over and over, each time over a connection of its own, until `stop`."""

    def __init__(self, address, request=None, clients=6):
        self.address, self.request, self.on = address, request or post(), True
        self.seen, self.refused = [], 0
        self.threads = [threading.Thread(target=self._client) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def _client(self):
        while self.on:
            try:
                peer = connect(self.address)
            except OSError:
                # Nobody listens any more: the client knows that its call was not taken.
                self.refused += 1
                continue
            self.seen.append(http1.exchange(peer, self.request).seen())
            peer.close()

    def stop(self):
        self.on = False
        for thread in self.threads:
            thread.join()
        return self.seen


def unanswered(seen):
    """Returns in words how many calls had no whole answer."""
    wrong = [words for words in seen if words != "200"]
    return f"{len(wrong)} calls without an answer" + (f" ({', '.join(sorted(set(wrong)))})" if wrong else "")


@fault(
    GROUP,
    "gets SIGTERM under load, each call over a new connection",
    "0 calls without an answer",
    times=30,
    sample=1,
    **OWN,
)
def stops_under_load(stage):
    with stage.providing(keeps(ok())) as provider, stage.serving(url(provider)) as lock:
        load = Load(lock.address)
        wait_until(lambda: len(load.seen) > 100)
        lock.process.send_signal(signal.SIGTERM)
        status = lock.process.wait(SECONDS)
        seen = load.stop()
    return unanswered(seen) + (f", status {status}" if status else "")


@fault(GROUP, "gets SIGTERM while a stream runs", "the stream ends whole, status 0", times=30, sample=1, **OWN)
def drains(stage):
    go = threading.Event()

    def script(peer):
        peer.request()
        peer.send(http1.message("HTTP/1.1 200 OK", "content-type: text/event-stream", "transfer-encoding: chunked"))
        go.wait(SECONDS)
        peer.send(b"9\r\ndata: 1\n\n\r\n0\r\n\r\n")

    with stage.providing(script) as provider, stage.serving(url(provider)) as lock:
        client = connect(lock.address)
        client.send(post())
        client.rest = client.line(b"\r\n\r\n")
        lock.process.send_signal(signal.SIGTERM)
        wait_until(lambda: lock.told("draining"))
        go.set()
        seen = http1.read(client).seen()
        status = lock.process.wait(SECONDS)
    return f"the stream ends {'whole' if seen == '200' else seen}, status {status}"


@fault(
    GROUP,
    "reads a changed policy 10 times under load",
    "0 calls without an answer, 10 reloads",
    times=5,
    sample=0,
    **OWN,
)
def reloads(stage):
    with stage.providing(keeps(ok())) as provider, stage.serving(url(provider)) as lock:
        load, text = Load(lock.address, clients=4), lock.policy.read_text()
        for number in range(1, 11):
            new = lock.policy.with_suffix(".new")
            new.write_text(f"{text}# {number}\n")
            os.replace(new, lock.policy)
            if not wait_until(lambda: lock.metric("policy_reloads_total") >= number):
                break
        seen, done = load.stop(), int(lock.metric("policy_reloads_total"))
    return f"{unanswered(seen)}, {done} reloads"


def verified(file):
    """Returns what became of `audit verify`."""
    return subprocess.run(
        [program(), "audit", "verify", file], capture_output=True, text=True, env=environment(), check=False
    )


def chain(file):
    """Returns what `audit verify` says of a file, in a word."""
    done = verified(file)
    return "whole" if done.returncode == 0 else f"not whole: {done.stdout.strip()}"


@fault(
    GROUP, "is killed (SIGKILL) 5 times while it writes the audit file", "the chain is whole", times=20, sample=1, **OWN
)
def killed(stage):
    file = stage.folder / "killed.jsonl"
    for _ in range(5):
        with stage.serving("http://127.0.0.1:1", "--audit", file) as lock:
            load = Load(lock.address, EVIL, clients=2)
            wait_until(lambda: len(load.seen) > 20)
            lock.process.kill()
            lock.process.wait()
            load.stop()
    found = chain(file)
    file.unlink()
    return f"the chain is {found}"


def run_environment(folder):
    return environment(OPENCLAW_MODEL=http1.PIN, TMPDIR=str(folder), HOME=str(folder), PATH="/usr/bin:/bin")


def started(folder):
    """Returns the processes of the program that belong to a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"TMPDIR={folder}\0".encode() in words:
                found.append(int(entry.name))
    return found


@fault(
    GROUP,
    "(`run`) is killed (SIGKILL) 10 times, at once and later",
    "nothing is left",
    times=10,
    sample=1,
    **OWN,
)
def killed_run(stage):
    folder = stage.folder / "run"
    folder.mkdir()
    for number in range(10):
        process = subprocess.Popen([program(), "run", "--", "sleep", "60"], env=run_environment(folder),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        # Later and later: before there is a folder, in the start of its proxy, in the program itself.
        until = time.monotonic() + number * 0.01
        while time.monotonic() < until:
            pass
        process.kill()
        process.wait()
    wait_until(lambda: not started(folder), 5)
    left = [f"{len(list(folder.glob('model-lock-*')))} folders", f"{len(started(folder))} processes"]
    for pid in started(folder):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)
    left = [words for words in left if not words.startswith("0 ")]
    return f"left: {', '.join(left)}" if left else "nothing is left"


CODEX = """#!/bin/sh
[ "$1" = --version ] && { echo codex-cli 0.171.0; exit; }
echo $$ > "$PLACE"
exec sleep 60
"""


@fault(
    GROUP,
    "(the shim of an `app-server`) is killed (SIGKILL), with a codex that reads no input",
    "its codex ends",
    times=20,
    sample=1,
    **OWN,
)
def killed_filter(stage):
    folder = stage.folder / "filter"
    (folder / "bin").mkdir(parents=True)
    (folder / "real").mkdir()
    real, shim, place = folder / "real/codex", folder / "bin/codex", folder / "pid"
    real.write_text(CODEX)
    real.chmod(0o755)
    shim.symlink_to(program())
    more = {
        "PATH": f"{shim.parent}:{real.parent}:/usr/bin:/bin",
        "PLACE": str(place),
        "MODEL_LOCK_PROXY": "http://127.0.0.1:1",
    }
    process = subprocess.Popen([shim, "app-server"], env=run_environment(folder) | more, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    try:
        if not wait_until(lambda: place.exists() and place.read_text().endswith("\n")):
            process.kill()
            return f"codex does not start: {process.stderr.read()!r}"
        child = int(place.read_text())
        process.kill()
        process.wait()
        ends = wait_until(lambda: gone(child), 3)
        if not ends:
            os.kill(child, signal.SIGKILL)
        return "its codex ends" if ends else "its codex runs on"
    finally:
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
        shutil.rmtree(folder)


def gone(pid):
    """True if a process is no more, or only waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True
