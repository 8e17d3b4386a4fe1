"""Runs the compiler of TypeScript over the types of a package for Node.js, and joins what it finds with another graph."""

import json
import re
import subprocess
from pathlib import Path

from .graph import Graph, words

SCRIPT = Path(__file__).with_name("typescript.cjs")
FOREIGN = re.compile(r"^(\.\./|send\.internal|\?|-$|\{\})")


def extract(compiler, kind, root, files):
    """Returns the graph of a package."""
    command = ["node", str(SCRIPT), str(compiler), kind, str(root), *map(str, files)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    graph = Graph(types=found["types"], aliases=found["aliases"], words=set(found["words"]))
    for at, part in found["operations"].items():
        one = graph.operation(at)
        one.body, one.query, one.headers = part["body"], set(part["query"]), set(part["headers"])
    for name, refs in found["messages"].items():
        kept = [ref for ref in refs if not FOREIGN.match(ref)]
        if kept and "ws" in name:
            graph.messages[name.rpartition("/")[0]] = kept
    return graph


def add_members(graph, other):
    """Adds to a graph the operations, queries, headers and pointers that only another package names."""
    graph.normalize()
    other.normalize()
    for at, theirs in other.operations.items():
        mine = graph.operation(at)
        mine.query |= theirs.query
        mine.headers |= theirs.headers
        add_pointers(graph, at, [mine.body] if mine.body else [], other, [theirs.body] if theirs.body else [])
    known = {name.replace(".", "/"): name for name in graph.messages}
    for name, refs in other.messages.items():
        mine = next((known[k] for k in known if k.startswith(name) or name.startswith(k)), None)
        add_pointers(graph, f"MESSAGE {mine or name}", graph.messages.get(mine, []), other, refs)


def add_pointers(graph, at, refs, other, their_refs):
    """Adds the pointers that one graph has and the other has not."""
    known = {plain(pointer) for pointer, *_ in graph.walk(refs)}
    for pointer, _, _, shapes in other.walk(their_refs):
        if plain(pointer) not in known:
            leaves = {leaf(other, last) for _, last in shapes}
            graph.extras.setdefault(at, {})[pointer] = sorted(leaves) or ["-"]


def leaf(graph, last):
    """Returns what a member of another package's type is here: an object whose members stand on lines of their own, or less."""
    return (
        "."
        if last in graph.types and graph.types[last]
        else last if last.startswith("=") else "?" if last == "?" else "-"
    )


def plain(pointer):
    """Returns a pointer as it is compared between packages: arrays may be read as their elements, spellings differ."""
    return "".join("/" + "".join(words(part)) for part in re.sub(r"/(\*|\{\})(?=/|$)", "", pointer).split("/")[1:])


def add_words(graph, bundle, known):
    """Adds the names and addresses of a bundle that other graphs of the same vendor do not know."""
    names = {"".join(words(member)) for other in known for _, members in other.types.items() for member in members}
    names |= {
        "".join(words(part))
        for other in known
        for pointers in other.extras.values()
        for p in pointers
        for part in p.split("/")
    }
    mine = set(bundle.words) | {member for members in bundle.types.values() for member in members}
    graph.words |= {
        word for word in mine if "".join(words(word)) not in names and re.fullmatch(r"[A-Za-z][\w.:$-]*", word)
    }
    paths = {at.split(" ", 1)[1] for at in bundle.operations if at.startswith("CALL /")}
    graph.words |= {path for path in paths if re.fullmatch(r"/[a-zA-Z0-9_.{}:/-]+", path)}
