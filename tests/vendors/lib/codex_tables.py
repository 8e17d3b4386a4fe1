"""Reads `codex-tables.txt`: codex's tables as the program has them. A unit test of lockpolicy writes and compares that file."""

import re
from collections import defaultdict
from fnmatch import fnmatchcase

# What a request that no table lists may not have: `looks_governed` in lockpolicy's table of methods.
LOOKS = {"baseurl", "collaborationmode", "config", "keypath", "modelprovider", "profile"}


class Tables:
    """What the program lists."""

    def __init__(self, text, responses):
        self.methods, self.words, self.keys, self.items = defaultdict(set), set(), [], set()
        self.responses = responses
        for line in text.splitlines():
            kind, _, rest = line.partition(" ")
            name, _, value = rest.partition(" ")
            if kind == "method":
                self.methods.setdefault(name, set())
            elif kind in ("field", "items"):
                path = tuple(value.split("/")[1:]) if value != "-" else ()
                self.methods[name].add(path)
                self.items |= {(name, path)} if kind == "items" else set()
            elif kind == "key":
                last, _, selects = value.partition(" ")
                self.keys.append((name, last, selects))
            elif kind in ("command", "alias", "option"):
                self.words.add(line)
        if len(self.methods) < 10 or len(self.words) < 100 or len(self.keys) < 10:
            raise ValueError("codex-tables.txt is not what the program writes")

    def knows(self, word):
        """Tells whether a command, an alias or an option is listed, an option with what it takes."""
        kind, _, rest = word.partition(" ")
        return self.knows_key(rest.rpartition(" ")[2]) if kind == "key" else word in self.words

    def knows_key(self, name):
        """Tells whether a row matches a key of the configuration that has one part."""
        return any(fnmatchcase(name, first) and (last == "-" or fnmatchcase(name, last)) for first, last, _ in self.keys)

    def governs(self, method, pointer):
        """Tells whether a member of a method's parameters is governed."""
        names = tuple(pointer.split("/")[1:])
        if method in self.methods:
            paths = [path for path in self.methods[method] if names[: len(path)] == path]
            return any((method, path) not in self.items or self.in_items(names[len(path) :]) for path in paths)
        whole = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in names]
        return any(name.endswith("model") or name in LOOKS for name in whole)

    def in_items(self, names):
        """Tells whether a member of items of the Responses API is governed: as in the input of a request."""
        return self.responses.governing("/".join(["/input", *names])) is not None
