"""Faults that have to be noticed: each check is shown to fail where it has to."""

from . import http1
from .fault import Fault
from .provider import answers, keeps
from .wire import connect

KEPT = []


def another_answer(stage):
    stage.script = answers(b"garbage\r\n\r\n")
    return stage.call().seen()


def a_connection_that_stays(stage):
    """A client that the stage does not know of holds a descriptor."""
    stage.script, stage.patience = keeps(http1.ok()), 1
    KEPT.append(connect(stage.proxy.address))
    return http1.exchange(KEPT[-1]).seen()


def a_call_that_stays(stage):
    """More calls run than before: as if there had been fewer at the beginning."""
    stage.script, stage.patience = answers(http1.ok()), 1
    stage.base = (stage.base[0], -1, stage.base[2])
    return stage.call().seen()


def a_panic(stage):
    stage.script = answers(http1.ok())
    stage.proxy.panics.append("thread 'main' panicked")
    return stage.call().seen()


def the_end_of_the_program(stage):
    stage.script = answers(http1.ok())
    seen = stage.call().seen()
    stage.proxy.close()
    return seen


def memory(stage):
    """More is held than before: as if it had held less at the beginning."""
    stage.script = answers(http1.ok())
    stage.base = (*stage.base[:2], stage.base[2] - (64 << 10))
    return stage.call().seen()


# What is played, and the word that has to stand in what is said of it.
NOTICED = [
    (another_answer, "seen 502, expected 200"),
    (a_connection_that_stays, "left behind: 1 descriptors"),
    (a_call_that_stays, "1 calls"),
    (a_panic, "panicked"),
    (memory, "MiB"),
    (the_end_of_the_program, "the proxy ended"),
]


def run(trials):
    """Plays each, and returns the exit status."""
    missed = [play.__name__ for play, word in NOTICED if not noticed(trials, play, word)]
    print(f"{len(NOTICED)} faults that have to be noticed, missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


def noticed(trials, play, word):
    result = trials.play(Fault("Self-test", play.__name__, play, "200", others=""), "model-lock", 1)
    for peer in KEPT:
        peer.close()
    KEPT.clear()
    trials.forget(result.fault, "model-lock")
    return any(word in line for line in result.judge())
