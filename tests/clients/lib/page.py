"""The table of verified clients, as it is printed and as the page has it."""

import datetime
import subprocess
from dataclasses import dataclass

from .install import ROOT

PAGE = ROOT / "docs/reference/clients.md"
COLUMNS = [
    "Client", "Version", "Calls", "Calls per rejection", "Its error tells", "As expected", "Date", "Commit",
]  # fmt: skip
BEGIN, END = "<!-- made: verified -->", "<!-- end -->"


@dataclass
class Row:
    """A client, and what was tried with it."""

    client: object
    trials: list

    def ran(self):
        """Returns the calls that were made, by kind."""
        of = self.client
        parts = [", ".join(f"`{call}`" for call in of.models)]
        if of.large:
            parts.append("with 1 and 4 MiB: " + ", ".join(f"`{call}`" for call in of.large))
        if of.free:
            parts.append("without a model: " + ", ".join(f"`{call}`" for call in of.free))
        if of.refused:
            parts.append("refused, whatever the model: " + ", ".join(f"`{call}`" for call in of.refused))
        return "; ".join(parts)

    def calls(self):
        """Returns how often the client calls for one rejection."""
        counts = {trial.calls for trial in self.trials if trial.kind.startswith("rejected")}
        return " or ".join(str(count) for count in sorted(counts))

    def told(self):
        """Returns what the client's error tells of a rejection."""
        return " and ".join(word for word in ("status", "message") if word not in self.client.silent) or "neither"

    def result(self):
        good = sum(not trial.wrong for trial in self.trials)
        return f"{good} of {len(self.trials)}"

    def text(self):
        return f"{self.client.name} {self.client.version()}: {self.result()}, calls per rejection: {self.calls()}"

    def markdown(self):
        day = datetime.datetime.now(datetime.timezone.utc).date()
        tried = [self.calls(), self.told(), self.result(), str(day), f"`{commit()}`"]
        return f"| {' | '.join([self.client.name, self.client.version(), self.ran(), *tried])} |"


def commit():
    command = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def write(rows, order):
    """Writes these rows between the marks. Those of other clients stay, as far as there are such clients."""
    text = PAGE.read_text(encoding="utf-8")
    before, found, rest = text.partition(BEGIN)
    old, ended, after = rest.partition(END)
    if not found or not ended:
        raise RuntimeError(f"{PAGE}: `{BEGIN}` and `{END}` are not there")
    lines = {line.split("|")[1].strip(): line for line in old.splitlines() if line.startswith("| ")}
    lines |= {row.client.name: row.markdown() for row in rows}
    names = f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}"
    table = "\n".join(lines[client.name] for client in order if client.name in lines)
    PAGE.write_text(f"{before}{BEGIN}\n\n{names}\n{table}\n\n{END}{after}", encoding="utf-8")
