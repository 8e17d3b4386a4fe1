"""The types and operations of one package, as a graph: what an extractor fills, and what the comparison reads.

A reference to a type is a text: `*` for each array and `{}` for each map around it, then the name of a type, or `-` for a
scalar, `?` for a value of any shape, `=text` for a literal. A member may have several. Pointers are derived by `walk`.
"""

import re
from dataclasses import dataclass, field

LITERALS = {"type", "id", "kind", "effort", "tier", "speed", "mode", "level", "ranker"}
MODELS = re.compile(
    r"=(gpt|chatgpt|claude|gemini|gemma|o[1-9]|mistral|ministral|magistral|codestral|pixtral|voxtral|grok|dall-e|sora|imagen|veo|lyria"
    r"|whisper|tts|text-embedding|text-moderation|omni|computer-use|codex|deepseek|llama|nova|titan)[-:.0-9]"
)


@dataclass
class Operation:
    """One thing that a provider can be asked: a method and a path, and what may be sent there."""

    at: str
    body: str = ""
    query: set = field(default_factory=set)
    headers: set = field(default_factory=set)
    answers: set = field(default_factory=set)


@dataclass
class Graph:
    """What one package names."""

    title: str = ""
    operations: dict = field(default_factory=dict)
    messages: dict = field(default_factory=dict)
    types: dict = field(default_factory=dict)
    aliases: dict = field(default_factory=dict)
    words: set = field(default_factory=set)
    extras: dict = field(default_factory=dict)
    received: dict = field(default_factory=dict)

    def operation(self, at):
        """Returns the operation of that name, made where it is new."""
        return self.operations.setdefault(at, Operation(at))

    def normalize(self):
        """Writes `*` for each parameter in the paths of operations."""
        for one in list(self.operations.values()):
            at = re.sub(r"\{[^}]*\}", "*", one.at)
            if at != one.at:
                del self.operations[one.at]
                known = self.operations.get(at)
                if known is None:
                    one.at = at
                    self.operations[at] = one
                else:
                    known.body = known.body or one.body
                    known.query |= one.query
                    known.headers |= one.headers
                    known.answers |= one.answers

    def merge(self, other):
        """Adds what another graph names; members of types of the same name are united."""
        for at, one in other.operations.items():
            mine = self.operation(at)
            mine.body = mine.body or one.body
            mine.query |= one.query
            mine.headers |= one.headers
            mine.answers |= one.answers
        for name, members in other.types.items():
            mine = self.types.setdefault(name, {})
            for member, refs in members.items():
                mine[member] = sorted(set(mine.get(member, [])) | set(refs))
        self.aliases.update(other.aliases)
        self.messages.update(other.messages)
        self.words |= other.words
        self.extras.update(other.extras)

    # --- Reading references ---

    def shapes(self, refs, seen=()):
        """Yields each `(prefix of the pointer, last part of the reference)` with aliases resolved."""
        for ref in refs:
            prefix, rest = "", ref
            while rest.startswith(("*", "{}")):
                step = "*" if rest.startswith("*") else "{}"
                prefix, rest = f"{prefix}/{step}", rest[len(step) :]
            if rest in self.aliases and rest not in seen:
                for inner, last in self.shapes(self.aliases[rest], (*seen, rest)):
                    yield prefix + inner, last
            else:
                yield prefix, rest

    def members(self, name):
        """Yields each `(owner, member, prefix, references)` of a type."""
        for member, refs in self.types.get(name, {}).items():
            yield member, refs

    def walk(self, refs, pointer="", stack=(), done=None):
        """Yields `(pointer, owner, member, last parts)` for each member at each depth; a type inside of itself once."""
        done = set() if done is None else done
        for prefix, name in self.shapes(refs):
            here = pointer + prefix
            if name not in self.types or name in stack or (here, name) in done:
                continue
            done.add((here, name))
            for member, inner in self.members(name):
                there = f"{here}/{member}"
                yield there, name, member, list(self.shapes(inner))
                yield from self.walk(inner, there, (*stack, name), done)

    def members_of(self, at):
        """Yields `(pointer, owner, member, last parts)` for each member of a request, or of a message `MESSAGE name`."""
        kind, _, name = at.partition(" ")
        if kind == "MESSAGE":
            yield from self.walk(self.messages.get(name, []))
        elif at in self.operations and self.operations[at].body:
            yield from self.walk([self.operations[at].body])
        for pointer, refs in self.extras.get(at, {}).items():
            above, _, member = pointer.rpartition("/")
            yield pointer, at.replace(" ", ":") + above, member, [("", ref) for ref in refs]

    def reachable(self):
        """Returns the names of types and aliases that requests and messages lead to."""
        todo = [one.body for one in self.operations.values() if one.body]
        todo += [ref for refs in self.messages.values() for ref in refs]
        found = set()
        while todo:
            name = todo.pop().lstrip("*{}")
            if name in found:
                continue
            if name in self.aliases:
                found.add(name)
                todo += self.aliases[name]
            elif name in self.types:
                found.add(name)
                todo += [ref for refs in self.types[name].values() for ref in refs]
        return found

    # --- The committed text ---

    def text(self):
        """Returns the compact, sorted text that is committed."""
        self.normalize()
        kept = self.reachable()
        lines = [f"# {self.title}"]
        for at in sorted(self.operations):
            lines.append(operation_line(self.operations[at]))
        for name in sorted(self.messages):
            lines.append(" ".join(["message", name, *sorted(set(self.messages[name]))]))
        lines += [
            f"received {name} {','.join(sorted(found))}" for name, found in sorted(self.received.items()) if found
        ]
        for name in sorted(self.aliases):
            if name in kept:
                lines.append(" ".join(["alias", name, *compact(self.aliases[name], True)]))
        for name in sorted(self.types):
            if name not in kept:
                continue
            lines.append(f"type {name}")
            for member, refs in sorted(self.types[name].items()):
                lines.append(" ".join([" " + member, *compact(refs, set(words(member)) & LITERALS)]))
        for at, pointers in sorted(self.extras.items()):
            lines.append(f"extra {at}")
            for pointer, refs in sorted(pointers.items()):
                lines.append(
                    " ".join([" " + pointer, *compact(refs, set(words(pointer.rpartition("/")[2])) & LITERALS)])
                )
        lines += [f"word {word}" for word in sorted(self.words)]
        return "\n".join(lines) + "\n"


