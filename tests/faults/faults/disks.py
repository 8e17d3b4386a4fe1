"""Disks that are full or that stop, under the audit file and under the log."""

import subprocess

from lib import http1
from lib.fault import OWN, fault
from lib.http1 import ok, sending
from lib.provider import keeps
from lib.wire import wait_until

from .stopping import chain, url, verified

GROUP = "A disk"
MODELS = ",".join(f'{{"type":"image_generation","model":"evil-{number}"}}' for number in range(60))
EVIL = sending(b'{"model":"evil","tools":[%s]}' % MODELS.encode())


def refused(lock, count):
    """Makes calls that are refused, and returns how many were answered."""
    return sum(http1.call(lock.address, EVIL).status in ("403", "400") for _ in range(count))


class Mount:
    """A small disk of its own."""

    def __init__(self, folder, *words):
        self.path = folder / "disk"
        self.path.mkdir(exist_ok=True)
        subprocess.run(["mount", *words, self.path], check=True)

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=True)


@fault(
    GROUP,
    "under the audit file is full, and has room again",
    "calls are answered, losses are told, the chain is whole",
    times=20,
    sample=1,
    needs="mount",
    **OWN,
)
def full(stage):
    disk = Mount(stage.folder, "-t", "tmpfs", "-o", "size=128k", "tmpfs")
    try:
        file = disk.path / "audit.jsonl"
        with stage.serving("http://127.0.0.1:1", "--audit", file) as lock:
            answered = refused(lock, 20)
            lost = wait_until(lambda: lock.metric("audit_lines_dropped_total") > 0)
            subprocess.run(["mount", "-o", "remount,size=8m", disk.path], check=True)
            answered += refused(lock, 5)
            told = lost and wait_until(lambda: "could not be written" in verified(file).stdout)
            lock.close()
            return f"{calls(answered == 25)}, losses are {'told' if told else 'not told'}, the chain is {chain(file)}"
    finally:
        disk.close()


def calls(answered):
    return "calls are answered" if answered else "calls are not answered"


@fault(
    GROUP,
    "under the audit file stops for 50 calls (fsfreeze)",
    "calls and probes are answered, the chain is whole",
    times=10,
    sample=0,
    needs="mount fsfreeze mkfs.ext4",
    **OWN,
)
def stopped(stage):
    image = stage.folder / "image"
    with image.open("wb") as made:
        made.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
    disk = Mount(stage.folder, "-o", "loop", image)
    try:
        file = disk.path / "audit.jsonl"
        with stage.providing(keeps(ok())) as provider, stage.serving(url(provider), "--audit", file) as lock:
            seen = frozen(disk, lock)
            lock.close()
            return f"{seen}, the chain is {chain(file)}"
    finally:
        disk.close()


def frozen(disk, lock):
    """Makes calls while the disk takes nothing."""
    subprocess.run(["fsfreeze", "-f", disk.path], check=True)
    try:
        answered = refused(lock, 30) + sum(http1.call(lock.address).seen() == "200" for _ in range(20))
        alive = {lock.ask(path).status for path in ("/livez", "/readyz")}
    finally:
        subprocess.run(["fsfreeze", "-u", disk.path], check=True)
    return (
        "calls and probes are answered"
        if (answered, alive) == (50, {"200"})
        else f"{answered} of 50 answered, probes {alive}"
    )


@fault(
    GROUP,
    "under the log stops: nobody reads standard error",
    "calls are answered, losses are counted",
    times=10,
    sample=1,
    **OWN,
)
def unread_log(stage):
    with stage.serving("http://127.0.0.1:1") as lock:
        lock.reads.clear()
        answered = refused(lock, 100)
        lost = wait_until(lambda: lock.metric("log_lines_dropped_total") > 0)
        lock.reads.set()
    return f"{calls(answered == 100)}, losses are {'counted' if lost else 'not counted'}"
