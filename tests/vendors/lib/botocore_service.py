"""Reads the service models of botocore."""

import gzip
import json

from .answers import places
from .graph import Graph


def extract(root, title):
    """Returns the graph of bedrock-runtime, from its newest service model."""
    folder = sorted((root / "data/bedrock-runtime").iterdir())[-1]
    packed = folder / "service-2.json.gz"
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / "service-2.json").read_bytes()
    model = json.loads(text)
    graph = Graph(title)
    for name, shape in model["shapes"].items():
        define(graph, name, shape)
    for operation in model["operations"].values():
        one = graph.operation(f"{operation['http']['method']} {operation['http']['requestUri']}")
        shape = model["shapes"][operation["input"]["shape"]]
        members = {}
        for member, ref in shape.get("members", {}).items():
            wire = ref.get("locationName", member)
            place = {"uri": None, "querystring": one.query, "header": one.headers}.get(ref.get("location"), members)
            if place is members and member != shape.get("payload"):
                members[wire] = [reference(ref)]
            elif place is members:
                members = {**members, **graph.types.get(ref["shape"], {})}
            elif place is not None:
                place.add(wire.lower() if place is one.headers else wire)
        if members:
            one.body = operation["input"]["shape"]
            graph.types[one.body] = members
        if "output" in operation:
            one.answers |= places(graph, [operation["output"]["shape"]])
            output = model["shapes"][operation["output"]["shape"]]["members"].values()
            one.answers |= {
                f"header:{ref['locationName'].lower()}" for ref in output if ref.get("location") == "header"
            }
    return graph


def reference(ref):
    """Returns the reference of a member."""
    return ref["shape"]


def define(graph, name, shape):
    """Adds one shape."""
    kind = shape["type"]
    if kind == "structure" and shape.get("document"):
        graph.aliases[name] = ["?"]
    elif kind == "structure":
        graph.types[name] = {
            ref.get("locationName", m): [reference(ref)] for m, ref in shape.get("members", {}).items()
        }
    elif kind == "list":
        graph.aliases[name] = ["*" + shape["member"]["shape"]]
    elif kind == "map":
        graph.aliases[name] = ["{}" + shape["value"]["shape"]]
    else:
        graph.aliases[name] = [f"={value}" for value in shape.get("enum", [])] or ["-"]