def words(name):
    """Returns the lower-case words of a name in any spelling."""
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def compact(refs, keep_literals):
    """Returns references sorted, each once; literals only where their text says something."""
    out = {"=model" if MODELS.match(ref) else "-" if ref.startswith("=") and not keep_literals else ref for ref in refs}
    out -= {"-"} if "=model" in out else set()
    return sorted(out) or ["-"]


def operation_line(one):
    """Returns the line of one operation."""
    parts = ["operation", one.at]
    parts += [f"body={one.body}"] if one.body else []
    parts += ["query=" + ",".join(sorted(one.query))] if one.query else []
    parts += ["header=" + ",".join(sorted(one.headers))] if one.headers else []
    parts += ["answer=" + ",".join(sorted(one.answers))] if one.answers else []
    return " ".join(parts)


def parse(text):
    """Returns the graph of a committed text."""
    graph, current = Graph(), None
    for line in text.splitlines():
        if line.startswith(" "):
            member, *refs = line.split()
            current[member] = refs
            continue
        kind, _, rest = line.partition(" ")
        parts = rest.split()
        if kind == "#":
            graph.title = rest
        elif kind == "operation":
            read_operation(graph, parts)
        elif kind in ("message", "alias"):
            (graph.messages if kind == "message" else graph.aliases)[parts[0]] = parts[1:]
        elif kind == "received":
            graph.received[parts[0]] = set(parts[1].split(","))
        elif kind == "extra":
            current = graph.extras.setdefault(rest, {})
        elif kind == "type":
            current = graph.types.setdefault(parts[0], {})
        elif kind == "word":
            graph.words.add(rest)
    return graph


def read_operation(graph, parts):
    """Reads the line of one operation."""
    one = graph.operation(f"{parts[0]} {parts[1]}")
    for part in parts[2:]:
        key, _, value = part.partition("=")
        if key == "body":
            one.body = value
        else:
            setattr(one, {"query": "query", "header": "headers", "answer": "answers"}[key], set(value.split(",")))
