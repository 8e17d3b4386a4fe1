"""What clients do wrong: those that leave, and those that never end."""

from lib import http1, http2
from lib.fault import fault
from lib.http1 import message, ok, post
from lib.http2 import DATA, END_HEADERS, HEADERS, Frames
from lib.leaving import ENDS, leaves
from lib.provider import answers
from lib.wire import wait_until

GROUP = "A client"
WHOLE = post(b"x" * 1000)
LIMITS = (
    "--header-timeout",
    "400ms",
    "--write-timeout",
    "400ms",
    "--body-timeout",
    "400ms",
    "--linger-timeout",
    "400ms",
)
SHORT = {"flags": LIMITS, "limit": "400ms", "times": 50, "sample": 1}
IDLE = SHORT | {"flags": ("--client-idle-timeout", "400ms")}


def unserved(name, cut, **more):
    """Adds a fault: the client leaves after so much of its request, and the provider sees no call."""

    @fault(GROUP, name, "no call at the provider", others="", **more)
    def made(stage):
        taken = []
        stage.script = lambda peer: taken.append(peer.request())
        client = stage.connect()
        client.send(cut)
        client.close()
        # A call that is whole is answered after it.
        stage.script = answers(ok())
        seen = stage.call().seen()
        return "no call at the provider" if not taken and seen == "200" else f"{len(taken)} calls, then {seen}"


unserved("leaves before it sends a byte", b"")
unserved("leaves in the first line", WHOLE[:9])
unserved("leaves in the head", WHOLE[:60])
unserved("leaves in the content", WHOLE[:-500])
unserved(
    "leaves in a chunk",
    message(
        "POST /v1/responses HTTP/1.1",
        "host: x",
        "content-type: application/json",
        "transfer-encoding: chunked",
        content=b"400\r\n{",
    ),
)
unserved("speaks garbage", b"\0\x01\x02garbage\r\n\r\n")


@fault(GROUP, "leaves while it waits for the head", ENDS)
def leaves_waiting(stage):
    return leaves(stage)


@fault(GROUP, "resets its connection while it waits for the head", ENDS)
def resets_waiting(stage):
    return leaves(stage, leave=lambda peer: peer.reset())


@fault(GROUP, "leaves in a stream of events", ENDS)
def leaves_in_stream(stage):
    first = message("HTTP/1.1 200 OK", "content-type: text/event-stream", "transfer-encoding: chunked")
    return leaves(stage, first + b"8\r\ndata: 1\n\r\n")


@fault(
    GROUP,
    "sends a second request in the same bytes, and leaves",
    ENDS,
    known=f"{ENDS} or it goes on until it is answered",
    times=10,
    sample=0,
)
def pipelined(stage):
    began, ended = [], []

    def script(peer):
        peer.request()
        began.append(1)
        ended.append(peer.ends(2))
        peer.send(ok())

    stage.script = script
    client = stage.connect()
    client.send(post() + post())
    wait_until(lambda: began)
    client.close()
    wait_until(lambda: ended)
    return ENDS if ended[0] else "it goes on until it is answered"


@fault(GROUP, "closes its side after the request", "200")
def half_closed(stage):
    stage.script = answers(ok())
    client = stage.connect()
    client.send(post())
    client.shut()
    return http1.read(client).seen()


# A client that closes its side once its response has begun is taken for one that leaves: a race with a quick provider.
@fault(GROUP, "closes its side after the request, and the response is a stream", "200", known="200 or 200, cut")
def half_closed_stream(stage):
    stage.script = answers(http1.chunked(b"data: 1\n\n", b"data: 2\n\n", fields=("content-type: text/event-stream",)))
    client = stage.connect()
    client.send(post())
    client.shut()
    return http1.read(client).seen()


LEADING = b"\r\n\r\n\r\nGET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


@fault(GROUP, r"sends `\r\n\r\n\r\nGET`, cut in each of 12 places", "one reading", times=20, sample=1)
def cut_anywhere(stage):
    stage.script = answers(ok())
    found = set()
    for place in range(12):
        client = stage.connect()
        client.send(LEADING[:place])
        if place:
            # The first part is read before the second comes.
            queue_is_read(client)
        client.send(LEADING[place:])
        found.add(http1.read(client).seen())
    return "one reading" if len(found) == 1 else f"readings: {', '.join(sorted(found))}"


