"""Reads the types of a Python package from its source text, without importing it."""

import ast
from collections import Counter
from pathlib import Path

SCALARS = {
    "str",
    "int",
    "float",
    "bool",
    "bytes",
    "None",
    "datetime",
    "date",
    "Decimal",
    "UUID",
    "FileTypes",
    "Base64FileInput",
    "IO",
    "PathLike",
    "UnrecognizedStr",
    "UnrecognizedInt",
    "Base64Str",
    "HttpxBinaryResponseContent",
    "AnyUrl",
}
ANYTHING = {"object", "Any", "BaseModel", "dict", "Dict", "Mapping", "JsonSchemaValue", "UnknownType"}
TRANSPARENT = {
    "Optional",
    "Required",
    "NotRequired",
    "Annotated",
    "Nullable",
    "OptionalNullable",
    "ClassVar",
    "Final",
    "ReadOnly",
}
ARRAYS = {
    "List",
    "list",
    "Iterable",
    "Sequence",
    "SequenceNotStr",
    "Tuple",
    "tuple",
    "Set",
    "set",
    "FrozenSet",
    "Iterator",
    "SyncPage",
    "SyncCursorPage",
    "SyncConversationCursorPage",
}
MAPS = {"Dict", "dict", "Mapping", "MutableMapping"}
NOTHING = {"Omit", "NotGiven", "NoneType", "Unset"}


class Package:
    """The modules of a package: their classes, aliases and imports."""

    def __init__(self, root, name):
        self.root, self.name, self.modules = Path(root), name, {}
        for file in sorted(self.root.rglob("*.py")):
            parts = list(file.relative_to(self.root).with_suffix("").parts)
            if parts[-1] == "__init__":
                parts.pop()
            self.modules[".".join(parts)] = file
        self.leaves = Counter(name.rpartition(".")[2] for name in self.modules)

    def module(self, name):
        """Returns the symbols of a module, read at first use."""
        found = self.modules.get(name)
        if isinstance(found, Path):
            found = self.modules[name] = Module(self, name, found)
        return found

    def all(self):
        """Yields every module."""
        for name in list(self.modules):
            yield self.module(name)

    def find(self, module, name, seen=()):
        """Returns `(module, node)` of what a name means in a module, through imports."""
        if module is None or (module.name, name) in seen:
            return None
        if name in module.nodes:
            return module, module.nodes[name]
        seen = (*seen, (module.name, name))
        if name in module.imports:
            other, original = module.imports[name]
            inner = self.module(f"{other}.{original}".strip("."))
            return (inner, None) if inner is not None else self.find(self.module(other), original, seen)
        return None

    def dotted(self, module, node):
        """Returns what an expression `name` or `a.b.name` means."""
        if isinstance(node, ast.Name):
            return self.find(module, node.id)
        if isinstance(node, ast.Attribute):
            base = self.dotted(module, node.value)
            return self.find(base[0], node.attr) if base and base[0] and base[1] is None else None
        return None


