"""A client: what is said of it in `clients/`, and its script as a process that is asked for one call after another."""

import json
import os
import select
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from .install import JARS, install

HERE = Path(__file__).resolve().parent.parent
GROUPS = ("sdks", "frameworks", "plain", "agents")
SECONDS = 120
AGENT_SECONDS = 200


@dataclass
class Client:
    """An entry of `clients/`; README.md says what each word means."""

    name: str
    registry: str
    packages: list
    program: str
    dialects: str
    models: list
    words: list = field(default_factory=list)
    allow: list = field(default_factory=list)
    large: list = field(default_factory=list)
    free: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    past: list = field(default_factory=list)
    rejected: dict = field(default_factory=dict)
    silent: list = field(default_factory=list)
    agent: bool = False
    socket: bool = False
    tls: bool = False

    def install(self):
        self.folder, self.versions = install(self.registry, self.packages)

    def version(self):
        """Returns the version of its package, and those of the others with their names."""
        first, *rest = self.packages
        return ", ".join([self.versions[first], *(f"{name} {self.versions[name]}" for name in rest)])


def known():
    """Returns every client."""
    tables = [tomllib.loads((HERE / f"clients/{group}.toml").read_text(encoding="utf-8")) for group in GROUPS]
    clients = [Client(**entry) for table in tables for entry in table["client"]]
    unknown = [f"{c.name}: {call}" for c in clients for call in [*c.large, *c.rejected] if call not in c.models]
    if unknown:
        sys.exit(f"tests/clients/clients: no such call among `models`: {', '.join(unknown)}")
    return clients


class Script:
    """The script of a client."""

    def __init__(self, client, work, certificate=None):
        env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        env |= {"NO_PROXY": "*", "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(work)}
        if certificate:
            trusted = ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
            env |= dict.fromkeys(trusted, str(certificate))
        command = self.command(client, work, env)
        self.errors = open(work / "errors", "w+")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.errors}
        self.start = lambda: subprocess.Popen(command, env=env, cwd=work, text=True, **pipes)
        self.process = self.start()
        self.seconds = AGENT_SECONDS if client.agent else SECONDS

    def command(self, client, work, env):
        """Returns what starts it. Each sees the packages of its own client alone."""
        file = HERE / "calls" / client.program
        if file.suffix == ".mjs":
            return ["node", str(file), str(client.folder)]
        if file.suffix == ".java":
            return java(file, work)
        if client.registry == "pip":
            env["PYTHONPATH"] = str(client.folder)
        return [sys.executable, "-S", str(file), *client.words, str(client.folder)]

    def ask(self, call, base, model, size=0):
        """Makes one call, and returns what its client says of it."""
        try:
            if self.process.poll() is not None:
                self.process = self.start()
            self.process.stdin.write(json.dumps({"call": call, "base": base, "model": model, "size": size}) + "\n")
            self.process.stdin.flush()
            if select.select([self.process.stdout], [], [], self.seconds)[0]:
                return json.loads(self.process.stdout.readline())
            self.process.kill()
            self.process.wait()
            return {"broken": f"silent for {self.seconds} s"}
        except (OSError, ValueError):
            self.process.kill()
            self.process.wait()
            self.errors.seek(0)
            return {"broken": f"the script ended: {self.errors.read()[-600:]}"}

    def close(self):
        try:
            self.process.stdin.close()
            self.process.wait(5)
        except BrokenPipeError:
            self.process.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()


def java(file, work):
    """Compiles a script for Java, and returns what starts it."""
    path = ":".join(str(JARS / jar) for jar in ("okhttp.jar", "okio.jar"))
    jobs = file.with_name("Jobs.java")
    subprocess.run(["javac", "-d", work, "-cp", path, jobs, file], check=True)
    return ["java", "-cp", f"{work}:{path}", file.stem]
