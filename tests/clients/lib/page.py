"""The table of verified clients, as it is printed and as the page has it."""

import datetime
import subprocess
from dataclasses import dataclass

from .install import ROOT

PAGE = ROOT / "docs/reference/clients.md"
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
        cells = [self.client.name, self.client.version(), self.ran(), self.calls(), self.told(), self.result()]
        return f"| {' | '.join(cells)} |"


def commit():
    command = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def write(rows):
    """Writes the table between its marks; what stands around it stays."""
    text = PAGE.read_text(encoding="utf-8")
    before, found, rest = text.partition(BEGIN)
    _old, ended, after = rest.partition(END)
    if not found or not ended:
        raise RuntimeError(f"{PAGE}: `{BEGIN}` and `{END}` are not there")
    total = sum(len(row.trials) for row in rows)
    day = datetime.datetime.now(datetime.timezone.utc).date()
    head = f"Run on {day} at commit `{commit()}`: {len(rows)} clients, {total} calls."
    columns = ["Client", "Version", "Calls", "Calls per rejection", "Its error tells", "As expected"]
    names = f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"
    table = "\n".join(row.markdown() for row in rows)
    PAGE.write_text(f"{before}{BEGIN}\n\n{head}\n\n{names}\n{table}\n\n{END}{after}", encoding="utf-8")
