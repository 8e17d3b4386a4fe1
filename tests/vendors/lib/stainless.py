"""Reads the operations of the packages that Stainless generates: openai and anthropic."""

import ast

from .answers import places
from .graph import Graph
from .python_types import Package, Types

CALLS = {"_get": "GET", "_post": "POST", "_put": "PUT", "_patch": "PATCH", "_delete": "DELETE", "_get_api_list": "GET"}


def extract(root, name, title):
    """Returns the graph of a package."""
    reader = Reader(root, name)
    reader.graph.title = title
    for module in reader.package.all():
        if module.name.startswith("resources"):
            for node in module.tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("Async"):
                    reader.resource(module, node)
    return reader.graph


def head(node):
    """Returns the last name of what is called."""
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def text_of(node):
    """Returns the path that an expression builds, with `{name}` for each part that is put in."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.Call) and node.args:
        return text_of(node.args[0])
    return None


class Reader:
    """One package while it is read."""

    def __init__(self, root, name):
        self.graph, self.seen = Graph(), Graph()
        self.package = Package(root, name)
        self.types = Types(self.package, self.graph, strip=("types.",))

    def resource(self, module, node):
        """Reads the methods of one class."""
        for method in node.body:
            if isinstance(method, ast.FunctionDef):
                for call in ast.walk(method):
                    if isinstance(call, ast.Call) and head(call) in CALLS and isinstance(call.func, ast.Attribute):
                        self.call(module, method, call)
        if node.name.endswith("Connection"):
            self.socket(module, node)
        if node.name.endswith("ConnectionManager"):
            self.handshake(module, node)

    def handshake(self, module, node):
        """Reads where a connection is made, and the query parameters that its method `connect` takes."""
        for method in node.body:
            if getattr(method, "name", "") == "_prepare_url":
                added = [
                    part
                    for part in ast.walk(method)
                    if isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "") == "merge_raw_path"
                ]
                parts = [c.value for one in added for c in ast.walk(one) if isinstance(c, ast.Constant)]
                parts = [part.decode() if isinstance(part, bytes) else part for part in parts]
                parts = [part for part in parts if part.startswith("/") and len(part) > 1]
                if parts:
                    one = self.graph.operation("GET " + "*".join(sorted(parts, key=len, reverse=True)))
                    one.query |= connect_parameters(module.tree)

    def call(self, module, method, call):
        """Reads one `self._post(…)`."""
        path = text_of(call.args[0]) if call.args else None
        if path is None:
            return
        words = {word.arg: word.value for word in call.keywords}
        verb = words["method"].value.upper() if isinstance(words.get("method"), ast.Constant) else CALLS[head(call)]
        path, _, query = path.partition("?")
        one = self.graph.operation(f"{verb} {path}")
        one.query |= {pair.partition("=")[0] for pair in query.split("&") if pair}
        if "body" in words:
            one.body = f"{verb}:{path}"
            members = self.body(module, method, words["body"])
            mine = self.graph.types.setdefault(one.body, {})
            for member, refs in members.items():
                mine[member] = sorted(set(mine.get(member, [])) | set(refs))
        if "options" in words:
            for inner in ast.walk(words["options"]):
                if isinstance(inner, ast.keyword) and inner.arg == "query":
                    one.query |= set(self.body(module, method, inner.value))
        one.headers |= headers(method)
        for events in ast.walk(words["stream_cls"]) if "stream_cls" in words else []:
            if isinstance(events, ast.Subscript):
                one.answers |= {f"event:{place}" for place in places(self.graph, self.types.refs(module, events.slice))}
        for answer in ("cast_to", "page", "model"):
            if answer in words:
                refs = self.types.refs(
                    module,
                    (
                        words[answer].args[-1]
                        if isinstance(words[answer], ast.Call) and words[answer].args
                        else words[answer]
                    ),
                )
                one.answers |= places(self.graph, refs)

    def body(self, module, method, node):
        """Returns the members of a body: of a dictionary by the method's annotations, of a type by its members."""
        out = {}
        arguments = {arg.arg: arg.annotation for arg in method.args.args + method.args.kwonlyargs}
        if isinstance(node, ast.Name):
            for inner in ast.walk(method):
                if isinstance(inner, ast.Assign) and getattr(inner.targets[0], "id", "") == node.id:
                    out.update(self.body(module, method, inner.value))
            if node.id in arguments and not out:
                out = self.members(self.types.refs(module, arguments[node.id]))
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values):
                if isinstance(key, ast.Constant):
                    known = isinstance(value, ast.Name) and value.id in arguments
                    out[key.value] = self.types.refs(module, arguments[value.id]) if known else ["?"]
                elif key is None:
                    out.update(self.body(module, method, value))
        elif isinstance(node, ast.Call):
            parts = [self.body(module, method, arg) for arg in node.args]
            for part in reversed(parts):
                out.update({k: v for k, v in part.items() if v != ["?"] or k not in out})
        elif isinstance(node, ast.IfExp):
            out = {**self.body(module, method, node.body), **self.body(module, method, node.orelse)}
        elif isinstance(node, ast.Attribute):
            out = self.members(self.types.refs(module, node))
        return out

    def members(self, refs):
        """Returns the members of the types that references lead to."""
        out = {}
        for prefix, name in self.graph.shapes(refs):
            if not prefix:
                for member, inner in self.graph.types.get(name, {}).items():
                    out[member] = sorted(set(out.get(member, [])) | set(inner))
        return out

    def socket(self, module, node):
        """Reads the messages that a connection sends, and where it connects to."""
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name == "send":
                refs = self.types.refs(module, method.args.args[1].annotation)
                self.graph.messages[module.name.removeprefix("resources.")] = sorted(r for r in refs if r not in "-?")
            if isinstance(method, ast.FunctionDef) and method.name == "recv" and method.returns is not None:
                name = module.name.removeprefix("resources.")
                self.graph.received[name] = places(self.graph, self.types.refs(module, method.returns))


def connect_parameters(tree):
    """Returns the names that the methods `connect` of a module take for the query."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "connect":
            found |= {
                arg.arg
                for arg in node.args.kwonlyargs
                if arg.annotation is not None and "Omit" in ast.unparse(arg.annotation)
            }
            found |= {
                arg.arg for arg in node.args.kwonlyargs if ast.unparse(arg.annotation or ast.Constant("")) == "str"
            }
    return found


def headers(method):
    """Returns the names of headers that a method adds."""
    out = set()
    for node in ast.walk(method):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "extra_headers":
            for inner in ast.walk(node.value):
                if isinstance(inner, ast.Dict):
                    out |= {key.value.lower() for key in inner.keys if isinstance(key, ast.Constant)}
    return out - {"accept"}
