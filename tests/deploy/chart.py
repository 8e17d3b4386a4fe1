"""Renders a chart with Helm, or reads a file of manifests, and holds each document against the schemas of Kubernetes.

Reads a JSON list from standard input, each {"chart": directory, "values": {...}} or {"file": path}, or {"documents": [...]};
all may have "versions". Prints a list, each {"documents": [...], "problems": [...]} or {"error": "..."}.
"""

import json
import sys

import helm_python
import kubernetes_validate
import yaml


def documents(case):
    if "documents" in case:
        return case["documents"]
    if "file" in case:
        with open(case["file"], encoding="utf-8") as file:
            return [document for document in yaml.safe_load_all(file) if document]
    with helm_python.Chart.load(case["chart"]) as chart:
        rendered = chart.render(case["values"], name="openclaw", namespace="openclaw")
    texts = [text for name, text in rendered.items() if name.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def problems(document, version):
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        name = f"{document.get('kind')}/{document.get('metadata', {}).get('name')}"
        return [f"{version} {name}: {error.message}"]
    return []


def answer(case):
    try:
        found = documents(case)
    except Exception as error:
        return {"error": str(error)}
    versions = case.get("versions", [])
    told = [problem for one in found for version in versions for problem in problems(one, version)]
    return {"documents": found, "problems": told}


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
