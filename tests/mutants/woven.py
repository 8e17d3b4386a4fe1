"""Decides which mutants are in the copy that is built: all that can be written as a question, and that the compiler
accepts there."""

import build
from tools import SOURCES
from weave import blamed, matched, woven

# The mutant is then one to try alone: what is refused is that it stands beside the other branch.
BORROWED = ("E0373", "E0381", "E0382", "E0499", "E0502", "E0503", "E0505", "E0506", "E0507", "E0597", "E0716")
# Of several arms that are left out of one match, one alone may be left out for good.
NOT_ALL_MATCHED = "E0004"


def weave(mutants):
    """Writes the mutants into the copy, as many as the compiler accepts. Returns the numbers of those that no compiler
    would accept, and of those that have to be tried alone."""
    unviable, alone = set(), set()
    while True:
        alone |= write(mutants, unviable | alone)
        errors = list(build.errors(build.COPY))
        if not errors:
            return unviable, alone
        before = len(unviable | alone)
        for error in errors:
            refuse(mutants, error, unviable, alone)
        if len(unviable | alone) == before:
            raise SystemExit("mutants: errors that belong to no mutant:\n" + "\n".join(it[2] for it in errors))
        print(f"mutants: {len(errors)} errors; {len(unviable)} never compile, {len(alone)} to try alone", flush=True)


def write(mutants, without):
    """Writes each source file with its mutants, besides some. Returns those that cannot be expressed."""
    files, left = {SOURCES + "lib.rs": []}, set()
    for number, mutant in enumerate(mutants, 1):
        files.setdefault(mutant["file"], []).append((number, mutant))
    for file, own in files.items():
        chosen = [pair for pair in own if pair[0] not in without]
        text, inexpressible = woven((build.PLAIN / file).read_bytes(), chosen)
        (build.COPY / file).write_bytes(text)
        left |= set(inexpressible)
    build.prepare(build.COPY)
    return left


def refuse(mutants, error, unviable, alone):
    """Adds the mutants that an error belongs to, to the one set or the other."""
    code, spans, _ = error
    for text, offset in ((build.COPY / file, offset) for file, offset in spans):
        numbers, is_instead = blamed(text.read_bytes(), offset) if text.exists() else ([], False)
        if numbers:
            never = is_instead and code and code not in BORROWED
            (unviable if never else alone).update(numbers)
            return
        if code == NOT_ALL_MATCHED and text.exists():
            found = matched(text.read_bytes(), offset)
            alone.update(number for number in found if mutants[number - 1]["genre"] == "MatchArm")
            return