def queue_is_read(client):
    """Waits until the other side has taken what was sent: its queue, as the kernel shows it, is empty."""
    here, there = (f"{sock[1]:04X}" for sock in (client.sock.getsockname(), client.sock.getpeername()))

    def is_read():
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in table]
        mine = [row for row in rows if row[1].endswith(f":{there}") and row[2].endswith(f":{here}")]
        return not mine or mine[0][4].endswith(":00000000")

    wait_until(is_read)


@fault(GROUP, "sends its head too late (--header-timeout 400ms)", "408", **SHORT)
def late_head(stage):
    client = stage.connect()
    client.send(WHOLE[:60])
    return http1.read(client).seen()


@fault(GROUP, "sends its content too late (--body-timeout 400ms)", "408", **SHORT)
def late_content(stage):
    stage.script = answers(ok())
    client = stage.connect()
    client.send(WHOLE[:-10])
    return http1.read(client).seen()


def held(name, content, **more):
    """Adds a fault: the client sends this, and its connection has to be ended."""

    @fault(GROUP, name, "ended in time", **more)
    def made(stage):
        stage.script = answers(ok())
        client = stage.connect()
        client.send(content)
        return "ended in time" if client.ends() else "held"


HALF = http2.frame(1, 4, 1, http2.call(2))[:20]
UNENDED = http2.frame(1, 0, 1, http2.call(2))
HELLO = http2.PREFACE + http2.frame(http2.SETTINGS)
held("sends nothing (--header-timeout 400ms)", b"", **SHORT)
held("is idle after one request (--client-idle-timeout 400ms)", post(), **IDLE)
held(
    "sends a lone preface of HTTP/2 (--client-idle-timeout 400ms)",
    HELLO,
    client="http2",
    **IDLE | {"times": 5, "sample": 0},
)
held("sends half a HEADERS frame (--header-timeout 400ms)", HELLO + HALF, client="http2", **SHORT)
held("sends HEADERS that no CONTINUATION ends (--header-timeout 400ms)", HELLO + UNENDED, client="http2", **SHORT)


@fault(GROUP, "never reads its response of 64 MiB (--write-timeout 400ms)", ENDS, **SHORT)
def never_reads(stage):
    ended = []

    def script(peer):
        peer.request()
        try:
            peer.send(ok(b"x" * (64 << 20)))
        except OSError:
            ended.append(True)
            raise
        ended.append(False)

    stage.script = script
    client = stage.connect(receive=4096)
    client.send(post())
    wait_until(lambda: ended)
    return ENDS if ended == [True] else "the upstream call goes on"


def over_http2(name, play, **more):
    """Adds a fault: a client of HTTP/2 begins a call, and `play` ends it."""

    @fault(GROUP, name, ENDS, client="http2", **more)
    def made(stage):
        began, ended = [], []

        def script(peer):
            peer.request()
            began.append(1)
            ended.append(peer.ends())

        stage.script = script
        frames = Frames(stage.connect())
        frames.peer.send(http2.PREFACE)
        frames.send(http2.SETTINGS)
        content = post().partition(b"\r\n\r\n")[2]
        frames.send(HEADERS, END_HEADERS, 1, http2.call(len(content)))
        frames.send(DATA, 1, 1, content)
        wait_until(lambda: began)
        play(frames)
        return ENDS if wait_until(lambda: ended) and ended[0] else "the upstream call goes on"


over_http2("resets its stream of HTTP/2", lambda frames: frames.reset(1, 8))
over_http2("leaves with a stream of HTTP/2 open", lambda frames: frames.peer.close())
over_http2("sends a frame of HTTP/2 that is none", lambda frames: frames.peer.send(b"\xff" * 64))


@fault(
    GROUP, "opens and resets 2,000 streams of HTTP/2 at once", "others are served", client="http2", times=10, sample=1
)
def rapid_reset(stage):
    stage.script = answers(ok())
    frames = Frames(stage.connect())
    frames.peer.send(http2.PREFACE)
    frames.send(http2.SETTINGS)
    content = post().partition(b"\r\n\r\n")[2]
    try:
        for number in range(2000):
            frames.send(HEADERS, END_HEADERS, 2 * number + 1, http2.call(len(content)))
            frames.reset(2 * number + 1, 8)
    except OSError:
        pass
    return (
        "others are served"
        if stage.proxy.name != "model-lock" or stage.call().seen() == "200"
        else "others are not served"
    )
