"""Runs the mutants of sample.toml, which says what each replaces and by what: nothing has to be installed for it.

All are in one build, and the unit tests alone are run.
"""

import build
import trial
from record import entries
from tools import SOURCES

# The most mutants of a sample: it is a step of every check.
MOST = 15


def run():
    """Returns whether a test notices each mutant of the sample."""
    sample = entries("sample.toml")
    if not 0 < len(sample) <= MOST:
        raise SystemExit(f"mutants: sample.toml names {len(sample)} mutants; it may name 1 to {MOST}")
    build.copy(build.SAMPLE)
    for number, entry in enumerate(sample, 1):
        write(number, entry)
    build.prepare(build.SAMPLE)
    results = tried(len(sample))
    for entry, result in zip(sample, results.values()):
        print(f"{result:9} {entry['file']}: {entry['change']}")
    return all(result == "killed" for result in results.values())


def write(number, entry):
    """Writes a mutant into the copy: `instead` beside an expression of its line, or `before` in front of the line."""
    place, line = build.SAMPLE / SOURCES / entry["file"], entry["line"]
    active = f"crate::mutant::active({number})"
    if "before" in entry:
        woven = f"if {active} {{ {entry['before']} }} {line}"
    else:
        own = once(line, entry["expression"], entry)
        woven = line.replace(own, f"(if {active} {{ {entry['instead']} }} else {{ {own} }})")
    place.write_text(place.read_text().replace(once(place.read_text(), line, entry), woven))


def once(text, part, entry):
    """Returns a part that has to stand in a text once."""
    if text.count(part) != 1:
        raise SystemExit(f"mutants: `{part}` stands {text.count(part)} times, not once, where sample.toml names it: {entry}")
    return part


def tried(count):
    """Builds the copy and returns what comes of each mutant."""
    (program, folder), = build.programs(build.SAMPLE, *build.LIB)
    every = trial.tests(program, folder)
    return trial.outcomes(every, dict.fromkeys(range(1, count + 1), ""), lambda *_: None)
