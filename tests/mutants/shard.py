"""Tries the mutants of a part of the crate, or of all of it."""

import time

import alone
import build
import trial
from record import record, table, total
from tools import ROOT, SOURCES, mutants
from weave import Source
from woven import weave


def chosen(shards):
    """Returns the arguments that choose the mutants of some files and folders, or of everything."""
    places = [SOURCES + shard for shard in shards if shard != "all"]
    return [f"--file={place}" if place.endswith(".rs") else f"--file={place}/**" for place in places]


def exists(shard):
    return shard == "all" or (ROOT / SOURCES / shard).exists()


def run(shards):
    """Tries the mutants of some shards and writes the results down. Returns whether none survives unexplained."""
    began = time.monotonic()
    build.copy(build.PLAIN)
    build.copy(build.COPY)
    listed = mutants(build.PLAIN, *chosen(shards))
    results = outcomes(listed)
    alive, idle = record([(listed[number - 1], result) for number, result in sorted(results.items())], shards == ["all"])
    for name in alive:
        print(f"SURVIVES {' | '.join(name)}")
    for name in idle:
        print(f"DOES NOT SURVIVE {' | '.join(name)}")
    total()
    print(f"mutants: {len(listed)} in {(time.monotonic() - began) / 60:.0f} minutes")
    return not alive and not idle


def outcomes(listed):
    """Returns what comes of each mutant, by its number."""
    def told(number, result):
        if result in ("surviving", "timeout"):
            print(f"{result}: {listed[number - 1]['name']}", flush=True)
    unviable, single = weave(listed)
    results = dict.fromkeys(unviable, "unviable")
    together = [number for number in range(1, len(listed) + 1) if number not in unviable | single]
    results |= tried(listed, together, told)
    # What is computed when the crate is compiled knows of no active mutant.
    single |= {number for number, result in results.items() if result == "surviving" and is_const(listed[number - 1])}
    print(f"mutants: {len(single)} to try alone", flush=True)
    return results | alone.outcomes({number: listed[number - 1] for number in sorted(single)}, told)


def tried(listed, numbers, told):
    """Returns what comes of the mutants in the copy: of the unit tests, and of all tests for those that are left."""
    modules = {number: module(listed[number - 1]["file"]) for number in numbers}
    programs, results = build.programs(build.COPY, *build.ALL), {}
    unit = [it for it in programs if "/lockpolicy-" in it[0]]
    for own in (unit, [it for it in programs if it not in unit]):
        every = [test for program in own for test in trial.tests(*program)]
        print(f"mutants: {len(modules)} to try with {len(every)} tests", flush=True)
        results |= trial.outcomes(every, modules, told)
        modules = {number: name for number, name in modules.items() if results[number] == "surviving"}
    return results


def module(file):
    """Returns what the names of the tests of a source file begin with."""
    return file.removeprefix(SOURCES).removesuffix(".rs").removesuffix("mod").replace("/", "::").removesuffix("::")


def is_const(mutant):
    """Returns whether a mutant stands in a function that can also be computed when the crate is compiled."""
    if not mutant["function"]:
        return False
    source, span = Source((build.PLAIN / mutant["file"]).read_bytes()), mutant["function"]["span"]
    text = source.text[source.offset(span["start"]):source.offset(span["end"])].decode()
    return "const fn" in text.split("{")[0]


def shards():
    """Prints each file with the number of its mutants and the last result."""
    build.copy(build.PLAIN)
    rows, files = table(), [mutant["file"].removeprefix(SOURCES) for mutant in mutants(build.PLAIN)]
    for file in sorted(set(files)):
        row = rows.get(file)
        told = "not run" if row is None else (
            f"{row['date']} {row['commit']}: {row['mutants']} mutants, {row['killed']} killed, {row['unviable']} do not "
            f"compile, {row['timeout']} do not end, {row['equivalent']} equivalent, {len(row['surviving'])} survive")
        print(f"{file:50} {files.count(file):4}  {told}")
    total()
    return True
