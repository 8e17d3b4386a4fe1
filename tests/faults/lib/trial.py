"""Plays a fault so many times, and looks at what was seen and at what is left behind."""

import collections
import time
from dataclasses import dataclass, field

from . import processes
from .http1 import ok
from .provider import answers
from .stage import Stage

# The memory that may stay with the allocator after a fault, in MiB.
MEMORY = 48


@dataclass
class Result:
    """What became of a fault in front of one proxy."""

    fault: object
    proxy: str
    seen: collections.Counter = field(default_factory=collections.Counter)
    descriptors: int = 0
    calls: int = 0
    memory: int = 0
    wrong: list = field(default_factory=list)
    seconds: float = 0

    def times(self):
        return sum(self.seen.values())

    def text(self):
        """Returns what was seen, with the counts where that differs."""
        if len(self.seen) == 1:
            return next(iter(self.seen))
        return "; ".join(f"{count} × {words}" for words, count in self.seen.most_common())

    def left(self):
        """Returns what was left behind."""
        parts = [(self.descriptors, "descriptors"), (self.calls, "calls")]
        parts.append((self.memory if self.memory > MEMORY else 0, "MiB"))
        return ", ".join(f"{count} {name}" for count, name in parts if count) or "nothing"

    def judge(self):
        """Returns what is not as it has to be."""
        right = self.fault.right().split(" or ")
        odd = [f"seen {self.text()}, expected {self.fault.right()}"] if set(self.seen) - set(right) else []
        # What a known defect leaves behind is a part of it.
        left = [f"left behind: {self.left()}"] if self.left() != "nothing" and not self.fault.known else []
        return odd + left + self.wrong


class Trials:
    """Plays faults; those that want the same stage share it."""

    def __init__(self, certificates):
        self.certificates, self.stages = certificates, {}

    def play(self, fault, proxy, times):
        """Plays a fault so many times in front of a proxy."""
        result, began = Result(fault, proxy), time.monotonic()
        try:
            stage = self.stage(fault, proxy)
            for _ in range(times):
                self._once(stage, result)
            self._memory(stage, result)
        except Exception as error:  # noqa: BLE001 - what one fault breaks must not hide the others.
            result.wrong.append(f"{type(error).__name__}: {error}")
            self.forget(fault, proxy)
        result.seconds = time.monotonic() - began
        return result

    def stage(self, fault, proxy):
        key = self._key(fault, proxy)
        if key not in self.stages:
            stage = self.stages[key] = Stage(fault, self.certificates, proxy)
            warm(stage, proxy)
        stage = self.stages[key]
        stage.fault, stage.left = fault, (0, 0)
        return stage

    def _key(self, fault, proxy):
        return proxy, fault.upstream, fault.flags, fault.client, fault.limit if proxy != "model-lock" else ""

    def _once(self, stage, result):
        seen = stage.fault.play(stage)
        stage.clear()
        result.seen[seen] += 1
        if result.proxy != "model-lock":
            return
        if stage.proxy:
            stage.look(stage.proxy, stage.base)
        result.descriptors, result.calls = map(max, (result.descriptors, result.calls), stage.left)
        result.wrong += stage.panics()

    def _memory(self, stage, result):
        if result.proxy == "model-lock" and stage.proxy:
            result.memory = (processes.resident(stage.proxy.pid) - stage.base[2]) >> 10
            stage.base = stage.proxy.base()

    def forget(self, fault, proxy):
        """Closes a stage that may be broken."""
        stage = self.stages.pop(self._key(fault, proxy), None)
        if stage:
            stage.close()

    def close(self):
        for stage in self.stages.values():
            stage.close()


def warm(stage, proxy):
    """Makes calls that are answered, so that what stays for good is there before what is left is counted."""
    if not stage.proxy or proxy != "model-lock":
        return
    if stage.fault.upstream == "plain":
        stage.script = answers(ok())
        for _ in range(5):
            stage.call()
    stage.base = stage.proxy.base()
