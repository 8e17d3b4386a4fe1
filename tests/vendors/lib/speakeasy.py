"""Reads the operations of the packages that Speakeasy generates: mistralai, openrouter and a part of google-genai."""

import ast

from .answers import places
from .graph import Graph
from .python_types import Package, Types, alias_of


def extract(root, name, title):
    """Returns the graph of a package."""
    graph = Graph(title)
    package = Package(root, name)
    types = Types(package, graph, strip=("components.", "models.", "operations.", "types."))
    for module in package.all():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef):
                method(graph, types, module, node)
    return graph


def method(graph, types, module, node):
    """Reads the requests that one method builds."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or getattr(call.func, "attr", "") not in ("_build_request", "build_request"):
            continue
        words = {word.arg: word.value for word in call.keywords}
        verb, path = words.get("method"), words.get("path")
        if not isinstance(verb, ast.Constant) or not isinstance(path, ast.Constant):
            continue
        one = graph.operation(f"{verb.value} {path.value.partition('#')[0]}")
        body(graph, types, module, one, words.get("get_serialized_body"))
        parameters(types, module, node, one)
        if node.returns is not None:
            one.answers |= places(graph, types.refs(module, node.returns))


def body(graph, types, module, one, node):
    """Finds the type that is serialized: the last argument of `serialize_request_body`."""
    for call in ast.walk(node) if node is not None else []:
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "serialize_request_body" and call.args:
            refs = types.refs(module, call.args[-1])
            name = ":".join(one.at.split(" "))
            one.body = name
            for prefix, last in graph.shapes(refs):
                mine = graph.types.setdefault(name, {})
                for member, inner in (graph.types.get(last, {}) if not prefix else {}).items():
                    mine[member] = sorted(set(mine.get(member, [])) | set(inner))


def parameters(types, module, node, one):
    """Collects query parameters and headers, which the members of the request's class state."""
    for item in ast.walk(node):
        target = getattr(item, "target", None) or (getattr(item, "targets", None) or [None])[0]
        if getattr(target, "id", "") not in ("request", "_globals") or not isinstance(
            getattr(item, "value", None), ast.Call
        ):
            continue
        found = types.package.dotted(module, item.value.func)
        if not found or not isinstance(found[1], ast.ClassDef):
            continue
        for member in found[1].body:
            if isinstance(member, ast.AnnAssign):
                for inner in ast.walk(member.annotation):
                    if isinstance(inner, ast.keyword) and inner.arg in ("query", "header"):
                        name = alias_of(member) or member.target.id
                        one.query |= {name} if inner.arg == "query" else set()
                        one.headers |= {name.lower()} if inner.arg == "header" else set()
