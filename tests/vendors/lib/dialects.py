"""Reads the dialects' data files: operations, and the pointers that are governed in each."""

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

COVERING = {"refuse", "drop", "credential", "others"}

# The group whose places hold in every content and every message.
EVERYWHERE = "routing"


@dataclass
class Listed:
    """One operation of a dialect, or one message on a WebSocket."""

    at: str
    capability: str = ""
    content: str = "none"
    rows: dict = field(default_factory=dict)
    query: list = field(default_factory=list)
    messages: dict = field(default_factory=dict)
    model: str = ""
    tools: dict = field(default_factory=dict)

    def governing(self, pointer):
        """Returns the row that governs a pointer: its own, or one around it that is refused or dropped as a whole.

        A header is `@name`, a query parameter `?name`.
        """
        if not pointer.startswith("/"):
            row = self.rows.get(pointer)
            return row and row[0]
        parts = pointer.split("/")
        for end in range(len(parts), 1, -1):
            row = self.rows.get("/".join(parts[:end]))
            if row is not None and (end == len(parts) or row[1] in COVERING):
                return row[0]
        return None

    def rows_below(self, pointer):
        """Tells whether a row governs a pointer or one below it."""
        return any(row == pointer or row.startswith(pointer + "/") for row in self.rows)


@dataclass
class Dialect:
    """One API of a provider."""

    name: str
    headers: list
    operations: list
    refused: list

    def __post_init__(self):
        self.paths = {}
        for one in self.operations:
            self.paths.setdefault(star(one.at), one)

    def find(self, at):
        """Returns the operation that a method and path belong to: a parameter stands for one segment or a part of it."""
        return self.paths.get(star(at))

    def passes_header(self, name):
        """Tells whether a header is let through."""
        return any(name == h or h.endswith("*") and name.startswith(h[:-1]) for h in self.headers)


@cache
def star(at):
    """Returns a method and path with `*` for each parameter."""
    return re.sub(r"\{[^}]*\}", "*", at)


def as_list(value):
    """Returns what may be one or several as several."""
    return [value] if isinstance(value, str) else list(value)


def load(folder):
    """Returns the dialects of a folder."""
    files = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(Path(folder).glob("*.toml"))}
    common = files.pop("common")
    return {name: dialect(name, data, common) for name, data in files.items() if "operations" in data}


def rows_of(folder):
    """Returns each governed row of the data files: `(file, group, pointer)`."""
    out = []
    for file in sorted(Path(folder).glob("*.toml")):
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        for group, rows in data.get("selectors", {}).items():
            out += [(file.stem, group, pointer) for pointer in rows]
        for row in tool_rows(file.stem, data).values():
            out += row
    return out


def tool_rows(name, data):
    """Returns the rows of each list of types of tools in one data file."""
    lists = data.get("tool_types", {})
    return {group: [(name, f"tool_types.{group}", kind) for kind in kinds if kind[0] != "@"] for group, kinds in lists.items()}


def tool_types(name, data, common):
    """Returns each list of types of tools as type to row, with those of the lists that it names."""
    own, rows = defaultdict(list), defaultdict(list)
    for home, part in (("common", common), (name, data)):
        for group, kinds in part.get("tool_types", {}).items():
            own[group] += [kind[1:] for kind in kinds if kind[0] == "@"]
        for group, found in tool_rows(home, part).items():
            rows[group] += found
    return {
        group: {row[2]: row for other in (group, *own[group]) for row in rows[other]} for group in {*own, *rows}
    }


def dialect(name, data, common):
    """Returns one dialect."""
    groups = {g: (("common", g), rows) for g, rows in common.get("selectors", {}).items()}
    groups.update({g: ((name, g), rows) for g, rows in data.get("selectors", {}).items()})
    fields = {**common.get("fields", {}), **data.get("fields", {})}
    messages = {**common.get("messages", {}), **data.get("messages", {})}
    headers = [
        h
        for entry in data.get("headers", [])
        for h in (fields.get(entry[1:], []) if entry.startswith("@") else [entry])
    ]
    tools = tool_types(name, data, common)
    operations = []
    for line in data["operations"]:
        for at in as_list(line["at"]):
            one = listed(at, line, groups, tools)
            for said in messages.get(line.get("messages", ""), []):
                one.messages[said["kind"]] = listed(said["kind"], said, groups, tools)
            operations.append(one)
    refused = [(at, line["why"]) for line in data.get("refused", []) for at in as_list(line["at"])]
    return Dialect(name, headers, operations, refused)


def listed(at, line, groups, tools):
    """Returns one operation or message, with the pointers that its groups govern."""
    one = Listed(
        star(at),
        line.get("capability", ""),
        line.get("content", "none"),
        query=line.get("query", []),
        model=line.get("model", ""),
    )
    model = one.model.split(" ")[0]
    if model.startswith("/"):
        one.rows[model] = (("operation", at, model), "model")
    left_out = [entry[1:] for entry in line.get("selectors", []) if entry.startswith("-")]
    for entry in line.get("selectors", []):
        if entry.startswith("-"):
            continue
        group, _, under = entry.partition(" under ")
        if group not in groups:
            continue
        (file, name), rows = groups[group]
        for pointer, meaning in rows.items():
            if under + pointer in left_out:
                left_out.remove(under + pointer)
            else:
                said = meaning.split(" ")
                word = next((w for w in said if w in WORDS), "")
                one.rows[under + pointer] = ((file, name, pointer), word)
                if word == "tool":
                    one.tools[under + pointer] = tools[said[1]]
    if one.content not in ("none", "web_socket") or "kind" in line:
        (file, name), rows = groups[EVERYWHERE]
        for pointer, meaning in rows.items():
            if pointer not in left_out:
                one.rows.setdefault(pointer, ((file, name, pointer), meaning))
    return one


WORDS = {"model", "others", "pin", "drop", "credential", "refuse", "tool", "effort", "tier", "only"}
