"""Reads google-genai: its converters say which member goes where in the request of each of the two services."""

import ast
import re

from . import speakeasy
from .answers import places
from .graph import Graph
from .python_types import Package, Types

SERVICES = {"gemini": "mldev", "vertex": "vertex"}
SOCKETS = {"LiveClientMessage": "live", "LiveMusicClientMessage": "live_music"}


def extract(root, service, title):
    """Returns the graph of one of the two services."""
    reader = Reader(root, SERVICES[service])
    for module in reader.package.all():
        if "." not in module.name:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.FunctionDef):
                    reader.method(module, node)
    for name, socket in SOCKETS.items():
        refs = [reader.convert(name)] if reader.find(name) is not None else []
        reader.graph.messages[socket] = refs + reader.types.refs(reader.package.module("types"), ast.Name(name))
    setup = reader.convert("LiveConnectParameters")
    reader.graph.messages["live"] = sorted({*reader.graph.messages["live"], setup})
    for name in ("live", "live_music"):
        reader.sockets(reader.package.module(name).tree)
    if service == "gemini":
        reader.graph.merge(prefixed(speakeasy.extract(root / "_gaos", "google.genai._gaos", "")))
    reader.graph.title = title
    return reader.graph


def prefixed(graph):
    """Returns the graph with the names of its operations without the version of the API."""
    for one in graph.operations.values():
        one.at = one.at.replace("/{api_version}", "")
    graph.operations = {one.at: one for one in graph.operations.values()}
    return graph


