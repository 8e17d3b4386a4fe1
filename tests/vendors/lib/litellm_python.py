"""Reads litellm: the routes of its proxy, and every name that a request's content may hold there.

Its proxy takes one flat content for all routes: the parameters of its functions, the members of its own classes,
and the names that its code reads out of the content.
"""

import ast
import json

from .graph import Graph
from .python_types import Package, Types

VERBS = ("get", "post", "put", "patch", "delete", "websocket")
CLASSES = (
    "GenericLiteLLMParams",
    "LiteLLM_Params",
    "StandardCallbackDynamicParams",
    "CustomPricingLiteLLMParams",
    "CredentialLiteLLMParams",
)
READERS = (
    "router",
    "main",
    "utils",
    "proxy.route_llm_request",
    "proxy.litellm_pre_call_utils",
    "proxy.common_request_processing",
    "proxy.auth.auth_utils",
)
CONTENTS = ("data", "kwargs", "request_data", "body", "request_body", "request_kwargs")


def extract(root, title):
    """Returns the graph of the package."""
    graph = Graph(title)
    package = Package(root, "litellm")
    types = Types(package, graph)
    members = graph.types.setdefault("request", {})
    for name in list(package.modules):
        if name.startswith("proxy"):
            routes(graph, package.module(name))
    snapshot(graph, root / "proxy/_lazy_openapi_snapshot.json")
    for name in ("types.litellm_params", "types.router", "types.utils"):
        module = package.module(name)
        for node in module.nodes.values():
            if isinstance(node, ast.ClassDef) and (node.name in CLASSES or name == "types.litellm_params"):
                members.update(types.fields(module, node))
    for name in ("main", "images.main", "responses.main", "videos.main", "rerank_api.main", "ocr.main"):
        if name in package.modules:
            for node in package.module(name).tree.body:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
                    for arg in node.args.args + node.args.kwonlyargs:
                        members.setdefault(arg.arg, ["?"] if arg.annotation is None else simple(arg.annotation))
    for name in READERS:
        for key in read_names(package.module(name).tree):
            members.setdefault(key, ["?"])
    for member, refs in members.items():
        members[member] = ["-"] if set(refs) == {"-"} else ["?"]
    for one in graph.operations.values():
        one.body = "" if one.at.startswith(("GET", "DELETE", "WEBSOCKET")) else "request"
    return graph


def simple(node):
    """Returns a scalar or anything: the shapes of the members are those of other packages."""
    scalar = isinstance(node, ast.Name) and node.id in ("str", "int", "float", "bool")
    return ["-"] if scalar else ["?"]


def routes(graph, module):
    """Reads the routes that decorators name."""
    for node in ast.walk(module.tree):
        for call in getattr(node, "decorator_list", []):
            verb = getattr(getattr(call, "func", None), "attr", "")
            if verb in VERBS and call.args and isinstance(call.args[0], ast.Constant):
                path = call.args[0].value
                one = graph.operation(f"{verb.upper()} {path.replace(':path', '')}" if path else "GET /")
                for arg in node.args.args:
                    if getattr(arg.annotation, "id", "") == "str" and "{" + arg.arg not in path:
                        one.query.add(arg.arg)


def snapshot(graph, file):
    """Reads the routes of the modules that are loaded late."""
    for part in json.loads(file.read_text(encoding="utf-8")).values() if file.exists() else []:
        for path, methods in (part.get("paths", {}) if isinstance(part, dict) else {}).items():
            for verb in methods:
                if verb in VERBS:
                    graph.operation(f"{verb.upper()} {path.replace(':path', '')}")


def read_names(tree):
    """Yields the names that code reads out of a request's content."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get", "pop", "setdefault") and node.args:
            key, home = node.args[0], node.func.value
        elif isinstance(node, ast.Subscript):
            key, home = node.slice, node.value
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            key, home = node.left, node.comparators[0]
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and "BANNED_REQUEST_BODY" in ast.dump(
            getattr(node, "target", None) or node.targets[0]
        ):
            yield from (
                leaf.value
                for leaf in ast.walk(node.value)
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
            )
            continue
        else:
            continue
        if (
            isinstance(key, ast.Constant)
            and isinstance(key.value, str)
            and getattr(home, "id", "") in CONTENTS
            and key.value.replace("_", "").replace("-", "").isalnum()
        ):
            yield key.value