class Module:
    """The symbols of one module."""

    def __init__(self, package, name, file):
        self.name, self.nodes, self.imports = name, {}, {}
        self.tree = ast.parse(file.read_text(encoding="utf-8"))
        here = name if file.name == "__init__.py" else name.rpartition(".")[0]
        self.read(package, here, self.tree.body)

    def read(self, package, here, body):
        """Collects classes, aliases and imports of statements, those under `if` and `try` too."""
        for node in body:
            if isinstance(node, ast.ClassDef):
                self.nodes[node.name] = node
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.nodes[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                self.nodes[node.target.id] = node.value
            elif isinstance(node, ast.ImportFrom):
                self.imported(package, here, node)
            elif isinstance(node, (ast.If, ast.Try)):
                self.read(package, here, node.body + node.orelse)

    def imported(self, package, here, node):
        """Collects the names of one `from … import …`."""
        if node.level:
            parts = here.split(".") if here else []
            parts = parts[: len(parts) - (node.level - 1)]
            base = ".".join(parts + ([node.module] if node.module else []))
        elif node.module and (node.module == package.name or node.module.startswith(package.name + ".")):
            base = node.module[len(package.name) + 1 :]
        else:
            return
        for alias in node.names:
            self.imports[alias.asname or alias.name] = (base, alias.name)


class Types:
    """Turns annotations into references, and fills the types of a graph."""

    def __init__(self, package, graph, spelled=lambda name: name, strip=()):
        self.package, self.graph, self.spelled, self.strip = package, graph, spelled, strip
        self.asking = set()

    def name(self, module, node_name):
        """Returns the name of a type in the graph: its module in front, unless the module is named like the type."""
        leaf = module.name.rpartition(".")[2]
        if self.package.leaves[leaf] == 1 and leaf.replace("_", "") == node_name.lower():
            return node_name
        path = module.name
        for prefix in self.strip:
            path = path.removeprefix(prefix)
        return f"{path}.{node_name}".strip(".")

    def refs(self, module, node):
        """Returns the references that an annotation stands for."""
        if node is None:
            return ["?"]
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                return self.refs(module, ast.parse(node.value, mode="eval").body)
            return []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.refs(module, node.left) + self.refs(module, node.right)
        if isinstance(node, ast.Subscript):
            return self.subscript(module, node)
        if isinstance(node, ast.Call):
            return self.call(module, node)
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self.named(module, node)
        return ["?"]

    def subscript(self, module, node):
        """Returns the references of `Head[…]`."""
        head = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if head == "Literal":
            return [
                f"={item.value}".replace(" ", "_")
                for item in items
                if isinstance(item, ast.Constant) and item.value is not None
            ] or ["-"]
        if head in TRANSPARENT:
            return self.refs(module, items[0])
        if head == "Union":
            return [ref for item in items for ref in self.refs(module, item)]
        if head in ARRAYS or head.startswith(("Sync", "Async")):
            return ["*" + ref for ref in self.refs(module, items[-1] if head.startswith("Sync") else items[0])]
        if head in MAPS:
            return ["{}" + ref for ref in self.refs(module, items[-1])]
        if head in ("Type", "type", "Callable", "Awaitable"):
            return ["?"]
        return self.refs(module, node.value)

    def call(self, module, node):
        """Returns the references of `TypeAliasType("X", …)` and `TypedDict("X", {…})`."""
        head = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if head == "TypeAliasType" and len(node.args) > 1:
            return self.refs(module, node.args[1])
        return ["?"]

    def named(self, module, node):
        """Returns the reference of a name: a scalar, an alias, or a class."""
        text = node.id if isinstance(node, ast.Name) else node.attr
        if text in NOTHING:
            return []
        if text.startswith("Unknown"):
            return ["-"]
        found = self.package.dotted(module, node)
        if found is None or found[1] is None:
            return ["-"] if text in SCALARS else ["?"]
        home, target = found
        text = text if isinstance(target, ast.ClassDef) is False else target.name
        if text in ANYTHING and not isinstance(target, ast.ClassDef):
            return ["?"]
        name = self.name(home, text)
        if name not in self.asking:
            self.asking.add(name)
            self.define(name, home, target)
        return [name]

    def define(self, name, module, target):
        """Fills in a type or an alias."""
        if isinstance(target, ast.ClassDef):
            bases = [getattr(base, "id", getattr(base, "attr", "")) for base in target.bases]
            if {"Enum", "StrEnum", "CaseInSensitiveEnum"} & set(bases):
                values = [
                    item.value.value
                    for item in target.body
                    if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant)
                ]
                self.graph.aliases[name] = [f"={value}".replace(" ", "_") for value in values] or ["-"]
                return
            self.graph.types.setdefault(name, {})
            self.graph.types[name].update(self.fields(module, target))
        elif isinstance(target, ast.Call) and getattr(target.func, "id", "") == "TypedDict" and len(target.args) > 1:
            pairs = zip(target.args[1].keys, target.args[1].values)
            self.graph.types[name] = {key.value: self.refs(module, value) for key, value in pairs}
        else:
            self.graph.aliases[name] = self.refs(module, target)

    def fields(self, module, node, seen=()):
        """Returns the members of a class, inherited ones too."""
        out = {}
        for base in node.bases:
            found = self.package.dotted(module, base)
            if found and found[1] is not None and found[1] not in seen:
                home, target = found
                if isinstance(target, ast.ClassDef):
                    out.update(self.fields(home, target, (*seen, node)))
                elif isinstance(target, ast.Call) and len(target.args) > 1 and isinstance(target.args[1], ast.Dict):
                    pairs = zip(target.args[1].keys, target.args[1].values)
                    out.update({key.value: self.refs(home, value) for key, value in pairs})
        for item in node.body:
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
                continue
            if item.target.id.startswith(("__", "UNION_")) or item.target.id == "model_config":
                continue
            name = alias_of(item) or self.spelled(item.target.id)
            out[name] = self.refs(module, item.annotation)
        return out


def alias_of(item):
    """Returns the name on the wire of a member that states one: `PropertyInfo(alias=…)`, `Field(alias=…)`."""
    for part in (item.annotation, item.value):
        for node in ast.walk(part) if part is not None else []:
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                "PropertyInfo",
                "Field",
                "FieldInfo",
            ):
                for word in node.keywords:
                    if word.arg in ("alias", "serialization_alias") and isinstance(word.value, ast.Constant):
                        return word.value.value
    return None
