"""The committed files: extracts, lists of reasons, and the tables of the repository."""

from pathlib import Path

from . import compare, dialects
from .codex_tables import Tables
from .graph import parse

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
DIALECTS = ROOT / "lockpolicy/dialects"


class Unreadable(Exception):
    """A committed file that is not as it should be."""


def graphs():
    """Returns the graph of each extract."""
    return {file.stem: parse(file.read_text(encoding="utf-8")) for file in sorted((HERE / "extracts").glob("*.txt"))}


def lines(name):
    """Yields the lines of a list, without comments and blank ones."""
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def harmless():
    """Returns the members that are harmless, and why."""
    out, reason = {}, None
    for line in lines("harmless.txt"):
        if line.startswith("["):
            reason = line.strip("[]")
            if reason not in compare.REASONS:
                raise Unreadable(f"harmless.txt: {reason} is no reason of the closed list")
        elif line in out:
            raise Unreadable(f"harmless.txt: {line} stands twice")
        else:
            out[line] = reason
    return out


def operations():
    """Returns the operations that run no model, and why."""
    return reasons("operations.txt", compare.QUIET)


def refused_tools():
    """Returns the types of tools that no dialect lists on purpose, as `(vendor, type)`, and why."""
    return {tuple(entry.split(" ")): reason for entry, reason in reasons("refused-tools.txt", compare.RUNS).items()}


def beyond():
    """Returns the rows that no package names, and why they are there."""
    return {tuple(entry.split(" ", 2)): reason for entry, reason in reasons("beyond.txt", compare.BEYOND).items()}


def reasons(name, known):
    """Returns a list of `reason entry` as entry to reason."""
    out = {}
    for line in lines(name):
        reason, _, entry = line.partition(" ")
        if reason not in known:
            raise Unreadable(f"{name}: {reason} is no reason of the closed list")
        out[entry] = reason
    return out


def codex_tables():
    """Returns codex's tables."""
    responses = dialects.load(DIALECTS)["openai"].find("POST /v1/responses")
    return Tables((HERE / "codex-tables.txt").read_text(encoding="utf-8"), responses)
