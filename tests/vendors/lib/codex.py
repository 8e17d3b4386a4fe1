"""Reads what the real codex says about itself: the options of each command, and the schema of its app server."""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from .graph import Graph

OPTION = re.compile(r"^\s{2,8}(?:-(\w), )?\s*--([\w-]+)(.*)$", re.M)
COMMAND = re.compile(r"^  ([a-z][\w-]*)(?:\s{2,}|$)", re.M)
ALIAS = re.compile(r"\[aliases?: ([^\]]+)\]")


def extract(program, title):
    """Returns the graph of a codex: operations are JSON-RPC methods, words its options and keys of its configuration."""
    graph = Graph(title)
    with tempfile.TemporaryDirectory(dir=Path.home()) as home:
        environment = {"HOME": home, "CODEX_HOME": home, "PATH": os.environ["PATH"], "NO_COLOR": "1"}

        def run(*arguments):
            done = subprocess.run(
                [program, *arguments],
                env=environment,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=60,
            )
            return done.stdout

        commands(graph, run, ())
        for name, extra in (("ClientRequest", ["--experimental"]), ("ClientNotification", ["--experimental"])):
            out = Path(home, "schema")
            run("app-server", "generate-json-schema", "--out", str(out), *extra)
            methods(graph, json.loads((out / f"{name}.json").read_text(encoding="utf-8")))
        bundle = json.loads((out / "codex_app_server_protocol.v2.schemas.json").read_text(encoding="utf-8"))
        configuration(graph, bundle["definitions"])
    return graph


def commands(graph, run, path):
    """Reads the help of a command and of those below it."""
    text = run(*path, "--help")
    name = "/".join(path) or "."
    for letter, long, value in OPTION.findall(text):
        takes = " =..." if value.rstrip().endswith("...") else " =" if re.match(r"[ =\[]*<", value) else ""
        graph.words.add(f"option {name} --{long}" + (f" -{letter}" if letter else "") + takes)
    part = re.search(r"^Commands:\n((?:  .*\n|\n(?=  ))+)", text, re.M)
    for line in COMMAND.findall(part[1]) if part else []:
        if line != "help" and len(path) < 4:
            graph.words.add(f"command {'/'.join((*path, line))}")
            commands(graph, run, (*path, line))
    for names in ALIAS.findall(part[1]) if part else []:
        graph.words |= {f"alias {'/'.join((*path, one.strip()))}" for one in names.split(",")}


def methods(graph, schema):
    """Reads the methods of one schema and the types of their parameters."""
    for name, definition in schema.get("definitions", {}).items():
        define(graph, name, definition)
    for variant in schema["oneOf"]:
        method = variant["properties"]["method"]["enum"][0]
        one = graph.operation(f"RPC {method}")
        found = shapes(graph, f"RPC:{method}", variant["properties"].get("params", {}))
        one.body = next((ref for ref in found if ref in graph.types or ref in graph.aliases), "")


def define(graph, name, schema):
    """Adds one definition."""
    if "properties" in schema and not {"oneOf", "anyOf"} & set(schema):
        graph.types[name] = {
            member: shapes(graph, f"{name}.{member}", part) for member, part in schema["properties"].items()
        }
    else:
        graph.aliases[name] = shapes(graph, name, schema)


def shapes(graph, name, schema):
    """Returns the references of a schema."""
    if schema is True or not schema:
        return ["?"]
    if "$ref" in schema:
        return [schema["$ref"].rpartition("/")[2]]
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            return [
                ref
                for i, part in enumerate(schema[key])
                for ref in shapes(graph, f"{name}.{part.get('title', i)}".replace(" ", "_"), part)
            ]
    kinds = schema.get("type", "object" if "properties" in schema else "any")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    out = [f"={value}".replace(" ", "_") for value in schema.get("enum", []) if isinstance(value, str)]
    if "array" in kinds:
        out += ["*" + ref for ref in shapes(graph, name, schema.get("items", {}))]
    if "object" in kinds and "properties" in schema:
        graph.types[name] = {
            member: shapes(graph, f"{name}.{member}", part) for member, part in schema["properties"].items()
        }
        out.append(name)
    elif "object" in kinds:
        more = schema.get("additionalProperties", True)
        out += ["{}" + ref for ref in shapes(graph, name, more)] if more not in (True, False) else ["?"]
    if "any" in kinds:
        out.append("?")
    return out or (["-"] if set(kinds) - {"null", "array", "object"} else [])


def configuration(graph, definitions):
    """Lists the keys of the configuration file that the app server tells of."""
    for name in ("Config", "ProfileV2", "ConfigToml", "ModelProviderInfo", "ConfigRequirements"):
        for member in definitions.get(name, {}).get("properties", {}):
            graph.words.add(f"key {name} {member}")
