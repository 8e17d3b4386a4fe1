"""Runs the tests on each mutant of the copy: those that reach its place, until one fails."""

import functools
import os
import resource
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import FAIL_FAST, FEW

# A test that takes more seconds of a processor is run once the quicker ones of its program have passed.
QUICK = 0.1
# The seconds of a processor that tests may take, besides some times of what they take without a mutant: whether something
# ends does not depend on what else the machine does.
SECONDS = 5
TIMES = 5
# A mutant that allocates without end fails where it would take the memory of everything else.
MEMORY = 4 << 30
PROCESSES = 2


@dataclass(frozen=True)
class Test:
    """A test, how many seconds of a processor it takes, and the mutants whose places it reaches."""
    program: str
    folder: str
    name: str
    seconds: float
    reached: frozenset


class TooLong(Exception):
    """Tests took more of the processor than they may."""


def start(program, folder, names, most, **environment):
    """Runs some tests of a program. Returns whether they pass and how many seconds of a processor they took."""
    environment = os.environ | FEW | {"RUSTC_BOOTSTRAP": "1", "RUST_TEST_THREADS": "1"} | environment

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(most) + 1, int(most) + 1))
    process = subprocess.Popen([program, "--exact", *names, "--quiet", *FAIL_FAST], cwd=folder, env=environment,
                               preexec_fn=limit, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = used.ru_utime + used.ru_stime
    # Where the limit of the processor is reached, the system ends the program.
    if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL) and seconds >= int(most):
        raise TooLong
    return process.returncode == 0, seconds


def tests(program, folder):
    """Returns the tests of a program, each run once without a mutant."""
    listed = subprocess.run([program, "--list", "--format", "terse"], cwd=folder, capture_output=True, text=True)
    names = [line.removesuffix(": test") for line in listed.stdout.splitlines() if line.endswith(": test")]
    with ThreadPoolExecutor(PROCESSES) as pool:
        return list(pool.map(functools.partial(test, program, folder), names))


def test(program, folder, name):
    """Runs one test without a mutant."""
    with tempfile.TemporaryDirectory() as place:
        reached = Path(place) / "reached"
        passed, seconds = start(program, folder, [name], 600, MUTANT_REACHED=str(reached))
        if not passed:
            sys.exit(f"mutants: {name} fails without a mutant")
        numbers = reached.read_text().split() if reached.exists() else []
    return Test(program, folder, name, seconds, frozenset(map(int, numbers)))


def batches(every, number, module):
    """Returns the tests that reach a mutant, as they are run: those of its module, of the modules around it, and the
    others program after program; of each the quick ones first."""
    left = [it for it in every if number in it.reached]
    for start in around(module):
        own = [it for it in left if it.name.startswith(start)]
        left = [it for it in left if it not in own]
        for program in dict.fromkeys(it.program for it in own):
            parts = [it for it in own if it.program == program]
            yield [it for it in parts if it.seconds <= QUICK]
            yield [it for it in parts if it.seconds > QUICK]


def around(module):
    """Returns what the names of tests begin with, from the tests of a module to all of them."""
    parts = module.split("::")
    return ["::".join(parts[:count]) + "::" for count in range(len(parts), 0, -1)] + [""]


def tried(every, number, module):
    """Returns what comes of a mutant."""
    for batch in filter(None, batches(every, number, module)):
        most, names = SECONDS + TIMES * sum(it.seconds for it in batch), [it.name for it in batch]
        try:
            passed, _ = start(batch[0].program, batch[0].folder, names, most, MUTANT=str(number))
            if not passed:
                return "killed"
        except TooLong:
            return "timeout"
    return "surviving"


def outcomes(every, modules, told):
    """Tries some mutants, two at a time: `modules` has the module of each. Calls `told` with each result, and returns
    them by their numbers."""
    results = {}
    with ThreadPoolExecutor(PROCESSES) as pool:
        for number, result in zip(modules, pool.map(lambda it: tried(every, *it), modules.items())):
            told(number, result)
            results[number] = result
    return results