def camel(name):
    """Returns a name as it is on the wire."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


class GoogleTypes(Types):
    """The types of google-genai; each class has a twin for dictionaries, which says nothing new."""

    def named(self, module, node):
        text = node.id if isinstance(node, ast.Name) else node.attr
        if text.endswith("Dict") and self.package.find(module, text.removesuffix("Dict")):
            return []
        return super().named(module, node)


class Reader:
    """One service while it is read."""

    def __init__(self, root, flavour):
        self.flavour, self.graph = flavour, Graph()
        self.package = Package(root, "google.genai")
        self.types = GoogleTypes(self.package, self.graph, camel)
        self.done, self.upward = {}, {}

    def convert(self, name):
        """Fills the type that a converter makes, and returns its name."""
        made = f"to.{name.lstrip('_')}"
        if name in self.done:
            return made
        self.done[name] = made
        self.graph.types.setdefault(made, {})
        self.upward[name] = []
        node = self.find(name)
        for call in ast.walk(node) if node is not None else []:
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "setv" and len(call.args) > 2:
                self.setv(name, made, call)
        return made

    def find(self, name):
        """Returns the function of a converter, by a table that is made once."""
        if not hasattr(self, "functions"):
            self.functions = {}
            for module in self.package.all():
                if "." in module.name:
                    continue
                for node in module.tree.body:
                    match = isinstance(node, ast.FunctionDef) and re.fullmatch(rf"_(\w+)_to_{self.flavour}", node.name)
                    if match:
                        self.functions.setdefault(match[1], node)
        return self.functions.get(name)

    def setv(self, name, made, call):
        """Reads one `setv(target, path, value)`."""
        target, path, value = call.args[:3]
        try:
            steps = ast.literal_eval(path)
        except ValueError:
            return
        upwards = getattr(target, "id", "") == "parent_object"
        refs = self.value(name, made, upwards, value)
        if upwards:
            self.upward[name].append((steps, refs))
        else:
            self.insert(made, steps, refs)

    def insert(self, made, steps, refs):
        """Puts references at a path below a type."""
        if steps[0] in ("_url", "_query"):
            return
        step, rest = steps[0], steps[1:]
        array = re.search(r"\[\d*\]$", step)
        member = re.sub(r"\[\d*\]$", "", step)
        mine = self.graph.types.setdefault(made, {}).setdefault(member, [])
        if rest:
            inner = f"{made}.{member}"
            ref = ("*" if array else "") + inner
            if ref not in mine:
                mine.append(ref)
            self.insert(inner, rest, refs)
        else:
            mine.extend(ref for ref in refs if ref not in mine)

    def value(self, name, made, upwards, node):
        """Returns the references of a value: of a converter, or of the member that is read."""
        prefix = "*" if isinstance(node, ast.ListComp) else "{}" if isinstance(node, ast.DictComp) else ""
        for call in ast.walk(node):
            match = isinstance(call, ast.Call) and re.fullmatch(
                rf"_(\w+)_to_{self.flavour}", getattr(call.func, "id", "")
            )
            if match and self.find(match[1]) is not None:
                inner = self.convert(match[1])
                for steps, refs in self.upward[match[1]]:
                    if upwards:
                        self.upward[name].append((steps, refs))
                    else:
                        self.insert(made, steps, refs)
                return [prefix + inner]
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "getv":
                steps = ast.literal_eval(call.args[1])
                return self.member(name, steps) if not prefix else [prefix + "?"]
        return ["-"] if isinstance(node, ast.Constant) else ["?"]

    def member(self, name, steps):
        """Returns the references of a member of the class that is converted."""
        module = self.package.module("types")
        for spelled in (name, f"_{name}"):
            node = module.nodes.get(spelled)
            if isinstance(node, ast.ClassDef):
                for item in node.body:
                    if (
                        isinstance(item, ast.AnnAssign)
                        and getattr(item.target, "id", "") == steps[-1]
                        and len(steps) == 1
                    ):
                        return self.types.refs(module, item.annotation)
        return ["?"]

    # --- Methods ---

    def method(self, module, node):
        """Reads the requests of one method, where it branches by service."""
        request = [
            c
            for c in ast.walk(node)
            if isinstance(c, ast.Call) and getattr(c.func, "attr", "") in ("request", "request_streamed")
        ]
        verbs = [c.args[0].value.upper() for c in request if c.args and isinstance(c.args[0], ast.Constant)]
        if not verbs:
            return
        for branch in ast.walk(node):
            if isinstance(branch, ast.If) and "vertexai" in ast.dump(branch.test):
                vertex, gemini = branch.body, branch.orelse
                if isinstance(branch.test, ast.UnaryOp):
                    vertex, gemini = gemini, branch.body
                statements = vertex if self.flavour == "vertex" else gemini
                other = gemini if self.flavour == "vertex" else vertex
                if not statements and self.raises(other):
                    statements = [s for s in node.body if s is not branch]
                if statements and not self.raises(statements):
                    self.branch(module, node, verbs[0], statements)

    @staticmethod
    def raises(statements):
        """Tells whether a branch only says that the service cannot do this."""
        return any(isinstance(s, ast.Raise) for s in statements)

    def sockets(self, tree):
        """Reads the addresses of WebSockets: the strings that hold `/ws/`."""
        methods = [
            n.value.value
            for n in ast.walk(tree)
            if isinstance(n, ast.Assign)
            and getattr(n.targets[0], "id", "") == "method"
            and isinstance(n.value, ast.Constant)
        ]
        host = "cloud.aiplatform" if self.flavour == "vertex" else "ai.generativelanguage"
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(
                    p.value if isinstance(p, ast.Constant) else "{%s}" % ast.unparse(p.value) for p in node.values
                )
                for method in methods or [""]:
                    path = text.partition("/ws/")[2].replace("{version}", "v1beta").replace("{method}", method)
                    if host in path:
                        self.graph.operation("GET /ws/" + path.partition("?")[0])

    def branch(self, module, node, verb, statements):
        """Reads one branch: the paths, and the converter of the request."""
        paths, name = set(), None
        for statement in statements:
            for inner in ast.walk(statement):
                if isinstance(inner, ast.Assign) and getattr(inner.targets[0], "id", "") == "path":
                    for leaf in ast.walk(inner.value):
                        if (
                            isinstance(leaf, ast.Constant)
                            and isinstance(leaf.value, str)
                            and not isinstance(inner.value, ast.JoinedStr)
                        ):
                            paths.add(leaf.value.replace("{{", "{").replace("}}", "}"))
                if isinstance(inner, ast.Call):
                    match = re.fullmatch(rf"_(\w+)_to_{self.flavour}", getattr(inner.func, "id", ""))
                    name = name or (match and match[1])
        for path in paths:
            one = self.graph.operation(f"{verb} /{self.models(path)}")
            if name and verb != "GET":
                one.body = self.convert(name)
            if node.returns is not None:
                one.answers |= {p for p in places(self.graph, self.types.refs(module, node.returns))}

    def models(self, path):
        """Returns a path with the collection in front of a model's name."""
        collection = "publishers/google/models/{model}" if self.flavour == "vertex" else "models/{model}"
        return path.replace("{model}", collection).replace("/{api_version}", "")
