"""A fault: what happens, who plays it, and what has to be seen."""

from dataclasses import dataclass
from typing import Callable

FAULTS = []
# What a fault is given that starts a provider and a proxy of its own; no other proxy plays it.
OWN = {"upstream": "own", "others": ""}


@dataclass
class Fault:
    """One row of the table."""

    group: str
    name: str
    # Gets a stage, and returns what was seen in a few words.
    play: Callable
    expected: str
    # `plain` or `tls`: the provider that the stage has; a URL; or `own`: it starts what it needs.
    upstream: str = "plain"
    flags: tuple = ()
    # How often it is made in the full run, and in the sample: 0 where it is too slow for that.
    times: int = 100
    sample: int = 3
    # The proxies that can do it as well, and their time limit.
    others: str = "nginx haproxy"
    limit: str = ""
    client: str = "http1"
    # What is seen instead as long as a defect is known.
    known: str = ""
    # What it needs: root, or a program.
    needs: str = ""

    def right(self):
        return self.known or self.expected


def fault(group, name, expected, **more):
    """Adds a fault that the function below plays."""

    def add(play):
        FAULTS.append(Fault(group, name, play, expected, **more))
        return play

    return add


def upstream(group, name, script, expected, **more):
    """Adds a fault of a provider: a plain call is made, and the provider does what the script says."""

    def play(stage):
        stage.script = script
        return stage.call().seen()

    FAULTS.append(Fault(group, name, play, expected, **more))
