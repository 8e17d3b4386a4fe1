"""The filter of names: which members may select what runs, how hard it thinks, or how it is served."""

import re

from .graph import words

# A member is looked at where one of its words is one of these.
SELECTING = {
    "adapter",
    "adapters",
    "advisor",
    "agent",
    "agents",
    "alias",
    "aliases",
    "assistant",
    "author",
    "autorouter",
    "backend",
    "boost",
    "checkpoint",
    "classifier",
    "complexity",
    "compute",
    "cyber",
    "daybreak",
    "deployment",
    "deployments",
    "draft",
    "effort",
    "efforts",
    "embedder",
    "engine",
    "engines",
    "expert",
    "experts",
    "fallback",
    "fallbacks",
    "fast",
    "grader",
    "graders",
    "judge",
    "llm",
    "latency",
    "lora",
    "loras",
    "model",
    "modelid",
    "models",
    "override",
    "overrides",
    "performance",
    "plugin",
    "plugins",
    "preset",
    "presets",
    "priority",
    "profile",
    "profiles",
    "program",
    "programs",
    "provider",
    "providers",
    "ranker",
    "ranking",
    "reasoning",
    "route",
    "router",
    "routers",
    "routing",
    "runner",
    "snapshot",
    "speculative",
    "speed",
    "subagent",
    "subagents",
    "switch",
    "target",
    "targets",
    "think",
    "thinking",
    "throughput",
    "tier",
    "tiers",
    "turbo",
    "ultra",
    "variant",
    "version",
    "weights",
    "worker",
    "workers",
    "workflow",
}
# The same for a name as a whole, in lower case without what stands between its words.
WHOLE = {
    "apibase",
    "baseurl",
    "config",
    "inputfileid",
    "keypath",
    "apiurl",
    "endpoint",
    "endpointurl",
    "extrabody",
    "extraheaders",
    "extraquery",
    "headers",
    "prompt",
    "promptid",
    "promptlabel",
    "dotpromptconfig",
    "bitbucketconfig",
    "gitlabconfig",
    "promptvariables",
    "session",
    "response",
    "userconfig",
    "additionalmodelrequestfields",
    "name",
    "cachedcontent",
    "multiagent",
    "level",
    "mode",
    "servedby",
    "customllmprovider",
}
# A member right below one of these is looked at, whatever it is called.
AROUND = {
    "agent",
    "effort",
    "fallback",
    "fallbacks",
    "model",
    "models",
    "plugins",
    "preset",
    "program",
    "programs",
    "provider",
    "reasoning",
    "route",
    "router",
    "routers",
    "routing",
    "selection",
    "thinking",
    "tier",
}
THROUGH = {
    "body",
    "config",
    "configs",
    "custom",
    "extra",
    "fields",
    "kwargs",
    "options",
    "overrides",
    "params",
    "passthrough",
}
GENERIC = {"config", "configuration", "options", "parameters", "params", "preferences", "settings"}
# Names that are looked at in a request's outermost object alone: elsewhere they are the names of things, or parts of a conversation.
OUTER = {"name", "session", "response", "headers", "prompt", "completion", "extrabody", "extraheaders", "extraquery"}


def folded(name):
    """Returns a name in lower case, without what stands between its words."""
    return "".join(words(name))


def hands_through(pointer):
    """Tells whether a member that may hold anything is called as what is handed on to another API."""
    names = [part for part in pointer.split("/")[1:] if part not in ("*", "{}")]
    return any(words(name)[-1:] and words(name)[-1] in THROUGH for name in names[-2:])


def selecting_place(pointer):
    """Tells whether the member at a pointer may select, by its own name or by that of what is around it."""
    names = pointer.split("/")[1:]
    above = names[-2] if len(names) > 1 else ""
    if names[-1] == "type" and re.search(r"/(tools/\*|tool/definition)/type$", pointer):
        return True
    if above in ("*", "{}") and len(names) > 2 and names[-3].endswith("s"):
        above = names[-3]
    telling = [word for word in words(above) if word not in GENERIC]
    return telling[-1:] != [] and telling[-1] in AROUND or selecting(names[-1], pointer.count("/"))


def selecting(name, depth=0):
    """Tells whether a name may select."""
    whole = folded(name)
    if whole in OUTER:
        return depth <= 1
    return whole in WHOLE or whole.endswith("baseurl") or bool(SELECTING & set(words(name)))


def selecting_type(graph, refs):
    """Tells whether the type of a member says that it names a model, whatever the member is called."""
    for ref in refs:
        last = ref.lstrip("*{}")
        if last == "=model":
            return True
        if last in graph.aliases:
            name = last.rpartition(".")[2].rpartition(":")[2]
            if {"model", "effort", "tier"} & set(words(name)) or selecting_type(graph, graph.aliases[last]):
                return True
    return False
