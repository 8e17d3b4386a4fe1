"""Reads the modules of a crate and what each of its files imports.

A re-export is followed to the file that defines the item, so that a cycle through a `mod.rs` is found as well.
Test modules are left out. Names that Rust would resolve through a trait or a method are not followed.
"""

import re
from pathlib import Path

IDENT = r"[A-Za-z_]\w*"
ITEM = re.compile(
    rf"\b(?:fn|struct|enum|trait|type|const|static|union|macro_rules!)\s+(?:mut\s+)?({IDENT})"
)
USE = re.compile(r"\b(pub(?:\s*\([^)]*\))?\s+)?use\s+([^;]+);")
MOD = re.compile(rf"\bmod\s+({IDENT})\s*;")
PATH = re.compile(rf"(?<![\w:.$'])({IDENT})((?:\s*::\s*{IDENT})+)")


def without_text(source):
    """Returns the source with comments removed and the content of texts blanked."""
    pattern = re.compile(
        r"//[^\n]*|/\*.*?\*/|b?r(#*)\".*?\"\1|b?\"(?:\\.|[^\"\\])*\"|b?'(?:\\.[^']*|[^'\\])'",
        re.DOTALL,
    )
    return pattern.sub(lambda found: '""' if found[0][0] not in "/" else " ", source)


def without_tests(source):
    """Returns the source without the items that `#[cfg(test)]` marks."""
    mark = re.compile(r"#\[cfg\((?:test|all\(test[^\]]*)\)\]")
    while found := mark.search(source):
        end, depth = found.end(), 0
        while end < len(source):
            depth += {"{": 1, "}": -1}.get(source[end], 0)
            end += 1
            if depth == 0 and source[end - 1] in "};":
                break
        source = source[: found.start()] + source[end:]
    return source


def use_tree(text, prefix=()):
    """Yields each path of a `use` tree with the name that it gets; the name of a glob is `*`."""
    text = text.strip()
    head, brace, _ = text.partition("{")
    if brace:
        prefix += tuple(part.strip() for part in head.split("::") if part.strip())
        depth, start, inner = 0, 0, text[len(head) + 1 : text.rindex("}")]
        for at, char in enumerate(inner + ","):
            depth += {"{": 1, "}": -1}.get(char, 0)
            if char == "," and depth == 0:
                if inner[start:at].strip():
                    yield from use_tree(inner[start:at], prefix)
                start = at + 1
        return
    path, _, name = text.partition(" as ")
    path = prefix + tuple(part.strip() for part in path.split("::") if part.strip())
    if path and path[-1] == "self" and len(path) > 1:
        path = path[:-1]
    if path:
        yield path, name.strip() or path[-1]


class Module:
    """A module that has a file of its own."""

    def __init__(self, file, parent):
        self.file, self.parent = file, parent
        self.children, self.uses, self.globs = {}, {}, []
        source = without_tests(without_text(file.read_text()))
        self.body = MOD.sub(" ", USE.sub(" ", source))
        self.exported = set()
        for public, tree in USE.findall(source):
            for path, name in use_tree(tree):
                if name == "*":
                    self.globs.append(path[:-1])
                else:
                    self.uses[name] = path
                    if public:
                        self.exported.add(name)
        self.declared = MOD.findall(source)
        self.items = set(ITEM.findall(self.body))
        root = file.name in ("mod.rs", "lib.rs", "main.rs")
        below = file.parent if root else file.with_suffix("")
        for name in self.declared:
            for place in (below / f"{name}.rs", below / name / "mod.rs"):
                if place.exists():
                    self.children[name] = Module(place, self)

    def all(self):
        """Yields this module and all below it."""
        yield self
        for child in self.children.values():
            yield from child.all()

    def root(self):
        """Returns the module of the crate."""
        return self if self.parent is None else self.parent.root()


def resolve(module, path, seen=frozenset()):
    """Returns what a path names: a module, the file that defines an item, or the name of another crate."""
    if (id(module), path) in seen:
        return None
    seen = seen | {(id(module), path)}
    first, rest = path[0], path[1:]
    if first == "crate":
        module = module.root()
    elif first == "super":
        module = module.parent or module
    elif first == "self":
        pass
    elif first in module.children or first in module.items or first in module.uses:
        rest = path
    else:
        return first
    return descend(module, rest, seen)


def descend(module, path, seen):
    """Follows a path below a module."""
    for at, name in enumerate(path):
        if name == "super":
            module = module.parent or module
        elif name in module.children:
            module = module.children[name]
        elif name in module.uses:
            found = resolve(module, module.uses[name], seen)
            if isinstance(found, Module):
                return descend(found, path[at + 1 :], seen)
            return found
        elif name in module.items or not module.globs:
            return module.file
        else:
            for glob in module.globs:
                found = resolve(module, glob + path[at:], seen)
                if found is not None and found != glob[0]:
                    return found
            return module.file
    return module


def imports(module):
    """Returns the files of the crate and the other crates that the file of a module uses."""
    files, crates = set(), set()

    def add(path):
        found = resolve(module, path)
        if isinstance(found, Path):
            files.add(found)
        elif isinstance(found, str):
            crates.add(found)

    words = set(re.findall(IDENT, module.body))
    for name, path in module.uses.items():
        # A name that is passed on and not used here is no import of this file.
        if name in words or name not in module.exported:
            add(path)
    for path in module.globs:
        found = resolve(module, path)
        files.add(found.file) if isinstance(found, Module) else add(path)
    for first, rest in PATH.findall(module.body):
        path = (first, *(part.strip() for part in rest.split("::") if part.strip()))
        if first in ("crate", "super", "self") or first in module.children:
            add(path)
        elif first in module.uses:
            add(path)
        elif first not in module.items:
            crates.add(first)
    files.discard(module.file)
    return files, crates


def crate(root):
    """Returns the imports of each file of a crate, by the file that `lib.rs` or `main.rs` is."""
    graph = {}
    for module in Module(root, None).all():
        files, crates = imports(module)
        graph[module.file] = (files, crates)
    return graph


def cycles(graph):
    """Returns the groups of files that import one another, largest first (Tarjan's algorithm)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ((), ()))[0]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return sorted(found, key=len, reverse=True)
