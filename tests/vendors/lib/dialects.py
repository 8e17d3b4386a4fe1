"""Reads the dialects' data files: operations, and the pointers that are governed in each."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

COVERING = {"refuse", "drop"}


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


@dataclass
class Dialect:
    """One API of a provider."""

    name: str
    headers: list
    operations: list
    refused: list

    def find(self, at):
        """Returns the operation that a method and path belong to."""
        for one in self.operations:
            if same_path(one.at, at):
                return one
        return None

    def passes_header(self, name):
        """Tells whether a header is let through."""
        return any(name == h or h.endswith("*") and name.startswith(h[:-1]) for h in self.headers)


def same_path(listed, asked):
    """Tells whether two paths are the same, where a parameter stands for one segment or a part of it."""
    return star(listed) == star(asked)


def star(at):
    """Returns a method and path with `*` for each parameter."""
    return re.sub(r"\{[^}]*\}", "*", at)


def as_list(value):
    """Returns what may be one or several as several."""
    return [value] if isinstance(value, str) else list(value)


def load(folder, without=None):
    """Returns the dialects of a folder. `without` is one row to leave out: `(file, group, pointer)`."""
    files = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(Path(folder).glob("*.toml"))}
    if without is not None:
        name, group, pointer = without
        files[name]["selectors"][group] = {p: w for p, w in files[name]["selectors"][group].items() if p != pointer}
    common = files.pop("common")
    return {name: dialect(name, data, common) for name, data in files.items() if "operations" in data}


def rows_of(folder):
    """Returns each governed row of the data files: `(file, group, pointer)`."""
    out = []
    for file in sorted(Path(folder).glob("*.toml")):
        for group, rows in tomllib.loads(file.read_text(encoding="utf-8")).get("selectors", {}).items():
            out += [(file.stem, group, pointer) for pointer in rows]
    return out


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
    operations = []
    for line in data["operations"]:
        for at in as_list(line["at"]):
            one = listed(at, line, groups)
            for said in messages.get(line.get("messages", ""), []):
                one.messages[said["kind"]] = listed(said["kind"], said, groups)
            operations.append(one)
    refused = [(at, line["why"]) for line in data.get("refused", []) for at in as_list(line["at"])]
    return Dialect(name, headers, operations, refused)


def listed(at, line, groups):
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
                word = next((w for w in as_list(meaning)[0].split(" ") if w in WORDS), "")
                one.rows[under + pointer] = ((file, name, pointer), word)
    return one


WORDS = {"model", "pin", "drop", "refuse", "plain", "effort", "tier", "only"}
