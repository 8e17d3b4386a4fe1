"""Reads the ollama package for Python: a client whose methods name a method, a path and a class."""

import ast

from .answers import places
from .graph import Graph
from .python_types import Package, Types


def extract(root, title):
    """Returns the graph of the package."""
    graph = Graph(title)
    package = Package(root, "ollama")
    types = Types(package, graph, strip=("_types.",))
    module = package.module("_client")
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("Async"):
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in ("_request", "_request_raw"):
                    request(graph, types, module, call)
    return graph


def request(graph, types, module, call):
    """Reads one `self._request(…, 'POST', '/api/chat', json=ChatRequest(…))`."""
    texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    joined = [
        "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in arg.values)
        for arg in call.args
        if isinstance(arg, ast.JoinedStr)
    ]
    if len(texts + joined) < 2:
        return
    one = graph.operation(" ".join((texts + joined)[:2]))
    for word in call.keywords:
        if word.arg == "json":
            for inner in ast.walk(word.value):
                if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
                    refs = types.refs(module, inner.func)
                    one.body = refs[0] if refs[0] in graph.types else one.body
    if call.args and isinstance(call.args[0], ast.Name):
        one.answers |= places(graph, types.refs(module, call.args[0]))
