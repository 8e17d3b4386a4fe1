"""More than a machine has: memory, connections, descriptors."""

import gzip
import random
import subprocess
import threading

from lib import http1
from lib.fault import OWN, fault
from lib.http1 import PIN, ok, post, sending
from lib.processes import Cgroup
from lib.provider import keeps
from lib.wire import connect, wait_until

GROUP = "A machine"
TOLD = "each is answered, 503 says when to come again"
MIB = 1 << 20
# The longest time for a large content, with a build that is not optimized, on a machine that is busy.
PATIENCE = 180


def bomb(size):
    """Returns a JSON text of so many bytes, of one letter."""
    return b'{"model":"%s","input":"%s"}' % (PIN.encode(), b"x" * size)


def compressible(size, ratio):
    """Returns a JSON text of so many bytes that gzip makes so many times smaller."""
    noise = random.Random(1).randbytes(size // ratio // 2).hex().encode()
    part = len(noise) // 256
    pieces = (noise[at * part : (at + 1) * part] + b"x" * (size // 256 - part) for at in range(256))
    return b'{"model":"%s","input":"%s"}' % (PIN.encode(), b"".join(pieces))


def gzipped(content):
    return sending(gzip.compress(content, 6), "content-encoding: gzip")


def brotli(content):
    made = subprocess.run(["brotli", "-c", "-q", "5", "-w", "22"], input=content, check=True, capture_output=True)
    return sending(made.stdout, "content-encoding: br")


def all_at_once(address, requests):
    """Makes these calls at once, and returns what came back."""
    found = []

    def one(request):
        try:
            found.append(http1.call(address, request, PATIENCE))
        except OSError:
            found.append(http1.Response(end="refused"))

    threads = [threading.Thread(target=one, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def judged(responses, allowed):
    """Says whether each is answered; 503 has to say when to come again."""
    wrong = [r.seen() for r in responses if r.seen() not in allowed]
    wrong += ["503 without Retry-After" for r in responses if r.status == "503" and "retry-after" not in r.fields]
    return ", ".join(sorted(set(wrong)))


def in_memory(stage, limit, requests, allowed=("200", "413", "503")):
    """Sends requests at once to a proxy that has so much memory, and says what became of it."""
    group = Cgroup(limit)
    try:
        with (
            stage.providing(keeps(ok())) as provider,
            stage.serving(provider_url(provider), before=group.words) as lock,
        ):
            wrong = judged(all_at_once(lock.address, requests), allowed)
            after = (
                http1.call(lock.address).seen() if lock.process.poll() is None else f"status {lock.process.returncode}"
            )
        if group.killed():
            return "killed for memory"
        return "; ".join(part for part in (wrong, "" if after == "200" else f"then {after}") if part) or TOLD
    finally:
        group.close()


def provider_url(provider):
    return f"http://127.0.0.1:{provider.port}"


LARGE = {"upstream": "own", "others": "", "times": 3, "sample": 0}


@fault(GROUP, "of 512 MiB gets 16 gzip contents of 127 MiB, 985 times their size", TOLD, **LARGE)
def gzip_bombs(stage):
    return in_memory(stage, 512 * MIB, [gzipped(bomb(127 * MIB))] * 16)


@fault(
    GROUP, "of 512 MiB gets 16 brotli contents of 127 MiB, a million times their size", TOLD, needs="brotli", **LARGE
)
def brotli_bombs(stage):
    return in_memory(stage, 512 * MIB, [brotli(bomb(127 * MIB))] * 16)


@fault(GROUP, "of 512 MiB gets 6 gzip contents of 60 MiB, 50 times their size", TOLD, **LARGE)
def large_gzips(stage):
    return in_memory(stage, 512 * MIB, [gzipped(compressible(60 * MIB, 50))] * 6)


@fault(GROUP, "of 512 MiB gets 200 contents of 10 MiB", TOLD, **LARGE)
def large_contents(stage):
    return in_memory(stage, 512 * MIB, [post(b"x" * (10 * MIB))] * 200)


@fault(GROUP, "of 128 MiB gets 60 contents of 10 MiB", TOLD, known=f"{TOLD} or killed for memory", **LARGE)
def small_machine(stage):
    return in_memory(stage, 128 * MIB, [post(b"x" * (10 * MIB))] * 60)


def probes(lock):
    """Returns what liveness and readiness say."""
    return {lock.ask(path).status for path in ("/livez", "/readyz")}


def idle_clients(lock, count, per_address, content):
    """Opens so many connections that each make a call, as the clients of several addresses."""
    peers, statuses = [], set()
    for number in range(count):
        peer = connect(lock.address, source=f"127.0.0.{2 + number // per_address}")
        peer.send(content)
        statuses.add(http1.read(peer).status)
        peers.append(peer)
    return peers, statuses


def crowd(stage, count, *flags, per_address=1000, before=()):
    """Lets so many connections stay idle after a call, and says who is served."""
    with stage.providing(keeps(ok())) as provider:
        with stage.serving(provider_url(provider), *flags, before=before) as lock:
            peers, statuses = idle_clients(lock, count, per_address, post())
            seen = statuses | {http1.call(lock.address).seen()}
            alive = probes(lock)
            for peer in peers:
                peer.close()
        return "all are served" if (seen, alive) == ({"200"}, {"200"}) else f"calls: {seen}, probes: {alive}"


@fault(
    GROUP,
    "gets 8,000 connections that stay idle after a call, from 8 addresses",
    "all are served",
    times=2,
    sample=0,
    **OWN,
)
def idle_8000(stage):
    return crowd(stage, 8000)


@fault(
    GROUP,
    "of 20 connections gets 200 that stay idle after a call",
    "all are served",
    times=20,
    sample=1,
    **OWN,
)
def idle_200(stage):
    return crowd(stage, 200, "--max-connections", "20")


@fault(
    GROUP,
    "of 400 descriptors (prlimit) gets 300 connections that stay idle after a call",
    "all are served",
    times=20,
    sample=1,
    **OWN,
    needs="prlimit",
)
def idle_descriptors(stage):
    return crowd(stage, 300, before=("prlimit", "--nofile=400:400"))


@fault(
    GROUP,
    "of 300 descriptors (prlimit) gets 200 calls at once that nobody answers",
    "told to come again, probes answered, then served",
    times=20,
    sample=1,
    **OWN,
    needs="prlimit",
)
def busy_descriptors(stage):
    with stage.providing(lambda peer: peer.ends()) as provider:
        with stage.serving(provider_url(provider), before=("prlimit", "--nofile=300:300")) as lock:
            peers = [connect(lock.address) for _ in range(200)]
            for peer in peers:
                peer.send(post())
            wait_until(lambda: lock.metric("exhausted_total") > 0)
            alive = probes(lock)
            for peer in peers:
                peer.close()
            provider.script = keeps(ok())
            served = wait_until(lambda: http1.call(lock.address).seen() == "200")
        told = "told to come again, probes answered, " if alive == {"200"} else f"probes: {alive}, "
        return told + ("then served" if served else "then not served")


@fault(
    GROUP,
    "gets 200 clients that never read their 4 MiB (--write-timeout 1s)",
    "others are served, all are ended",
    times=10,
    sample=0,
    **OWN,
)
def never_read(stage):
    with stage.providing(keeps(ok(b"x" * (4 * MIB)))) as provider:
        with stage.serving(provider_url(provider), "--write-timeout", "1s") as lock:
            peers = [connect(lock.address, receive=4096) for _ in range(200)]
            for peer in peers:
                peer.send(post())
            seen = {http1.call(lock.address).seen()} | probes(lock)
            ended = wait_until(lambda: lock.holds()[1] == 0)
            for peer in peers:
                peer.close()
        return (
            "others are served, all are ended"
            if seen == {"200"} and ended
            else f"{seen}, {'ended' if ended else 'held'}"
        )
