"""Shows that the comparison fails where it has to."""

import copy
from random import Random

from . import dialects, files, report
from .compare import REASONS, Comparison, candidates_of
from .known import MADE_UP, NAMES, PLACES
from .names import selecting


def run(sample=None):
    """Runs each test, prints what it showed, and returns the exit status. With a number, rows are a sample of so many."""
    graphs = files.graphs()
    comparison, tables, result = report.compared(graphs)
    failures = []
    chosen = Random(1).sample if sample else None

    def pick(rows):
        """Returns all of the rows, or some that are the same in each run."""
        return chosen(rows, min(sample, len(rows))) if chosen else rows

    tests = (filter_finds, made_up, listed_words, rows, codex_rows, harmless_lines, refused)
    for test in tests:
        found = list(test(comparison, tables, result, pick))
        print(f"{test.__name__}: {'; '.join(found) if found else 'as it has to be'}")
        failures += found
    return 1 if failures else 0


def sampled():
    """Runs the tests with some of the rows, which takes seconds."""
    return run(SAMPLE)


def filter_finds(comparison, _tables, _result, _pick):
    """Yields each known selector that the filter of names does not find in the types."""
    for name in NAMES:
        if not selecting(name, 1):
            yield f"the filter does not look at {name}"
    for place in PLACES:
        vendor, at, pointer = place.split(" ")
        at = at.replace(":", " ", 1)
        if pointer not in {p for p, *_ in candidates_of(comparison.graphs[vendor], at)}:
            yield f"{place} is not found"


def made_up(comparison, tables, result, pick):
    """Yields each made-up selector that is added to a copy and does not make the check fail."""
    before = set(report.faults(comparison, tables, result))
    for line in pick(MADE_UP):
        vendor, name, member = line.split(" ")
        graphs = {**comparison.graphs, vendor: copy.deepcopy(comparison.graphs[vendor])}
        if name not in graphs[vendor].types:
            yield f"{vendor} has no type {name}: the test needs another"
            continue
        graphs[vendor].types[name][member] = ["-"]
        after = set(report.faults(*report.compared(graphs, comparison)))
        if not any(f"/{member} " in fault for fault in after - before):
            yield f"{vendor} {name}/{member} is not noticed"


def listed_words(comparison, tables, result, _pick):
    """Yields each kind of name besides members that is added to a copy and does not make the check fail."""
    before = set(report.faults(comparison, tables, result))
    graphs = copy.deepcopy(comparison.graphs)
    graphs["ai-sdk-xai"].words.add("routerModel")
    graphs["codex"].words |= {"option exec --engine =", "key Config assistant_engine"}
    graphs["openai"].operations["GET /videos/*/content"].query.add("model_tier")
    graphs["bedrock"].operations["POST /model/*/converse"].headers.add("x-amzn-bedrock-engine")
    graphs["openai"].extras.setdefault("POST /responses", {})["/tools/*/judge"] = ["-"]
    after = "\n".join(set(report.faults(*report.compared(graphs, comparison))) - before)
    for name in ("word/routerModel", "option:exec/engine", "key:Config/assistant_engine", "/tools/*/judge"):
        if name not in after:
            yield f"{name} is not noticed"


def rows(_comparison, tables, result, pick):
    """Yields each governed row whose removal does not make the check fail."""
    every = dialects.rows_of(files.DIALECTS)
    every += sorted({row for _, row in result.governed if row[0] == "operation"})
    named, beyond = {}, files.beyond()
    for candidate, row in result.governed:
        named.setdefault(row, candidate.dialect)
    for row in pick(every):
        if row not in named:
            left = [r for r in every if r != row and r[0] != "operation"]
            if row not in beyond or not any(
                " ".join(row) in fault for fault in report.row_faults(result, left, beyond)
            ):
                yield f"without {' '.join(row)} nothing fails"
        elif not fails_without(result, tables, named[row], row):
            yield f"without {' '.join(row)} nothing fails"
    print(f"rows removed in turn: {len(pick(every))} of {len(every)}")


def fails_without(result, tables, name, row):
    """Tells whether the check finds something new in a dialect where a row is removed."""
    without = copy.deepcopy(tables[name])
    for one in without.operations:
        for part in [one, *one.messages.values()]:
            part.rows = {pointer: entry for pointer, entry in part.rows.items() if entry[0] != row}
            part.tools = {
                pointer: {kind: own for kind, own in types.items() if own != row}
                for pointer, types in part.tools.items()
                if pointer in part.rows
            }
    for candidate, governing in result.governed:
        if governing == row and candidate.dialect == name and not governed_again(without, candidate):
            return True
    return False


def governed_again(dialect, candidate):
    """Tells whether another row governs a candidate."""
    for one in dialect.operations:
        parts = {one.at: one, **{f"{one.at} {kind}": part for kind, part in one.messages.items()}}
        part = parts.get(candidate.at) or (one.messages.get("") if candidate.at.startswith(one.at + " ") else None)
        if part is not None and candidate.owner == "tool":
            return candidate.member in part.tools.get(candidate.pointer, {})
        if part is not None:
            return part.governing(candidate.pointer) is not None
    return False


def codex_rows(comparison, _tables, result, pick):
    """Yields each field of codex's JSON-RPC table whose removal does not make the check fail."""
    table, beyond = files.codex_tables(), files.beyond()
    rows = [(method, path) for method, paths in table.methods.items() for path in paths]
    for method, path in pick(rows):
        less = copy.deepcopy(table)
        less.methods[method] = less.methods[method] - {path}
        if not path:
            del less.methods[method]
        own = Comparison({"codex": comparison.graphs["codex"]}, comparison.harmless, {})
        after = type(result)()
        own.codex(after, less)
        before = {c.pointer for c in result.new if c.at == f"RPC {method}"}
        found = {
            c.pointer for c in after.new if c.at == f"RPC {method}"
        } - before or f"codex RPC {method}" in after.reasonless
        name = f"{method} /{'/'.join(path)}"
        if not found and ("codex", "rpc", name) not in beyond:
            yield f"without {name} nothing fails"
    print(f"fields of codex's methods removed in turn: {len(pick(rows))} of {len(rows)}")


def harmless_lines(comparison, tables, _result, pick):
    """Yields each line of the harmless members that could be left out."""
    for key in pick(list(comparison.harmless)):
        less = {entry: reason for entry, reason in comparison.harmless.items() if entry != key}
        comparison.harmless, kept = less, comparison.harmless
        found = any(c for c in kept_by(comparison, key))
        comparison.harmless = kept
        if not found:
            yield f"harmless.txt without {key} is as good"
    assert set(comparison.harmless.values()) <= set(REASONS) and tables


def kept_by(comparison, key):
    """Yields the candidates that only this line makes harmless."""
    if not hasattr(kept_by, "all"):
        kept_by.all = report.compared(comparison.graphs, comparison)[2].harmless
    for candidate in kept_by.all:
        if key in candidate.keys and not any(entry in comparison.harmless for entry in candidate.keys):
            yield candidate


def refused(comparison, _tables, _result, _pick):
    """Yields an operation that is new and is not printed as refused."""
    graphs = {**comparison.graphs, "openai": copy.deepcopy(comparison.graphs["openai"])}
    graphs["openai"].operation("POST /oracles")
    _, _, after = report.compared(graphs, comparison)
    if "POST /oracles" not in after.refused["openai"]:
        yield "POST /oracles is not printed as refused"


# So many rows are removed in turn where nobody asked for all.
SAMPLE = 12
