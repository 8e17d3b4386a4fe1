"""Tries mutants one build after the other: those that cannot be in one build with the others."""

import shutil

import build
import trial
from tools import SOURCES
from weave import Source

# The most seconds of a processor that the tests of one program may take.
LONGEST = 120


def outcomes(mutants, told):
    """Returns what comes of each of some numbered mutants, and calls `told` with each."""
    results = {}
    if mutants:
        build.copy(build.ALONE)
    for number, mutant in mutants.items():
        results[number] = outcome(mutant)
        told(number, results[number])
    return results


def outcome(mutant):
    """Returns what comes of a mutant: of the unit tests, and then of all tests."""
    place = build.ALONE / mutant["file"]
    place.write_bytes(written(mutant))
    if mutant["file"] != SOURCES + "lib.rs":
        shutil.copy(build.PLAIN / SOURCES / "lib.rs", build.ALONE / SOURCES / "lib.rs")
    build.prepare(build.ALONE)
    found = tried(build.LIB)
    found = tried(build.ALL) if found == "surviving" else found
    shutil.copy(build.PLAIN / mutant["file"], place)
    return found


def written(mutant):
    """Returns the text of a file with a mutant in it."""
    source = Source((build.PLAIN / mutant["file"]).read_bytes())
    start, end = source.offset(mutant["span"]["start"]), source.offset(mutant["span"]["end"])
    return source.text[:start] + mutant["replacement"].encode() + source.text[end:]


def tried(arguments):
    """Returns what comes of the change that is written into the copy."""
    programs, _ = build.built(build.ALONE, *arguments)
    if programs is None:
        return "unviable"
    try:
        passed = all(trial.start(program, folder, [], LONGEST)[0] for program, folder in programs)
    except trial.TooLong:
        return "timeout"
    return "surviving" if passed else "killed"
