"""The real program, with a policy file, in front of the stand-in."""

import json
import os
import re
import subprocess
import threading
import time
import urllib.request

from .install import ROOT

PIN, OTHER = "approved-1", "other-1"
KINDS = ("audio", "embedding", "image", "moderation", "video")
SECONDS = 20


def program():
    """Returns the program that is tested: of MODEL_LOCK_BIN, or the newest build."""
    target = os.environ.get("CARGO_TARGET_DIR") or ROOT / "target"
    return os.environ.get("MODEL_LOCK_BIN") or f"{target}/debug/model-lock"


def certificate(folder):
    """Makes a certificate of 127.0.0.1 that a client can be told to trust."""
    cert, key = folder / "tls.pem", folder / "tls-key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    make += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run([*make, "-out", cert, "-keyout", key], check=True, capture_output=True)
    return cert, key


class Lock:
    """A proxy that runs until `close`, with the events that it logged."""

    def __init__(self, mode, client, upstream, folder, tls=None):
        policy = folder / f"{mode}.toml"
        pins = "".join(f'{kind} = "{PIN}"\n' for kind in KINDS)
        policy.write_text(f'mode = "{mode}"\nmodel = "{PIN}"\nallow = {client.allow}\n\n[pins]\n{pins}')
        command = [program(), "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--policy", policy]
        command += ["--dialect", client.dialects, "--upstream", upstream]
        if tls:
            command += ["--tls-cert", tls[0], "--tls-key", tls[1]]
        env = {name: value for name, value in os.environ.items() if not name.startswith(("MODEL_LOCK", "OPENCLAW"))}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
        self.events = []
        self.listening = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()
        if not self.listening.wait(SECONDS):
            self.close()
            raise RuntimeError(f"the proxy does not start: {self.events}")
        address = next(event for event in self.events if event.get("event") == "listening")
        scheme = "https" if tls else "http"
        self.url, self.admin = f"{scheme}://{address['address']}", f"http://{address['admin']}"

    def read(self):
        for line in self.process.stderr:
            try:
                self.events.append(json.loads(line))
            except ValueError:
                self.events.append({"text": line})
            if self.events[-1].get("event") == "listening":
                self.listening.set()
        self.listening.set()

    def attempts(self):
        return [event for event in self.events if event.get("event") == "attempt"]

    def undecidable(self):
        return [event for event in self.events if event.get("event") == "undecidable"]

    def requests(self):
        """Returns how many requests the proxy has counted, of any result."""
        with urllib.request.urlopen(f"{self.admin}/metrics", timeout=SECONDS) as answer:
            text = answer.read().decode()
        return sum(float(n) for n in re.findall(r"^model_lock_requests(?:_total)?(?:\{[^}]*\})? (\S+)", text, re.M))

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wait_until(true, seconds=2):
    """Waits until a condition holds, and says whether it does."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
