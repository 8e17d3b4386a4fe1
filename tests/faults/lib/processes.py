"""What a process holds, and where it may run: descriptors, memory, a memory cgroup, a network of its own."""

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import threading
from pathlib import Path

from .wire import SECONDS

MEMORY = Path("/sys/fs/cgroup/memory")
CLONE_NEWNET = 0x40000000


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident(pid):
    """Returns the memory that a process holds, in KiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def end(process, number=signal.SIGTERM):
    """Ends a process, by force where it does not listen, and returns its status."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return "killed after the deadline"


def children(pid):
    """Returns the processes that this one started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text().split())
    return found


class Cgroup:
    """A memory cgroup, of version 2 or 1, that holds what starts with `words` in front."""

    def __init__(self, limit):
        self.second = Path("/sys/fs/cgroup/cgroup.controllers").exists()
        root = Path("/sys/fs/cgroup") if self.second else MEMORY
        if self.second:
            (root / "cgroup.subtree_control").write_text("+memory")
        self.path = root / f"model-lock-faults-{os.getpid()}"
        self.path.mkdir()
        (self.path / ("memory.max" if self.second else "memory.limit_in_bytes")).write_text(str(limit))
        self.words = ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(self.path)]

    def peak(self):
        """Returns the most that it held, in MiB; nothing where the kernel does not say."""
        name = "memory.peak" if self.second else "memory.max_usage_in_bytes"
        return int((self.path / name).read_text()) >> 20

    def killed(self):
        """Returns how many processes were killed for memory."""
        name = "memory.events" if self.second else "memory.oom_control"
        return int(re.search(r"oom_kill (\d+)", (self.path / name).read_text())[1])

    def close(self):
        self.path.rmdir()


def in_own_network(play):
    """Runs a function in a network of its own, with loopback alone. What it starts is in there, too."""
    result = []

    def inside():
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "no network of its own")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        result.append(play())

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    return result[0]
