"""Compares what the vendors' types name with the dialects' tables."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from . import mapping
from .dialects import star
from .names import folded, hands_through, selecting, selecting_place, selecting_type

# Why a member that looks like a selector is none. The list is closed.
REASONS = {
    "content": "the text, picture or sound that the model works on",
    "history": "it stands in the conversation so far: the provider reads it and runs nothing by it",
    "reported": "the provider says it in an answer; in a request it is an echo",
    "protocol": "the version or variant of an interface, a file or a schema, not of a model",
    "label": "a name or text for people, for accounting or for the cache; nothing is chosen by it",
    "result": "the shape, amount or language of the output of the same model",
    "tool": "settings of a tool that runs no model, or of one that the client runs",
    "storage": "where or how long something is stored or looked up; no model runs by it",
    "limit": "an upper bound on amounts, times or costs",
    "switch": "switches a function of the same model on or off",
    "provider": "which computers serve the same model, or in which order they are tried",
    "credential": "whose account it is",
    "client": "of the package or the gateway itself, and never part of what the provider is asked",
    "voice": "the voice or speed of the speech that the same model makes",
    "unlisted": "it belongs to an operation that no dialect lists",
    "elsewhere": "the same is judged at another place that it has to agree with",
}
# Why an operation that is listed without a capability runs no model. This list is closed, too.
QUIET = {
    "list": "lists what is stored or offered",
    "read": "reads one thing that is stored, or a description",
    "delete": "deletes one thing that is stored",
    "stop": "ends something that runs",
    "health": "says how the server or the account is",
    "local": "works on files, processes, settings or devices of this machine, and runs no model",
    "account": "signs in or out, or changes or shows an account or what it has",
    "thread": "keeps, names, sorts or shows threads and projects; a model that runs later is chosen elsewhere",
    "chosen": "runs the model that was chosen for the thread before",
}
# Why a row of the tables is there although no package names it. This list is closed, too.
BEYOND = {
    "spelling": "another spelling of a member that a package names: the provider reads both",
    "elsewhere": "packages name this member at another place or operation, and servers may read it here as well",
    "server": "the source or the documents of a server or gateway name it",
    "unnamed": "no vendor is known to read it: it would select by its name, and costs nothing to reject",
    "older": "an older version of codex has it",
    "credential": "it selects nothing and states a credential, which goes on beside no key that the proxy holds",
    "message": "a message that starts nothing has no such member: one that has it is no such message",
}


# Why a type of tool that a package names is not listed. This list is closed, too.
RUNS = {
    "runs": "it runs a model, or finds one, that nobody has to name",
}


@dataclass
class Candidate:
    """A member that may select, at one place of one operation of a dialect."""

    dialect: str
    at: str
    pointer: str
    vendor: str
    owner: str
    member: str
    refs: tuple = ()

    @property
    def key(self):
        """The name under which a member can be listed as harmless."""
        owner = re.sub(r"_param(?=[._]|$)|Param$", "", self.owner).replace("_param.", ".")
        return f"{self.vendor} {owner}/{self.member}"

    @property
    def keys(self):
        """Every name under which it can be listed: a name in a bundle also for all vendors at once."""
        wide = f"* word/{self.member}" if self.owner == "word" else f"{self.vendor} */{self.member}"
        return self.key, wide


@dataclass
class Result:
    """What a comparison found."""

    governed: list = field(default_factory=list)
    harmless: list = field(default_factory=list)
    new: list = field(default_factory=list)
    used: set = field(default_factory=set)
    refused: dict = field(default_factory=dict)
    reasonless: list = field(default_factory=list)
    known: set = field(default_factory=set)
    tools: set = field(default_factory=set)


def candidates_of(graph, at):
    """Yields `(pointer, owner, member, references)` of each member of a request that may select."""
    for pointer, owner, member, shapes in graph.members_of(at):
        leaf = any(last not in graph.types or not graph.types[last] for _, last in shapes) and [
            last for _, last in shapes
        ] != ["."]
        if leaf and selects(graph, pointer, owner, member, shapes):
            yield pointer, owner, member, tuple(last for _, last in shapes)


def selects(graph, pointer, owner, member, shapes):
    """Tells whether a member may select, by its name, by its type, or because what it holds is handed through unseen."""
    through = any(last == "?" for _, last in shapes) and hands_through(pointer)
    return through or selecting_place(pointer) or selecting_type(graph, graph.types.get(owner, {}).get(member, []))


class Comparison:
    """The vendors' names, expanded once, and compared with tables as often as wanted."""

    def __init__(self, graphs, harmless, operations, refused_tools=()):
        self.graphs, self.harmless, self.operations = graphs, harmless, operations
        self.refused_tools = refused_tools
        self.cache = {}

    def take_over(self, other):
        """Takes over what another comparison read of the graphs that are the same."""
        same = {vendor for vendor, graph in self.graphs.items() if other.graphs.get(vendor) is graph}
        self.cache.update({key: found for key, found in other.cache.items() if same & set(key[:2])})

    def candidates(self, vendor, at):
        """Returns the candidates of one operation of a vendor."""
        if (vendor, at) not in self.cache:
            self.cache[vendor, at] = list(candidates_of(self.graphs[vendor], at))
        return self.cache[vendor, at]

    def run(self, dialects, only=None):
        """Compares all dialects, or one."""
        result = Result()
        for name, dialect in dialects.items():
            if only is None or name in only:
                self.dialect(result, dialect)
        if only is None:
            for vendor, homes in mapping.WORDS.items():
                self.vendor_words(result, vendor, [dialects[home] for home in homes if home in dialects])
        return result

    def dialect(self, result, dialect):
        """Compares one dialect."""
        for listed in dialect.operations:
            if not listed.capability and f"{dialect.name} {listed.at}" not in self.operations:
                result.reasonless.append(f"{dialect.name} {listed.at}")
        for vendor, prefix in mapping.OPERATIONS.get(dialect.name, []):
            for at in self.graphs[vendor].operations:
                method, path = at.split(" ", 1)
                here = f"{method} {prefix}{path}"
                listed = dialect.find(here)
                if listed is None:
                    alias = any(
                        dialect.find(f"{method} {other}{path}")
                        for name, other in mapping.OPERATIONS[dialect.name]
                        if name == vendor
                    )
                    if not alias and mapping.OWN.get(dialect.name) == vendor:
                        result.refused.setdefault(dialect.name, set()).add(at)
                    continue
                result.known.add((dialect.name, listed.at))
                self.operation(result, dialect, listed, vendor, at, "")
        for (vendor, at), places in mapping.RENAMED.get(dialect.name, {}).items():
            for here in places:
                listed = dialect.find(star(here))
                if listed is not None:
                    self.operation(result, dialect, listed, vendor, at, "")
        for (vendor, at), places in mapping.UNDER.get(dialect.name, {}).items():
            for here, under in places:
                listed = dialect.find(here)
                if listed is not None:
                    self.operation(result, dialect, listed, vendor, at, under)
        for socket, here in mapping.SOCKETS.get(dialect.name, {}).items():
            listed = dialect.find(here)
            if listed is not None:
                self.socket(result, dialect, listed, mapping.SOCKET_EXTRACT.get(dialect.name, "openai"), socket)

    def operation(self, result, dialect, listed, vendor, at, under):
        """Compares the members, query parameters and headers of one operation."""
        one = self.graphs[vendor].operations[at]
        if "json" in listed.content or listed.content == "multipart":
            for pointer, owner, member, refs in self.candidates(vendor, at):
                self.member(
                    result, listed, Candidate(dialect.name, listed.at, under + pointer, vendor, owner, member, refs)
                )
            self.tools(result, listed, (dialect.name, listed.at, vendor), under, self.places(vendor, at))
        for name in sorted(one.query):
            if selecting(name, 1) and name in listed.query and f"?{name}" != listed.model:
                self.member(result, listed, Candidate(dialect.name, listed.at, f"?{name}", vendor, "query", name))
        for name in sorted(one.headers):
            if selecting(name, 1) and dialect.passes_header(name):
                self.member(result, listed, Candidate(dialect.name, listed.at, f"@{name}", vendor, "header", name))

    def socket(self, result, dialect, listed, vendor, socket):
        """Compares the messages of one WebSocket, by their `type`."""
        graph = self.graphs[vendor]
        key = (vendor, "MESSAGE", socket)
        if key not in self.cache:
            self.cache[key] = [
                (kind, list(self.message(graph, name)))
                for _, name in graph.shapes(graph.messages.get(socket, []))
                for kind in kinds(graph, name)
            ]
        for kind, found in self.cache[key]:
            said = listed.messages.get(kind) or listed.messages.get("")
            if said is None:
                result.refused.setdefault(dialect.name, set()).add(f"{listed.at} {kind}")
                continue
            at = f"{listed.at} {kind}"
            for pointer, owner, member, refs in found:
                self.member(result, said, Candidate(dialect.name, at, pointer, vendor, owner, member, refs))
            self.tools(result, said, (dialect.name, at, vendor), "", self.places(vendor, f"MESSAGE {socket}"))

    def places(self, vendor, at):
        """Returns the members of an operation or a socket that describe tools: pointer to types, and `object/{}` to names."""
        key = ("tools", vendor, at)
        if key not in self.cache:
            found = self.cache[key] = defaultdict(set)
            for pointer, _, member, shapes in self.graphs[vendor].members_of(at):
                above = pointer.rpartition("/")[0]
                if member == "type" and above.endswith(("/tools/*", "/tool/definition")):
                    found[pointer] |= {last[1:] for _, last in shapes if last.startswith("=")}
                elif member == "ranker":
                    found[pointer] |= {last[1:] for _, last in shapes if last.startswith("=")}
                elif above.endswith("/tools/*"):
                    found[above + "/{}"].add(member)
        return self.cache[key]

    def tools(self, result, listed, home, under, places):
        """Decides each type of tool that a package names at a place that holds one."""
        for place, types in listed.tools.items():
            if not place.startswith(under):
                continue
            for kind in sorted(places.get(place[len(under) :], ())):
                if place.endswith("/{}") and listed.rows_below(place[:-2] + kind):
                    continue
                name, at, vendor = home
                candidate = Candidate(name, at, place, vendor, "tool", kind)
                if kind in types:
                    result.governed += [(candidate, types[kind]), (candidate, listed.rows[place][0])]
                elif (vendor, kind) in self.refused_tools:
                    result.tools.add((vendor, kind))
                else:
                    result.new.append(candidate)

    @staticmethod
    def message(graph, name):
        """Yields the candidates of one kind of message."""
        for pointer, owner, member, shapes in graph.walk([name]):
            leaf = any(last not in graph.types or not graph.types[last] for _, last in shapes)
            if leaf and selects(graph, pointer, owner, member, shapes):
                yield pointer, owner, member, tuple(last for _, last in shapes)

    def member(self, result, listed, candidate):
        """Decides one candidate."""
        self.decide(result, candidate, listed.governing(candidate.pointer))

    def decide(self, result, candidate, row):
        """Files a candidate: governed, harmless, or new."""
        if row is not None:
            result.governed.append((candidate, row))
            return
        entry = next((key for key in candidate.keys if key in self.harmless), None)
        result.used.add(entry)
        (result.harmless if entry else result.new).append(candidate)

    def codex(self, result, tables):
        """Compares the options, keys and JSON-RPC methods of codex with its tables."""
        graph = self.graphs["codex"]
        for at in graph.operations:
            method = at.removeprefix("RPC ")
            if method not in tables.methods and f"codex {at}" not in self.operations:
                result.reasonless.append(f"codex {at}")
            for pointer, owner, member, refs in self.candidates("codex", at):
                candidate = Candidate("codex", at, pointer, "codex", owner, member, refs)
                governed = tables.governs(method, pointer)
                self.decide(result, candidate, ("codex", "rpc", f"{at} {pointer}") if governed else None)
        for word in sorted(graph.words):
            kind, where, *names = word.split(" ")
            name = names[0].removeprefix("--") if names else where.rpartition("/")[2]
            if kind == "key" and not selecting(name, 1):
                continue
            row = ("codex", kind, name) if tables.knows(word) else None
            self.decide(result, Candidate("codex", kind, f"{where} {name}", "codex", f"{kind}:{where}", name), row)

    def vendor_words(self, result, vendor, dialects):
        """Compares the names of a bundle: each is the last name of a governed pointer, or harmless."""
        ends = {}
        for dialect in dialects:
            for one in dialect.operations:
                for part in [one, *one.messages.values()]:
                    ends.update({folded(pointer.rpartition("/")[2]): row[0] for pointer, row in part.rows.items()})
        for word in sorted(self.graphs[vendor].words):
            if word.startswith("/") or not selecting(word, 1):
                continue
            candidate = Candidate(dialects[0].name, "bundle", word, vendor, "word", word)
            self.decide(result, candidate, ends.get(folded(word)))


def kinds(graph, name):
    """Returns the values that a message's `type` may have; one that is empty where it has none."""
    found = [last[1:] for _, last in graph.shapes(graph.types.get(name, {}).get("type", [])) if last.startswith("=")]
    return found or [""]
