"""Prints what a comparison found."""

from collections import defaultdict

from . import dialects, files, mapping
from .compare import Comparison


def compared(graphs=None, earlier=None):
    """Returns a comparison, the dialects, and what was found. What an earlier one read of the same graphs is taken over."""
    comparison = Comparison(graphs or files.graphs(), files.harmless(), files.operations(), files.refused_tools())
    if earlier is not None:
        comparison.take_over(earlier)
    tables = dialects.load(files.DIALECTS)
    result = comparison.run(tables)
    comparison.codex(result, files.codex_tables())
    return comparison, tables, result


def faults(comparison, tables, result, folder=None):
    """Yields what is wrong, one sentence each."""
    for entry in sorted({candidate.key for candidate in result.new}):
        places = sorted({f"{c.dialect} {c.at} {c.pointer}" for c in result.new if c.key == entry})
        more = f" and {len(places) - 1} more places" if len(places) > 1 else ""
        yield f"neither governed nor harmless: {entry} ({places[0]}{more})"
    for entry in sorted(set(comparison.harmless) - result.used):
        yield f"harmless.txt: {entry} is governed, or no package names it any more: remove the line"
    for at in sorted(set(result.reasonless)):
        yield f"operations.txt: nothing says why no model runs at {at}, or why none is chosen there"
    listed = {
        f"{name} {one.at}" for name, dialect in tables.items() for one in dialect.operations if not one.capability
    }
    listed |= {f"codex {at}" for at in comparison.graphs["codex"].operations} - {
        f"codex RPC {name}" for name in files.codex_tables().methods
    }
    for at in sorted(set(comparison.operations) - listed):
        yield f"operations.txt: {at} is governed, or not listed any more: remove the line"
    for vendor, kind in sorted(set(files.refused_tools()) - result.tools):
        yield f"refused-tools.txt: {vendor} {kind} is listed, or no package names it any more: remove the line"
    yield from row_faults(result, dialects.rows_of(folder or files.DIALECTS), files.beyond())


def row_faults(result, rows, beyond):
    """Yields what is wrong with the rows: one that no package names needs a reason, and one that is gone needs none."""
    named = {row for _, row in result.governed}
    for row in sorted(set(rows) - named - set(beyond)):
        yield f"beyond.txt: no package names {' '.join(row)}, and nothing says why it is there"
    for row in sorted(set(beyond) & named):
        yield f"beyond.txt: a package names {' '.join(row)}: remove the line"
    for row in sorted({row for row in beyond if row[0] != "codex"} - set(rows)):
        yield f"beyond.txt: {' '.join(row)} is no row of the tables: remove the line"


def check():
    """Prints counts and faults, and returns the exit status."""
    comparison, tables, result = compared()
    for line in counts(comparison.graphs, tables, result):
        print(line)
    found = list(faults(comparison, tables, result))
    for line in found:
        print(line)
    print(f"{len(found)} faults" if found else "everything is governed, harmless or refused")
    return 1 if found else 0


def counts(graphs, tables, result):
    """Yields the lines of the counts."""
    packages = {title for graph in graphs.values() for title in graph.title.split(") ")}
    operations = sum(len(graph.operations) for graph in graphs.values())
    members = sum(len(graph.types.get(name, {})) for graph in graphs.values() for name in graph.reachable())
    members += sum(len(pointers) for graph in graphs.values() for pointers in graph.extras.values())
    members += sum(len(graph.words) for graph in graphs.values())
    messages = sum(len(graph.messages) for graph in graphs.values())
    yield f"packages: {len(packages)}; operations: {operations}; members: {members}; sockets: {messages}"
    changed = [line.split(" ") for line in files.lines("last-refresh.txt")]
    yield f"new at the last refresh: {sum(int(new) for _, new, _ in changed)} lines, gone: {sum(int(gone) for *_, gone in changed)}"
    refused = sum(len(found) for found in result.refused.values())
    quiet = sum(1 for dialect in tables.values() for one in dialect.operations if not one.capability)
    governed = sum(1 for dialect in tables.values() for one in dialect.operations if one.capability)
    yield f"operations listed: {governed} that run a model, {quiet} harmless; refused of the vendors' own: {refused}"
    kinds = {
        "governed": {c.key for c, _ in result.governed},
        "harmless": {c.key for c in result.harmless},
        "new": {c.key for c in result.new},
    }
    places = {"governed": result.governed, "harmless": result.harmless, "new": result.new}
    total = len(set().union(*kinds.values()))
    yield f"members that may select: {total}; " + ", ".join(
        f"{name}: {len(found)} (at {len(places[name])} places)" for name, found in kinds.items()
    )


def refused():
    """Prints the operations that no dialect lists."""
    _, _, result = compared()
    for name, found in sorted(result.refused.items()):
        for at in sorted(found):
            print(name, at)
    return 0


def new():
    """Prints each place that is neither governed nor harmless."""
    _, _, result = compared()
    places = defaultdict(set)
    for c in result.new:
        places[c.dialect, c.pointer, c.key].add(c.at)
    for (dialect, pointer, key), found in sorted(places.items()):
        print(dialect, pointer, f"[{key}]", "; ".join(sorted(found)))
    return 1 if places else 0


def tool_types():
    """Prints the types of tools by vendor and place, as the packages name them."""
    for vendor, graph in files.graphs().items():
        found = defaultdict(set)
        for at in graph.operations:
            for pointer, _, _, shapes in graph.members_of(at):
                if pointer.endswith(("/tools/*/type", "/tool/definition/type")):
                    found[at, pointer] |= {last[1:] for _, last in shapes if last.startswith("=")}
        for (at, pointer), kinds in sorted(found.items()):
            if kinds and at in listed_at(vendor):
                print(vendor, at, pointer, " ".join(sorted(kinds)))
    return 0


def listed_at(vendor):
    """Returns the operations of a vendor that a dialect lists."""
    if not hasattr(listed_at, "cache"):
        listed_at.cache = defaultdict(set)
        for name, dialect in dialects.load(files.DIALECTS).items():
            for extract, prefix in mapping.OPERATIONS.get(name, []):
                for one in dialect.operations:
                    method, path = one.at.split(" ", 1)
                    if path.startswith(prefix):
                        listed_at.cache[extract].add(f"{method} {path[len(prefix):]}")
    return listed_at.cache[vendor]


def answers():
    """Prints the places where an answer names a model."""
    for vendor, graph in files.graphs().items():
        for at in sorted(graph.operations):
            for pointer in sorted(graph.operations[at].answers):
                print(vendor, at, pointer)
        for name, found in graph.received.items():
            for pointer in sorted(found):
                print(vendor, f"WebSocket {name}", pointer)
    return 0
