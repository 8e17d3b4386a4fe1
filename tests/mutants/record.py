"""What is written down: the results of each file, the mutants that are equivalent, and the sample."""

import datetime
import json
import subprocess
import sys
import tomllib

from build import PLAIN
from tools import HERE, ROOT, SOURCES

RESULTS = HERE / "results.toml"
# The commit that a run is about: the one that it began at.
COMMIT = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def identity(mutant):
    """Returns what names a mutant wherever its line moves to: its file, the change and the text of the line."""
    file = mutant["file"]
    line = (PLAIN / file).read_text().splitlines()[mutant["span"]["start"]["line"] - 1].strip()
    change = mutant["name"].split(": ", 1)[1]
    return file.removeprefix(SOURCES), change, line


def entries(name):
    """Returns the entries of a file that lists mutants, each of which has a reason."""
    found = tomllib.loads((HERE / name).read_text()).get("mutant", [])
    bare = [entry for entry in found if len(entry.get("reason", "")) < 20]
    if bare:
        sys.exit(f"mutants: {name} gives no reason: {bare}")
    return found


def table():
    """Returns the results that are written down."""
    return tomllib.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def record(results, every):
    """Writes the results of each file to results.toml. Returns the mutants that survive and are not listed, and the
    entries of equivalent.toml that name nothing that survives."""
    known = {(entry["file"], entry["change"], entry["line"]) for entry in entries("equivalent.toml")}
    named = [(identity(mutant), result) for mutant, result in results]
    alive = {name for name, result in named if result == "surviving"}
    files = sorted({file for (file, _, _), _ in named})
    rows = {file: row([pair for pair in named if pair[0][0] == file], known) for file in files}
    write(({} if every else table()) | rows)
    idle = {name for name in known - alive if every or name[0] in files}
    return sorted(alive - known), sorted(idle)


def row(own, known):
    """Returns the results of one file."""
    alive = [name for name, result in own if result == "surviving"]
    counts = {told: sum(result == told for _, result in own) for told in ("killed", "unviable", "timeout")}
    out = {"date": str(datetime.date.today()), "commit": COMMIT, "mutants": len(own)} | counts
    out["equivalent"] = sum(name in known for name in alive)
    return out | {"surviving": [f"{name[1]} | {name[2]}" for name in alive if name not in known]}


def write(rows):
    """Writes results.toml."""
    RESULTS.write_text("".join(text(file, rows[file]) for file in sorted(rows)))


def text(file, values):
    """Returns one table of results.toml."""
    def value(it):
        if isinstance(it, list):
            return "[" + "".join(f"\n    {json.dumps(line)}," for line in it) + ("\n]" if it else "]")
        return json.dumps(it)
    return f"[{json.dumps(file)}]\n" + "".join(f"{key} = {value(it)}\n" for key, it in values.items()) + "\n"


def total():
    """Prints the sums of what was measured."""
    rows = table().values()
    counts = {key: sum(it[key] for it in rows) for key in ("mutants", "killed", "unviable", "timeout", "equivalent")}
    counts["surviving"] = sum(len(it["surviving"]) for it in rows)
    print(f"{len(rows)} files: " + ", ".join(f"{count} {key}" for key, count in counts.items()))
