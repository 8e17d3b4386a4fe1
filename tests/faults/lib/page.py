"""The table of faults, as the page has it."""

import datetime
import fcntl
import re
import subprocess

from .lock import ROOT

PAGE = ROOT / "docs/reference/faults.md"
COLUMNS = ("Fault", "nginx", "HAProxy", "model-lock", "Left behind", "Times")
BEGIN, END = "<!-- made: faults -->", "<!-- end -->"


def cells(fault, results):
    """Returns the row of a fault from its results, by proxy."""
    own = results["model-lock"]
    others = [results[name].text() if name in results else "–" for name in ("nginx", "haproxy")]
    seen = own.text() + (f" (known; right: {fault.expected})" if fault.known else "")
    return [fault.name, *others, seen, own.left(), str(own.times())]


def row(texts):
    return f"| {' | '.join(text.replace('|', chr(92) + '|') for text in texts)} |"


def commit():
    command = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def write(results, order):
    """Writes these rows between the marks. Those of other faults stay, as far as there are such faults."""
    with PAGE.open("r+", encoding="utf-8") as page:
        # Several runs may write at the same time.
        fcntl.flock(page, fcntl.LOCK_EX)
        text = changed(page.read(), results, order)
        page.seek(0)
        page.truncate()
        page.write(text)


def changed(text, results, order):
    """Returns the page with these rows."""
    before, found, rest = text.partition(BEGIN)
    old, ended, after = rest.partition(END)
    if not found or not ended:
        raise RuntimeError(f"{PAGE}: `{BEGIN}` and `{END}` are not there")
    lines = {(group, line.split(" | ")[0]): line for group, line in rows(old)}
    lines |= {(fault.group, f"| {fault.name}"): row(cells(fault, found)) for fault, found in results}
    made = made_at() + "".join(section(group, order, lines) for group in dict.fromkeys(f.group for f in order))
    return f"{before}{BEGIN}\n\n{made}\n{END}{after}"


def rows(text):
    """Yields group and line of each row that there is."""
    group = ""
    for line in text.splitlines():
        group = line.removeprefix("## ") if line.startswith("## ") else group
        if line.startswith("| ") and not re.match(r"\| (Fault|---) ", line):
            yield group, line


def made_at():
    day = datetime.datetime.now(datetime.timezone.utc).date()
    return f"Last written on {day} at commit `{commit()}`; a run of some faults writes their rows alone.\n"


def section(group, order, lines):
    """Returns the table of a group."""
    there = [lines.get((fault.group, f"| {fault.name}")) for fault in order if fault.group == group]
    head = f"{row(COLUMNS)}\n|{' --- |' * len(COLUMNS)}"
    return f"\n## {group}\n\n{head}\n" + "".join(f"{line}\n" for line in there if line)
