"""The real program: `model-lock serve` in front of a provider, and what it holds."""

import collections
import json
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

from . import http1, processes
from .wire import SECONDS, port_of, wait_until

ROOT = Path(__file__).resolve().parents[3]


def program():
    """Returns the program that is tested: of MODEL_LOCK_BIN, or the newest build."""
    target = os.environ.get("CARGO_TARGET_DIR") or ROOT / "target"
    return os.environ.get("MODEL_LOCK_BIN") or f"{target}/debug/model-lock"


def environment(**more):
    """Returns the environment without what would change the program."""
    foreign = ("MODEL_LOCK", "OPENCLAW", "STATSD", "DD_")
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(foreign)}
    return {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")} | more


class Lock:
    """A proxy that runs until `close`."""

    name = "model-lock"

    def __init__(self, upstream, folder, flags=(), before=(), roots=None, log=None):
        self.policy = folder / "policy.toml"
        self.policy.write_text(f'mode = "reject"\nmodel = "{http1.PIN}"\n')
        command = [*before, program(), "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        command += ["--policy", self.policy, "--upstream", upstream, *flags]
        more = {"SSL_CERT_FILE": str(roots)} if roots else {}
        self.lines, self.panics = collections.deque(maxlen=100), []
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment(**more))
        self.pid = self.process.pid
        self.listening, self.reads = threading.Event(), threading.Event()
        self.reads.set()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if not self.listening.wait(SECONDS) or not hasattr(self, "address"):
            self.close()
            raise RuntimeError(f"the proxy does not start: {list(self.lines)}")

    def _read(self):
        for line in self.process.stderr:
            text = line.decode(errors="replace").rstrip()
            self.lines.append(text)
            if "panicked" in text:
                self.panics.append(text)
            if '"event":"listening"' in text:
                told = json.loads(text)
                self.address, self.admin = port_of(told["address"]), port_of(told["admin"])
                self.listening.set()
            self.reads.wait()
        self.listening.set()

    def told(self, event):
        """Returns what it logged of an event, as far as it is still known."""
        return [json.loads(line) for line in list(self.lines) if f'"event":"{event}"' in line]

    def ask(self, path):
        """Asks the admin port, and returns the response."""
        return http1.call(self.admin, http1.message(f"GET {path} HTTP/1.1", "host: localhost", "connection: close"))

    def metric(self, name):
        """Returns a metric, all its series together."""
        text = self.ask("/metrics").content.decode()
        return sum(float(value) for value in re.findall(rf"^model_lock_{name}(?:\{{[^}}]*\}})? (\S+)", text, re.M))

    def holds(self):
        """Returns the descriptors, the calls in flight and the memory that it holds."""
        return processes.descriptors(self.pid), int(self.metric("in_flight")), processes.resident(self.pid)

    def base(self):
        """Returns what it holds after its first calls, once that no longer falls."""
        last = self.holds()
        while True:
            time.sleep(0.03)
            now = self.holds()
            if now[:2] >= last[:2]:
                return last
            last = now

    def settles(self, base, drop, seconds=SECONDS):
        """Waits until it holds no more than that, and returns what is left over of descriptors and calls.

        `drop` ends the connections of providers, also those that are accepted only now.
        """
        held = []

        def settled():
            drop()
            held[:] = self.holds()
            return held[0] <= base[0] and held[1] <= base[1]

        wait_until(settled, seconds)
        return max(0, held[0] - base[0]), max(0, held[1] - base[1])

    def close(self, number=signal.SIGTERM):
        """Ends it, told twice so that it waits for nobody, and returns its status."""
        self.reads.set()
        if number == signal.SIGTERM and self.process.poll() is None:
            self.process.send_signal(number)
        return processes.end(self.process, number)
