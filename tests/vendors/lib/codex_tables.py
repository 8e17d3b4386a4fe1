"""Reads codex's tables out of the source of `lockpolicy`: the JSON-RPC methods, and the literals of the command line.

Nothing here knows Rust: it reads the few shapes that the tables are written in, and fails where it finds none.
"""

import fnmatch
import re
from pathlib import Path

LITERAL = re.compile(r'"([^"\\\n]*)"')


class Tables:
    """What the source lists."""

    def __init__(self, folder):
        files = [file for file in sorted(Path(folder).rglob("*.rs")) if "tests" not in (file.stem, file.parent.name)]
        sources = {file: file.read_text(encoding="utf-8").partition("#[cfg(test)]")[0] for file in files}
        self.literals = {word for text in sources.values() for word in LITERAL.findall(text)}
        names = dict(re.findall(r'const (\w+): &str = "([^"]*)";', "\n".join(sources.values())))
        rows = re.findall(r'\bkey\(\s*(\w+|"[^"]*"),\s*(\w+|"[^"]*"),', "\n".join(sources.values()))
        self.keys = [tuple(names.get(part, part.strip('"')) for part in row) for row in rows]
        self.dotted = {part for word in self.literals for part in word.split(".")}
        text = next((t for t in sources.values() if "fn looks_governed" in t and "const fn method" in t), "")
        self.constants = {}
        for name, value in re.findall(r"const (\w+): (?:Field|&\[Field\]) =\s*(.*?);\n", text, re.S):
            self.constants[name] = self.paths(value)
        table = re.search(r"const APP_SERVER: &\[Method\] = &\[(.*?)\n\];", text, re.S)
        self.methods = {}
        for part in re.split(r"method\(", table[1] if table else "")[1:]:
            name = LITERAL.search(part)[1]
            self.methods[name] = self.paths(part[part.index(",") :])
        looks = re.search(r"const LOOKS: [^=]*= \[(.*?)\];", text, re.S)
        self.looks = set(LITERAL.findall(looks[1])) if looks else set()
        if len(self.methods) < 10 or not self.looks:
            raise ValueError("the tables of JSON-RPC methods are not where they were: adapt lib/codex_tables.py")

    def knows_key(self, name):
        """Tells whether a key of the configuration that has one part is written in the source, or matches a row of patterns."""
        match = fnmatch.fnmatchcase
        return name in self.dotted or any(match(name, first) and match(name, last) for first, last in self.keys)

    def paths(self, text):
        """Returns the paths of fields: those written as `name(&["…"], …)`, and those of constants that are named."""
        found = {tuple(LITERAL.findall(names)) for names in re.findall(r"\w\(\s*&\[((?:\s*\"[^\"]*\",?)*)\s*\]", text)}
        for name in re.findall(r"\b[A-Z][A-Z_]+\b", text):
            found |= self.constants.get(name, set())
        return found

    def governs(self, method, pointer):
        """Tells whether a member of a method's parameters is governed."""
        names = tuple(part for part in pointer.split("/")[1:])
        if method in self.methods:
            return any(names[: len(path)] == path for path in self.methods[method])
        whole = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in names]
        return any(name.endswith("model") or name in self.looks for name in whole)
