"""Finds the places where an answer names a model."""

from .graph import words

NAMING = {"model", "models", "modelid", "engine"}


def places(graph, refs, limit=40):
    """Returns the pointers of members that name a model, the shortest first."""
    found = set()
    for pointer, _, member, shapes in graph.walk(refs):
        scalar = any(last in ("-", "?") or last.startswith("=") for _, last in shapes)
        if scalar and NAMING & set(words(member)):
            found.add(pointer)
    return set(sorted(found, key=lambda p: (p.count("/"), p))[:limit])
